"""The REST calls on networks: sizes and costs, code, drawings, what units see, what is refused."""

import itertools
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest
import torch
from starlette.testclient import TestClient

from app.core.layers.table import LAYERS
from app.core.networks.architectures import ARCHITECTURES, architecture
from app.core.networks.drawing.groups import groups, opened, outline
from app.core.networks.links import packed, unpacked

SMALL = {
    "source": "nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4704, 10))",
    "input": [3, 32, 32],
}
RESIDUAL = {
    "input": [4, 8, 8],
    "layers": [
        {
            "name": "conv",
            "layer": {"type": "Conv2d", "in_channels": 4, "out_channels": 4, "kernel_size": 3,
                      "padding": 1},
        },
        {"name": "add", "layer": {"type": "Add"}, "inputs": ["conv", "input"]},
    ],
}  # fmt: skip


def ask(client: TestClient, question: Mapping[str, Any], path: str = "/api/network") -> Any:
    response = client.post(path, json=question)
    assert response.status_code == 200, response.text
    return response.json()


def refusal(response: httpx2.Response) -> Any:
    """What a refusal says; it has a sentence and a place."""
    assert response.status_code == 422, response.text
    problem = response.json()
    assert set(problem) == {"message", "where", "suggestion"}
    assert len(problem["message"]) > 10
    return problem


# The lecture's numbers


def test_six_filters_of_five_by_five(client: TestClient) -> None:
    answer = ask(client, SMALL)
    first = answer["rows"][0]
    assert first["output"] == [6, 28, 28]
    assert first["parameters"] == 456
    assert first["macs"] == 28 * 28 * 6 * 75
    assert first["activation_bytes"] == 4 * 6 * 28 * 28
    assert first["receptive_field"]["size"] == [5, 5]
    assert first["place"] == [14, 18]
    assert answer["output"] == [10]
    assert answer["depth"] == 2
    assert answer["problem"] is None
    assert "network" not in answer
    assert "drawing" not in answer


def test_one_layer_is_a_network(client: TestClient) -> None:
    answer = ask(client, {"source": "nn.Conv2d(3, 1, 5)", "input": [3, 32, 32]})
    assert answer["parameters"] == 76


def test_vggs_first_linear_layer_stands_out(client: TestClient) -> None:
    answer = ask(client, {"architecture": "vgg16", "include": ["drawing"]})
    volumes = answer["drawing"]["volumes"]
    tallest = max(volumes, key=lambda volume: volume["shares"]["parameters"])
    assert (tallest["name"], tallest["parameters"]) == ("classifier.0", 102_764_544)
    assert sum(volume["parameters"] for volume in volumes) == answer["parameters"] == 138_357_544
    assert sum(volume["macs"] for volume in volumes) == answer["macs"]


# Layers that do not fit


def test_a_layer_that_does_not_fit_says_why_and_the_rest_stays(client: TestClient) -> None:
    source = "nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(4, 16, 3), nn.ReLU())"
    answer = ask(client, {"source": source, "input": [3, 32, 32], "include": ["drawing", "code"]})
    wrong = answer["rows"][1]
    assert wrong["problem"] == answer["problem"]
    assert wrong["problem"]["where"] == {"field": "in_channels", "layer": "1"}
    assert wrong["problem"]["suggestion"] == "8"
    offset, length = wrong["place"]
    assert source[offset : offset + length] == "nn.Conv2d(4, 16, 3)"
    assert [row["output"] for row in answer["rows"]] == [[8, 30, 30], [16, 28, 28], [16, 28, 28]]
    assert "nn.Conv2d(4, 16, 3)" in answer["code"]
    assert [v["problem"] for v in answer["drawing"]["volumes"]] == [False, False, True, False]


def test_layers_can_take_on_what_they_are_given(client: TestClient) -> None:
    layers = [
        {"layer": {"type": "Conv2d", "in_channels": 1, "out_channels": 8, "kernel_size": 3}},
        {"layer": {"type": "BatchNorm2d", "num_features": 1}},
        {"layer": {"type": "Flatten"}},
        {"layer": {"type": "Linear", "in_features": 1, "out_features": 10}},
    ]
    network = {"input": [3, 10, 10], "layers": layers}
    assert ask(client, {"network": network})["problem"]
    answer = ask(client, {"network": network, "mend": True, "include": ["network"]})
    assert answer["problem"] is None
    mended = [node["layer"] for node in answer["network"]["layers"]]
    assert mended[0]["in_channels"] == 3
    assert mended[1]["num_features"] == 8
    assert mended[3]["in_features"] == 8 * 8 * 8
    assert ask(client, {"network": answer["network"]})["parameters"] == answer["parameters"]


# What is refused


@pytest.mark.parametrize(
    ("question", "where"),
    [
        ({}, {}),
        ({"architecture": "vgg16", "source": "nn.ReLU()"}, {}),
        ({"architecture": "vgg17"}, {"field": "architecture"}),
        ({"architecture": "vgg16", "stride_on": "1x1"}, {"field": "stride_on"}),
        ({"architecture": "resnet50", "stride_on": "2x2"}, {"field": "stride_on"}),
        ({"source": "nn.ReLU()", "input": [3, 4, 5, 6]}, {"field": "input"}),
        ({"architecture": "vgg16", "input": [3, 32, 32]}, {"field": "input"}),
        ({"source": "nn.ReLU()", "stride_on": "1x1"}, {"field": "stride_on"}),
        ({"source": "nn.Sequential(nn.Conv2d(3, 6, 5)"}, {"offset": 13, "length": 1}),
        ({"source": "nn.Conv2d(3, 6, 5)", "more": 1}, {"field": "more"}),
        ({"source": "__import__('os').system('true')"}, {"offset": 0, "length": 10}),
        ({"source": "x" * 70_000}, {"field": "source"}),
        ({"network": {"input": [3, 8, 8], "layers": []}}, {"field": "network.layers"}),
        ({"network": {"input": [3, 8, 8], "layers": [{"layer": {"type": "Conv3d"}}]}},
         {"field": "network.layers.0.layer"}),
    ],
)  # fmt: skip
def test_what_is_refused(
    client: TestClient, question: dict[str, Any], where: dict[str, Any]
) -> None:
    problem = refusal(client.post("/api/network", json=question))
    assert {key: problem["where"].get(key) for key in where} == where


@pytest.mark.parametrize(
    "source",
    [
        "nn.Sequential(" * 200 + ")" * 200,
        "nn.Sequential(*" + "[nn.ReLU()] * 10**9" + ")",
        "nn.Conv2d(3, 10**10**10, 3)",
        "nn.Linear(16777216, 16777216)",
        "(lambda f: f(f))(lambda f: f(f))",
        "nn.Sequential(" + "nn.ReLU(), " * 5000 + ")",
    ],
)
def test_hostile_sources_are_refused(client: TestClient, source: str) -> None:
    response = client.post("/api/network", json={"source": source, "input": [3, 8, 8]})
    if response.status_code == 200:
        assert response.json()["problem"]
    else:
        refusal(response)


def test_two_thousand_layers_are_the_most(client: TestClient) -> None:
    layer = {"layer": {"type": "Conv2d", "in_channels": 3, "out_channels": 3, "kernel_size": 3,
                       "padding": 1}}  # fmt: skip
    network = {"input": [3, 64, 64], "layers": [layer] * 2000}
    answer = ask(client, {"network": network, "include": ["drawing"]})
    assert answer["depth"] == 2000
    refusal(client.post("/api/network", json={"network": network | {"layers": [layer] * 2001}}))


# Code, JSON and drawings to take along


def export(client: TestClient, question: Mapping[str, Any], format: str) -> str:
    response = client.post("/api/network/export", json={**question, "format": format})
    assert response.status_code == 200, response.text
    return response.text


@pytest.mark.parametrize("question", [SMALL, {"network": RESIDUAL}, {"architecture": "resnet18"}])
def test_exported_code_runs_with_as_many_parameters(
    client: TestClient, question: dict[str, Any]
) -> None:
    code = export(client, question, "pytorch")
    names: dict[str, Any] = {}
    with torch.device("meta"):
        exec(code, names)  # our own export
    count = sum(p.numel() for p in names["model"].parameters())
    assert count == ask(client, question)["parameters"]


def test_json_comes_back(client: TestClient) -> None:
    network = json.loads(export(client, SMALL, "json"))
    assert ask(client, {"network": network})["parameters"] == ask(client, SMALL)["parameters"]


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "squeezenet1_1"])
def test_the_svg_is_well_formed(client: TestClient, name: str) -> None:
    root = ET.fromstring(export(client, {"architecture": name}, "svg"))
    drawing = ask(client, {"architecture": name, "include": ["drawing"]})["drawing"]
    polygons = root.iter("{http://www.w3.org/2000/svg}polygon")
    boxes = [volume for volume in drawing["volumes"] if not volume["gate"]]
    assert len(list(polygons)) == 3 * len(boxes)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_tikz_is_a_whole_document_with_balanced_braces(client: TestClient, name: str) -> None:
    tex = export(client, {"architecture": name}, "tikz")
    assert tex.count("\\begin{") == tex.count("\\end{") == 2
    depth = 0
    for brace in re.findall(r"[{}]", tex):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    defined = set(re.findall(r"\\definecolor\{([\w-]+)\}\{HTML\}\{[0-9A-F]{6}\}", tex))
    assert set(re.findall(r"fill=([\w-]+)", tex)) <= defined
    body = tex[tex.index("\\begin{tikzpicture}") : tex.index("\\end{tikzpicture}")]
    lines = [line for line in body.splitlines()[1:] if not line.lstrip().startswith("%")]
    assert all(line.endswith(";") for line in lines)


def test_a_broken_network_can_be_drawn_but_not_coded(client: TestClient) -> None:
    broken = {"source": "nn.Sequential(nn.Linear(3, 4))", "input": [3, 8, 8], "format": "svg"}
    assert client.post("/api/network/export", json=broken).status_code == 200
    refusal(client.post("/api/network/export", json=broken | {"format": "pytorch"}))


# The drawing


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_everything_stands_within_the_picture(client: TestClient, name: str) -> None:
    drawing = ask(client, {"architecture": name, "include": ["drawing"]})["drawing"]
    for volume in drawing["volumes"]:
        assert volume["x"] >= 0
        assert volume["top"] >= 0
        assert volume["x"] + volume["width"] + volume["recede"] <= drawing["width"]
        assert volume["y"] + volume["height"] <= drawing["height"]
    for wire in drawing["wires"]:
        assert all(y >= 0 for _, y in wire["points"])
    # In order, and every layer in exactly one volume.
    places = [(v["first"], v["last"]) for v in drawing["volumes"]]
    assert places[0] == (-1, -1)
    assert all(a[1] + 1 == b[0] for a, b in itertools.pairwise(places))
    assert places[-1][1] == len(architecture(name).layers) - 1
    told = [
        label for label in drawing["labels"] if not label["inline"]
    ]  # of branches: test_volumes
    for a, b in itertools.pairwise(told):
        letters = [max(map(len, (one["name"], *one["lines"]))) for one in (a, b)]
        assert b["x"] - a["x"] > 9 * sum(letters) / 2


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_volume_says_its_size_and_is_large_enough_to_be_hit(
    client: TestClient, name: str
) -> None:
    answer = ask(client, {"architecture": name, "include": ["drawing"]})
    drawing = answer["drawing"]
    solid = [volume for volume in drawing["volumes"] if not volume["thin"]]
    for volume, label in zip(solid, drawing["labels"], strict=True):
        assert min(volume["width"], volume["height"]) >= 28
        assert label["x"] == volume["middle"]
        size = "×".join(map(str, volume["output"]))
        # Where rows stand close, the size of maps is told where it changes.
        assert "×".join(label["lines"]) == (size.partition("×")[0] if label["inline"] else size)
    # The same size is drawn alike, and a larger one no smaller; branches have a scale of their own.
    whole = [v for v in solid if not v["gate"] and not v["branch"]]
    heights = sorted((v["output"][1:] or [1], v["height"]) for v in whole)
    for (a, low), (b, high) in itertools.pairwise(heights):
        assert (low == high) if a == b else (low <= high)
    for volume in drawing["volumes"]:
        said = " × ".join(map(str, volume["output"]))
        assert said in volume["sentence"]
        assert not volume["macs"] or f"{volume['macs']:,}" in volume["sentence"]


def test_blocks_that_repeat_are_drawn_as_one_and_open_one_by_one(client: TestClient) -> None:
    question = {"architecture": "resnet152", "include": ["drawing"]}
    answer = ask(client, question)
    drawing = answer["drawing"]
    volumes = {volume["name"]: volume for volume in drawing["volumes"]}
    assert (volumes["layer3.1"]["times"], volumes["layer3.1"]["layers"]) == (35, 350)
    assert volumes["layer3.0"]["times"] == 1  # it halves the maps
    brackets = {bracket["name"]: bracket["times"] for bracket in drawing["brackets"]}
    assert brackets["layer3"] == 36
    assert sum(v["parameters"] for v in volumes.values()) == answer["parameters"]
    # One block is open, and shows its skip ending in a plus.
    assert volumes["layer1.1.add"]["gate"]
    names = list(volumes)
    ends = [(names[wire["source"]], names[wire["target"]]) for wire in drawing["wires"]]
    assert ("layer1.0", "layer1.1.add") in ends
    opened = ask(client, question | {"open": [*drawing["open"], "layer3.1"]})["drawing"]
    rest = {volume["name"]: volume["times"] for volume in opened["volumes"]}
    assert "layer3.1" not in rest
    assert rest["layer3.2"] == 34


def test_blocks_open_and_close(client: TestClient) -> None:
    question = {"architecture": "resnet50", "include": ["drawing"]}
    drawing = ask(client, question)["drawing"]
    block = next(v for v in drawing["volumes"] if v["name"] == "layer1.0")
    assert (block["group"], block["joint"], block["type"]) == (True, True, "block")
    assert block["parameters"] == 75_008
    open = [*drawing["open"], "layer1.0"]
    opened = ask(client, question | {"open": open})["drawing"]
    names = [volume["name"] for volume in opened["volumes"]]
    assert "layer1.0" not in names
    assert names.index("layer1.0.add") > names.index("layer1.0.conv3")
    # Its two branches begin at what came before it, and are added at its end.
    begin = [names[w["target"]] for w in opened["wires"] if names[w["source"]] == "maxpool"]
    assert begin == ["layer1.0.conv1", "layer1.0.downsample"]
    end = [names[w["source"]] for w in opened["wires"] if names[w["target"]] == "layer1.0.add"]
    assert end == ["layer1.0.bn3", "layer1.0.downsample"]
    assert {bracket["name"] for bracket in opened["brackets"]} == set(open)
    closed = ask(client, question | {"open": []})["drawing"]
    assert [v["name"] for v in closed["volumes"]][1:6] == [
        "conv1", "bn1", "relu", "maxpool", "layer1",
    ]  # fmt: skip


def test_groups_are_runs_of_names() -> None:
    found = groups(["a.0", "a.1", "b", "a.2", "a.3", "c.x.0", "c.x.1", "c.y"])
    assert [(g.name, g.first, g.last) for g in found] == [("a", 0, 1), ("c", 5, 7), ("c.x", 5, 6)]
    assert [last for _, last, _ in outline(found, ["c"], 8)] == [1, 2, 3, 4, 6, 7]
    assert opened(found, 8) == ["a", "c", "c.x"]


# The layer table


def test_every_layer_has_its_row(client: TestClient) -> None:
    rows = {row["type"]: row for row in client.get("/api/layers").json()}
    assert list(rows) == list(LAYERS)
    fields = {field["name"]: field for field in rows["Conv2d"]["fields"]}
    assert fields["kernel_size"]["control"] == "whole"
    assert (fields["kernel_size"]["low"], fields["kernel_size"]["high"]) == (1, 64)
    assert fields["padding"]["choices"] == ["same", "valid"]
    assert fields["bias"] == {
        "name": "bias", "required": False, "default": True, "says": "True or False",
        "control": "switch", "low": None, "high": None, "choices": [],
    }  # fmt: skip
    assert "padding_mode" not in fields
    for row in rows.values():
        LAYERS[row["type"]](**row["start"])  # can be put in as it stands
        assert row["says"].endswith(".")


# What units see


def test_two_small_kernels_see_as_much_as_a_large_one(client: TestClient) -> None:
    for kernel, weights, fewer in ((5, 25, 18), (7, 49, 27)):
        for channels in (1, 64, 512):
            answer = ask(
                client,
                {"kernel_size": kernel, "channels": channels},
                "/api/receptive-field/stack",
            )
            assert answer["single"]["receptive_field"] == [kernel, kernel]
            assert answer["stack"]["receptive_field"] == [kernel, kernel]
            assert answer["single"]["parameters"] == weights * channels**2
            assert answer["stack"]["parameters"] == fewer * channels**2
            assert answer["stack"]["formula"] == f"{fewer}C²"
    problem = refusal(client.post("/api/receptive-field/stack", json={"kernel_size": 4}))
    assert problem["suggestion"] == "5"


def test_the_cone_of_a_unit(client: TestClient) -> None:
    question = {"architecture": "vgg16", "layer": "features.29", "unit": [7, 7]}
    answer = ask(client, question, "/api/receptive-field")
    assert answer["receptive_field"]["size"] == [196, 196]
    assert answer["input"] == answer["field"] == {"rows": [22, 217], "columns": [22, 217]}
    regions = {region["name"]: region["rows"] for region in answer["regions"]}
    assert regions["features.28"] == [7, 7]
    assert regions["features.26"] == [6, 8]
    drawn = answer["drawing"]
    assert drawn["sheets"][0]["seen"] == [196, 196]
    assert drawn["sheets"][-1]["seen"] == [1, 1]
    assert len(drawn["rays"]) == len(drawn["sheets"]) - 1
    assert len(drawn["sheets"]) <= 8


def test_a_unit_stands_right_above_what_it_sees(client: TestClient) -> None:
    source = "nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3))"
    answer = ask(client, {"source": source, "input": [1, 9, 9]}, "/api/receptive-field")
    assert answer["unit"] == [2, 2]
    assert answer["input"] == {"rows": [2, 6], "columns": [2, 6]}

    def middle(corners: list[list[float]]) -> float:
        return sum(y for _, y in corners) / 4

    heights = [middle(sheet["region"]) for sheet in answer["drawing"]["sheets"]]
    assert heights == pytest.approx([heights[0]] * 3, abs=0.05)


@pytest.mark.parametrize(
    "question",
    [
        {"architecture": "vgg16", "layer": "features.99"},
        {"architecture": "vgg16", "layer": "features.29", "unit": [14, 0]},
        {"source": "nn.Linear(3, 4)", "input": [3]},
        {"source": "nn.Sequential(nn.Linear(3, 4))", "input": [3, 8, 8]},
    ],
)
def test_units_that_are_not_there(client: TestClient, question: dict[str, Any]) -> None:
    refusal(client.post("/api/receptive-field", json=question))


def test_the_effective_field_lies_within_the_field(client: TestClient) -> None:
    source = "nn.Sequential(" + "nn.Conv2d(3, 3, 3), " * 4 + ")"
    answer = ask(
        client, {"source": source, "input": [3, 21, 21], "samples": 4}, "/api/effective-field"
    )
    grid, seen = answer["grid"], answer["input"]
    assert max(map(max, grid)) == 1
    outside = [
        grid[r][c]
        for r in range(21)
        for c in range(21)
        if not (seen["rows"][0] <= r <= seen["rows"][1])
        or not (seen["columns"][0] <= c <= seen["columns"][1])
    ]
    assert outside
    assert not any(outside)
    assert 0 < answer["effective"]["share"] <= 1


def test_a_skip_and_a_norm_keep_the_gradient(client: TestClient) -> None:
    answer = ask(client, {"blocks": 12}, "/api/gradient-sizes")
    ratio = {
        (curve["residual"], curve["batch_norm"]): curve["gradients"][0] / curve["gradients"][-1]
        for curve in answer["curves"]
    }
    assert ratio[False, False] < 1e-6
    assert ratio[True, False] > 1e-2
    assert ratio[False, True] > 1e-2
    assert ratio[True, True] > 1e-2
    assert len(answer["layers"]) == 25
    assert "smaller" in answer["sentence"]


@pytest.mark.parametrize("kernel", range(3, 16, 2))
@pytest.mark.parametrize("channels", [1, 2282, 4096])
def test_a_stack_of_any_size_is_told(client: TestClient, kernel: int, channels: int) -> None:
    question = {"kernel_size": kernel, "channels": channels}
    answer = ask(client, question, "/api/receptive-field/stack")
    for side, size, count in (("single", kernel, 1), ("stack", 3, (kernel - 1) // 2)):
        told = answer[side]
        assert told["receptive_field"] == [kernel, kernel]
        assert told["parameters"] == told["macs_a_pixel"] == count * size**2 * channels**2


# The page and its links


def test_links_pack_and_unpack() -> None:
    assert unpacked(packed(RESIDUAL)) == RESIDUAL
    assert unpacked(json.dumps(RESIDUAL)) == RESIDUAL


@pytest.mark.parametrize(
    "query",
    [
        "architecture=nosuch",
        "network=%7Bnot%20json",
        "network=AAAA",
        "network=" + packed(RESIDUAL)[:-6],
        "network=" + packed({"input": [1]}),
        "source=nn.Sequential(",
        "source=nn.ReLU()&input=3,x",
    ],
)
def test_a_wrong_link_is_a_page_that_says_so(client: TestClient, query: str) -> None:
    response = client.get(f"/network?{query}")
    assert response.status_code == 422
    assert 'role="alert"' in response.text
    assert "traceback" not in response.text.lower()


def test_a_bomb_in_a_link_is_refused(client: TestClient) -> None:
    bomb = packed({"input": [1] * 2_000_000})
    assert len(bomb) < 20_000
    assert client.get(f"/network?network={bomb}").status_code == 422


def test_the_page_reads_without_a_script(client: TestClient) -> None:
    page = client.get("/network?architecture=vgg16").text
    assert "<svg" in page
    assert "102,764,544" in page
    assert "<td>64 × 224 × 224</td>" in page
    assert client.get(f"/network?network={packed(RESIDUAL)}").status_code == 200
    assert client.get("/network?source=nn.ReLU()&input=3,8,8").status_code == 200


def test_a_photo_is_a_png(client: TestClient) -> None:
    response = client.get("/api/images/chelsea")
    assert response.headers["content-type"] == "image/png"
    assert response.content.startswith(b"\x89PNG\r\n\x1a\n")
    refusal(client.get("/api/images/dog"))
