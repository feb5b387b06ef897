"""Drawings as TikZ: whole documents that say what the answers say, and compile."""

import itertools
import math
import random
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.drawing.tikz import document, escaped, words
from app.core.networks.architectures import ARCHITECTURES
from app.core.networks.drawing.charts import gradients_tikz, name_spots

NUMBER = r"-?\d+(?:\.\d+)?"
PLACE = rf"\(({NUMBER}),({NUMBER})\)"
SEEN: dict[str, dict[str, Any]] = {
    "three": {
        "source": "nn.Sequential(nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3))",
        "input": [1, 7, 7],
    },
    "corner": {"architecture": "vgg16", "layer": "features.21", "unit": [0, 27]},
    "deep": {"architecture": "resnet50"},
    "names": {
        "network": {
            "input": [1, 9, 5],
            "layers": [
                {
                    "name": name,
                    "layer": {
                        "type": "Conv2d", "in_channels": 1, "out_channels": 1, "kernel_size": 3,
                        "padding": 1,
                    },
                }
                for name in ("block_1", "größe", "层")
            ],
        }
    },
}  # fmt: skip
ALL = [name for name, row in ARCHITECTURES.items() if row.top1 is not None]


def tikz(client: TestClient, path: str, question: Mapping[str, Any]) -> str:
    response = client.post(f"/api/{path}/export", json={**question, "format": "tikz"})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/x-tex")
    return response.text


def check(tex: str, width: float, height: float) -> None:
    """That the document is whole, and everything finite and inside the picture."""
    assert tex.count("\\begin{") == tex.count("\\end{") == 2
    depth = 0
    for sign in re.findall(r"(?<!\\)[{}]", tex):
        depth += 1 if sign == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert not re.search(r"\b(nan|inf|None)\b", tex)
    colours = set(re.findall(r"\\definecolor\{([\w-]+)\}\{HTML\}\{[0-9A-F]{6}\}", tex))
    assert set(re.findall(r"(?:fill|draw|text)=([a-z-]+)", tex)) <= colours
    body = tex[tex.index("\\begin{tikzpicture}") : tex.index("\\end{tikzpicture}")]
    lines = [line for line in body.splitlines()[1:] if not line.lstrip().startswith("%")]
    assert lines
    assert all(line.endswith(";") for line in lines)
    for line in lines:
        (radius,) = re.findall(r"radius=([\d.]+)", line) or ["0"]
        for x, y in places(line):
            assert 0 <= x - float(radius) <= x + float(radius) <= width, line
            assert 0 <= y - float(radius) <= y + float(radius) <= height, line


def places(text: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(PLACE, text)]


def texts(tex: str) -> list[tuple[float, float, str]]:
    """Every text with its place."""
    found = re.findall(rf"at {PLACE} \{{(.*)\}};", tex)
    return [(float(x), float(y), said) for x, y, said in found]


def scale(marks: Mapping[float, float], at: float) -> float:
    """The value at a place, read off two marks of an axis."""
    (a, low), (b, high) = min(marks.items()), max(marks.items())
    return low + (at - a) / (b - a) * (high - low)


# The cone


@pytest.mark.parametrize("name", SEEN)
def test_the_cone_is_the_one_of_the_answer(client: TestClient, name: str) -> None:
    drawing = client.post("/api/receptive-field", json=SEEN[name]).json()["drawing"]
    tex = tikz(client, "receptive-field", SEEN[name])
    check(tex, drawing["width"], drawing["height"])
    corners = [
        [tuple(corner) for corner in sheet[part]]
        for sheet in drawing["sheets"]
        for part in ("outline", "region")
        if sheet[part]
    ]
    closed = [places(line) for line in tex.splitlines() if line.endswith("-- cycle;")]
    assert closed == corners
    rays = [[tuple(end) for end in ray] for rays in drawing["rays"] for ray in rays]
    drawn = [places(line) for line in tex.splitlines() if "\\draw[light" in line]
    assert sorted(drawn) == sorted(rays)
    seen = ["×".join(map(str, sheet["seen"])) for sheet in drawing["sheets"] if sheet["seen"]]
    said = [text for _, _, text in texts(tex) if text.endswith(" seen")]
    assert [re.sub(r" \\times ", "×", text)[1:-6] for text in said] == seen


def test_names_are_escaped(client: TestClient) -> None:
    said = [text for _, _, text in texts(tikz(client, "receptive-field", SEEN["names"]))]
    assert r"\textbf{block\_1}" in said
    assert r"\textbf{größe}" in said
    assert r"\textbf{?}" in said


# Accuracy against cost


def test_the_scatter_can_be_read_off(client: TestClient) -> None:
    rows = {row["title"]: row for row in client.get("/api/architectures").json()}
    tex = tikz(client, "architectures", {"names": list(ARCHITECTURES)})
    check(tex, 560, 320)
    labels = texts(tex)
    top1 = {y - 4: float(said) for _, y, said in labels if said.isdigit()}
    macs = {
        x: math.log10(float(said[:-1]) * {"M": 1e6, "G": 1e9}[said[-1]])
        for x, _, said in labels
        if re.fullmatch(r"\d+[MG]", said)
    }
    discs = re.findall(rf"% (.+)\n\s*\\filldraw\[.*\] {PLACE} circle\[radius=([\d.]+)\];", tex)
    assert {title for title, *_ in discs} == {ARCHITECTURES[name].title for name in ALL}
    areas = []
    for title, x, y, radius in discs:
        row = rows[title]
        assert scale(top1, float(y)) == pytest.approx(row["top1"], abs=0.01)
        assert scale(macs, float(x)) == pytest.approx(math.log10(row["macs"]), abs=0.001)
        areas.append(float(radius) ** 2 / row["parameters"])
    assert areas == pytest.approx([areas[0]] * len(areas), rel=0.02)
    for name in ALL:
        said = ARCHITECTURES[name].title.replace("with batch norm", "BN")
        assert said in [said for _, _, said in labels]
    assert "BN: with batch norm" in [said for _, _, said in labels]


@pytest.mark.parametrize("seed", range(20))
def test_no_name_of_the_scatter_stands_on_another(seed: int) -> None:
    rng = random.Random(seed)
    dots = [
        (rng.uniform(60, 440), rng.uniform(20, 20 + 13 * seed), "ResNet-1522"[: rng.randint(4, 11)])
        for _ in range(rng.randint(1, 14))
    ]
    spots = name_spots(dots)
    boxes = [spot.box(said) for spot, (*_, said) in zip(spots, dots, strict=True)]
    for (a, b, c, d), (e, f, g, h) in itertools.combinations(boxes, 2):
        assert c <= e or g <= a or d <= f or h <= b
    for a, b, c, d in boxes:
        assert a >= 0
        assert 0 <= b < d <= 284
        assert not any(a < x < c and b < y < d for x, y, _ in dots)
        for (x, y, _), spot in zip(dots, spots, strict=True):
            for share in range(100) if spot.lead else ():
                across, down = (
                    (1 - share / 100) * at + share / 100 * end
                    for at, end in zip((x, y), spot.lead or (), strict=True)
                )
                assert not (a < across < c and b < down < d)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["vgg16", "vgg17"], "vgg17"),
        (["lenet5"], "accuracy"),
        ([], "names"),
    ],
)
def test_networks_that_have_no_place(client: TestClient, names: list[str], said: str) -> None:
    response = client.post("/api/architectures/export", json={"names": names, "format": "tikz"})
    assert response.status_code == 422
    problem = response.json()
    assert problem["where"]["field"] == "names"
    assert said in problem["message"]


# Gradients by layer


@pytest.mark.parametrize("measure", ["gradients", "weight_gradients", "activations"])
def test_the_curves_can_be_read_off(client: TestClient, measure: str) -> None:
    stack = {"blocks": 9, "width": 4, "residual": True, "initialisation": "he"}
    answer = client.post("/api/gradient-sizes", json=stack).json()
    tex = tikz(client, "gradient-sizes", {**stack, "measure": measure})
    check(tex, 870, 380)
    marks = {
        y - 4: float(power)
        for _, y, said in texts(tex)
        for power in re.findall(r"10\^\{(-?\d+)\}", said)
    }
    curves = re.findall(r"% (plain|norm|skip|skip and norm)\n\s*\\draw\[(.*)\] (.*);", tex)
    assert len(curves) == 4
    for name, looks, line in curves:
        (curve,) = [
            curve
            for curve in answer["curves"]
            if (curve["residual"], curve["batch_norm"]) == ("skip" in name, "norm" in name)
        ]
        drawn = places(line)
        steps = [b[0] - a[0] for a, b in itertools.pairwise(drawn)]
        assert steps == pytest.approx([steps[0]] * 18, abs=0.02)
        values = [scale(marks, y) for _, y in drawn]
        assert values == pytest.approx([math.log10(v) for v in curve[measure]], abs=0.01)
        assert ("1.6pt" in looks) is curve["asked"] is (name == "skip")
    said = sorted((y, said) for _, y, said in texts(tex) if re.search("plain|norm|skip", said))
    assert all(b[0] - a[0] >= 16.98 for a, b in itertools.pairwise(said))


def stack_of(*sizes: float) -> dict[str, Any]:
    curves = [
        {"residual": residual, "batch_norm": norm, "asked": residual and norm, "gradients": sizes}
        for residual, norm in itertools.product((False, True), repeat=2)
    ]
    return {"layers": ["conv"] * len(sizes), "curves": curves}


@pytest.mark.parametrize(
    ("sizes", "runs", "dots"),
    [
        ((0.0, 0.0), 0, 0),
        ((0.0, 1e-300, 1e-9, 0.0, 2.0), 1, 1),
        ((1.0,), 0, 1),
        ((math.inf, math.nan, 1.0, 1.0), 1, 0),
    ],
)
def test_what_has_no_logarithm_is_left_out(sizes: tuple[float], runs: int, dots: int) -> None:
    tex = gradients_tikz(stack_of(*sizes), "gradients")
    check(tex, 870, 380)
    middle = [line for line in tex.splitlines() if "ink!18" not in line and "->" not in line]
    drawn = [line for line in middle if "\\draw[" in line]
    assert len(drawn) == 4 + 4 * runs  # a sample of the line by each name
    assert sum("\\fill[" in line for line in middle) == 4 * dots


# LaTeX itself


def compiles(tex: str, folder: Path) -> None:
    (folder / "drawing.tex").write_text(tex, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "drawing.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    assert (folder / "drawing.pdf").read_bytes().startswith(b"%PDF")


def latex() -> bool:
    """Whether this machine has what the documents ask for."""
    if not shutil.which("pdflatex") or not shutil.which("kpsewhich"):
        return False
    found = subprocess.run(
        ["kpsewhich", "standalone.cls", "tikz.sty"], capture_output=True, check=False
    )
    return found.stdout.count(b"\n") == 2


@pytest.mark.skipif(not latex(), reason="needs LaTeX with TikZ and standalone")
@pytest.mark.parametrize(
    ("path", "question"),
    [
        ("network", {"architecture": "resnet18"}),
        *(("receptive-field", question) for question in SEEN.values()),
        ("architectures", {"names": ALL}),
        ("gradient-sizes", {"blocks": 2, "batch_norm": True}),
    ],
)
def test_latex_takes_it(
    client: TestClient, tmp_path: Path, path: str, question: dict[str, Any]
) -> None:
    compiles(tikz(client, path, question), tmp_path)


ANY = "".join(map(chr, range(0x20, 0x180))) + "层\n🙂"


def test_any_text_stays_text() -> None:
    tex = document("a\n\\input{b}", {}, [words(1, 2, escaped(ANY))])
    assert tex.startswith("% a \\input{b}\n")
    check(tex, 10, 10)


@pytest.mark.skipif(not latex(), reason="needs LaTeX with TikZ and standalone")
def test_latex_takes_any_text(tmp_path: Path) -> None:
    compiles(document("Letters", {}, [words(1, 2, escaped(ANY))]), tmp_path)
