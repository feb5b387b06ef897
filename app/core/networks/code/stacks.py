"""PyTorch code to a Network: `nn.Sequential(...)` as people write it, read and never executed.

Python's own parser makes a tree of the text; the few kinds of nodes that a stack of layers needs
are understood, and any other is a Problem at its place in the text.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from app.core.errors import Problem, nearest
from app.core.layers.table import LAYERS, Layer, Shape, make, some
from app.core.networks.network import MAX_LAYERS, MAX_NAME, Network, analyse

MAX_SOURCE = 65_536
MAX_DEPTH = 50
MAX_NUMBER = 2**31
MAX_VALUES = 50 * MAX_LAYERS  # that are put into lists: code that names lists can repeat them
WHOLE = {"field": "source"}  # the place of what is wrong with the text as a whole
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
NOTHING = "there is no layer here yet; try `nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU())`"
PREFIX = re.compile(r"^(?:torch\.nn\.|nn\.|collections\.)")
CONTAINERS = ("Sequential", "OrderedDict")
ELSEWHERE = ("device", "dtype")  # where weights are and as what; torch's layers with weights ask
MOVES = ("to", "cuda", "cpu", "float", "half", "eval", "train")  # what they return is the module
KINDS = {
    ast.ListComp: "a comprehension", ast.GeneratorExp: "a comprehension", ast.Lambda: "a lambda",
    ast.ClassDef: "a class", ast.FunctionDef: "a function", ast.For: "a loop", ast.While: "a loop",
    ast.Subscript: "an index", ast.JoinedStr: "a formatted string", ast.IfExp: "a condition",
    ast.If: "a condition", ast.Attribute: "an attribute", ast.Set: "a set",
    ast.Compare: "a comparison", ast.BoolOp: "a condition", ast.NamedExpr: "an assignment",
}  # fmt: skip


@dataclass(frozen=True)
class Stack:
    """What a Sequential holds, by name."""

    held: "dict[str, Layer | Stack]"


def too_long(source: str) -> None:
    """Refuse a text that is longer than any."""
    if len(source.encode("utf-8", "replace")) > MAX_SOURCE:
        raise Problem(f"the code may be 64 KB long; this has {len(source):,} characters", WHOLE)


def stack_of(source: str, input: Shape) -> tuple[Network, dict[str, tuple[int, int]]]:
    """The network of a text, and where in it each layer stands: name -> (offset, length).

    Layers are called as torch's Sequential calls them: by position, by the names of an OrderedDict,
    with dots where one Sequential is in another. Sizes are not looked at yet. Raises Problem with
    the offset and length of what cannot be read.
    """
    reader = Reader(source)
    layers = list(reader.flat(reader.stack()))
    if not layers:
        raise Problem(NOTHING, {"offset": 0, "length": 0})
    if len(layers) > MAX_LAYERS:
        said = f"a network may have {MAX_LAYERS:,} layers; this has {len(layers):,}"
        raise Problem(said, WHOLE)
    nodes = [{"name": name, "layer": layer} for name, layer in layers]
    network = Network.model_validate({"input": input, "layers": nodes})
    places = {name: reader.places[id(layer)] for name, layer in layers}
    if reader.in_order:
        for i, problem in analyse(network).problems.items():
            offset, length = places[network.layers[i].name]
            raise Problem(
                "these lines say which layers there are, not how forward joins them, and one "
                f"behind another they do not fit ({problem.message.split(';')[0]}): paste the "
                "class with its forward",
                {"offset": offset, "length": length},
            )
    return network, places


@dataclass(frozen=True)
class Setting:
    """A device or a type of numbers, such as `torch.float32`: it changes no size and no count."""


def readable() -> list[str]:
    """The layers that torch has by their names."""
    return [name for name, row in LAYERS.items() if row.operands == 1]


class Reader:
    """Walks the tree of a text; `names` are the values that it gave names to."""

    parts: Any = (Layer, Stack)  # what a Sequential may hold

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = LINE.findall(source)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.in_order = False  # whether parts of a class were put one behind another
        self.skipped = 0  # lines that were put before the text
        self.names: dict[str, Any] = {}
        self.places: dict[int, tuple[int, int]] = {}  # by the layer's id()
        self.taken: set[int] = set()  # the layers of the network so far, by id()
        self.count = 0
        self.spent = 0  # of MAX_VALUES
        self.depth = 0

    # The text

    def stack(self) -> Stack:
        """The layers that the text comes to: its last assignment, or its expressions together."""
        found: Stack | Layer | None = None
        assigned: dict[str, tuple[Stack | Layer, ast.AST]] = {}
        loose: list[tuple[Any, ast.AST]] = []
        for statement in self.statements():
            if isinstance(statement, ast.Import | ast.ImportFrom | ast.Pass):
                continue
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                value = self.value(statement.value)
                self.assign(statement.targets[0], value)
                if isinstance(value, Stack | Layer):
                    found, loose = value, []
                    target = statement.targets[0]
                    assigned[dotted(target) or ""] = (value, target)
            elif isinstance(statement, ast.Expr):
                if self.printed(statement.value):
                    continue
                value = self.value(statement.value)
                if isinstance(value, str):  # a docstring
                    continue
                values = value if isinstance(value, list) else [value]
                self.spend(len(values), statement)
                loose += [(value, statement) for value in values]
            else:
                self.refuse(statement)
        if len(loose) == 1 and isinstance(loose[0][0], Stack):
            found = loose[0][0]
        elif loose:
            found = self.stacked(loose)
        found = self.together(found, assigned)
        if isinstance(found, Layer):
            found = Stack({"0": found})
        if not (found and found.held):
            raise Problem(NOTHING, {"offset": 0, "length": 0})
        return found

    def together(
        self, found: Stack | Layer | None, assigned: dict[str, tuple[Stack | Layer, ast.AST]]
    ) -> Stack | Layer | None:
        """What is assigned apart, joined in its order if it is all parts of one `self`."""
        if not assigned:
            return found
        _, last = list(assigned.values())[-1]
        within, seen = set[int](), set[int]()
        todo: list[Any] = [found, *(value for value, _ in assigned.values())]
        for value in todo:
            if isinstance(value, Stack) and id(value) not in seen:
                seen.add(id(value))
                self.spend(len(value.held), last)
                todo += [held for held in value.held.values() if id(held) not in within]
                within |= {id(held) for held in value.held.values()}
        apart = {
            name: (value, at)
            for name, (value, at) in assigned.items()
            if id(value) not in within and value is not found
        }
        if not apart or found is None:
            return found
        if all(name.startswith("self.") for name in assigned):
            self.in_order = True
            parts = {
                name: value for name, (value, _) in assigned.items() if id(value) not in within
            }
            return Stack({name.split(".")[-1]: value for name, value in parts.items()})
        name, (_, at) = next(iter(apart.items()))
        self.fail(
            f"`{name}` stands apart from the rest: keep one network here, or write "
            "nn.Sequential(...) of the parts below",
            at,
        )

    @staticmethod
    def printed(expression: ast.expr) -> bool:
        """Whether this is a print(...), which stands below many a model and makes no layer."""
        called = expression.func if isinstance(expression, ast.Call) else None
        return isinstance(called, ast.Name) and called.id == "print"

    def statements(self) -> list[ast.stmt]:
        try:
            try:
                return self.parsed(self.source)
            except IndentationError:  # pasted from within a class or function
                self.skipped = 1
                block, *rest = self.parsed(f"if 1:\n{self.source}")
                assert isinstance(block, ast.If)
                return [*block.body, *rest]
        except SyntaxError as error:
            raise self.not_python(error) from None
        except (RecursionError, MemoryError):
            raise Problem("this is nested too deeply to be read", WHOLE) from None
        except ValueError:
            said = "this is not Python: it has characters that no text has"
            raise Problem(said, WHOLE) from None

    @staticmethod
    def parsed(text: str) -> list[ast.stmt]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text).body

    def not_python(self, error: SyntaxError) -> Problem:
        if "nested" in error.msg:
            return Problem("this is nested too deeply to be read", WHOLE)
        if "integer string" in error.msg:
            return Problem("a number here is too large", WHOLE)
        hint = "; paste the code that makes the model, not what it prints"
        printed = re.search(r"^\s*\(\w+\): \w", self.source, re.MULTILINE)
        line = min(max((error.lineno or 1) - 1 - self.skipped, 0), len(self.lines) - 1)
        offset = min(self.starts[line] + max((error.offset or 1) - 1, 0), len(self.source))
        message = f"this is not Python: {error.msg}{hint if printed else ''}"
        return Problem(message, {"offset": offset, "length": 1 if self.source[offset:] else 0})

    def assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif not (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)):
            self.refuse(target)  # `self.features = ...` is fine

    # Values: layers, stacks of them, numbers, strings, lists (tuples too) and dicts

    def value(self, node: ast.AST) -> Any:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"this may be nested {MAX_DEPTH} deep", node)
        try:
            match node:
                case ast.Call():
                    return self.call(node)
                case ast.Constant(value=bool() | str() | None):
                    return node.value
                case ast.Constant(value=int() | float()):
                    return self.number(node.value, node)
                case ast.UnaryOp(op=ast.USub()):
                    return self.number(-self.whole(node.operand), node)
                case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv()):
                    return self.number(self.arithmetic(node), node)
                case ast.Tuple() | ast.List():
                    return self.values(node.elts)
                case ast.Dict() if None not in node.keys:
                    pairs = zip(node.keys, node.values, strict=True)
                    return self.named_layers(
                        [[self.value(key), self.value(value)] for key, value in pairs if key], node
                    )
                case ast.Name():
                    return self.named(node)
                case ast.Attribute(value=ast.Name("torch")):
                    return Setting()
                case ast.IfExp():  # "cuda" if torch.cuda.is_available() else "cpu"
                    choice = (self.value(node.body), self.value(node.orelse))
                    if all(isinstance(value, str | Setting) for value in choice):
                        return Setting()
            self.refuse(node)
        finally:
            self.depth -= 1

    def arithmetic(self, node: ast.BinOp) -> Any:
        left, right = self.whole(node.left), self.whole(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
        if right == 0:
            self.fail("this divides by 0", node)
        return left // right

    def whole(self, node: ast.expr) -> Any:
        value = self.value(node)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail("only numbers are calculated with", node)
        return value

    def number(self, value: Any, node: ast.AST) -> Any:
        if abs(value) > MAX_NUMBER:
            self.fail("this number is too large", node)
        return value

    def values(self, nodes: Sequence[ast.expr]) -> list[Any]:
        return [value for value, _ in self.elements(nodes)]

    def elements(self, nodes: Sequence[ast.expr]) -> list[tuple[Any, ast.expr]]:
        """Arguments, or what is in a list, each with where it stands; `*layers` is several."""
        found: list[tuple[Any, ast.expr]] = []
        counted = 0
        for node in nodes:
            if not isinstance(node, ast.Starred):
                found.append((self.value(node), node))
            elif isinstance(node.value, ast.Tuple | ast.List):
                found += self.elements(node.value.elts)
            else:
                found += [(value, node) for value in self.listed(self.value(node.value), node)]
            if len(found) > MAX_LAYERS:
                self.fail(f"a network may have {MAX_LAYERS:,} layers; this has more", node)
            self.spend(len(found) - counted, node)
            counted = len(found)
        return found

    def spend(self, values: int, node: ast.AST) -> None:
        """Refuse to go on where few words make more values than anybody reads."""
        self.spent += values
        if self.spent > MAX_VALUES:
            self.fail("this repeats its lists too often to be read", node)

    def named(self, node: ast.Name) -> Any:
        if node.id not in self.names:
            near = nearest(node.id, [*self.names, *readable(), "Sequential"])
            called = f"; is it `{near}(...)`?" if near in LAYERS else ""
            hint = called or (f"; did you mean `{near}`?" if near else "")
            self.fail(f"`{node.id[:40]}` is not known here{hint}", node, near)
        return self.names[node.id]

    # Calls

    def call(self, node: ast.Call) -> Any:
        name = dotted(node.func)
        if name == "torch.device":
            return Setting()
        if isinstance(node.func, ast.Attribute) and node.func.attr in MOVES:
            return self.value(node.func.value)
        if name is None:
            self.refuse(node.func, "a call like this")
        type = PREFIX.sub("", name)
        if type == "OrderedDict":
            return self.ordered_dict(node)
        if type == "Sequential":
            if node.keywords:
                self.fail("Sequential takes layers, not keywords", node.keywords[0])
            return self.stacked(self.elements(node.args))
        if type not in (known := readable()):
            near = nearest(type, [*known, *CONTAINERS])
            hint = f"; did you mean `{near}`?" if near else f"; {some(known)}"
            self.fail(f"no layer `{type[:40]}`{hint}", node.func, near)
        return self.layer(node, type)

    def layer(self, node: ast.Call, type: str) -> Layer:
        row = LAYERS[type]
        fields = [field for field in row.model_fields if field != "type"]
        elsewhere = ELSEWHERE if row.weights is not Layer.weights else ()
        fields += elsewhere
        given = self.elements(node.args)
        if len(given) > len(fields):
            self.fail(f"{type} takes {len(fields)} arguments and is given {len(given)}", node)
        places: dict[str, ast.AST] = {}
        arguments: dict[str, Any] = {}
        for field, (value, at) in zip(fields, given, strict=False):
            arguments[field], places[field] = value, at
        for keyword in node.keywords:
            name = keyword.arg
            if name is None:
                self.refuse(keyword.value, "`**`")
            if name in arguments or name == "type":
                twice = "is given twice" if name in arguments else "is no argument"
                self.fail(f"`{name[:40]}` of {type} {twice}", keyword)
            told = name in elsewhere and isinstance(keyword.value, ast.Name)  # of code around it
            arguments[name] = Setting() if told else self.value(keyword.value)
            places[name] = keyword
        for name in elsewhere:
            if not isinstance(arguments.pop(name, None), str | int | float | Setting | None):
                self.fail(
                    f"`{name}` of {type} changes no size: it is left unread, if it is a word such "
                    'as "cuda", a number, None, or a name such as torch.float32',
                    places[name],
                )
        try:
            layer = make(type, arguments)
        except Problem as problem:
            place = places.get(problem.where.get("field", ""), node)
            problem.where |= self.where(place)
            raise
        offset, length = self.where(node).values()
        self.places[id(layer)] = (offset, length)
        return layer

    def ordered_dict(self, node: ast.Call) -> dict[str, Layer | Stack]:
        """OrderedDict([("conv1", layer), ...]), of a dict, or of keywords."""
        given: list[Any] = []
        for argument in self.values(node.args):
            given += argument.items() if isinstance(argument, dict) else self.listed(argument, node)
        given += [(word.arg, self.value(word.value)) for word in node.keywords]
        return self.named_layers(given, node)

    def named_layers(self, pairs: Sequence[Any], node: ast.AST) -> dict[str, Layer | Stack]:
        """Pairs of a name and a layer as a dict."""
        found: dict[str, Layer | Stack] = {}
        self.spend(len(pairs), node)
        for pair in pairs:
            name, held = pair if isinstance(pair, list | tuple) and len(pair) == 2 else (None, None)
            if not isinstance(name, str) or not re.fullmatch(r"\w{1,64}", name):
                self.fail('an OrderedDict holds pairs of a name and a layer: ("conv1", ...)', node)
            if name in found:
                self.fail(f"two layers are called `{name}`", node)
            if not isinstance(held, self.parts):
                self.fail(f"`{name}` is no layer", node)
            found[name] = held
        return found

    def stacked(self, given: Sequence[tuple[Any, ast.AST]]) -> Stack:
        """What a Sequential holds: layers by position, or an OrderedDict's by name."""
        if len(given) == 1 and isinstance(given[0][0], dict):
            return Stack(given[0][0])
        for value, node in given:
            if isinstance(value, list):
                self.fail("a list of layers wants a star before it: nn.Sequential(*layers)", node)
            if not isinstance(value, self.parts):
                self.fail("a Sequential holds layers only", node)
        return Stack({str(i): value for i, (value, _) in enumerate(given)})

    def listed(self, value: Any, node: ast.AST) -> list[Any]:
        if not isinstance(value, list):
            self.fail("a list is wanted here", node)
        return value

    def flat(self, stack: Stack, prefix: str = "") -> Iterator[tuple[str, Layer]]:
        """Every layer in nested stacks with its dotted name."""
        for name, held in stack.held.items():
            self.count += 1
            if self.count > 2 * MAX_LAYERS:  # Sequentials count too: empty ones could be legion
                raise Problem(f"a network may have {MAX_LAYERS:,} layers; this has more", WHOLE)
            path = f"{prefix}{name}"
            if len(path) > MAX_NAME:
                said = f"names of layers may be {MAX_NAME} long; `{path[:20]}...` is longer"
                raise Problem(said, WHOLE)
            if isinstance(held, Stack):
                yield from self.flat(held, f"{path}.")
                continue
            offset, length = self.places[id(held)]
            if held.parameters and id(held) in self.taken:
                where = {"offset": offset, "length": length}
                raise Problem("this layer is used twice and would share its weights", where)
            self.taken.add(id(held))
            yield path, held

    # Places

    def where(self, node: ast.AST) -> dict[str, int]:
        """Offset and length of a node, in characters of the text."""
        start = self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return {"offset": start, "length": end - start}

    def offset(self, line: int, column: int) -> int:
        """Python counts columns in bytes of UTF-8."""
        line -= 1 + self.skipped
        return self.starts[line] + len(self.lines[line].encode()[:column].decode())

    def fail(self, message: str, node: ast.AST, suggestion: str | None = None) -> NoReturn:
        raise Problem(message, self.where(node), suggestion)

    def refuse(self, node: ast.AST, what: str | None = None) -> NoReturn:
        said = what or KINDS.get(type(node), "this")
        self.fail(
            f"{said} is not read here: write the layers out as nn.Sequential(...); code is never "
            "executed",
            node,
        )


def dotted(node: ast.AST) -> str | None:
    """`torch.nn.Conv2d` of a chain of attributes, None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute) and len(parts) < 4:
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None
