"""A convolution, pooling or fully connected layer once more, by PyTorch. For a worker."""

from typing import Any

from app.core.convolutions.questions import ConvolutionQuestion, WindowQuestion
from app.core.convolutions.sliding import Convolution, MaxPooling
from app.core.convolutions.window import window_answer
from app.core.layers.windows import pair
from app.core.witnesses import Witness, witness

EXACT = 1e-9  # both count in double precision; the order of a sum may differ


def layer(question: ConvolutionQuestion) -> list[Witness]:
    """Its output by PyTorch's own kernel, and its gradients by autograd."""
    import torch
    from torch.nn import functional

    sliding = question.sliding()
    upstream = question.gradient(sliding)
    gradients = sliding.backward(upstream)
    high, wide = sliding.high, sliding.wide
    double: Any = {"dtype": torch.float64, "requires_grad": True}
    input = torch.tensor(sliding.input[None], **double)
    stride, padding = (high.stride, wide.stride), (high.padding, wide.padding)
    kernel, dilation = (high.kernel, wide.kernel), (high.dilation, wide.dilation)
    leaves: dict[str, tuple[Any, Any]] = {"the gradient of the input": (input, gradients.input)}
    if isinstance(sliding, Convolution):
        weights = torch.tensor(sliding.weights, **double)
        bias = torch.tensor(sliding.bias, **double)
        output = functional.conv2d(input, weights, bias, stride, padding, dilation)
        leaves["the gradient of the weights"] = (weights, gradients.weights)
        leaves["the gradient of the bias"] = (bias, gradients.bias)
    else:
        # Padded first: PyTorch pools no padding of more than half a window.
        below, right = padding
        padded = functional.pad(input, (right, right, below, below), value=sliding.filling)
        if isinstance(sliding, MaxPooling):
            output = functional.max_pool2d(padded, kernel, stride, 0, dilation)
        else:
            output = functional.avg_pool2d(padded, kernel, stride)
    found = torch.autograd.grad(
        output,
        [leaf for leaf, _ in leaves.values()],
        torch.tensor(upstream[None], dtype=torch.float64),
    )
    theirs = [found[0][0], *found[1:]]
    return [
        witness("PyTorch's layer", "the output", sliding.output, output[0].detach().numpy(), EXACT),
        *(
            witness("PyTorch's autograd", of, ours, given.numpy(), EXACT)
            for (of, (_, ours)), given in zip(leaves.items(), theirs, strict=True)
        ),
    ]


def window(question: WindowQuestion) -> list[Witness]:
    """The output's size by PyTorch, which works it out on a tensor that has a shape and no data."""
    from torch import empty
    from torch.nn import functional

    axes = zip(*map(pair, question.model_dump().values()), strict=True)
    theirs = [
        functional.conv1d(
            empty(1, 1, size, device="meta"),
            empty(1, 1, kernel, device="meta"),
            None,
            stride,
            padding,
            dilation,
        ).shape[-1]
        for size, kernel, stride, padding, dilation in axes
    ]
    ours = window_answer(**question.model_dump())["output"]
    return [witness("PyTorch's convolution", "the output's size", ours, theirs[: len(ours)], 0)]
