"""Methods of lists, dicts, texts, Sequentials and modules: `layers.append(...)` and the like."""

import ast
from typing import Any

from app.core.errors import Problem, nearest
from app.core.layers.names import ALIKE
from app.core.networks.code.layers import PARTS, Given
from app.core.networks.code.statements import Statements
from app.core.networks.code.values import Made, Routine, Stack, Unknown

# What they return is the module itself: where it is, as what, and whether it is trained.
MOVES = ("to", "cuda", "cpu", "float", "half", "double", "bfloat16", "eval", "train", "mps", "xpu",
         "requires_grad_", "share_memory", "to_empty", "apply", "compile")  # fmt: skip


class Members(Statements):
    """What methods give."""

    def routine(self, of: Routine, given: list[Any], named: dict[str, Any], node: ast.AST) -> Any:
        """What a function of the text returns."""
        raise NotImplementedError

    def member(
        self, owner: Any, name: str, given: Given, named: dict[str, Any], node: ast.AST
    ) -> Any:
        """`owner.name(...)`."""
        values = [value for value, _ in given]
        if isinstance(owner, Made) and isinstance(found := owner.kind.find(name), Routine):
            return self.routine(found, [owner, *values], named, node)
        match owner:
            case list():
                found = self.of_list(owner, name, values, node)
            case dict():
                found = self.of_dict(owner, name, values, node)
            case str() if name == "format" and "{}" in owner:
                parts = owner.split("{}")
                if len(parts) == len(values) + 1:
                    ends = [*map(str, values), ""]
                    return "".join(a + b for a, b in zip(parts, ends, strict=True))[:64]
                found = NotImplemented
            case str() if name in ("lower", "upper", "strip") and not values:
                return getattr(owner, name)()
            case Stack() if name == "add" and given:
                self.fail("`add` is Keras; in PyTorch nn.Sequential(...) takes its layers", node)
            case Stack() | Made():
                found = self.of_module(owner, name, given, node)
            case _:
                found = NotImplemented
        if found is not NotImplemented:
            return found
        if name in MOVES:
            return owner
        why = f"`{name[:40]}` changes no size that is known here"
        if not isinstance(owner, Made):
            return Unknown(why)
        near = nearest(name, owner.held, ALIKE)
        hint = f"; did you mean `{near}`?" if near else ""
        place = self.where(getattr(node, "func", node))
        return Unknown(why, Problem(f"`{owner.kind.name}` has no `{name[:40]}`{hint}", place, near))

    def of_list(self, items: list[Any], name: str, values: list[Any], node: ast.AST) -> Any:
        match name, values:
            case "append", [value]:
                items.append(value)
            case "extend", [more]:
                items.extend(self.items(more, node))
            case "insert", [int() as at, value]:
                items.insert(at, value)
            case "pop", [] if items:
                return items.pop()
            case "pop", [int() as at] if -len(items) <= at < len(items):
                return items.pop(at)
            case "reverse", []:
                items.reverse()
            case "copy", []:
                return list(items)
            case "index", [value] if value in items:
                return items.index(value)
            case _:
                return NotImplemented
        self.short(items, node)
        return None

    def of_dict(self, held: dict[str, Any], name: str, values: list[Any], node: ast.AST) -> Any:
        match name, values:
            case "items", []:
                return [[key, value] for key, value in held.items()]
            case "keys", []:
                return list(held)
            case "values", []:
                return list(held.values())
            case "get" | "pop", [str() | int() as key, *rest]:
                found = held.get(str(key), rest[0] if rest else None)
                if name == "pop":
                    held.pop(str(key), None)
                return found
            case "setdefault", [str() as key, value]:
                return held.setdefault(key, value)
            case "update", [dict() as more]:
                held.update(more)
                self.short(held, node)
                return None
            case "copy", []:
                return dict(held)
        return NotImplemented

    def of_module(self, owner: Any, name: str, given: Given, node: ast.AST) -> Any:
        """Of a Sequential, or of what a class made."""
        held, values = owner.held, [value for value, _ in given]
        parts = {word: value for word, value in held.items() if isinstance(value, PARTS)}
        match name, values:
            case "add_module" | "register_module", [word, value]:
                self.part(value, node) if value is not None else None
                held[str(word)] = value
                return None
            case "append", [value]:
                self.part(value, node)
                held[str(len(parts))] = value
                return owner
            case "extend", [more]:
                for value in self.items(more, node):
                    self.part(value, node)
                    held[str(len(held))] = value
                return owner
            case "insert", [int() as at, value]:
                self.part(value, node)
                items = list(parts.values())
                items.insert(at, value)
                held.clear()
                held.update({str(i): item for i, item in enumerate(items)})
                return owner
            case "children" | "values", []:
                return list(parts.values())
            case "named_children" | "items", []:
                return [[word, value] for word, value in parts.items()]
            case "keys", []:
                return list(parts)
            case "update", [dict() as more]:
                held.update(more)
                return None
            case (("register_buffer" | "register_parameter"), [str() as word, value]):
                held[word] = value
                return None
        return NotImplemented
