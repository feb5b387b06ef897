"""What a unit sees, and gradients before any training, once more by PyTorch. For a worker."""

from math import prod
from typing import TYPE_CHECKING, Any

from app.core.layers.layer import Layer
from app.core.layers.windows import pair
from app.core.networks.cones import Region
from app.core.networks.costs import check_cost
from app.core.networks.fields import (
    EffectiveQuestion,
    FieldQuestion,
    GradientSizesQuestion,
    StackQuestion,
    effective_field,
    gradient_sizes,
    receptive_field,
    stacked,
)
from app.core.networks.gradient_flow import CLASSES, DeepStack, gaussian
from app.core.networks.network import INPUT, Network, analyse
from app.core.witnesses import TINY, Witness, together, witness

if TYPE_CHECKING:
    from torch import Tensor, nn

SUPPORT = "the support of PyTorch's gradient"
EXACT = 1e-6  # both in double precision, but long chains lose a few digits on either side
ROUNDED = 1e-4  # a field's grid has four digits after the point


def reach(question: FieldQuestion) -> list[Witness]:
    """Where a unit's gradient is not 0, in the input and in every map below.

    All weights are made positive and what could stop a gradient is opened, so that nothing but the
    windows decides: functions of one number pass it on, and a pooling adds all that it chooses
    from."""
    import torch

    network, layer = question.place()
    answer = receptive_field(question)
    top = network.position(layer)
    part = network.model_copy(update={"layers": network.layers[: top + 1]})
    check_cost(part, 1, "a smaller image or an earlier layer", "layer")
    outputs = opened(part)
    maps = {i: output for i, output in outputs.items() if output.dim() == 4 and i < top}
    units = outputs[top]
    unit = question.unit or [n // 2 for n in units.shape[2:] or units.shape[1:]]
    picked = units[0][:, unit[0], unit[1]] if units.dim() == 4 else units[0][unit[0]]
    gradients = torch.autograd.grad(
        (picked * uneven(picked)).sum(), list(maps.values()), allow_unused=True
    )
    seen = dict(zip(maps, gradients, strict=True))
    ours = {INPUT: answer["input"]} | {
        region["name"]: region for region in answer["regions"] if region["name"] != layer
    }
    found = []
    for i, gradient in seen.items():
        name = network.layers[i].name if i >= 0 else INPUT
        theirs = None if gradient is None else support(gradient)
        found.append(witness(SUPPORT, "", corners(ours.get(name)), corners(theirs), 0, name))
    said = together(found, "first and last row and column of what is seen")
    gradient = seen[-1]
    if answer["pixels"] is not None and gradient is not None:
        lit = int((gradient[0] != 0).any(dim=0).sum())
        said.append(witness(SUPPORT, "how many pixels are seen", answer["pixels"], lit, 0))
    return said


def corners(region: Region | None) -> list[int]:
    """First and last row and column; nothing of what is not seen."""
    return [*region["rows"], *region["columns"]] if region else []


def support(gradient: "Tensor") -> Region | None:
    """Where a gradient is not 0, over all channels."""
    lit = (gradient[0] != 0).any(dim=0).nonzero()
    if not len(lit):
        return None
    (top, left), (bottom, right) = lit.amin(dim=0).tolist(), lit.amax(dim=0).tolist()
    return {"rows": [top, bottom], "columns": [left, right]}


def opened(network: Network) -> "dict[int, Tensor]":
    """What each layer gives for a picture (at -1) where every gradient gets through."""
    import torch

    found = {-1: torch.rand(1, *network.input).requires_grad_()}
    result = analyse(network).check()
    noise = uneven(torch.empty(max(prod(shape) for shape in result.shapes if shape)))
    for i, (node, sources) in enumerate(zip(network.layers, result.sources, strict=True)):
        given = [found[j] for j in sources]
        if node.layer.pointwise:
            found[i] = given[0] * 1  # a tensor of its own, with a gradient of its own
        elif node.layer.picks:
            found[i] = summed(node.layer, given[0])
        else:
            found[i] = positive(node.layer)(*given)
            # Products of products would soon be 0 or infinite; what sees only padding is 0.
            found[i] = found[i] / (found[i].detach().amax() or 1)
        # Only where it is not 0 is asked, so its size is made anew, and none gets lost on the way.
        found[i].register_hook(  # type: ignore[no-untyped-call]
            lambda gradient: gradient.ne(0).mul(noise[: gradient.numel()].view_as(gradient))
        )
    return found


def uneven(like: "Tensor") -> "Tensor":
    """Numbers about 1, no two of which cancel in a norm."""
    import torch

    return torch.rand_like(like) + 0.5


def positive(layer: Layer) -> Any:
    """A layer's module with weights above 0, which keep the numbers at their size."""
    import torch

    from app.core.networks.torch_network import Undrawn

    with Undrawn():
        module: nn.Module = layer.module()
    if isinstance(module, torch.nn.Module):
        module.eval().requires_grad_(False)
        for parameter in module.parameters():
            parameter.fill_(1 / parameter[0].numel())
    return module


def summed(layer: Layer, given: "Tensor") -> "Tensor":
    """All of each window of a layer that takes its largest, added up."""
    import torch
    from torch.nn import functional

    high, wide = layer.output(tuple(given.shape[1:]))[1:]
    if layer.adaptive:
        return functional.adaptive_avg_pool2d(given, (high, wide))
    arguments = layer.arguments

    def sides(name: str, first: int) -> tuple[int, int]:
        n = arguments.get(name)
        return (first, n) if layer.line and isinstance(n, int) else pair(n or first)

    kernel, padding, dilation = sides("kernel_size", 1), sides("padding", 0), sides("dilation", 1)
    stride = kernel if arguments.get("stride") is None else sides("stride", 1)
    spans = [d * k for d, k in zip(dilation, kernel, strict=True)]
    around = (padding[1], padding[1] + spans[1], padding[0], padding[0] + spans[0])
    filters = torch.ones(given.shape[1], 1, *kernel, dtype=given.dtype) / (kernel[0] * kernel[1])
    wider = functional.pad(given, around)
    moved = functional.conv2d(wider, filters, None, stride, 0, dilation, given.shape[1])
    return moved[:, :, :high, :wide]


def measured(question: EffectiveQuestion) -> list[Witness]:
    """A measured field by a graph of PyTorch's own, whose gradients `backward()` fills."""
    from app.core.networks.hooked import as_module, wired
    from app.core.networks.torch_network import seeded

    answer = effective_field(question)
    network, layer = question.place()
    part = network.model_copy(update={"layers": network.layers[: network.position(layer) + 1]})
    images, mixture = gaussian(part, answer["samples"], question.seed)
    modules = [as_module(step) for step in seeded(part, question.seed).steps]
    maps = wired(part, modules).eval()(images.requires_grad_())
    unit = answer["unit"]
    picked = maps[:, :, unit[0], unit[1]] @ mixture if unit[1:] else maps[:, unit[0]]
    picked.sum().backward()
    assert images.grad is not None
    grid = images.grad.abs().sum(dim=1).mean(dim=0)
    by, of = "PyTorch's backward()", "the grid, from 0 to 1"
    return [witness(by, of, answer["grid"], grid / grid.max(), ROUNDED, least=1.0)]


def stack(question: StackQuestion) -> list[Witness]:
    """Both sides as PyTorch's modules: what they hold, what they see, and what they cost."""
    import torch
    from torch import nn
    from torch.utils.flop_counter import FlopCounterMode

    answer = stacked(question)
    ours, theirs = [answer["single"], answer["stack"]], []
    for side in ours:
        kernel, around = side["kernel_size"], side["kernel_size"] // 2
        with torch.device("meta"):
            wide = nn.Sequential(
                *(
                    nn.Conv2d(question.channels, question.channels, kernel, 1, around, bias=False)
                    for _ in range(side["layers"])
                )
            )
            with FlopCounterMode(display=False) as counter:
                wide(torch.empty(1, question.channels, 1, 1))
        n = 2 * question.kernel_size + 1
        image = torch.ones(1, 1, n, n, requires_grad=True)
        seen = image
        for _ in range(side["layers"]):
            seen = nn.functional.conv2d(seen, torch.ones(1, 1, kernel, kernel), padding=around)
        (gradient,) = torch.autograd.grad(seen[0, 0, n // 2, n // 2], image)
        field = [int((gradient[0, 0].sum(dim=axis) != 0).sum()) for axis in (1, 0)]
        held = sum(each.numel() for each in wide.parameters())
        theirs.append((held, counter.get_total_flops() // 2, field))
    parameters, macs, fields = (list(each) for each in zip(*theirs, strict=True))
    by = "PyTorch's modules"
    return [
        witness(by, "parameters", [side["parameters"] for side in ours], parameters, 0),
        witness(
            "PyTorch's counter", "multiply-adds", [side["macs_a_pixel"] for side in ours], macs, 0
        ),
        witness(SUPPORT, "what is seen", [side["receptive_field"] for side in ours], fields, 0),
    ]


def sizes(question: GradientSizesQuestion) -> list[Witness]:
    """The same stacks written out in a bare loop over PyTorch's modules, with `backward()`."""
    told: dict[str, list[Witness]] = {}
    for curve in gradient_sizes(question)["curves"]:
        ways = {"residual": curve["residual"], "batch_norm": curve["batch_norm"]}
        theirs = bare(question.model_copy(update=ways))
        within = " and ".join(
            f"{'with' if there else 'without'} {what}"
            for what, there in zip(("skips", "batch norm"), ways.values(), strict=True)
        )
        for name, of in NAMES.items():
            by = "a bare loop over PyTorch's modules"
            ours: Any = curve[name]  # type: ignore[literal-required]
            told.setdefault(of, []).append(
                witness(by, of, ours, theirs[name], EXACT, within, float(TINY))
            )
    return [row for of, found in told.items() for row in together(found, of)]


NAMES = {
    "gradients": "gradients of the outputs",
    "weight_gradients": "gradients of the weights",
    "activations": "sizes of the outputs",
}


def bare(stack: DeepStack) -> dict[str, list[float]]:
    """What `gradient_sizes` tells of one stack."""
    import torch
    from torch import nn
    from torch.nn import functional

    def he(module: nn.Conv2d | nn.Linear) -> None:
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)

    def conv(inside: int) -> tuple[nn.Conv2d, nn.Module]:
        made = nn.Conv2d(inside, stack.width, 3, padding=1, bias=not stack.batch_norm)
        return made, nn.BatchNorm2d(stack.width) if stack.batch_norm else nn.Identity()

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(stack.seed)
        layers = [conv(3 if i == 0 else stack.width) for i in range(2 * stack.blocks + 1)]
        linear = nn.Linear(stack.width, CLASSES)
        convs = [each for each, _ in layers]
        for module in (*convs, *(norm for _, norm in layers), linear):
            module.double()
        if stack.initialisation == "he":
            for each in convs:
                he(each)
            he(linear)
        images = torch.randn(stack.images, *stack.network().input, dtype=torch.float64)
        labels = torch.randint(CLASSES, (stack.images,))
    kept = []

    def apply(i: int, x: "Tensor") -> "Tensor":
        output = layers[i][0](x)
        output.retain_grad()
        kept.append(output)
        normed: Tensor = layers[i][1](output)
        return normed

    x = apply(0, images).relu()
    for block in range(stack.blocks):
        inner = apply(2 * block + 2, apply(2 * block + 1, x).relu())
        x = (inner + x if stack.residual else inner).relu()
    loss = functional.cross_entropy(linear(x.mean(dim=(2, 3))), labels)
    loss.backward()  # type: ignore[no-untyped-call]

    def size(values: "Tensor | None") -> float:
        return 0.0 if values is None else float(values.detach().pow(2).mean().sqrt())

    return {
        "gradients": [size(each.grad) for each in kept],
        "weight_gradients": [size(each.weight.grad) for each in convs],
        "activations": [size(each) for each in kept],
    }
