"""PyTorch code to a Network: a stack of layers or a class, read and never executed."""

import ast
from dataclasses import dataclass

from app.core.errors import OverBudget, Problem
from app.core.layers.table import Shape
from app.core.networks.code.layers import ELSEWHERE, readable
from app.core.networks.code.roots import Code
from app.core.networks.code.text import MAX_SOURCE, WHOLE, too_long
from app.core.networks.network import Network

__all__ = [
    "ELSEWHERE",
    "MAX_SOURCE",
    "WHOLE",
    "Note",
    "Reading",
    "read",
    "readable",
    "reading",
]
TOLD = 80  # characters of what was overlooked that are told


@dataclass(frozen=True)
class Note:
    """A piece of what was pasted, and what is to be said of it."""

    text: str
    line: int
    why: str


@dataclass(frozen=True)
class Reading:
    """The network of a text, where in it each layer stands: name -> (offset, length), what of it
    makes no part of the network, and what was decided in reading the rest."""

    network: Network
    places: dict[str, tuple[int, int]]
    overlooked: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()


def reading(source: str, input: Shape) -> Reading:
    """What a text comes to.

    Layers are called as torch calls them: by position, by the names of an OrderedDict or of a
    class's attributes, with dots where one holds another. Raises Problem with the offset and length
    of what cannot be read.
    """
    too_long(source)
    code = Code(source, input)
    try:
        network, places = code.network()
    except OverBudget:
        raise
    except Problem:
        code = Code(source, input)
        printed = code.printed()
        if printed is None:
            raise
        network, places = printed

    def note(offset: int, length: int, why: str) -> Note:
        text = source[offset:][:length].split("\n", 1)[0].rstrip("\r")[:TOLD]
        return Note(text, source.count("\n", 0, offset) + 1, why)

    def span(node: ast.AST) -> tuple[int, int]:
        where = code.where(node)
        return where["offset"], where["length"]

    spans = [(*span(node), why) for node, why in code.overlooked]
    spans += [(*place, why) for place, why in code.left]
    spans += [(code.starts[i], code.starts[i + 1] - code.starts[i], why) for i, why in code.around]
    found = dict.fromkeys(note(*one) for one in sorted(spans))
    said = dict.fromkeys(note(*span(node), why) for node, why in code.notes)
    return Reading(network, places, tuple(found), tuple(said))


def read(source: str, input: Shape) -> tuple[Network, dict[str, tuple[int, int]]]:
    """The network of a text, and where in it each layer stands."""
    found = reading(source, input)
    return found.network, found.places
