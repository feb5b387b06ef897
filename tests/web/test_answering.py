"""Every figure's question: who answers it, what is shared and remembered, how it is sent."""

import base64
import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.figure import ARRAYS, PICTURES, WORDS
from app.web import answering
from app.web.answering import SHORT_BYTES

FIELD = "/api/effective-field"
ASKED = {"architecture": "lenet5", "layer": "c1"}


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is given to the workers meanwhile."""
    given: list[Any] = []
    original = answering.run

    async def run(executor: Any, fn: Any, *args: Any, **options: Any) -> Any:
        given.append(args)
        return await original(executor, fn, *args, **options)

    monkeypatch.setattr(answering, "run", run)
    return given


def layer_of(client: TestClient, architecture: str) -> str:
    rows = client.post("/api/network", json={"architecture": architecture}).json()["rows"]
    return str(next(row["name"] for row in rows if row["type"] == "Conv2d"))


def test_a_small_question_needs_no_worker(client: TestClient, jobs: list[Any]) -> None:
    answer = client.post("/api/expression", json={"expression": "f = x * 2", "inputs": {"x": 3}})
    assert answer.json()["nodes"][-1]["value"] == 6
    assert not jobs


@pytest.mark.parametrize("length", [SHORT_BYTES - 100, SHORT_BYTES + 100])
def test_a_long_body_is_read_by_a_worker(client: TestClient, jobs: list[Any], length: int) -> None:
    question = {"expression": "f = x * 2", "inputs": {"x": 3}}
    body = json.dumps(question).ljust(length)
    answer = client.post("/api/expression", content=body)
    assert answer.json()["nodes"][-1]["value"] == 6
    assert [type(args[1]) for args in jobs] == ([bytes] if length > SHORT_BYTES else [])


def test_a_mistake_in_a_long_body_has_its_sentence_and_place(client: TestClient) -> None:
    for length in (100, SHORT_BYTES + 100):
        body = json.dumps({"expression": "f = sigmod(x)", "inputs": {"x": 3}}).ljust(length)
        answer = client.post("/api/expression", content=body)
        assert answer.status_code == 422
        assert answer.json()["suggestion"] == "sigmoid"
        assert answer.json()["where"] == {"offset": 4, "length": 6}
        body = json.dumps({"expression": "f = x", "input": {}}).ljust(length)
        answer = client.post("/api/expression", content=body)
        assert answer.json()["message"] == "There is no field `input` in this question."
        answer = client.post("/api/expression", content=b"{".ljust(length, b" "))
        assert answer.status_code == 422
        assert "not valid JSON" in answer.json()["message"]


def test_equal_questions_are_computed_once(client: TestClient, jobs: list[Any]) -> None:
    layer = layer_of(client, "vgg11")
    question = {"architecture": "vgg11", "layer": layer}
    with ThreadPoolExecutor(8) as visitors:
        found = list(
            visitors.map(lambda _: client.post(FIELD, json=question), range(8), timeout=120)
        )
    assert {answer.status_code for answer in found} == {200}
    assert len({answer.content for answer in found}) == 1
    assert len(jobs) == 1
    # The same question, said in another order and with what is left out.
    again = client.post(FIELD, json={"unit": None, "layer": layer, "architecture": "vgg11"})
    assert again.content == found[0].content
    assert len(jobs) == 1


def test_another_question_is_computed(client: TestClient, jobs: list[Any]) -> None:
    layer = layer_of(client, "alexnet")
    for unit in ([3, 3], [4, 4]):
        client.post(FIELD, json={"architecture": "alexnet", "layer": layer, "unit": unit})
    assert len(jobs) == 2


def a_drawing() -> str:
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.new("L", (28, 28), 90).save(file, "png")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def test_a_picture_of_ones_own_is_never_remembered(client: TestClient, jobs: list[Any]) -> None:
    kept = client.app.state.answers  # type: ignore[attr-defined]
    before = list(kept.answers)
    question = {"model": "digits", "image": a_drawing(), "drawing": True}
    for _ in range(2):
        assert client.post("/api/activations", json=question).status_code == 200
    assert len(jobs) == 2
    assert list(kept.answers) == before
    assert not any("base64" in str(key) for key in kept.answers)


def test_weights_of_ones_own_are_never_remembered(client: TestClient) -> None:
    import numpy as np
    from safetensors.numpy import save

    kept = client.app.state.answers  # type: ignore[attr-defined]
    before = list(kept.answers)
    weights = {"0.weight": np.ones((2, 3, 3, 3), np.float32), "0.bias": np.zeros(2, np.float32)}
    question = {
        "source": "nn.Sequential(nn.Conv2d(3, 2, 3))",
        "input": [3, 16, 16],
        "image": "coffee",
        "weights": base64.b64encode(save(weights)).decode(),
    }
    answer = client.post("/api/activations", json=question)
    assert answer.status_code == 200, answer.text
    assert list(kept.answers) == before


def test_an_answer_is_compressed_once_for_who_takes_that(client: TestClient) -> None:
    question = {"model": "digits", "image": "digit-3", "layers": ["conv1"]}
    plain = client.post("/api/activations", json=question, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    with client.stream("POST", "/api/activations", json=question) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.headers["vary"] == "Accept-Encoding"
        assert gzip.decompress(b"".join(packed.iter_raw())) == plain.content


def test_each_form_of_an_answer_is_remembered_by_itself(client: TestClient) -> None:
    question = {"model": "digits", "image": "digit-3", "layers": ["conv1"]}
    for accept in ("application/json", "application/vnd.safetensors", "application/json"):
        answer = client.post("/api/activations", json=question, headers={"accept": accept})
        assert answer.headers["content-type"] == accept


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/window", WORDS),
        ("/api/network", WORDS),
        ("/api/nothing", WORDS),
        ("/api/expression", ARRAYS),
        ("/api/convolution/steps", ARRAYS),
        ("/api/images", PICTURES),
        ("/api/optimised-input", PICTURES),
    ],
)
def test_a_route_takes_no_more_than_it_can_need(client: TestClient, path: str, most: int) -> None:
    headers = {"content-type": "image/png" if path == "/api/images" else "application/json"}
    for length, refused in ((most + 1, True), (most, False)):
        answer = client.post(path, content=b" " * length, headers=headers)
        assert (answer.status_code == 413) == (refused and path != "/api/nothing"), answer.text


# What is read by GET

READ = ["/", "/network", "/convolution", "/reference", "/docs", "/openapi.json", "/api/ops"]


@pytest.mark.parametrize("path", READ)
def test_what_a_visitor_has_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    assert first.status_code == 200
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(path, headers={"if-none-match": 'W/"another"'}).content == first.content


@pytest.mark.parametrize("path", READ)
def test_what_is_read_is_compressed_for_who_takes_that(client: TestClient, path: str) -> None:
    plain = client.get(path, headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "Accept-Encoding"
    with client.stream("GET", path) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        body = b"".join(packed.iter_raw())
    assert int(packed.headers["content-length"]) == len(body) < len(plain.content)
    assert gzip.decompress(body) == plain.content


def test_links_differ_and_so_do_their_pages(client: TestClient) -> None:
    pages = [client.get(f"/?expression=f%20%3D%20x%20*%20{n}").text for n in (2, 3, 2)]
    assert pages[0] == pages[2] != pages[1]


def test_a_mistake_is_told_to_each_in_its_form(client: TestClient) -> None:
    page = client.get("/api/images/nothing", headers={"accept": "text/html"})
    assert page.status_code == 422
    wrong = "/network?architecture=nothing"
    assert client.get(wrong, headers={"accept": "text/html"}).status_code == 422
    assert "etag" not in client.get(wrong).headers
