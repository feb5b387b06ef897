import random
from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest

from app.core.drawing.heights import spread
from app.core.expressions.drawing.layout import (
    GATE_NAME_RISE,
    GRADIENT_DROP,
    VALUE_RISE,
    arrange,
    arrange_answer,
)
from app.core.expressions.drawing.places import Box, Layout, PlacedNode, PlacedWire, Wire


def graph(text: str, **shapes: tuple[int, ...]) -> tuple[list[Box], list[Wire], str]:
    """Boxes and wires of lines like `q + x y`: a gate's id, its label, its operands."""
    boxes: list[Box] = []
    wires = []
    known = set()
    for line in text.split(";"):
        gate, label, *operands = line.split()
        for operand in operands:
            if operand not in known:
                boxes.append(Box(operand, "input", operand, operand, shapes.get(operand, ())))
                known.add(operand)
        name = gate if len(gate) == 1 else None
        boxes.append(Box(gate, "gate", label, name, shapes.get(gate, ())))
        known.add(gate)
        wires += [Wire(operand, gate, n) for n, operand in enumerate(operands)]
    return boxes, wires, gate


FIRST = graph("q + x y; f * q z")
SIGMOID = graph(
    "n1 * w0 x0; n2 * w1 x1; n3 + n1 n2; n4 + n3 w2; n5 *-1 n4; n6 exp n5; n7 +1 n6; f 1/x n7"
)
DIAMOND = graph("q + x y; a exp q; b sin q; f * a b")
SQUARE = graph("f * x x")
NETWORK = graph(
    "n1 @ W1 x; n2 + n1 b1; h relu n2; n3 @ W2 h; n4 + n3 b2; n5 square n4; L sum n5",
    W1=(4, 3), x=(3,), n1=(4,), b1=(4,), n2=(4,), h=(4,),
    W2=(2, 4), n3=(2,), b2=(2,), n4=(2,), n5=(2,),
)  # fmt: skip
AROUND = graph("u exp x; v exp u; a * x v; b * v x; f + a b")
HINGE = graph(
    "s @ W x; n1 [] s y; n2 - s n1; n3 +1 n2; n4 max zero n3; n5 sum n4; n6 -1 n5; "
    "n7 square W; n8 sum n7; n9 * lam n8; L + n6 n9",
    W=(10, 3072), x=(3072,), s=(10,), n2=(10,), n3=(10,), n4=(10,), n7=(10, 3072),
)  # fmt: skip
TWO_PIECES = graph("q + x y; f exp q; g sin z")

LECTURE = [FIRST, SIGMOID, DIAMOND, SQUARE, NETWORK, HINGE, AROUND, TWO_PIECES]


def random_graph(seed: int, count: int) -> tuple[list[Box], list[Wire], str]:
    chance = random.Random(seed)
    shapes = [(), (), (3,), (2, 4), (10, 3072), (50,), (2, 3, 4), (1,), (0, 2)]
    boxes: list[Box] = []
    wires = []
    for n in range(count):
        shape = chance.choice(shapes)
        if n < 2 or chance.random() < 0.2:
            boxes.append(Box(f"v{n}", "input", f"v{n}", f"v{n}", shape))
            continue
        label = chance.choice(["+", "*", "exp", "sigmoid", "cross_entropy", "1/x"])
        name = chance.choice([None, f"v{n}", "a_rather_long_name_for_a_gate"])
        boxes.append(Box(f"v{n}", "gate", label, name, shape))
        operands = range(chance.choice([1, 2, 2, 2, 7]))
        wires += [Wire(f"v{chance.randrange(n)}", f"v{n}", k) for k in operands]
    return boxes, wires, f"v{count - 1}"


def along(wire: PlacedWire, pieces: int = 24) -> list[tuple[float, float]]:
    """Points on a wire, evenly along each of its curves."""
    found = [tuple(wire.points[0])]
    for at in range(0, len(wire.points), 4):
        a, b, c, d = wire.points[at : at + 4]
        for n in range(1, pieces + 1):
            t = n / pieces
            u = 1 - t
            k = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
            found.append(
                tuple(k[0] * a[i] + k[1] * b[i] + k[2] * c[i] + k[3] * d[i] for i in (0, 1))
            )
    return found


def crossings(layout: Layout) -> int:
    """Pairs of wires that cross in the picture; sharing a stretch or an end is not crossing."""
    lines = [along(wire) for wire in layout.wires]
    return sum(_cross(a, b) for a, b in combinations(lines, 2))


def _cross(a: Sequence[tuple[float, float]], b: Sequence[tuple[float, float]]) -> bool:
    left, right = max(a[0][0], b[0][0]), min(a[-1][0], b[-1][0])
    if right - left < 2:
        return False
    side = 0
    for n in range(1, 200):
        x = left + (right - left) * n / 200
        apart = _height(a, x) - _height(b, x)
        if abs(apart) > 0.5:
            if side and (apart > 0) != (side > 0):
                return True
            side = 1 if apart > 0 else -1
    return False


def _height(line: Sequence[tuple[float, float]], x: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(line):
        if x0 <= x <= x1 and x1 > x0:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return line[-1][1]


Area = tuple[float, float, float, float]


def areas(node: PlacedNode, box: Box) -> list[Area]:
    """What a node covers: its head, its name, its stub with the numbers or grids on it."""
    top, bottom = node.y - node.height / 2, node.y + node.height / 2
    start = node.x + node.width / 2
    found = [(node.x - node.width / 2, top, start, bottom)]
    if node.kind == "gate" and box.name and len(box.name) < 8:
        found.append((node.x - 10, top - GATE_NAME_RISE - 11, node.x + 10, top))
    if node.grid:
        grid = node.grid
        right = grid.x + grid.width
        found.append((grid.x, grid.y - 16, right, grid.y + grid.height))
        found.append((grid.x, grid.gradient_y, right, grid.gradient_y + grid.height))
        assert grid.y + grid.height < node.label.y < grid.gradient_y
        assert start <= grid.x
        assert right <= node.out.x
    else:
        above, below = node.label.y - VALUE_RISE - 12, node.label.y + GRADIENT_DROP + 3
        found.append((start, above, node.out.x, below))
    return found


def overlap(a: Area, b: Area) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def check(layout: Layout, boxes: Sequence[Box]) -> None:
    """What holds for every layout."""
    found = [areas(node, box) for node, box in zip(layout.nodes, boxes, strict=True)]
    for a, b in combinations(found, 2):
        assert not any(overlap(p, q) for p in a for q in b)
    for parts in found:
        for left, top, right, bottom in parts:
            assert left >= 0
            assert top >= 0
            assert right <= layout.width
            assert bottom <= layout.height
    places = {node.id: node for node in layout.nodes}
    ports: dict[str, list[tuple[int, float]]] = {}
    for wire in layout.wires:
        out, target = places[wire.source].out, places[wire.target]
        assert wire.points[0] == [out.x, out.y]
        end_x, end_y = wire.points[-1]
        assert target.x - target.width / 2 <= end_x + 0.1
        assert end_x <= target.x
        assert abs(end_y - target.y) < target.height / 2
        ports.setdefault(wire.target, []).append((wire.position, end_y))
        assert len(wire.points) % 4 == 0
        line = along(wire)
        assert all(a[0] <= b[0] + 1e-6 for a, b in pairwise(line))
        assert all(0 <= y <= layout.height for _, y in line)
        for number, node in enumerate(layout.nodes):
            if node.id not in (wire.source, wire.target):
                for left, top, right, bottom in found[number]:
                    assert not any(left < x < right and top < y < bottom for x, y in line)
    for entering in ports.values():
        heights = [y for _, y in sorted(entering)]
        assert all(b - a > 5 for a, b in pairwise(heights))


@pytest.mark.parametrize("given", LECTURE)
def test_graphs_of_the_lecture(given: tuple[list[Box], list[Wire], str]) -> None:
    layout = arrange(*given)
    assert crossings(layout) == 0
    check(layout, given[0])


def test_a_crossing_where_one_is_needed() -> None:
    assert crossings(arrange(*graph("q * x y; a * q x; b sin q; f + a b"))) == 1


def test_wires_of_a_fork_that_have_crossed_run_straight_into_their_gates() -> None:
    layout = arrange(*graph("q * x y; a * q x; b sin q; f + a b"))
    straight = {
        (wire.source, wire.target): wire.points[-1][0] - wire.points[-4][0]
        for wire in layout.wires
        if len({y for _, y in wire.points[-4:]}) == 1
    }
    for wire in (("q", "a"), ("x", "a"), ("q", "b")):
        assert straight[wire] >= 60


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(seed: int) -> None:
    boxes, wires, output = random_graph(seed, 4 + seed)
    check(arrange(boxes, wires, output), boxes)


def test_a_big_graph_with_long_wires() -> None:
    boxes = [Box(f"x{n}", "input", f"x{n}", f"x{n}") for n in range(8)]
    wires = []
    before = "x0"
    for n in range(120):
        boxes.append(Box(f"n{n}", "gate", "+"))
        wires += [Wire(before, f"n{n}", 0), Wire(f"x{n * 5 % 8}", f"n{n}", 1)]
        before = f"n{n}"
    layout = arrange(boxes, wires, before)
    check(layout, boxes)
    assert sum(len(wire.points) for wire in layout.wires) < 60 * len(wires)


def test_operands_in_order() -> None:
    layout = arrange(*FIRST)
    x, y, _, z, f = sorted(layout.nodes, key=lambda node: "xyqzf".index(node.id))
    assert x.y < y.y < z.y
    assert x.x < f.x


def test_sigmoid_neuron_as_on_the_blackboard() -> None:
    places = {node.id: node for node in arrange(*SIGMOID).nodes}
    inputs = [places[name] for name in ("w0", "x0", "w1", "x1", "w2")]
    assert len({node.x for node in inputs}) == 1
    assert all(a.y < b.y for a, b in pairwise(inputs))
    spine = [places[name] for name in ("n3", "n4", "n5", "n6", "n7", "f")]
    assert len({node.y for node in spine}) == 1
    assert all(a.out.x < b.x for a, b in pairwise(spine))
    assert places["n1"].y < places["n3"].y < places["n2"].y


def test_an_input_that_is_used_late_stands_beside_its_use() -> None:
    places = {node.id: node for node in arrange(*NETWORK).nodes}
    assert places["W1"].out.x < places["n1"].x
    assert places["h"].x - 60 < places["W2"].x < places["n3"].x


def test_a_piece_below_the_other() -> None:
    places = {node.id: node for node in arrange(*TWO_PIECES).nodes}
    assert places["g"].y > max(places[name].y for name in "xyqf") + 40
    assert places["z"].x == places["x"].x


def test_both_wires_of_a_square_can_be_told_apart() -> None:
    upper, lower = arrange(*SQUARE).wires
    assert (upper.position, lower.position) == (0, 1)
    middle = [along(wire, 2)[-2][1] for wire in (upper, lower)]
    assert middle[1] - middle[0] > 10
    assert upper.label.y < lower.label.y


def test_the_same_every_time() -> None:
    for given in (NETWORK, random_graph(7, 60)):
        assert arrange(*given).to_dict() == arrange(*given).to_dict()


def test_grids() -> None:
    def grid(*shape: int) -> tuple[float, float, int, int]:
        found = arrange([Box("x", "input", "x", "x", shape)], []).nodes[0].grid
        assert found
        return found.width, found.height, found.rows, found.columns

    assert grid(3) == (46, 66, 3, 1)
    assert grid(10) == (46, 220, 10, 1)
    assert grid(2, 3) == (138, 44, 2, 3)
    assert grid(2, 3, 4) == (184, 132, 6, 4)
    assert grid(10, 3072) == (150, 50, 10, 3072)
    assert grid(3072) == (24, 96, 3072, 1)
    assert arrange([Box("x", "input", "x", "x")], []).nodes[0].grid is None


def test_nothing_to_arrange() -> None:
    layout = arrange([], [])
    assert layout.nodes == layout.wires == []
    assert layout.width > 0
    assert layout.height > 0


def test_an_answer_without_its_literals() -> None:
    nodes = [
        {"id": "x", "op": "input", "inputs": [], "gate": "x", "name": "x", "shape": []},
        {"id": "n1", "op": "constant", "inputs": [], "gate": "2", "name": None, "shape": [],
         "absorbed": True},
        {"id": "f", "op": "*", "inputs": ["n1", "x"], "gate": "*2", "name": "f", "shape": []},
    ]  # fmt: skip
    layout = arrange_answer(nodes, "f").to_dict()
    assert [node["id"] for node in layout["nodes"]] == ["x", "f"]
    assert [node["kind"] for node in layout["nodes"]] == ["input", "gate"]
    (wire,) = layout["wires"]
    assert set(wire) == {"source", "target", "position", "path", "points", "label"}
    assert (wire["source"], wire["target"], wire["position"]) == ("x", "f", 1)
    assert wire["path"].startswith("M")
    assert set(layout["nodes"][0]) == {
        "id", "kind", "x", "y", "width", "height", "label", "grid", "out",
    }  # fmt: skip


def test_spread_keeps_order_and_gaps_and_moves_as_little_as_it_can() -> None:
    assert spread([0, 100], [1, 1], [10]) == [0, 100]
    assert spread([0, 0], [1, 1], [10]) == [-5, 5]
    assert spread([5, 0, 0], [1, 1, 1], [10, 10]) == pytest.approx(
        [-8.333, 1.667, 11.667], abs=0.01
    )
    assert spread([0, 0], [1e6, 1], [10]) == pytest.approx([0, 10], abs=0.01)
