"""What names stand for in pasted code, beside numbers, lists and layers."""

import ast
from collections import ChainMap
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Routine:
    """A function of the text."""

    node: ast.FunctionDef | ast.Lambda
    names: ChainMap[str, Any]
    of: "Kind | None" = None
    static: bool = False


@dataclass(eq=False)
class Kind:
    """A class of the text."""

    name: str
    node: ast.ClassDef
    bases: list[Any]
    held: dict[str, Any] = field(default_factory=dict)

    def find(self, name: str) -> Any:
        """A method or a value of the class or of one that it builds on."""
        if name in self.held:
            return self.held[name]
        for base in self.bases:
            if isinstance(base, Kind) and (found := base.find(name)) is not None:
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


@dataclass(eq=False)
class Outer:
    """What PyTorch or Python has by that name."""

    path: str


@dataclass(eq=False)
class Unknown:
    """What nothing is known of, and why; to use it is the mistake."""

    why: str
