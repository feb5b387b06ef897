"""PyTorch code to a Network: a stack of layers or a class, read and never executed."""

import ast
from dataclasses import dataclass

from app.core.layers.table import Shape
from app.core.networks.code.stacks import (
    ELSEWHERE,
    MAX_SOURCE,
    WHOLE,
    Reader,
    readable,
    stack_of,
    too_long,
)
from app.core.networks.code.through import Classes
from app.core.networks.network import Network

__all__ = [
    "ELSEWHERE",
    "MAX_SOURCE",
    "WHOLE",
    "Overlooked",
    "Reading",
    "read",
    "readable",
    "reading",
]
TOLD = 80  # characters of what was overlooked that are told
WIDE = (ast.ClassDef, ast.FunctionDef, ast.For, ast.AugAssign)


@dataclass(frozen=True)
class Overlooked:
    """What was pasted and makes no part of the network."""

    text: str
    line: int
    why: str


@dataclass(frozen=True)
class Reading:
    """The network of a text, where in it each layer stands: name -> (offset, length), and what of
    it makes no part of the network."""

    network: Network
    places: dict[str, tuple[int, int]]
    overlooked: tuple[Overlooked, ...] = ()


def reading(source: str, input: Shape) -> Reading:
    """What a text comes to. Sizes are not looked at yet, but where `forward` asks for them.

    Raises Problem with the offset and length of what cannot be read.
    """
    too_long(source)
    if not any(isinstance(statement, WIDE) for statement in Reader(source).statements()):
        return Reading(*stack_of(source, input))
    interpreter = Classes(source, input)
    network, places = interpreter.network()
    told: dict[Overlooked, None] = {}
    for node, why in interpreter.overlooked:
        where = interpreter.where(node)
        text = source[where["offset"] :][: where["length"]].split("\n", 1)[0][:TOLD]
        line = source.count("\n", 0, where["offset"]) + 1
        told[Overlooked(text, line, why)] = None
    return Reading(network, places, tuple(told))


def read(source: str, input: Shape) -> tuple[Network, dict[str, tuple[int, int]]]:
    """The network of a text, and where in it each layer stands."""
    found = reading(source, input)
    return found.network, found.places
