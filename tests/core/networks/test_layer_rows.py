"""All that a row of LAYERS says, against torch, by the row's own examples: a new row is tested here
as it stands."""

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchinfo import summary

from app.core.activations.capture import Capture, capture
from app.core.activations.unit.functions import arithmetic
from app.core.attributions.backward_rules import walk
from app.core.attributions.changed_regions import outputs
from app.core.attributions.methods import gray
from app.core.errors import Problem
from app.core.expressions.evaluation import evaluate
from app.core.expressions.parsing import parse
from app.core.layers.controls import layer_row
from app.core.layers.layer import Example, Layer
from app.core.layers.table import LAYERS, make
from app.core.networks.answers import network_answer
from app.core.networks.cones import cone
from app.core.networks.drawing.places import COLOURS
from app.core.networks.exports import layer_code, pytorch
from app.core.networks.network import INPUT, Network, analyse
from app.core.networks.questions import NetworkQuestion, mended
from app.core.networks.torch_code import read, readable
from app.core.networks.torch_network import TorchNetwork, Undrawn
from tests.core.activations.test_units import check, close, computed
from tests.core.layer_rows import ROW, examples, made, model_of, pictures, placed, shape_of

EVERY = pytest.mark.parametrize(("name", "example"), list(examples()))
CLASSES = Path(__file__).parents[3] / "static/src/networks/network.css"


def test_a_row_is_found_for_every_name_and_says_what_it_is() -> None:
    css = CLASSES.read_text()
    for name, row in LAYERS.items():
        assert row.model_fields["type"].default == name
        assert row.kind in COLOURS
        assert f".kind-{row.kind} {{" in css
        assert row.examples
        assert set(row.follow) <= set(row.model_fields)
        assert set(row.start) <= set(row.model_fields)


def given(network: Network, model: TorchNetwork, image: Tensor) -> tuple[list[Tensor], Tensor]:
    """What comes in to the layer and what comes out."""
    i = network.position(ROW)
    activations = model.activations(image)
    return [activations[j] if j >= 0 else image for j in model.sources[i]], activations[i]


@EVERY
def test_undrawn_leaves_out_what_is_random_and_nothing_else(name: str, example: Example) -> None:
    """Of a row's parameters only weight and bias are random, where the row weighs."""
    layer = made(name, example)
    module = layer.module()
    before = torch.get_rng_state()
    with Undrawn():
        undrawn = layer.module()
    assert torch.equal(torch.get_rng_state(), before), "a number was drawn"
    drawn = {"weight", "bias"} if layer.weighs else set()
    if isinstance(module, nn.Module):
        usual = module.state_dict()
        for part in usual.keys() - drawn:
            assert torch.equal(undrawn.state_dict()[part], usual[part]), part


@EVERY
def test_sizes_weights_and_costs_are_torchs(name: str, example: Example) -> None:
    layer = made(name, example)
    network = placed(layer, example.shapes)
    model = model_of(network)
    operands, output = given(network, model, pictures(network, 1))
    assert [tuple(part.shape[1:]) for part in operands] == list(example.shapes)
    row = next(row for row in network_answer(network)["rows"] if row["name"] == ROW)
    assert row["output"] == tuple(output.shape[1:])
    assert row["weights"] == layer.weights
    step = model.steps[network.position(ROW)]
    learned = dict(step.named_parameters()) if isinstance(step, nn.Module) else {}
    assert {word: tuple(p.shape) for word, p in learned.items()} == layer.weights
    assert row["parameters"] == sum(p.numel() for p in learned.values())
    with FlopCounterMode(display=False) as counter:
        step(*operands)
    assert counter.get_total_flops() == 2 * row["macs"]
    if isinstance(step, nn.Module) and learned:
        told = summary(nn.Sequential(step), input_data=operands, verbose=0)
        assert told.total_params == row["parameters"]
    rows_each = layer.spans and len(example.shapes[0]) == 3  # of which torchinfo counts one
    if layer.weighs and name != "ConvTranspose2d" and not rows_each:  # that by what comes out
        biases = int(np.prod(row["output"])) if step.bias is not None else 0
        assert told.total_mult_adds == row["macs"] + biases


@EVERY
def test_the_weights_are_held_by_torchs_names(name: str, example: Example) -> None:
    network = placed(made(name, example), example.shapes)
    model = model_of(network)
    held = TorchNetwork.holding(network, model.state_dict())
    image = pictures(network, 2)
    torch.testing.assert_close(held(image), model(image))
    ours = {
        f"{node.name}.{word}" for node in network.layers for word in node.layer.weights
    }  # fmt: skip
    assert ours == {word for word, _ in model.named_parameters()}


@EVERY
def test_the_exported_code_runs_and_agrees(name: str, example: Example) -> None:
    layer = made(name, example)
    network = placed(layer, example.shapes)
    names: dict[str, Any] = {}
    exec(pytorch(network), names)
    exported, model = names["model"].eval(), model_of(network)
    tensors = model.state_dict().values()
    exported.load_state_dict(dict(zip(exported.state_dict(), tensors, strict=True)))
    image = pictures(network, 2)
    lines = layer.line and len(example.shapes[0]) == 3  # (batch, channels, length) in torch
    torch.testing.assert_close(exported(image.squeeze(2) if lines else image), model(image))
    if name in readable():
        back, _ = read(layer_code(layer), example.shapes[0])
        assert [node.layer for node in back.layers] == [layer]


# What units see


def lit(network: Network, model: TorchNetwork, unit: tuple[int, ...]) -> Tensor:
    """Where in the picture the gradient of a unit (all its channels) reaches for some picture."""
    image = pictures(network, 300, 1).requires_grad_()
    maps = model.reached(image, network.position(ROW))
    axes = maps[:, :, *unit] if maps.ndim == 4 else maps[:, unit[0]]
    (gradient,) = torch.autograd.grad(axes.sum(), image)
    return (gradient != 0).any(0).any(0)


@EVERY
def test_what_a_unit_sees_is_where_its_gradient_reaches(name: str, example: Example) -> None:
    layer = made(name, example)
    network = placed(layer, example.shapes, head=False)
    model, shape = model_of(network), shape_of(network, ROW)
    sight = analyse(network).sights[network.position(ROW)]
    assert sight
    if len(example.shapes[0]) == 1:
        first = (0,) * len(shape[1:] or shape)
        assert cone(network, ROW, first)["input"] == {"rows": [0, 0], "columns": [0, 0]}
        return
    axes = shape[1:] or shape
    units = {tuple(random.Random(k).randrange(n) for n in axes) for k in range(12)}
    for unit in units | {(0,) * len(axes), tuple(n - 1 for n in axes)}:
        reached = lit(network, model, unit)
        seen = cone(network, ROW, unit)["input"]
        if not reached.any():
            assert seen is None or reached.numel() == 0 or layer.weighs
            continue
        places = reached.nonzero()
        for axis, word in enumerate(("rows", "columns")):
            first, last = int(places[:, axis].min()), int(places[:, axis].max())
            assert seen[word] == [first, last], (unit, word)
            if sight.fields:
                field = sight.fields[axis]
                at = (unit if len(unit) == 2 else divmod(unit[0] % 42, 7))[axis]
                low, high = at * field.jump + field.low, at * field.jump + field.high
                # In the padding taps may be apart, so that what is left of them begins further in.
                assert first == low if low >= 0 else first >= 0
                assert last == high if high < network.input[1 + axis] else last <= high


@EVERY
def test_the_channels_that_are_taken_are_those_of_the_gradient(name: str, example: Example) -> None:
    layer = made(name, example)
    network = placed(layer, example.shapes)
    step = model_of(network).steps[network.position(ROW)]
    parts = [torch.randn(200, *shape).requires_grad_() for shape in example.shapes]
    output = step(*parts)
    for channel in range(output.shape[1]):
        found = torch.autograd.grad(output[:, channel].square().sum(), parts, retain_graph=True)
        for k, gradient in enumerate(found):
            lit = (gradient != 0).transpose(0, 1).flatten(1).any(1).nonzero().flatten().tolist()
            assert lit == list(layer.taken(channel, example.shapes, k)), (channel, k)


def test_an_instance_norm_sees_whole_maps_and_a_residual_way_round_it_too() -> None:
    nodes: list[dict[str, Any]] = [
        {"name": "conv", "layer": {"type": "Conv2d", "in_channels": 3, "out_channels": 4,
                                   "kernel_size": 3, "padding": 1}},
        {"name": "norm", "layer": {"type": "InstanceNorm2d", "num_features": 4}},
        {"name": "add", "layer": {"type": "Add"}, "inputs": ["norm", "conv"]},
        {"name": "next", "layer": {"type": "MaxPool2d", "kernel_size": 2}},
    ]  # fmt: skip
    network = Network.model_validate({"input": (3, 9, 12), "layers": nodes})
    rows = {row["name"]: row["receptive_field"] for row in network_answer(network)["rows"]}
    assert rows["conv"]["size"] == [3, 3]
    for name in ("norm", "add", "next"):
        assert rows[name]["size"] == [11, 14]  # with the padding of the convolution
        assert rows[name]["stride"] == [0, 0]
        found = cone(network, name, (1, 2))
        assert found["input"] == {"rows": [0, 8], "columns": [0, 11]}


@pytest.mark.parametrize("n", range(1, 24))
def test_the_nearest_is_torchs_for_any_size(n: int) -> None:
    line = torch.arange(n, dtype=torch.float32).reshape(1, 1, 1, n)
    for size in range(1, 65):
        layer = make("Upsample", {"size": (1, size)})
        (_, wide) = layer.windows((1, 1, n))
        ours = [position for unit in range(size) for position in wide.covered(unit, n)]
        assert ours == layer.module()(line).flatten().int().tolist()


# Units


def looked(network: Network, seed: int = 0) -> Capture:
    return capture(model_of(network, seed), pictures(network, 1, seed))


@EVERY
def test_a_unit_is_made_as_torch_makes_it(name: str, example: Example) -> None:
    layer = made(name, example)
    network = placed(layer, example.shapes)
    captured = looked(network)
    i, shape = network.position(ROW), shape_of(network, ROW)
    for k in range(6):
        place = tuple(random.Random(k).randrange(n) for n in (*shape, 1, 1)[:3])
        told = check(captured, ROW, place)
        arithmetics = arithmetic(captured, i, (place[0], place[1], place[2]))
        value = captured.value_at(i, (place[0], place[1], place[2]))
        size = sum(float(np.nansum(np.abs(x))) for x in arithmetics.given.values())
        assert close(arithmetics.value, value, max(1.0, size)), arithmetics.text
        step = next(step for step in told["chain"] if step["layer"] == ROW)
        left, _, right = step["latex"].rpartition(" = ")
        if "sum" not in layer.text() and r"\dots" not in left and "mu" not in arithmetics.numbers:
            said = float(re.sub(r" \\times 10\^{(-?\d+)}", r"e\1", right))
            assert computed(left.split(" = ")[-1]) == pytest.approx(said, abs=5e-3, rel=5e-3)
        same_in_the_graph(captured, told)


def same_in_the_graph(captured: Capture, told: dict[str, Any]) -> None:
    """Values and gradients of a unit's expression: of each step, and of all that it is made of."""
    opened = told["expression"]
    if opened is None:
        assert any(step.get("rows") == [0, -1] or step.get("columns") == [0, -1]
                   for step in told["chain"])  # fmt: skip
        return
    graph = parse(opened["expression"])
    result = evaluate(graph, opened["inputs"])
    for name, there in opened["nodes"].items():
        at = graph.position[name]
        value = float(result.values[at])
        assert value == pytest.approx(there["value"], rel=1e-4, abs=2e-5)
        if opened["note"] is None:
            gradient = float(result.gradients[at])
            assert gradient == pytest.approx(there["gradient"] or 0.0, rel=1e-4, abs=1e-6)
    if opened["note"] is None and len(told["chain"]) == 1:
        made_of = arithmetic(captured, captured.network.position(ROW), place_of(told))
        comes_back(captured, told, {
            name: np.ravel(result.gradients[graph.position[name]])[
                ~np.isnan(np.ravel(made_of.given[name]))
            ]
            for name in opened["inputs"]
            if re.fullmatch("X|x[0-9]*", name)
        })  # fmt: skip


def place_of(told: dict[str, Any]) -> tuple[int, int, int]:
    return told["channel"], told["row"], told["column"]


def comes_back(captured: Capture, told: dict[str, Any], ours: dict[str, Any]) -> None:
    """What comes back to the numbers that a unit is made of, against autograd."""
    i = captured.network.position(told["layer"])
    step, shape = captured.model.steps[i], captured.activation(i).shape
    parts = [captured.activation(j)[None].clone().requires_grad_() for j in captured.sources(i)]
    with torch.enable_grad():
        output = step(*parts)[0]
        place = place_of(told)[: len(shape)]
        back = torch.autograd.grad(output[place] * (told["gradient"] or 0.0), parts)
    theirs = np.concatenate([gradient.numpy().ravel() for gradient in back])
    mine = np.concatenate(list(ours.values()))
    many = max(len(theirs), len(mine))
    padded = [np.sort(np.pad(some, (0, many - len(some)))) for some in (theirs, mine)]
    np.testing.assert_allclose(padded[1], padded[0], rtol=1e-3, atol=1e-5)


@EVERY
def test_what_comes_back_to_a_unit_by_the_layer_adds_up(name: str, example: Example) -> None:
    network = placed(made(name, example), example.shapes)
    captured = looked(network, 3)
    i = network.position(ROW)
    for j in {*captured.sources(i)}:
        source = captured.name(j)
        shape = captured.activation(j).shape
        for k in range(5):
            place = tuple(random.Random(k).randrange(n) for n in (*shape, 1, 1)[:3])
            told = check(captured, source, place)
            (part,) = [part for part in told["backward"]["parts"] if part["layer"] == ROW]
            for term in part["terms"]:
                at = (term["channel"], term["row"], term["column"])
                assert term["upstream"] == captured.gradient_at(i, at)


# Other ways back, and changes in one place


@EVERY
def test_other_rules_on_the_way_back_leave_the_way_forward(name: str, example: Example) -> None:
    layer = made(name, example)
    network = placed(layer, example.shapes)
    model = model_of(network)
    image = pictures(network, 2).requires_grad_()
    expected = model.activations(image)
    for way in ("guided", "deconvnet"):
        found = walk(model, image, way)  # type: ignore[arg-type]
        for ours, theirs in zip(found, expected, strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
        (gradient,) = torch.autograd.grad(found[-1].sum(), image)
        assert gradient.isfinite().all()
        if getattr(layer, way) is None:
            (plain,) = torch.autograd.grad(expected[-1].sum(), image, retain_graph=True)
            torch.testing.assert_close(gradient, plain)


@EVERY
def test_a_norm_that_is_held_is_linear_in_what_comes_in(name: str, example: Example) -> None:
    layer = made(name, example)
    if layer.deconvnet != "held":
        pytest.skip("the chain rule, or a rule of its own")
    network = placed(layer, example.shapes, head=False)
    model = model_of(network)
    image = pictures(network, 1).requires_grad_()
    ours = walk(model, image, "deconvnet")[-1]
    upstream = torch.randn(ours.shape)
    (gradient,) = torch.autograd.grad(ours, image, upstream)
    place = tuple(0 for _ in upstream.shape)
    captured = capture(model, pictures(network, 1))
    made_of = arithmetic(captured, network.position(ROW), (0, 0, 0))
    graph = made_of.graph
    names = {"mu", "sigma2"} & {node.name for node in graph.nodes}
    x, step = float(made_of.given["x"]), 1e-3
    if names:  # the last line with its means as they are
        last = made_of.text.split("\n")[-1]
        fixed = {word: made_of.numbers[word] for word in made_of.numbers}
        values = [
            float(evaluate(parse(last), inputs(last, fixed | {"x": at})).values[-1])
            for at in (x + step, x - step)
        ]
        slope = (values[0] - values[1]) / (2 * step)
    else:
        slope = made_of.value / x
    assert float(gradient[place] if gradient.ndim == upstream.ndim else gradient.flatten()[0]) == (
        pytest.approx(slope * float(upstream.flatten()[0]), rel=1e-3)
    )


def inputs(text: str, known: dict[str, float]) -> dict[str, float]:
    """Those of some numbers that a text speaks of."""
    return {name: known[name] for name in parse(text).inputs}


@EVERY
def test_a_change_in_one_place_comes_out_as_if_all_were_computed(
    name: str, example: Example
) -> None:
    network = placed(made(name, example), example.shapes)
    model, image = model_of(network), pictures(network, 1)
    height, width = network.input[1:]
    change = gray(image, [(0, 0), (height - 1, width - 1), (height // 2, 0)], 2)
    before = model.activations(image)
    whole = [image.clone() for _ in range(3)]
    for k, (row, column) in enumerate(zip(change.rows, change.columns, strict=True)):
        high, wide = change.size
        whole[k][0, :, row : row + high, column : column + wide] = change.values[k]
    after = model.activations(torch.cat(whole))
    for last in range(len(network.layers)):
        found = outputs(model, before, image, change, last)
        torch.testing.assert_close(found, after[last], atol=1e-4, rtol=1e-4)


# The palette


@pytest.mark.parametrize("name", list(LAYERS))
def test_a_layer_put_in_by_hand_is_made_to_fit(name: str) -> None:
    row = LAYERS[name]
    start = layer_row(row)["start"]
    for example in row.examples:
        first = example.shapes[0]
        inputs = [INPUT] * len(example.shapes) if row.operands > 1 else []
        nodes = [{"name": ROW, "layer": start, "inputs": inputs}]
        network = mended(Network.model_validate({"input": first, "layers": nodes}))
        result = analyse(network)
        for problem in result.problems.values():
            assert problem.where.get("field") not in row.follow


def test_what_torch_would_refuse_is_refused_in_words() -> None:
    for name, arguments, shape, said in REFUSED:
        layer = make(name, arguments)
        with pytest.raises(Problem, match=said) as caught:
            layer.output(shape)
        with pytest.raises((RuntimeError, ValueError)):
            layer.module().eval()(torch.rand(1, *shape))
        field, advice = caught.value.where.get("field", ""), caught.value.suggestion
        if field and advice and "," not in advice:
            advised = None if advice == "None" else int(advice)
            layer = make(name, arguments | {field: advised})
            expected = layer.module().eval()(torch.rand(1, *shape)).shape[1:]
            assert layer.output(shape) == expected


REFUSED: list[tuple[str, dict[str, Any], tuple[int, ...], str]] = [
    ("ConvTranspose2d", {"in_channels": 2, "out_channels": 2, "kernel_size": 2, "padding": 3},
     (2, 2, 2), "cuts off all of the height"),
    ("ConvTranspose2d", {"in_channels": 2, "out_channels": 2, "kernel_size": 2, "stride": 2,
                         "output_padding": 2}, (2, 2, 2), "smaller than the stride"),
    ("ConvTranspose2d", {"in_channels": 3, "out_channels": 2, "kernel_size": 2}, (2, 2, 2),
     "expects 3 channels"),
    ("ConvTranspose2d", {"in_channels": 4, "out_channels": 6, "kernel_size": 2, "groups": 3},
     (4, 2, 2), "groups=3 has to divide"),
    ("InstanceNorm2d", {"num_features": 3}, (3, 1, 1), "one number each"),
    ("GroupNorm", {"num_groups": 4, "num_channels": 6}, (6, 2, 2), "has to divide"),
    ("GroupNorm", {"num_groups": 6, "num_channels": 6}, (6,), "a single number"),
    ("GroupNorm", {"num_groups": 2, "num_channels": 6}, (4, 2, 2), "expects 6 channels"),
    ("LayerNorm", {"normalized_shape": 4}, (3, 4, 5), "set normalized_shape to 5"),
    ("LayerNorm", {"normalized_shape": (5, 4, 4)}, (3, 4, 4), "as the last sizes"),
    ("BatchNorm1d", {"num_features": 3}, (3, 4, 4), "BatchNorm2d is for maps"),
    ("Upsample", {}, (3, 4, 4), "has neither"),
    ("Upsample", {"size": 3, "scale_factor": 2}, (3, 4, 4), "has both"),
]  # fmt: skip


def test_the_question_can_be_asked_of_each_row() -> None:
    for name, example in examples():
        network = placed(made(name, example), example.shapes)
        question = NetworkQuestion.model_validate({"network": network.model_dump()})
        assert question.found()[0] == network
        assert isinstance(question.found()[0].layers[network.position(ROW)].layer, Layer)
        assert network_answer(question.found()[0])["problem"] is None
