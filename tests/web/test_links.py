"""Links: whatever they hold, a page comes, with the same sentence and place that the API has."""

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.networks.links import packed

NUMBERS = [
    "²", "٣", "½", "-1", "+1", "1e9", "0x10", "1.5", "NaN", "1e999", " ", "", "9" * 20, "9" * 5000,
    "1,", ",", "1,1,1,1", "²,1,1", "1e9,1,1", "-1,-1,-1", "9" * 5000 + ",1,1", "[" * 3000, "{}",
]  # fmt: skip
WHERE = [
    ("/network", {"source": "nn.ReLU()"}, "input"),
    ("/network", {}, "open"),
    ("/network", {}, "network"),
    ("/network", {}, "packed_source"),
    ("/activations", {"source": "nn.Flatten()"}, "input"),
    ("/activations", {"source": "nn.Flatten()", "input": "3,8,8"}, "seed"),
    ("/activations", {}, "target"),
    ("/convolution", {}, "cell"),
    ("/convolution", {}, "seed"),
    ("/convolution", {}, "filters"),
    ("/convolution", {}, "kernel_size"),
    ("/convolution", {}, "bias"),
    ("/convolution", {}, "shape"),
    ("/convolution", {}, "input"),
    ("/convolution", {}, "weights"),
    ("/convolution", {}, "upstream"),
    ("/", {"expression": "f = x * 2"}, "inputs"),
    ("/", {"inputs": "{}"}, "expression"),
    ("/api/optimised-input/frames", {"layer": "features.0", "steps": "2"}, "channel"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "rest", "name"), WHERE)
def test_no_number_in_a_link_breaks_a_page(
    client: TestClient, path: str, rest: dict[str, str], name: str
) -> None:
    for number in NUMBERS:
        answer = client.get(path, params=rest | {name: number})
        assert answer.status_code in (200, 422), (number[:20], answer.text[-200:])


def problem(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="problem">(.*?)</script>', html, re.S)
    assert found
    return json.loads(found[1])


def network(*layers: Any) -> str:
    return json.dumps({"input": [3, 8, 8], "layers": [{"layer": layer} for layer in layers]})


def test_a_long_source_comes_packed(client: TestClient) -> None:
    source = "nn.Sequential(" + "nn.ReLU(),\n" * 900 + ")"
    for path in ("/network", "/activations"):
        link = {"packed_source": packed(source), "input": "3,8,8"}
        answer = client.get(path, params=link)
        assert answer.status_code == 200, path
        assert json.dumps(source)[1:60] in answer.text
        link["packed_source"] = packed({"source": source})
        assert "cannot be read" in client.get(path, params=link).text


POOL = {"type": "MaxPool2d", "kernel_size": 0}


@pytest.mark.parametrize(
    ("path", "link", "field", "says"),
    [
        ("/network", {"network": network(POOL)}, "network.layers.0.layer.kernel_size", "to 1."),
        ("/activations", {"network": network(POOL)}, "network.layers.0.layer.kernel_size", "to 1."),
        ("/network", {"network": '{"input":[3,8],"layers":[]}'}, "network.input", "too few"),
        ("/network", {"network": network({"type": "MaxPool"})}, "network.layers.0.layer",
         "`MaxPool`; did you mean `MaxPool2d`?"),
        ("/network", {"network": network({})}, "network.layers.0.layer", "type` is missing."),
        ("/network", {"network": "{}"}, "network.input", "is missing."),
        ("/network", {"network": network(5)}, "network.layers.0.layer", "a JSON object."),
        ("/convolution", {"kernel_size": [0, 3]}, "kernel_size.0", "to 1."),
        ("/convolution", {"kernel_size": [3]}, "kernel_size", "too few"),
        ("/convolution", {"upstream": {"cell": [0, 0]}}, "upstream.cell", "at least 3 items"),
        ("/", {"expression": "f = x", "mistake": "none"}, "mistake", "should be"),
    ],
)  # fmt: skip
def test_a_page_says_of_a_link_what_the_api_says_of_a_body(
    client: TestClient, path: str, link: dict[str, Any], field: str, says: str
) -> None:
    params = {name: value if isinstance(value, str) else json.dumps(value)
              for name, value in link.items()}  # fmt: skip
    body = link | {"network": json.loads(link["network"])} if "network" in link else link
    api = {"/": "/api/expression"}.get(path, f"/api{path}")
    answer = client.get(path, params=params)
    assert answer.status_code == 422
    told = problem(answer.text)
    assert told == client.post(api, json=body).json()
    assert told["where"] == {"field": field}
    assert says in told["message"]
    assert not re.search(r"tuple|constrained|dictionary|tag", told["message"])


def test_an_unknown_architecture_is_told_with_its_field_and_the_nearest(client: TestClient) -> None:
    asked = [
        (client.get("/api/architectures/vgg17"), "name"),
        (client.post("/api/network", json={"architecture": "vgg17"}), "architecture"),
        (client.post("/api/architectures/export", json={"names": ["vgg17"], "format": "tikz"}),
         "names"),
    ]  # fmt: skip
    for answer, field in asked:
        assert answer.status_code == 422
        assert answer.json() == {
            "message": "there is no architecture `vgg17`; did you mean `vgg19`?",
            "where": {"field": field},
            "suggestion": "vgg19",
        }
