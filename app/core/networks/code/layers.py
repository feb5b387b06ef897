"""Calls that make layers, and the lists, dicts and Sequentials that hold them."""

import ast
import builtins
import re
from collections import ChainMap
from collections.abc import Sequence
from typing import Any, NoReturn

from app.core.errors import OverBudget, Problem, nearest
from app.core.layers.names import ALIKE, absent, unknown
from app.core.layers.table import LAYERS, Layer, make
from app.core.networks.code.text import Text
from app.core.networks.code.values import Lazy, Made, Setting, Stack, Unknown
from app.core.networks.network import MAX_LAYERS

MAX_DEPTH = 50
MAX_NUMBER = 2**31
MAX_VALUES = 50 * MAX_LAYERS  # that are put into lists: code that names lists can repeat them
CONTAINERS = ("Sequential", "OrderedDict", "ModuleList", "ModuleDict")
ELSEWHERE = ("device", "dtype")  # where weights are and as what; torch's layers with weights ask
WAITING = {f"Lazy{name}": name for name in (
    "Conv1d", "Conv2d", "ConvTranspose2d", "Linear", "BatchNorm1d", "BatchNorm2d", "InstanceNorm2d"
)}  # fmt: skip
LIBRARIES = ("timm", "transformers", "torchvision", "monai", "keras", "segmentation_models_pytorch")
PARTS = (Layer, Lazy, Stack, Made)  # what a Sequential may hold
Given = list[tuple[Any, Any]]


def readable() -> list[str]:
    """The layers that torch has by their names."""
    return [name for name, row in LAYERS.items() if row.torchs]


def lazy(type: str) -> str | None:
    """The layer that a lazy one is once it has seen something."""
    return WAITING.get(type)


class Layers(Text):
    """What is made of layers; `names` are the values that the text gave names to."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.names: Any = ChainMap({})
        self.places: dict[int, tuple[int, int]] = {}  # by the layer's id()
        self.kept: list[Any] = []  # what was made, so that no two have one id()
        self.spent = 0  # of MAX_VALUES
        self.depth = 0

    def value(self, node: ast.AST) -> Any:
        """What an expression stands for."""
        raise NotImplementedError

    # Numbers and lists

    def number(self, value: Any, node: ast.AST) -> Any:
        if abs(value) > MAX_NUMBER:
            self.fail("this number is too large", node)
        return value

    def values(self, nodes: Sequence[ast.expr]) -> list[Any]:
        return [value for value, _ in self.elements(nodes)]

    def elements(self, nodes: Sequence[ast.expr]) -> Given:
        """Arguments, or what is in a list, each with where it stands; `*layers` is several."""
        found: Given = []
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
            raise OverBudget("this repeats its lists too often to be read", self.where(node))

    def listed(self, value: Any, node: ast.AST) -> list[Any]:
        if isinstance(value, Stack):
            return list(value.held.values())
        if isinstance(value, Unknown):
            self.missing(value, node)
        if not isinstance(value, list | range):
            self.fail("a list is wanted here", node)
        return list(value)

    def missing(self, value: Unknown, node: ast.AST) -> NoReturn:
        """Refuse to use what nothing is known of."""
        raise value.problem or Problem(value.why, self.where(node))

    def unnamed(self, node: ast.Name) -> NoReturn:
        """Refuse a name that stands for nothing."""
        if node.id in LIBRARIES:
            self.fail(absent(node.id), node)
        near = nearest(node.id, [*self.names, *readable(), "Sequential"], ALIKE)
        called = f"; is it `{near}(...)`?" if near in LAYERS else ""
        hint = called or (f"; did you mean `{near}`?" if near else "")
        self.fail(f"`{node.id[:40]}` is not known here{hint}", node, near)

    # Layers

    def layer(self, type: str, given: Given, named: dict[str, Any], node: ast.Call) -> Any:
        """What `nn.Conv2d(...)` makes; a lazy one waits for what it is given."""
        waiting = lazy(type)
        row = LAYERS[waiting or type]
        left = (row.follow[0] if waiting else "", "type")
        fields = [field for field in row.model_fields if field not in left]
        elsewhere = ELSEWHERE if row.weights is not Layer.weights else ()
        fields += elsewhere
        if len(given) > len(fields):
            self.fail(f"{type} takes {len(fields)} arguments and is given {len(given)}", node)
        places: dict[str, ast.AST] = {word.arg: word for word in node.keywords if word.arg}
        arguments: dict[str, Any] = {}
        for field, (value, at) in zip(fields, given, strict=False):
            arguments[field], places[field] = value, at
        for name, value in named.items():
            at = places.get(name, node)
            if name in arguments or name in left:
                twice = "is given twice" if name in arguments else "is no argument"
                keyword = next((word for word in node.keywords if word.arg == name), node)
                self.fail(f"`{name[:40]}` of {type} {twice}", keyword)
            if name == "activation" and name not in row.model_fields and isinstance(value, str):
                near = nearest(value, readable(), 0.9) or "ReLU"
                said = f"{type} has no argument `activation`; put nn.{near}() after it"
                self.fail(said, at)
            arguments[name] = value
        for name in elsewhere:
            if not isinstance(
                arguments.pop(name, None), str | int | float | Setting | Unknown | None
            ):
                self.fail(
                    f"`{name}` of {type} changes no size: it is left unread, if it is a word such "
                    'as "cuda", a number, None, or a name such as torch.float32',
                    places[name],
                )
        for name, value in arguments.items():
            if isinstance(value, Unknown):
                self.missing(value, places.get(name, node))
        if waiting:
            found: Any = Lazy(row, arguments, node)
            self.finished(found, (1,) * 3)  # what is wrong with the rest is said at once
            found.layer = None
        else:
            found = self.checked(row, arguments, places, node)
        self.kept.append(found)
        offset, length = self.where(node).values()
        self.places[id(found)] = (offset, length)
        return found

    def checked(
        self, row: type[Layer], arguments: dict[str, Any], places: dict[str, Any], node: ast.AST
    ) -> Layer:
        """A layer; a Problem at the argument that is wrong."""
        try:
            return make(row.__name__, arguments)
        except Problem as problem:
            place = places.get(problem.where.get("field", ""), node)
            problem.where |= self.where(place)
            raise

    def finished(self, waiting: Lazy, shape: Any) -> Layer:
        """A lazy layer that has seen what it is given."""
        if waiting.layer is None:
            field = waiting.row.follow[0]
            of = shape if waiting.row.__name__ != "Linear" else shape[-1:]
            arguments = {field: of[0]} | waiting.arguments
            waiting.layer = self.checked(waiting.row, arguments, {}, waiting.node)
        return waiting.layer

    def nothing(self, type: str, node: ast.Call, firm: bool = False) -> Unknown:
        """What a call of an unknown name gives: it may be overlooked, where nothing uses it."""
        said, near = unknown(type, [*readable(), *CONTAINERS])
        if hasattr(builtins, type):
            said, near = f"`{type}` is not read here; code is never executed", None
        problem = Problem(said, self.where(node.func), near)
        return Unknown(f"`{type[:40]}` makes no layer", problem, firm or near is not None)

    # Several

    def ordered_dict(self, given: Given, named: dict[str, Any], node: ast.AST) -> dict[str, Any]:
        """OrderedDict([("conv1", layer), ...]), of a dict, or of keywords."""
        pairs: list[Any] = []
        for value, _ in given:
            pairs += value.items() if isinstance(value, dict) else self.listed(value, node)
        return self.paired([*pairs, *named.items()], node)

    def paired(self, pairs: Sequence[Any], node: ast.AST) -> dict[str, Any]:
        """Pairs of a name and a value as a dict."""
        found: dict[str, Any] = {}
        self.spend(len(pairs), node)
        for pair in pairs:
            name, held = pair if isinstance(pair, list | tuple) and len(pair) == 2 else (None, None)
            if not isinstance(name, str | int):
                self.fail('an OrderedDict holds pairs of a name and a layer: ("conv1", ...)', node)
            if name in found and isinstance(held, PARTS):
                self.fail(f"two layers are called `{name}`", node)
            found[str(name)] = held
        return found

    def stacked(self, given: Given, called: bool = True) -> Stack:
        """What a Sequential holds: layers by position, or an OrderedDict's by name."""
        if len(given) == 1 and isinstance(given[0][0], dict):
            held = given[0][0]
            self.spend(len(held), given[0][1])
            for name, value in held.items():
                self.part(value, given[0][1], f"`{name}`")
                if not re.fullmatch(r"\w{1,64}", name):
                    said = f"`{name[:40]}` is no name of a layer: letters and digits"
                    self.fail(said, given[0][1])
            return Stack(dict(held), called)
        for value, node in given:
            if isinstance(value, list):
                self.fail("a list of layers wants a star before it: nn.Sequential(*layers)", node)
            self.part(value, node)
        return Stack({str(i): value for i, (value, _) in enumerate(given)}, called)

    def part(self, value: Any, node: ast.AST, called: str = "") -> None:
        """Refuse what a Sequential cannot hold."""
        if isinstance(value, Unknown):
            self.missing(value, node)
        if not isinstance(value, PARTS):
            self.fail(f"{called} is no layer" if called else "a Sequential holds layers only", node)
