"""Every kind of exercise, over many seeds: what is right is taken, what has a name is called by it,
what is neither is plainly wrong; and the numbers are those that torch and plain counting give."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from app.core.exercises.checking import PLAINLY, checked, verdict
from app.core.exercises.exercise import Blank, Drawn
from app.core.exercises.reading import alike
from app.core.exercises.table import KINDS, ROWS
from app.core.expressions.evaluation import evaluate
from app.core.expressions.parsing import parse

STRANGE: dict[str, Any] = {
    "number": 98_765.4321,
    "shape": (97, 89, 83),
    "formula": "x ** 3 + 17",
    "grid": 98_765.4321,
}
SEEDS = [0, 1, 2, 5, 999_999]


def typed(blank: Blank, answer: Any) -> str:
    """An answer as somebody would type it."""
    if blank.form == "grid":
        return "\n".join(" ".join(repr(float(number)) for number in row) for row in answer)
    if blank.form == "shape":
        return " x ".join(map(str, answer))
    return answer if isinstance(answer, str) else repr(float(answer))


@pytest.mark.parametrize("name", KINDS)
def test_the_right_answer_is_right_and_each_named_one_is_called_by_its_name(name: str) -> None:
    for seed in SEEDS:
        drawn = KINDS[name].drawn(seed)
        found = checked(drawn, {blank.name: typed(blank, blank.right) for blank in drawn.blanks})
        assert found["right"], (seed, found)
        assert found["why"]
        for blank in drawn.blanks:
            assert blank.wrongs, "a blank has at least one wrong answer with a name"
            for wrong in blank.wrongs:
                said = verdict(blank, typed(blank, wrong.value))
                assert (said["verdict"], said["says"]) == ("wrong", wrong.says), (seed, blank.name)


@pytest.mark.parametrize("name", KINDS)
def test_any_other_answer_is_plainly_wrong(name: str) -> None:
    for seed in SEEDS[:3]:
        for blank in KINDS[name].drawn(seed).blanks:
            if blank.form == "choice":
                assert {blank.right, *(wrong.value for wrong in blank.wrongs)} == {*blank.choices}
                continue
            strange = STRANGE[blank.form]
            if blank.form == "grid":
                strange = [[strange] * len(blank.right[0])] * len(blank.right)
            said = verdict(blank, typed(blank, strange))
            assert said["verdict"] == "wrong"
            first = "Row 1, column 1 is the first that is wrong"
            assert said["says"].startswith(first if blank.form == "grid" else PLAINLY[blank.form])


@pytest.mark.parametrize("name", KINDS)
def test_a_seed_always_draws_the_same_and_others_draw_others(name: str) -> None:
    kind = KINDS[name]
    assert kind.drawn(7) == kind.drawn(7)
    assert len({kind.drawn(seed).asks + str(kind.drawn(seed).given) for seed in range(12)}) > 2


@pytest.mark.parametrize("name", KINDS)
def test_it_says_what_it_asks_and_leaves_nothing_unwritten(name: str) -> None:
    drawn = KINDS[name].drawn(4)
    assert drawn.link.startswith("/")
    assert len({blank.name for blank in drawn.blanks}) == len(drawn.blanks)
    assert "seed" not in {blank.name for blank in drawn.blanks}
    for text in (drawn.asks, *drawn.hints, drawn.why):
        assert text.strip()
        assert text.count("$") % 2 == 0, text
        assert not re.search(r"np\.|None|nan|0000000", text), text


def test_there_are_enough_of_them_and_each_name_is_one() -> None:
    assert len(KINDS) == len(ROWS) >= 25
    assert len({kind.title for kind in ROWS}) == len(ROWS)


# By other paths


def by_autograd(drawn: Drawn) -> dict[str, float]:
    """Every gradient of an expression, by torch."""
    graph = parse(drawn.given["expression"])
    leaves = {
        name: torch.tensor(float(value), dtype=torch.float64, requires_grad=True)
        for name, value in drawn.given["inputs"].items()
    }
    names: dict[str, Any] = {
        **leaves,
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        "max": torch.maximum,
    }
    out = torch.tensor(0.0)
    for line in drawn.given["expression"].splitlines():
        name, _, text = line.partition(" = ")
        names[name] = out = eval(text, {}, names)
        if out.requires_grad and not out.is_leaf:
            out.retain_grad()
    out.backward()  # type: ignore[no-untyped-call]
    assert float(out.detach()) == pytest.approx(
        float(evaluate(graph, drawn.given["inputs"]).values[graph.output])
    )
    return {name: float(found.grad) for name, found in names.items() if _has(found)}


def _has(found: Any) -> bool:
    return isinstance(found, torch.Tensor) and found.grad is not None


@pytest.mark.parametrize(
    "name", ["every-gradient", "one-gate", "used-twice", "larger-wins", "neuron", "skip"]
)
def test_gradients_are_those_of_autograd(name: str) -> None:
    for seed in range(12):
        drawn = KINDS[name].drawn(seed)
        found = by_autograd(drawn)
        for blank in drawn.blanks:
            node = blank.name.removeprefix("gradient-")
            node = "x" if node == "gradient" else node
            assert blank.right == pytest.approx(found[node]), (seed, node)


def conv(given: Any) -> tuple[Any, Any, Any, Any]:
    """A convolution of torch and its three gradients."""
    leaf = {"dtype": torch.float64, "requires_grad": True}
    x = torch.tensor([[given["input"]]], **leaf)
    w = torch.tensor([[given["weights"]]], **leaf)
    b = torch.tensor([float(given.get("bias", 0))], **leaf)
    out = F.conv2d(x, w, b, stride=given.get("stride", 1))
    g = given.get("upstream", torch.ones_like(out[0, 0]).tolist())
    out.backward(torch.tensor([[g]], dtype=torch.float64))  # type: ignore[no-untyped-call]
    assert x.grad is not None
    assert w.grad is not None
    return out[0, 0].tolist(), x.grad[0, 0].tolist(), w.grad[0, 0].tolist(), b.grad


def pooling(given: Any) -> Any:
    x = torch.tensor([[given["input"]]], dtype=torch.float64, requires_grad=True)
    pool = F.max_pool2d if given["layer"] == "MaxPool2d" else F.avg_pool2d
    pool(x, 2).backward(torch.tensor([[given["upstream"]]], dtype=torch.float64))
    assert x.grad is not None
    return x.grad[0, 0].tolist()


def relu_back(given: Any) -> Any:
    x = torch.tensor(given["x"], dtype=torch.float64, requires_grad=True)
    (torch.relu(x) * torch.tensor(given["g"])).sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    return x.grad.tolist()


def count(*layers: nn.Module) -> int:
    return sum(p.numel() for layer in layers for p in layer.parameters())


def loss(given: Any, by: Callable[..., Any]) -> float:
    scores = torch.tensor([given["scores"]], dtype=torch.float64)
    return float(by(scores, torch.tensor([given["right"]])))


def normalised(given: Any) -> float:
    x = torch.tensor(given["x"], dtype=torch.float64)[:, None]
    return float(F.batch_norm(x, None, None, training=True, eps=1e-12)[given["sample"], 0])


# What torch makes of the given numbers: for the first blank of each.
TORCH: dict[str, Callable[[Any], Any]] = {
    "hinge-loss": lambda g: 3 * loss(g, F.multi_margin_loss),  # torch divides by the classes
    "softmax-loss": lambda g: loss(g, F.cross_entropy),
    "outer-product": lambda g: torch.outer(torch.tensor(g["g"]), torch.tensor(g["x"])).tolist(),
    "normalised": normalised,
    "connected-parameters": lambda g: count(nn.Linear(g["inputs"], g["outputs"])),
    "filter-parameters": lambda g: count(nn.Conv2d(g["channels"], g["filters"], g["kernel"])),
    "maps": lambda g: tuple(
        nn.Conv2d(3, g["filters"], g["kernel"])(torch.zeros(3, g["side"], g["side"])).shape
    ),
    "output-size": lambda g: nn.Conv1d(1, 1, g["kernel"], g["stride"], g["padding"])(
        torch.zeros(1, g["input"])
    ).shape[-1],
    "one-number": lambda g: conv({**g, "input": g["patch"]})[0][0][0],
    "convolution": lambda g: conv(g)[0],
    "middle-pixel": lambda g: conv(g)[1][1][1],
    "one-weight": lambda g: conv(g)[2][g["weight"][0]][g["weight"][1]],
    "input-gradient": lambda g: conv(g)[1],
    "pooled": lambda g: F.max_pool2d(torch.tensor([[g["input"]]]).double(), 2)[0, 0].tolist(),
    "pooling-gradient": pooling,
    "relu-gradient": relu_back,
    "ten-a-weight": lambda g: (
        10 * count(nn.Linear(g["inputs"], g["hidden"]), nn.Linear(g["hidden"], g["outputs"]))
    ),
    "one-bad-point": lambda g: float(torch.tensor(g["x"], dtype=torch.float64).mean()),
    "new-head": lambda g: count(nn.Linear(g["features"], g["classes"])),
    "first-loss": lambda g: float(
        F.cross_entropy(torch.zeros(1, g["classes"]).double(), torch.zeros(1).long())
    ),
}


@pytest.mark.parametrize("name", TORCH)
def test_numbers_are_those_of_torch(name: str) -> None:
    for seed in range(8):
        drawn = KINDS[name].drawn(seed)
        blank = drawn.blanks[0]
        assert alike(blank, TORCH[name](drawn.given), blank.right), seed


def test_the_layer_that_is_wrong_is_the_one_at_which_torch_stops() -> None:
    for seed in range(8):
        drawn = KINDS["which-layer"].drawn(seed)
        layers = eval(drawn.given["source"].removeprefix("nn.Sequential"), {"nn": nn})
        x = torch.zeros(1, *drawn.given["input"])
        for layer, written in zip(layers, drawn.blanks[0].choices, strict=True):
            try:
                x = layer(x)
            except RuntimeError:
                assert written == drawn.blanks[0].right
                break
        else:
            raise AssertionError("torch runs it all")
