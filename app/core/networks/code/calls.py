"""Calls in pasted code: of its classes and functions, of layers, of what torch and Python have."""

import ast
from typing import Any

from app.core.errors import Problem
from app.core.layers.layer import Layer
from app.core.layers.table import LAYERS
from app.core.networks.code.builtins import Builtins
from app.core.networks.code.expressions import BUILTINS
from app.core.networks.code.forward import JOINS, Maps
from app.core.networks.code.layers import Given, lazy
from app.core.networks.code.members import MOVES
from app.core.networks.code.statements import Returned
from app.core.networks.code.text import dotted
from app.core.networks.code.values import (
    Kind,
    Lazy,
    Made,
    Of,
    Outer,
    Partial,
    Routine,
    Setting,
    Stack,
    Unknown,
)
from app.core.networks.exports import definitions

MAX_CALLS = 25  # within one another
ABOUT = ("torch.nn.functional.", "torch.", "torch.special.")
SAME = (  # what they return is what they are given, as far as sizes go
    "torch.compile", "torch.jit.script", "torch.fx.symbolic_trace", "torch.nn.DataParallel",
    "torch.nn.parallel.DistributedDataParallel", "torch.nn.utils.weight_norm",
    "torch.nn.utils.spectral_norm", "torch.nn.utils.parametrizations.weight_norm",
    "torch.nn.utils.parametrizations.spectral_norm", "torch.jit.annotate",
    "torch.nn.SyncBatchNorm.convert_sync_batchnorm",
)  # fmt: skip
FALSE = ("torch.jit.is_scripting", "torch.jit.is_tracing")


def own(of: Of) -> bool:
    """Whether a method stands in the text, and is none of PyTorch's."""
    return isinstance(of.owner, Made) and isinstance(of.owner.kind.find(of.name), Routine)


class Calls(Builtins):
    """What calls give."""

    def through(self, of: Any, given: Given, named: dict[str, Any], node: ast.AST) -> Any:
        """What a layer, or several, give."""
        raise NotImplementedError

    def joined(self, parts: list[Any], rest: Given, named: dict[str, Any], node: ast.AST) -> Any:
        """What torch.cat gives."""
        raise NotImplementedError

    def of_maps(
        self, maps: Maps, name: str, given: Given, named: dict[str, Any], node: ast.AST
    ) -> Any:
        """What a function of torch gives."""
        raise NotImplementedError

    def called(self, node: ast.Call) -> Any:
        func = node.func
        match func:
            case ast.Attribute(value=ast.Call(func=ast.Name("super")), attr=name):
                return self.above(name, node)
            case ast.Attribute(value=ast.Name(id), attr="verify") if id.endswith("_Weights"):
                return self.value(node.args[0]) if node.args else None
        if isinstance(func, ast.Name) and func.id not in self.names:
            try:
                of = self.called_so(func)
            except Problem:
                self.arguments(node)
                return self.nothing(func.id, node)
        else:
            of = self.value(func)
        if isinstance(of, Unknown):
            return of
        if isinstance(of, Of) and of.name in MOVES and not own(of):
            return self.apply(of, [], {}, node)  # to what device, is told by the code around
        given, named = self.arguments(node)
        return self.apply(of, given, named, node)

    def arguments(self, node: ast.Call) -> tuple[Given, dict[str, Any]]:
        given = self.elements(node.args)
        named: dict[str, Any] = {}
        for word in node.keywords:
            # Where weights are is told by names of the code around.
            told = word.arg in ("device", "dtype") and isinstance(word.value, ast.Name)
            value = Setting() if told else self.value(word.value)
            if word.arg is None:
                if isinstance(value, Unknown):
                    self.missing(value, word.value)
                if not isinstance(value, dict):
                    self.fail("`**` wants a dict", word.value)
                named |= value
            elif word.arg in named:
                called = dotted(node.func) or "this"
                self.fail(f"`{word.arg[:40]}` of {called.split('.')[-1]} is given twice", word)
            else:
                named[word.arg] = value
        return given, named

    def apply(self, of: Any, given: Given, named: dict[str, Any], node: Any) -> Any:
        match of:
            case Kind():
                return self.make(of, [value for value, _ in given], named, node)
            case Routine(decorated="classmethod"):
                return self.routine(of, [of.of, *(value for value, _ in given)], named, node)
            case Routine():
                return self.routine(of, [value for value, _ in given], named, node)
            case Partial():
                return self.apply(of.of, [*of.given, *given], of.named | named, node)
            case Outer(path=path):
                return self.outer(path, given, named, node)
            case Of(owner=Maps() as maps, name=name):
                return self.of_maps(maps, name, given, named, node)
            case Of(owner=owner, name=name):
                return self.member(owner, name, given, named, node)
            case Layer() | Lazy() | Stack() | Made() if self.trace is None:
                return Unknown("what the network gives is not worked out here")
            case Layer() | Lazy() | Stack() | Made():
                return self.through(of, given, named, node)
        self.fail("a call like this is not read here; code is never executed", node)

    # Classes and functions of the text

    def above(self, name: str, node: ast.Call) -> Any:
        """`super().name(...)`."""
        made, routine = self.names.get(" first"), self.names.get(" routine")
        if not isinstance(made, Made) or not isinstance(routine, Routine) or routine.of is None:
            self.fail("`super` is not read here", node)
        given, named = self.arguments(node)
        for base in routine.of.bases:
            if isinstance(base, Kind) and isinstance(found := base.find(name), Routine):
                return self.routine(found, [made, *(v for v, _ in given)], named, node)
        if name == "__init__":
            self.begin(made, given, named, node)
            return None
        if name == "forward" and self.trace and " layer" in made.held:
            return self.through(made.held[" layer"], given, named, node)
        if name == "forward" and self.trace and self.stacks(made.kind):
            return self.through(Stack(made.held), given, named, node)
        if name in ("train", "eval"):
            return made
        self.fail(f"`super().{name[:40]}` is not read here", node)

    def begin(self, made: Made, given: Given, named: dict[str, Any], node: Any) -> None:
        """What torch's own `__init__` does: a Sequential takes its layers."""
        if self.stacks(made.kind):
            listed = given and isinstance(given[0][0], list) and not self.calls_in_order(made.kind)
            items = [(value, node) for value in given[0][0]] if listed else given
            made.held |= self.stacked(items).held
            return
        base = self.base(made.kind)
        if base:
            made.held[" layer"] = self.layer(base, given, named, node)

    def stacks(self, kind: Kind) -> bool:
        """Whether a class is a Sequential, a ModuleList or a ModuleDict."""
        words = ("nn.Sequential", "nn.ModuleList", "nn.ModuleDict")
        return any(path.endswith(words) for path in self.bases(kind))

    def calls_in_order(self, kind: Kind) -> bool:
        return any(path.endswith("nn.Sequential") for path in self.bases(kind))

    def base(self, kind: Kind) -> str | None:
        """The layer that a class builds on."""
        names = (path.removeprefix("torch.nn.") for path in self.bases(kind))
        return next((name for name in names if name in LAYERS or lazy(name)), None)

    def make(self, kind: Kind, given: list[Any], named: dict[str, Any], node: Any) -> Any:
        if not kind.bases and not kind.find("__init__"):
            self.fail(f"`{kind.name}` is no network", node)
        if kind.name in definitions() and isinstance(kind.node, ast.ClassDef):
            ours = ast.parse(definitions()[kind.name]).body[0]
            if ast.dump(ours) == ast.dump(kind.node):  # as our own exported code has it
                return self.layer(kind.name, [(value, node) for value in given], named, node)
        made = Made(kind)
        self.kept.append(made)
        begin = kind.find("__init__")
        if isinstance(begin, Routine):
            self.routine(begin, [made, *given], named, node)
        elif isinstance(begin, Unknown):
            self.missing(begin, node)
        else:
            self.begin(made, [(value, node) for value in given], named, node)
        return made

    def routine(self, of: Routine, given: list[Any], named: dict[str, Any], node: ast.AST) -> Any:
        """What a function of the text returns."""
        self.calls += 1
        if self.calls > MAX_CALLS:
            self.calls -= 1
            self.spent_out("functions call one another too deeply to be read", node)
        names = of.names.new_child({" routine": of, " first": given[0] if given else None})
        outside, depth = self.names, self.depth
        try:
            self.names, self.depth = of.names, 0
            known = self.bound(of, given, named, node)
            names.maps[0].update(known)
            self.names = names
            if isinstance(of.node, ast.Lambda):
                return self.value(of.node.body)
            self.run(of.node.body)
        except Returned as returned:
            return returned.value
        finally:
            self.names, self.depth = outside, depth
            self.calls -= 1
        return None

    def bound(
        self, of: Routine, given: list[Any], named: dict[str, Any], node: ast.AST
    ) -> dict[str, Any]:
        """What a function's arguments stand for in a call."""
        asked, known = of.node.args, dict[str, Any]()
        words = [arg.arg for arg in (*asked.posonlyargs, *asked.args)]
        title = of.of.name if of.of else getattr(of.node, "name", "this")
        method = getattr(of.node, "name", "")
        called = title if method in ("__init__", "") or not of.of else f"{title}.{method}"
        for word, default in zip(reversed(words), reversed(asked.defaults), strict=False):
            known[word] = self.value(default)
        for arg, default_ in zip(asked.kwonlyargs, asked.kw_defaults, strict=True):
            words.append(arg.arg)
            if default_ is not None:
                known[arg.arg] = self.value(default_)
        places = len(words) - len(asked.kwonlyargs)
        known |= zip(words, given[:places], strict=False)
        if asked.vararg:
            known[asked.vararg.arg] = list(given[places:])
        elif len(given) > places:
            self.fail(f"`{called}` takes {places} values and is given {len(given)}", node)
        more: dict[str, Any] = {}
        for word, value in named.items():
            if word in words:
                known[word] = value
            elif asked.kwarg:
                more[word] = value
            else:
                self.fail(f"`{called}` has no argument `{word[:40]}`", node)
        if asked.kwarg:
            known[asked.kwarg.arg] = more
        if left := [word for word in words if word not in known]:
            if method == "forward":
                said = f"forward takes `{left[0]}` too: networks with one input are read here"
                self.fail(said, of.node)
            line = f"model = {title}({left[0]}=...)"
            self.fail(f"`{called}` wants `{left[0]}`: write it below, as in {line}", node)
        return known

    # What PyTorch and Python have

    def outer(self, path: str, given: Given, named: dict[str, Any], node: ast.Call) -> Any:
        """A call of what PyTorch or Python has."""
        last = path.split(".")[-1]
        if path in SAME and given:
            return given[0][0]
        if path in FALSE:
            return False
        if path.startswith("torch.nn.") and path.count(".") == 2:
            return self.of_nn(last, given, named, node)
        if path == "collections.OrderedDict":
            return self.ordered_dict(given, named, node)
        if path == "typing.cast" and len(given) == 2:
            return given[1][0]
        if path == "functools.partial" and given:
            return Partial(given[0][0], given[1:], named)
        if path.startswith(("torch.device", "torch.cuda.is_", "torch.backends")):
            return Setting()
        if given and path.startswith(ABOUT):
            first = given[0][0]
            if last in JOINS and isinstance(first, list):
                return self.joined(first, given[1:], named, node)
            if isinstance(first, Maps):
                return self.of_maps(first, last, given[1:], named, node)
        if last in JOINS and "tensors" in named:
            return self.joined(named.pop("tensors"), given, named, node)
        if isinstance(named.get("input"), Maps):
            return self.of_maps(named.pop("input"), last, given, named, node)
        if path.startswith(("math.", "numpy.")) and given:
            return self.worked_out(last, [value for value, _ in given], node)
        if path in BUILTINS:
            return self.builtin(path, [value for value, _ in given], named, node)
        for value, at in given:
            if isinstance(value, Maps):
                self.fail(f"`{path[:40]}` is no layer that is known here", at)
            if isinstance(value, Unknown) and value.problem:
                return value
        return Unknown(f"`{path[:60]}` makes no layer")

    def of_nn(self, last: str, given: Given, named: dict[str, Any], node: ast.Call) -> Any:
        if last == "Sequential":
            if named:
                self.fail("Sequential takes layers, not keywords", node.keywords[0])
            return self.kept_too(self.stacked(given))
        if last == "ModuleList":
            items = [(v, node) for v in self.items(given[0][0], node)] if given else []
            return self.kept_too(self.stacked(items, called=False))
        if last == "ModuleDict":
            return self.kept_too(
                Stack(self.ordered_dict(given, named, node), called=False)
            )  # fmt: skip
        if last == "Module":
            return Unknown("`nn.Module` alone is no network")
        if last.endswith("Loss"):
            return Unknown("a loss stands behind the network")
        if last == "Parameter":
            return Unknown("a parameter by itself is no layer that is known here")
        row = LAYERS.get(last)
        if (row and row.torchs) or lazy(last):
            return self.layer(last, given, named, node)
        return self.nothing(last, node, firm=True)

    def kept_too(self, stack: Stack) -> Stack:
        self.kept.append(stack)
        return stack
