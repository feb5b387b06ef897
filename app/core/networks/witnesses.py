"""A network's sizes and counts once more, by PyTorch's modules on shapes without data."""

from app.core.networks.network import analyse
from app.core.networks.questions import NetworkQuestion
from app.core.witnesses import Witness, witness


def sizes(question: NetworkQuestion) -> list[Witness]:
    """Every layer's output and parameters by its module, multiply-adds by PyTorch's own counter.

    Multiply-adds are compared over all convolutions and fully connected layers, which are what that
    counter knows."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    network, _ = question.found()
    found = analyse(network).check()
    outputs: dict[int, torch.Tensor] = {-1: torch.empty(1, *network.input, device="meta")}
    shapes, parameters, ours_macs, theirs_macs = [], [], [], []
    with torch.device("meta"), torch.no_grad():
        for i, (node, sources) in enumerate(zip(network.layers, found.sources, strict=True)):
            module = node.layer.module()
            with FlopCounterMode(display=False) as counter:
                outputs[i] = module(*(outputs[source] for source in sources))
            shapes.append(list(outputs[i].shape[1:]))
            held = module.parameters() if isinstance(module, torch.nn.Module) else ()
            parameters.append(sum(each.numel() for each in held))
            if counter.get_total_flops():
                ours_macs.append(found.macs[i])
                theirs_macs.append(counter.get_total_flops() // 2)
    by = "PyTorch's modules"
    ours = [list(shape or ()) for shape in found.shapes]
    flat = [n for shape in ours for n in shape], [n for shape in shapes for n in shape]
    told = [witness(by, "the sizes of all outputs", *flat, 0)]
    counted = [node.layer.parameters for node in network.layers]
    told.append(witness(by, "the parameters of all layers", counted, parameters, 0))
    told.append(witness("PyTorch's counter", "multiply-adds", ours_macs, theirs_macs, 0))
    return told
