"""A network's sizes and counts once more, by PyTorch's modules on shapes without data."""

from functools import lru_cache
from typing import NamedTuple

from app.core.networks.architectures import architecture
from app.core.networks.network import Network, analyse
from app.core.networks.questions import ComparisonQuestion, NetworkQuestion, compared
from app.core.witnesses import Witness, witness

BY, COUNTER = "PyTorch's modules", "PyTorch's counter"


class Counted(NamedTuple):
    """What PyTorch says of a network: by layer; None of layers that its counter does not know."""

    shapes: list[list[int]]
    parameters: list[int]
    macs: list[int | None]


def sizes(question: NetworkQuestion) -> list[Witness]:
    """Every layer's output and parameters by its module, multiply-adds by PyTorch's own counter.

    Multiply-adds are compared over all convolutions and fully connected layers, which are what that
    counter knows."""
    network, _ = question.found()
    found = analyse(network).check()
    theirs = counted(network)
    ours = [list(shape or ()) for shape in found.shapes]
    flat = [n for shape in ours for n in shape], [n for shape in theirs.shapes for n in shape]
    held = [node.layer.parameters for node in network.layers]
    known = [i for i, macs in enumerate(theirs.macs) if macs is not None]
    macs = [found.macs[i] for i in known], [theirs.macs[i] for i in known]
    return [
        witness(BY, "the sizes of all outputs", *flat, 0),
        witness(BY, "the parameters of all layers", held, theirs.parameters, 0),
        witness(COUNTER, "multiply-adds", *macs, 0),
    ]


def counted(network: Network) -> Counted:
    """A network's modules, run on shapes without data."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    sources = analyse(network).check().sources
    outputs: dict[int, torch.Tensor] = {-1: torch.empty(1, *network.input, device="meta")}
    found = Counted([], [], [])
    counter, before = FlopCounterMode(display=False), 0
    with torch.device("meta"), torch.no_grad(), counter:
        for i, (node, taken) in enumerate(zip(network.layers, sources, strict=True)):
            module = node.layer.module()
            if isinstance(module, torch.nn.Module):
                module.eval()  # a batch norm that learns is many small steps to the counter
            outputs[i] = module(*(outputs[source] for source in taken))
            found.shapes.append(list(outputs[i].shape[1:]))
            held = module.parameters() if isinstance(module, torch.nn.Module) else ()
            found.parameters.append(sum(each.numel() for each in held))
            flops, before = counter.get_total_flops() - before, counter.get_total_flops()
            found.macs.append(flops // 2 or None)  # two a multiply-add
    return found


@lru_cache
def of_architecture(name: str) -> tuple[int, int]:
    """Parameters and multiply-adds of a well-known network."""
    found = counted(architecture(name))
    return sum(found.parameters), sum(macs or 0 for macs in found.macs)


def totals(question: ComparisonQuestion) -> list[Witness]:
    """Each network's parameters and multiply-adds by its modules. Accuracies are its authors'."""
    rows = compared(question)["rows"]
    theirs = [of_architecture(row["name"]) for row in rows]
    return [
        witness(BY, "parameters", [row["parameters"] for row in rows], [n for n, _ in theirs], 0),
        witness(COUNTER, "multiply-adds", [row["macs"] for row in rows], [n for _, n in theirs], 0),
    ]
