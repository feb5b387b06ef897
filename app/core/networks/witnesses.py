"""A network's sizes and counts once more, by PyTorch's modules on shapes without data."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from app.core.layers.table import Layer
from app.core.networks.architectures import architecture
from app.core.networks.network import Network, analyse
from app.core.networks.questions import ComparisonQuestion, NetworkQuestion, compared
from app.core.witnesses import Witness, witness

BY, COUNTER = "PyTorch's modules", "PyTorch's counter"


class Counted(NamedTuple):
    """What PyTorch says of a layer; no multiply-adds where its counter knows none."""

    shape: Sequence[int]
    parameters: int
    macs: int


def sizes(question: NetworkQuestion) -> list[Witness]:
    """Every layer's output and parameters by its module, multiply-adds by PyTorch's own counter.

    Multiply-adds are compared over all convolutions and fully connected layers, which are what that
    counter knows."""
    network, _ = question.found()
    found = analyse(network).check()
    theirs = counted(network)
    ours = [list(shape or ()) for shape in found.shapes]
    flat = [n for shape in ours for n in shape], [n for row in theirs for n in row.shape]
    held = [node.layer.parameters for node in network.layers]
    known = [i for i, row in enumerate(theirs) if row.macs]
    macs = [found.macs[i] for i in known], [theirs[i].macs for i in known]
    return [
        witness(BY, "the sizes of all outputs", *flat, 0),
        witness(BY, "the parameters of all layers", held, [row.parameters for row in theirs], 0),
        witness(COUNTER, "multiply-adds", *macs, 0),
    ]


def counted(network: Network) -> list[Counted]:
    """A network's modules, run on shapes without data; equal layers on equal shapes once."""
    shapes: dict[int, Sequence[int]] = {-1: network.input}
    known: dict[tuple[Any, ...], Counted] = {}
    found = []
    sources = analyse(network).check().sources
    for i, (node, taken) in enumerate(zip(network.layers, sources, strict=True)):
        given = [shapes[source] for source in taken]
        case = (repr(node.layer), *map(tuple, given))
        if case not in known:
            known[case] = by_module(node.layer, given)
        found.append(known[case])
        shapes[i] = known[case].shape
    return found


def by_module(layer: Layer, shapes: Sequence[Sequence[int]]) -> Counted:
    """What a layer's module does with such shapes."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), torch.no_grad():
        module = layer.module()
        if isinstance(module, torch.nn.Module):
            module.eval()  # a batch norm learns nothing from a single number
        with FlopCounterMode(display=False) as counter:
            output = module(*(torch.empty(1, *shape) for shape in shapes))
    held = module.parameters() if isinstance(module, torch.nn.Module) else ()
    flops = counter.get_total_flops()  # two a multiply-add
    return Counted(output.shape[1:], sum(each.numel() for each in held), flops // 2)


@lru_cache
def of_architecture(name: str) -> tuple[int, int]:
    """Parameters and multiply-adds of a well-known network."""
    found = counted(architecture(name))
    return sum(row.parameters for row in found), sum(row.macs for row in found)


def totals(question: ComparisonQuestion) -> list[Witness]:
    """Each network's parameters and multiply-adds by its modules. Accuracies are its authors'."""
    rows = compared(question)["rows"]
    theirs = [of_architecture(row["name"]) for row in rows]
    return [
        witness(BY, "parameters", [row["parameters"] for row in rows], [n for n, _ in theirs], 0),
        witness(COUNTER, "multiply-adds", [row["macs"] for row in rows], [n for _, n in theirs], 0),
    ]
