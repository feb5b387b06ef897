"""What a network costs to run forward and back, and what is too much."""

from math import prod

from app.core.errors import Problem
from app.core.networks.answers import FLOAT_BYTES
from app.core.networks.network import Network, analyse
from app.core.numbers import format_number

# What one pass forward and back may take: some seconds, and one picture through a ResNet-152.
MOST_MACS = 2 * 10**10
MOST_BYTES = 6 * 10**8


def _cost(network: Network) -> tuple[int, int, int]:
    """Multiply-adds of one input, or what takes as long; bytes of what is kept of it, and of the
    parameters."""
    result = analyse(network).check()
    work = sum(
        node.layer.work(shape)
        for node, shape in zip(network.layers, result.shapes, strict=True)
        if shape
    )
    kept = prod(network.input) + sum(prod(shape) for shape in result.shapes if shape)
    parameters = sum(node.layer.parameters for node in network.layers)
    return work, FLOAT_BYTES * kept, FLOAT_BYTES * parameters


def affordable(network: Network, most: int) -> int:
    """How many inputs can be averaged in good time, up to `most`, and 1 at least."""
    work, kept, parameters = _cost(network)
    within = min(MOST_MACS // 2 // max(1, work), (MOST_BYTES - parameters) // kept)
    return max(1, min(most, within))


def check_cost(network: Network, samples: int, advice: str, field: str | None = None) -> None:
    """Refuse what would take too long, or too much memory; `advice` says what would do."""
    work, kept, parameters = _cost(network)
    for amount, most, unit in (
        (samples * work, MOST_MACS, "multiply-adds or as much work"),
        (samples * kept + parameters, MOST_BYTES, "bytes"),
    ):
        if amount > most:
            raise Problem(
                f"this takes {format_number(amount / 1e9)} billion {unit}, and "
                f"{format_number(most / 1e9)} are the most; {advice} would do",
                {"field": field} if field else {},
            )
