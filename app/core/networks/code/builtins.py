"""What Python's own functions give: of numbers, lists, and of what a class made."""

import ast
import math
from typing import Any

from app.core.layers.layer import Layer
from app.core.networks.code.expressions import Expressions
from app.core.networks.code.forward import BATCH, Maps
from app.core.networks.code.layers import Given
from app.core.networks.code.members import Members
from app.core.networks.code.values import Kind, Lazy, Made, Outer, Stack, Unknown

MATHS = {"ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt, "log2": math.log2}
TYPES: dict[str, Any] = {
    "int": int, "float": (float,), "str": str, "bool": bool, "list": list, "tuple": list,
    "dict": dict, "collections.abc.Iterable": (list, range), "typing.Iterable": (list, range),
    "typing.Sequence": list, "collections.OrderedDict": dict, "torch.Tensor": Maps,
    "torch.nn.Sequential": Stack, "torch.nn.ModuleList": Stack,
    "torch.nn.Module": (Layer, Lazy, Stack, Made),
}  # fmt: skip


class Builtins(Members, Expressions):
    """`len`, `range`, `isinstance` and the like."""

    def apply(self, of: Any, given: Given, named: dict[str, Any], node: Any) -> Any:
        """What a call gives."""
        raise NotImplementedError

    def bases(self, kind: Kind, depth: int = 0) -> list[str]:
        """What of PyTorch a class builds on."""
        found: list[str] = []
        for base in kind.bases if depth < 20 else ():
            if isinstance(base, Outer):
                found.append(base.path)
            elif isinstance(base, Kind):
                found += self.bases(base, depth + 1)
        return found

    def worked_out(self, name: str, given: list[Any], node: ast.AST) -> Any:
        """A function of numbers."""
        if name == "prod" and isinstance(given[0], list):
            given = given[0]
            if given and all(type(n) is int for n in given):
                return self.number(math.prod(given[:8]), node)
        if name in MATHS and len(given) == 1 and type(given[0]) in (int, float):
            try:
                return MATHS[name](given[0])
            except ValueError:
                self.fail("this has no value", node)
        return Unknown(f"`{name[:60]}` is not worked out here")

    def builtin(self, name: str, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        for value in given:
            if isinstance(value, Unknown) and name not in ("isinstance", "hasattr"):
                return value if name in ("enumerate", "zip", "list", "len") else Unknown(value.why)
        match name, given:
            case "int", [int() | float() as number]:
                return int(number)
            case "int", [str() as text] if text.strip().isdecimal() and len(text) < 12:
                return self.number(int(text), node)
            case "float", [int() | float() as number]:
                return float(number)
            case "bool", [value]:
                return bool(value)
            case "abs", [int() | float() as number]:
                return abs(number)
            case "round", [int() | float() as number]:
                return round(number)
            case "str", [int() | float() | str() as value]:
                return str(value)
            case "len", [list() | range() | dict() | str() as items]:
                return len(items)
            case "len", [Stack() | Made() as stack]:
                return len(self.items(stack, node))
            case "len", [Maps()]:
                return BATCH
            case "range", _ if 1 <= len(given) <= 3 and all(type(n) is int for n in given):
                if len(given) < 3 or given[2]:
                    return range(*given)
            case "list" | "tuple", []:
                return []
            case "list" | "tuple", [items]:
                return self.items(items, node)
            case "dict", []:
                return dict(named)
            case "dict", [dict() as held]:
                return held | named
            case "enumerate", [items, *first]:
                start = named.get("start", first[0] if first else 0)
                if type(start) is int:
                    return [[start + i, it] for i, it in enumerate(self.items(items, node))]
            case "reversed", [items]:
                return self.items(items, node)[::-1]
            case "sorted", [items] if not named:
                values = self.items(items, node)
                if all(type(n) in (int, float) for n in values):
                    return sorted(values)
            case "zip", _ if given:
                return [list(p) for p in zip(*(self.items(g, node) for g in given), strict=False)]
            case "any" | "all", [items]:
                return (any if name == "any" else all)(map(bool, self.items(items, node)))
            case "max" | "min" | "sum", _ if given:
                items = given if len(given) > 1 and name != "sum" else self.items(given[0], node)
                if items and all(type(n) in (int, float) for n in items):
                    folds: dict[str, Any] = {"max": max, "min": min, "sum": sum}
                    return self.number(folds[name](items), node)
                if items and name == "sum" and all(isinstance(n, Maps) for n in items):
                    total = items[0]
                    for part in items[1:]:
                        total = self.met(ast.Add(), total, part, node)
                    return total
            case "isinstance", [value, kinds]:
                return self.is_one(value, kinds, node)
            case "type", [value]:
                return value.kind if isinstance(value, Made) else self.type_of(value)
            case "hasattr" | "getattr", [Made() | Stack() as owner, str() as word, *rest]:
                known = word in owner.held or (isinstance(owner, Made) and owner.kind.find(word))
                if name == "hasattr":
                    return bool(known)
                return self.attribute(owner, word, node) if known or not rest else rest[0]
            case "setattr", [Made() | Stack() as owner, str() as word, value]:
                owner.held[word] = value
                return None
            case "map", [of, items]:
                return [
                    self.apply(of, [(item, node)], {}, node) for item in self.items(items, node)
                ]
            case "print", _:
                return None
        self.fail(f"`{name}` is not read here with these values", node)

    def type_of(self, value: Any) -> Any:
        names = {int: "int", str: "str", list: "list", float: "float", dict: "dict"}
        if isinstance(value, Layer):
            return Outer(f"torch.nn.{value.type}")
        return Outer(names.get(type(value), "object"))

    def is_one(self, value: Any, kinds: Any, node: ast.AST) -> bool:
        """`isinstance(value, kinds)`."""
        if isinstance(value, Unknown):
            self.missing(value, node)
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if isinstance(kind, Kind):
                if isinstance(value, Made) and self.builds_on(value.kind, kind):
                    return True
            elif isinstance(kind, Outer):
                known = TYPES.get(kind.path)
                if known and isinstance(value, known) and not (
                    kind.path in ("int", "float") and isinstance(value, bool)
                ):  # fmt: skip
                    return True
                if isinstance(value, Layer) and kind.path == f"torch.nn.{value.type}":
                    return True
                if isinstance(value, Made) and kind.path in self.bases(value.kind):
                    return True
            else:
                self.fail("`isinstance` is not read here with these values", node)
        return False

    def builds_on(self, kind: Kind, on: Kind, depth: int = 0) -> bool:
        return kind is on or any(
            self.builds_on(base, on, depth + 1)
            for base in kind.bases
            if isinstance(base, Kind) and depth < 20
        )
