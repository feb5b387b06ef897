"""Expressions of pasted code: numbers, strings, lists, comparisons, attributes and indices."""

import ast
import operator
from typing import Any

from app.core.layers.layer import Layer
from app.core.layers.table import LAYERS
from app.core.networks.code.forward import BATCH, Maps
from app.core.networks.code.layers import CONTAINERS, MAX_DEPTH, lazy
from app.core.networks.code.statements import MAX_LIST, Statements
from app.core.networks.code.values import Kind, Made, Of, Outer, Routine, Setting, Stack, Unknown

MAX_POWER = 64
MAX_TEXT = 1_000
SUMS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow,
}  # fmt: skip
COMPARED = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
BUILTINS = ("int", "float", "len", "range", "list", "tuple", "zip", "enumerate", "max", "min",
            "round", "reversed", "sum", "isinstance", "str", "abs", "dict", "hasattr", "getattr",
            "setattr", "type", "bool", "print", "any", "all", "sorted", "object", "map",
            "issubclass", "callable")  # fmt: skip
MODULES = ("torch", "nn", "F", "collections", "math", "functools")
FULL = {"nn": "torch.nn", "F": "torch.nn.functional"}
BARE = {"OrderedDict": "collections.OrderedDict", "partial": "functools.partial",
        "cast": "typing.cast", "Tensor": "torch.Tensor"}  # fmt: skip
PLAIN = (int, float, str, bool, type(None))
DEVICES = ("torch.device", "torch.cuda.is_available", "torch.backends")


class Expressions(Statements):
    """The values of expressions."""

    def called(self, node: ast.Call) -> Any:
        """What a call gives."""
        raise NotImplementedError

    def routine(self, of: Routine, given: list[Any], named: dict[str, Any], node: ast.AST) -> Any:
        """What a function of the text returns."""
        raise NotImplementedError

    def met(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        """Arithmetic of maps."""
        raise NotImplementedError

    def value(self, node: ast.AST) -> Any:
        self.step(node)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"this may be nested {MAX_DEPTH} deep", node)
        try:
            return self.found(node)
        finally:
            self.depth -= 1

    def found(self, node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=bool() | str() | None):
                return node.value
            case ast.Constant(value=int() | float()):
                return self.number(node.value, node)
            case ast.Name():
                return self.called_so(node)
            case ast.Call():
                return self.called(node)
            case ast.Attribute(value=of, attr=name):
                return self.attribute(self.value(of), name, node)
            case ast.Tuple() | ast.List():
                return self.values(node.elts)
            case ast.Dict():
                return self.dictionary(node)
            case ast.Subscript(value=of, slice=at):
                return self.item(self.value(of), at, node)
            case ast.BinOp(left=left, op=op, right=right):
                return self.sum(op, self.value(left), self.value(right), node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.true(operand)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as minus, operand=operand):
                value = self.value(operand)
                if isinstance(value, Maps) and isinstance(minus, ast.USub):
                    return self.met(ast.Mult(), value, -1, node)
                if type(value) not in (int, float):
                    self.fail("only numbers are calculated with", node)
                return -value if isinstance(minus, ast.USub) else value
            case ast.Compare(left=left, ops=ops, comparators=others):
                before = self.value(left)
                for sign, other in zip(ops, others, strict=True):
                    after = self.value(other)
                    if not self.compared(sign, before, after, node):
                        return False
                    before = after
                return True
            case ast.BoolOp(op=op, values=values):
                value = None
                for part in values:
                    value = self.value(part)
                    if isinstance(value, Unknown | Maps):
                        self.fail("this condition is not read here", part)
                    if bool(value) is isinstance(op, ast.Or):
                        break
                return value
            case ast.IfExp(test=test, body=body, orelse=orelse):
                asked = self.value(test)
                if isinstance(asked, Unknown | Setting):  # "cuda" if torch.cuda.is_available() ...
                    choice = (self.value(body), self.value(orelse))
                    if all(isinstance(value, str | Setting) for value in choice):
                        return Setting()
                    self.fail("this condition is not read here", test)
                return self.value(body if asked else orelse)
            case (
                ast.ListComp(elt=made, generators=each)
                | ast.GeneratorExp(elt=made, generators=each)
            ):
                return self.comprehended(made, each)
            case ast.DictComp(key=key, value=held, generators=each):
                pair = ast.copy_location(ast.Tuple([key, held], ast.Load()), node)
                return self.paired(self.comprehended(pair, each), node)
            case ast.NamedExpr(target=target, value=value):
                found = self.value(value)
                self.store(target, found)
                return found
            case ast.JoinedStr(values=parts):
                return self.text("".join(map(str, map(self.written, parts))), node)
            case ast.Lambda():
                return Routine(node, self.names)
        self.refuse(node)

    def called_so(self, node: ast.Name) -> Any:
        """What a name stands for."""
        name = node.id
        if name in self.names:
            return self.names[name]
        if name in MODULES:
            return Outer(FULL.get(name, name))
        if name in BUILTINS:
            return Outer(name)
        if name in LAYERS or name in CONTAINERS or name == "Module" or lazy(name):
            return Outer(BARE.get(name, f"torch.nn.{name}"))
        if name in BARE:
            return Outer(BARE[name])
        if name == "__name__":
            return "__main__"
        self.unnamed(node)

    def written(self, part: ast.AST) -> str:
        """A part of a formatted string."""
        match part:
            case ast.Constant(value=str() as text):
                return text
            case ast.FormattedValue(value=of, format_spec=None):
                value = self.value(of)
                if type(value) in PLAIN:
                    return str(value)
        return "?"

    def text(self, value: str, node: ast.AST) -> str:
        if len(value) > MAX_TEXT:
            self.fail("this text is too long", node)
        return value

    def dictionary(self, node: ast.Dict) -> dict[str, Any]:
        pairs: list[Any] = []
        for key, value in zip(node.keys, node.values, strict=True):
            held = self.value(value)
            if key is None and isinstance(held, dict):
                pairs += held.items()
            else:
                pairs.append([None if key is None else self.value(key), held])
        return self.paired(pairs, node)

    def comprehended(self, made: ast.expr, each: list[ast.comprehension]) -> list[Any]:
        found: list[Any] = []
        outside = self.names
        self.names = outside.new_child()

        def through(left: list[ast.comprehension]) -> None:
            if not left:
                found.append(self.value(made))
                self.short(found, made) if len(found) > MAX_LIST else None
                return
            first, *rest = left
            for item in self.items(self.value(first.iter), first.iter):
                self.store(first.target, item)
                if all(self.true(test) for test in first.ifs):
                    through(rest)

        try:
            through(each[:4])
        finally:
            self.names = outside
        return found

    def attribute(self, of: Any, name: str, node: ast.AST) -> Any:
        match of:
            case Outer(path=path):
                full = f"{path}.{name}"
                if full.startswith("torch.") and full.count(".") == 1:
                    known = name[0].isupper() or name in ("float", "half", "double", "bfloat16")
                    plain = name.startswith(("float", "int", "uint", "bfloat"))
                    if known and name == "Tensor":
                        return Outer(full)
                    if plain or (known and not name[0].isupper()):
                        return Setting()
                if full == "math.pi":
                    return 3.141592653589793
                return Outer(full)
            case Unknown():
                return of
            case Made():
                if name in of.held:
                    return of.held[name]
                found = of.kind.find(name)
                if isinstance(found, Routine) and found.decorated == "property":
                    return self.routine(found, [of], {}, node)
                if found is not None:
                    bound = isinstance(found, Routine) and not found.decorated
                    return Of(of, name) if bound else found
                if name == "training":
                    self.notes.append((node, "`training` is taken as False, as after eval()"))
                    return False
                return of.kind if name == "__class__" else Of(of, name)
            case Kind() if (found := of.find(name)) is not None:
                return found
            case Kind() if name == "__name__":
                return of.name
            case Maps() if name == "shape":
                return self.sizes(of, node)
            case Maps() if name == "ndim":
                return len(self.sizes(of, node))
            case Maps() if name in ("device", "dtype"):
                return Setting()
            case Layer() if name in of.arguments:
                return of.arguments[name]
            case Stack() if name in of.held:
                return of.held[name]
        return Of(of, name)

    def sizes(self, maps: Maps, node: ast.AST) -> list[Any]:
        shape = maps.laid or maps.shape
        if shape is None:
            self.fail("the size here is not known: a layer before it does not fit", node)
        if self.flat and len(shape) == 3 and shape[1] == 1:  # torch has no height there
            return [BATCH, shape[0], shape[2]]
        return [BATCH, *shape]

    def item(self, of: Any, at: ast.expr, node: ast.AST) -> Any:
        if isinstance(of, Unknown):
            return of
        if isinstance(of, Outer) and of.path.startswith("typing"):
            return of
        if isinstance(at, ast.Slice) and isinstance(of, list | range | Stack):
            ends = [
                None if end is None else self.value(end) for end in (at.lower, at.upper, at.step)
            ]
            if all(end is None or type(end) is int for end in ends) and ends[2] != 0:
                if isinstance(of, Stack):
                    return Stack(dict(list(of.held.items())[slice(*ends)]), of.called)
                return self.short(list(of[slice(*ends)]), node)
        elif isinstance(of, list | range | Stack | Made) and not isinstance(
            key := self.value(at), str
        ):
            items = self.items(of, node)
            if type(key) is int and -len(items) <= key < len(items):
                return items[key]
            if type(key) is int:
                self.fail(f"there are {len(items)} here, counted from 0", node)
        elif isinstance(of, dict | Stack | Made):
            held = of if isinstance(of, dict) else of.held
            key = str(self.value(at))
            if key in held:
                return held[key]
            self.fail(f"there is no `{key[:40]}` here", node)
        self.fail("an index like this is not read here", node)

    # Arithmetic

    def sum(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        for value in (left, right):
            if isinstance(value, Unknown):
                self.missing(value, node)
        match left, op, right:
            case (Maps(), _, _) | (_, _, Maps()):
                return self.met(op, left, right, node)
            case list(), ast.Add(), list():
                return self.short(left + right, node)
            case (list(), ast.Mult(), int()) | (int(), ast.Mult(), list()):
                items, times = (left, right) if isinstance(left, list) else (right, left)
                if len(items) * times > MAX_LIST:
                    self.fail(f"a list may be {MAX_LIST:,} long here", node)
                return self.short(items * times, node)
            case str(), ast.Add(), str():
                return self.text(left + right, node)
            case str(), ast.Mod(), _:
                return self.formatted(left, right, node)
        if not all(type(value) in (int, float, bool) for value in (left, right)):
            self.fail("only numbers are calculated with", node)
        if isinstance(op, ast.Pow) and abs(right) > MAX_POWER and abs(left) > 1:
            self.fail("this number is too large", node)
        if type(op) not in SUMS:
            self.fail("this is not calculated here", node)
        try:
            value = SUMS[type(op)](left, right)
        except ZeroDivisionError:
            self.fail("this divides by 0", node)
        except OverflowError:
            self.fail("this number is too large", node)
        if isinstance(value, complex):
            self.fail("this is not calculated here", node)
        return self.number(value, node)

    def formatted(self, text: str, values: Any, node: ast.AST) -> str:
        """`"conv%d" % 3`."""
        given = values if isinstance(values, list) else [values]
        parts = text.replace("%s", "%d").replace("%i", "%d").split("%d")
        if len(parts) != len(given) + 1 or not all(type(value) in PLAIN for value in given):
            self.fail("a text like this is not made here", node)
        words = "".join(
            part + str(value) for part, value in zip(parts, [*given, ""], strict=True)
        )  # fmt: skip
        return self.text(words, node)

    def compared(self, op: ast.cmpop, left: Any, right: Any, node: ast.AST) -> bool:
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            self.missing(left if isinstance(left, Unknown) else right, node)
        if isinstance(op, ast.Is | ast.IsNot):
            return (left is right or same(left, right)) == isinstance(op, ast.Is)
        if isinstance(op, ast.In | ast.NotIn):
            if isinstance(right, str) and isinstance(left, str):
                found = left in right
            elif isinstance(right, list | range | dict):
                found = any(same(left, value) for value in right)
            else:
                self.fail("this comparison is not read here", node)
            return found == isinstance(op, ast.In)
        if isinstance(op, ast.Eq | ast.NotEq):
            if isinstance(left, Maps) or isinstance(right, Maps):
                self.fail("a comparison of what goes through the network is not read", node)
            return same(left, right) == isinstance(op, ast.Eq)
        if type(left) in PLAIN and type(right) in PLAIN:
            try:
                return bool(COMPARED[type(op)](left, right))
            except TypeError:
                self.fail("these two are not compared", node)
        self.fail("this comparison is not read here", node)


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal: plain ones, lists of them, and what has a name."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if type(left) in PLAIN and type(right) in PLAIN:
        return bool(left == right)
    if isinstance(left, Outer | Setting):
        return bool(left == right)
    return left is right
