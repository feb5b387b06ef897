"""Branches that meet again: which they are, and their rows in the drawing."""

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from app.core.networks.drawing.branches import Parallel, Part, Row, members, rows
from app.core.networks.drawing.labels import width
from app.core.networks.drawing.laid import end
from app.core.networks.drawing.places import DrawingAnswer, VolumePlace
from app.core.networks.drawing.svg import svg
from app.core.networks.drawing.tikz import network_tikz
from app.core.networks.drawing.volumes import drawing
from app.core.networks.questions import NetworkQuestion

PASTED = """
class Inception(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.a = nn.Conv2d(channels, 8, 1)
        self.b = nn.Sequential(nn.Conv2d(channels, 8, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, padding=1))
        self.c = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(channels, 8, 1))

    def forward(self, x):
        return torch.cat([self.a(x), self.b(x), self.c(x)], 1)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, padding=1)
        self.blocks = nn.Sequential(*[Inception(32) for _ in range(9)])
        self.out = nn.Linear(32, 10)

    def forward(self, x):
        x = self.blocks(torch.relu(self.stem(x)))
        return self.out(x.mean((2, 3)))
"""


def drawn(question: dict[str, Any], open: Sequence[str] | None = None) -> DrawingAnswer:
    """What the page draws."""
    from app.core.networks.answers import network_answer

    network, _ = NetworkQuestion.model_validate(question).found()
    return drawing(network, network_answer(network), open)


def parallel(row: Row) -> Iterator[Parallel]:
    """All branches in a row, outer ones first."""
    for part in row:
        if isinstance(part, Parallel):
            yield part
            for branch in part.rows:
                yield from parallel(branch)


def shape(part: Part | Row) -> Any:
    """Branches as lists."""
    if isinstance(part, int):
        return part
    return [shape(one) for one in (part.rows if isinstance(part, Parallel) else part)]


@pytest.mark.parametrize(
    ("sources", "found"),
    [
        # a chain; a skip; a chain of skips
        ([[], [0], [1]], [0, 1, 2]),
        ([[], [0], [1], [2, 0]], [0, 1, 2, 3]),
        ([[], [0], [1, 0], [2], [3, 2, 0]], [0, 1, 2, 3, 4]),
        # two branches; three, of which one goes on; and a path past all of them
        ([[], [0], [0], [1, 2]], [0, [[1], [2]], 3]),
        ([[], [0], [0], [2], [0], [1, 3, 4], [5]], [0, [[1], [2, 3], [4]], 5, 6]),
        ([[], [0], [0], [0, 1, 2]], [0, [[1], [2]], 3]),
        # written by turns
        ([[], [0], [0], [1], [2], [3, 4]], [0, [[1, 3], [2, 4]], 5]),
        # branches of a branch: within it, at its beginning, at its end
        ([[], [0], [1], [1], [2, 3], [0], [4, 5]], [0, [[1, [[2], [3]], 4], [5]], 6]),
        ([[], [0], [0], [1, 2], [0], [3, 4]], [0, [[[[1], [2]], 3], [4]], 5]),
        ([[], [0], [1], [1], [0], [2, 3, 4]], [0, [[1, [[2], [3]]], [4]], 5]),
        # one is looked at from behind too, so that nothing parts
        ([[], [0], [0], [1, 2], [1], [3, 4]], [0, 1, 2, 3, 4, 5]),
    ],
)
def test_branches_are_what_parts_and_meets(sources: list[list[int]], found: list[Any]) -> None:
    assert shape(rows([set(taken) for taken in sources])) == found


@pytest.mark.parametrize("seed", range(60))
def test_each_layer_is_in_one_row_and_no_branch_knows_another(seed: int) -> None:
    rng = random.Random(seed)
    sources: list[set[int]] = [set()]
    for n in range(1, 30):
        sources.append({rng.randrange(max(0, n - 5), n) for _ in range(rng.choice([1, 1, 1, 3]))})
    row = rows(sources)
    assert sorted(members(row)) == list(range(30))
    for part in parallel(row):
        assert len(part.rows) > 1
        branches = [set(members(branch)) for branch in part.rows]
        for a, b in itertools.permutations(branches, 2):
            assert not any(sources[n] & b for n in a)


LINES = {
    "googlenet": {"architecture": "googlenet"},
    "squeezenet": {"architecture": "squeezenet1_1"},
    "resnet": {"architecture": "resnet50"},
    "pasted": {"source": PASTED, "input": (3, 32, 32)},
}
OPEN = {
    "googlenet": ["inception3a", *(f"inception3a.branch{n}" for n in (2, 3, 4)), "inception4b"],
    "squeezenet": ["features", "features.3", "features.4", "features.12"],
    "resnet": ["layer1", "layer1.0", "layer1.0.downsample", "layer3", "layer3.0"],
    "pasted": ["blocks", "blocks.0", "blocks.0.b", "blocks.0.c"],
}


def box(volume: VolumePlace) -> tuple[float, float, float, float]:
    """Left, top, right and foot."""
    return volume["x"], volume["top"], end(volume), volume["y"] + volume["height"]


def meet(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("opened", [False, True])
def test_rows_of_branches_share_their_ends_and_stand_clear(name: str, opened: bool) -> None:
    found = drawn(LINES[name], OPEN[name] if opened else None)
    volumes = found["volumes"]
    inside = [volume for volume in volumes if volume["branch"]]
    assert bool(inside) == (opened or name != "resnet")
    # No two volumes of branches overlap, but for a depth that its neighbour in the row hides.
    for a, b in itertools.combinations(volumes, 2):
        if not (a["branch"] or b["branch"]):
            continue
        middles = {round(v["y"] + v["height"] / 2) for v in (a, b)}
        if len(middles) == 1:
            assert b["x"] >= a["x"] + a["width"] - 0.01 or a["x"] >= end(b)
        else:
            assert not meet(box(a), box(b)), (a["name"], b["name"])
    # All wires from one volume leave it at one place, and all to one volume come in at one.
    across = [wire for wire in found["wires"] if wire["kind"] == "branch"]
    assert across or not inside
    for side, point in (("source", 0), ("target", -1)):
        for _, same in itertools.groupby(
            sorted(across, key=lambda wire: wire[side]), key=lambda wire: wire[side]
        ):
            assert len({tuple(wire["points"][point]) for wire in same}) == 1
    # Where branches part their first fronts begin at one place.
    for source in {wire["source"] for wire in across}:
        firsts = [volumes[wire["target"]] for wire in across if wire["source"] == source]
        if len(firsts) > 1:
            assert max(v["x"] for v in firsts) - min(v["x"] for v in firsts) < 0.01
    # No wire runs through a volume.
    for wire in across:
        (x0, y0), (x1, _), (x2, y2), (x3, _) = wire["points"]
        legs = [(x0, y0, x1, y0), (x1, min(y0, y2), x2, max(y0, y2)), (x2, y2, x3, y2)]
        for n, volume in enumerate(volumes):
            if n not in (wire["source"], wire["target"]) and volumes[wire["source"]] is not volume:
                left, top, right, foot = box(volume)
                assert not any(
                    a < right - 1 and left + 1 < c and b < foot - 1 and top + 1 < d
                    for a, b, c, d in legs
                ), (wire["source"], wire["target"], volume["name"])
    # No label stands on another, or on a volume of another row.
    told = [
        (label["x"] - width(label) / 2, label["y"] - 11, label["x"] + width(label) / 2,
         label["y"] + 17 * (0 if label["inline"] else len(label["lines"])))
        for label in found["labels"]
    ]  # fmt: skip
    for a, b in itertools.combinations(told, 2):
        assert not meet(a, b)
    for label, volume in itertools.product(told, inside):
        assert not meet(
            label, (volume["x"], volume["y"], volume["x"] + volume["width"], box(volume)[3])
        )
    # Brackets stand beneath what they hold, none on another.
    held = [(b["start"], b["y"], b["end"] - 30, b["y"] + 20) for b in found["brackets"]]  # depths
    for a, b in itertools.combinations(held, 2):
        assert not meet(a, b)
    for one in [*told, *held]:
        assert one[3] <= found["height"]
        assert one[2] <= found["width"]
    # Bars stand apart, in the order of the network.
    bars = [volume["bar"] for volume in volumes if not volume["thin"]]
    assert all(b - a > 28 for a, b in itertools.pairwise(bars))


def test_blocks_that_repeat_are_one_and_the_first_shows_its_branches() -> None:
    found = drawn(LINES["pasted"])
    volumes = {volume["name"]: volume for volume in found["volumes"]}
    assert [name for name, v in volumes.items() if v["branch"]] == [
        "blocks.0.a", "blocks.0.b", "blocks.0.c",
    ]  # fmt: skip
    assert volumes["blocks.1"]["times"] == 8
    names = list(volumes)
    ends = {(names[wire["source"]], names[wire["target"]]) for wire in found["wires"]}
    for branch in "abc":
        assert any(target == f"blocks.0.{branch}" for _, target in ends)
        assert any(source == f"blocks.0.{branch}" for source, _ in ends)


def test_of_blocks_with_branches_the_first_is_open() -> None:
    found = drawn(LINES["googlenet"])
    assert found["open"] == ["inception3a"]
    assert [v["name"] for v in found["volumes"] if v["branch"]] == [
        f"inception3a.branch{n}" for n in (1, 2, 3, 4)
    ]
    assert "features.3" in drawn(LINES["squeezenet"])["open"]
    assert not any(volume["branch"] for volume in drawn({"architecture": "vgg16"})["volumes"])


def test_files_show_the_rows_too() -> None:
    found = drawn(LINES["squeezenet"])
    picture, tex = svg(found), network_tikz(found)
    wires = [wire for wire in found["wires"] if wire["kind"] == "branch"]
    assert len(wires) == 4
    assert all(f'd="{wire["path"]}"' in picture for wire in wires)
    assert ">expand3×3</tspan> 64</text>" in picture.replace("expand3x3", "expand3×3")
    assert tex.count(r"\draw[->") == len(found["wires"])
    assert r"expand3x3} $64$" in tex.replace("×", "x")
