"""What names stand for in pasted code, beside numbers, strings, lists (tuples too) and dicts."""

import ast
from collections import ChainMap
from dataclasses import dataclass, field
from typing import Any

from app.core.errors import Problem
from app.core.layers.layer import Layer


@dataclass(eq=False)
class Stack:
    """What a Sequential holds, by name; or a ModuleList or ModuleDict, which is not called."""

    held: dict[str, Any]
    called: bool = True


@dataclass(eq=False)
class Lazy:
    """A layer that takes its size from what it is given; `layer` once that is known."""

    row: type[Layer]
    arguments: dict[str, Any]
    node: ast.AST
    layer: Layer | None = None

    @property
    def parameters(self) -> bool:
        """Whether it has weights: those that are lazy all have."""
        return True


@dataclass(frozen=True)
class Setting:
    """A device or a type of numbers, such as `torch.float32`: it changes no size and no count."""


@dataclass(eq=False)
class Routine:
    """A function of the text."""

    node: ast.FunctionDef | ast.Lambda
    names: ChainMap[str, Any]
    of: "Kind | None" = None
    decorated: str = ""  # "staticmethod", "classmethod", "property"


@dataclass(eq=False)
class Kind:
    """A class of the text."""

    name: str
    node: ast.AST
    bases: list[Any]
    held: dict[str, Any] = field(default_factory=dict)

    def find(self, name: str, depth: int = 0) -> Any:
        """A method or a value of the class or of one that it builds on."""
        if name in self.held:
            return self.held[name]
        for base in self.bases if depth < 20 else ():
            if isinstance(base, Kind) and (found := base.find(name, depth + 1)) is not None:
                return found
        return None


@dataclass(eq=False)
class Made:
    """What a class of the text made: its attributes, as `__init__` leaves them."""

    kind: Kind
    held: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Of:
    """A method of something: `owner.name`."""

    owner: Any
    name: str


@dataclass(frozen=True)
class Outer:
    """What PyTorch or Python has by that name."""

    path: str


@dataclass(eq=False)
class Partial:
    """A call that waits for the rest of its arguments."""

    of: Any
    given: list[tuple[Any, Any]]
    named: dict[str, Any]


@dataclass(eq=False)
class Unknown:
    """What nothing is known of, and why; to use it is the mistake.

    `problem` is that mistake, where it has a place of its own; `firm` if it cannot be overlooked.
    """

    why: str
    problem: Problem | None = None
    firm: bool = False
