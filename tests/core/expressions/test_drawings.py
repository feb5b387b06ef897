import base64
import struct
import xml.etree.ElementTree as ET
import zlib
from typing import Any

import pytest

from app.core.expressions.drawing.layout import arrange_answer
from app.core.expressions.drawing.svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def node(
    id: str, op: str, inputs: list[str], value: Any, gradient: Any, **more: Any
) -> dict[str, Any]:
    return {
        "id": id, "op": op, "inputs": inputs, "attributes": {}, "name": id, "gate": op,
        "shape": [], "value": value, "gradient": gradient, "reason": None, "latex": id,
        "span": None, "literal": False, "absorbed": False, **more,
    }  # fmt: skip


def flow(source: str, target: str, position: int, downstream: Any) -> dict[str, Any]:
    return {"source": source, "target": target, "position": position, "downstream": downstream}


def first() -> dict[str, Any]:
    """(x + y) * z as the lecture has it."""
    nodes = [
        node("x", "input", [], -2.0, -4.0),
        node("y", "input", [], 5.0, -4.0),
        node("q", "+", ["x", "y"], 3.0, -4.0),
        node("z", "input", [], -4.0, 3.0),
        node("f", "*", ["q", "z"], -12.0, 1.0),
    ]
    flows = [
        flow("q", "f", 0, -4.0),
        flow("z", "f", 1, 3.0),
        flow("x", "q", 0, -4.0),
        flow("y", "q", 1, -4.0),
    ]
    steps = [
        {"kind": "forward", "node": "q", "flow": None},
        {"kind": "forward", "node": "f", "flow": None},
        {"kind": "backward", "node": "f", "flow": None},
        *({"kind": "backward", "node": one["source"], "flow": n} for n, one in enumerate(flows)),
    ]
    return {
        "output": "f",
        "expression": "f = (x + y) * z",
        "inputs": {"x": -2.0, "y": 5.0, "z": -4.0},
        "nodes": nodes,
        "flows": flows,
        "steps": steps,
    }


def tensor(value: Any, gradient: Any, shape: list[int], name: str = "W") -> dict[str, Any]:
    nodes = [
        node(name, "input", [], value, gradient, shape=shape),
        node("L", "sum", [name], 1.0, 1.0),
    ]
    return {
        "output": "L",
        "expression": f"L = sum({name})",
        "inputs": {name: value},
        "nodes": nodes,
        "flows": [flow(name, "L", 0, gradient)],
        "steps": [{"kind": "forward", "node": "L", "flow": None}],
    }


def words(drawing: str, css: str) -> list[str]:
    """The texts of a class, in their order."""
    found = [
        text.text or ""
        for text in ET.fromstring(drawing).iter(f"{SVG}text")
        if css in text.attrib["class"].split()
    ]
    return found


def test_the_lectures_graph() -> None:
    drawing = svg(first())
    root = ET.fromstring(drawing)
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == "f = (x + y) * z"
    description = root.findtext(f"{SVG}desc") or ""
    assert "f = −12" in description
    assert "x −4, y −4, z 3" in description
    assert sorted(words(drawing, "value")) == sorted(["−2", "5", "3", "−4", "−12"])
    assert sorted(words(drawing, "gradient")) == sorted(["−4", "−4", "−4", "3", "1"])
    assert words(drawing, "symbol") == ["+", "×"]
    assert sorted(words(drawing, "name")) == ["f", "q", "x", "y", "z"]
    assert len(root.findall(f"{SVG}path")) == 5 + 4  # stubs and wires
    assert root.find(f"{SVG}style") is not None


def test_values_stand_above_the_wire_and_gradients_below() -> None:
    root = ET.fromstring(svg(first()))
    places = {one["id"]: one for one in arrange_answer(first()["nodes"], "f").to_dict()["nodes"]}
    stubs = sorted(place["out"]["y"] for place in places.values())
    for css, side in (("value", -1), ("gradient", 1)):
        found = sorted(
            float(text.attrib["y"]) for text in root.iter(f"{SVG}text") if text.get("class") == css
        )
        assert all(side * (y - stub) > 0 for y, stub in zip(found, stubs, strict=True))


def test_a_drawing_for_a_page_has_no_style_of_its_own() -> None:
    drawing = svg(first(), standalone=False)
    assert "<style" not in drawing
    assert "style=" not in drawing
    classes = {
        name
        for element in ET.fromstring(drawing).iter()
        for name in element.get("class", "").split()
    }
    assert {"graph", "wire", "gate", "symbol", "name", "value", "gradient"} <= classes


def test_themes() -> None:
    assert svg(first(), theme="dark") != svg(first(), theme="light")
    assert "#131518" in svg(first(), theme="dark")


def test_step_by_step() -> None:
    answer = first()
    at = [svg(answer, step=step) for step in range(8)]
    assert sorted(words(at[0], "value")) == ["5", "−2", "−4"]
    assert words(at[0], "gradient") == []
    assert "present" not in at[0].partition("</style>")[2]
    assert len(words(at[1], "value")) == 4
    assert [len(words(drawing, "gradient")) for drawing in at] == [0, 0, 0, 1, 2, 3, 4, 5]
    assert all("present" in drawing.partition("</style>")[2] for drawing in at[1:])
    assert svg(answer, step=99).count("<text") == svg(answer).count("<text")


def test_flows_of_a_fork_have_their_own_numbers() -> None:
    answer = first()
    answer["nodes"] = [
        node("x", "input", [], 3.0, 6.0),
        node("f", "*", ["x", "x"], 9.0, 1.0),
    ]
    answer["inputs"] = {"x": 3.0}
    answer["flows"] = [flow("x", "f", 0, 2.75), flow("x", "f", 1, 3.25)]
    answer["steps"] = [
        {"kind": "forward", "node": "f", "flow": None},
        {"kind": "backward", "node": "f", "flow": None},
        {"kind": "backward", "node": "x", "flow": 0},
        {"kind": "backward", "node": "x", "flow": 1},
        {"kind": "accumulate", "node": "x", "flow": None, "flows": [0, 1]},
    ]
    assert words(svg(answer), "flow") == ["2.75", "3.25"]
    assert words(svg(answer, step=3), "flow") == ["2.75"]
    assert "6" not in words(svg(answer, step=4), "gradient")
    assert "6" in words(svg(answer, step=5), "gradient")


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", 'a"b', "a&b", "a'b", "\x00\x0b\ud800", "]]>", "ü∂名"]
)
def test_hostile_names(name: str) -> None:
    answer = first()
    for one in answer["nodes"]:
        if one["id"] in ("x", "q"):
            one["name"] = one["gate"] = name
    answer["expression"] = name
    drawing = svg(answer)
    assert "<script" not in drawing
    ET.fromstring(drawing.encode("utf-8"))


def test_a_long_name_is_shortened() -> None:
    answer = first()
    answer["nodes"][0]["name"] = "n" * 60
    assert "n" * 23 + "…" in words(svg(answer), "name")


def test_a_small_matrix_shows_its_numbers() -> None:
    value = [[1.0, -0.53123], [0.0, -123456.0]]
    drawing = svg(tensor(value, [[1.0, 1.0], [None, 1.0]], [2, 2]))
    assert [text for text in words(drawing, "cell") if text][:4] == ["1", "−0.531", "0", "−123456"]
    assert "–" in words(drawing, "gradient")
    assert words(drawing, "shape") == ["2 × 2"]
    root = ET.fromstring(drawing)
    assert len([r for r in root.iter(f"{SVG}rect") if r.get("class") == "negative"]) == 1


def test_a_vector_is_a_column() -> None:
    root = ET.fromstring(svg(tensor([1.0, 2.0, 3.0], None, [3])))
    cells = [t for t in root.iter(f"{SVG}text") if "cell" in t.get("class", "")]
    assert len({cell.attrib["x"] for cell in cells}) == 1
    assert [cell.text for cell in cells] == ["1", "2", "3"]


def test_a_middling_matrix_is_a_heat_map_with_its_scale() -> None:
    value = [[float(i - j) for j in range(12)] for i in range(8)]
    drawing = svg(tensor(value, value, [8, 12]))
    root = ET.fromstring(drawing)
    colored = [
        (r.get("class"), r.get("fill-opacity"))
        for r in root.iter(f"{SVG}rect")
        if r.get("class") in ("negative", "positive")
    ]
    assert len(colored) == 2 * (8 * 12 - 8)
    assert ("negative", "1.00") in colored
    assert ("positive", "0.64") in colored
    assert words(drawing, "shape") == ["8 × 12 ±11", "±11"]


def test_a_preview_is_an_image() -> None:
    entries = [[(-1.0) ** j * j for j in range(48)] for _ in range(10)]
    preview = {"shape": [10, 3072], "min": -60.0, "max": 47.0, "mean": 0.0, "stride": [1, 64],
               "entries": entries}  # fmt: skip
    root = ET.fromstring(svg(tensor(preview, preview, [10, 3072])))
    image = next(root.iter(f"{SVG}image"))
    png = base64.b64decode(image.attrib["href"].removeprefix("data:image/png;base64,"))
    assert struct.unpack(">II", png[16:24]) == (48, 10)
    pixels = zlib.decompress(png[png.index(b"IDAT") + 4 : -16])
    assert pixels[4] == 0  # zero is the paper's color
    assert pixels[1 + 47 * 4 + 3] == round(255 * 47 / 60)


def test_a_preview_of_a_vector_is_a_column() -> None:
    preview = {"shape": [3072], "min": -1.0, "max": 1.0, "mean": 0.0, "stride": [1, 64],
               "entries": [[1.0] * 48]}  # fmt: skip
    root = ET.fromstring(svg(tensor(preview, None, [3072])))
    cells = [r for r in root.iter(f"{SVG}rect") if r.get("class") == "positive"]
    assert len(cells) == 48
    assert len({cell.attrib["x"] for cell in cells}) == 1


@pytest.mark.parametrize("shape", [[0], [0, 3], [1], [2, 2, 2]])
def test_odd_shapes(shape: list[int]) -> None:
    value: Any = 1.0
    for length in reversed(shape):
        value = [value] * length
    ET.fromstring(svg(tensor(value, value, shape)))


def test_names_are_drawn_as_they_are_written_by_hand() -> None:
    for name, base, index in (("lam", "λ", []), ("Sigma", "Σ", []), ("w10", "w", ["10"])):
        drawn = ET.fromstring(svg(tensor(1.0, 2.0, [], name)))
        texts = [text for text in drawn.iter(f"{SVG}text") if "name" in text.get("class", "")]
        assert texts[0].text == base
        assert [part.text for part in texts[0]] == index
