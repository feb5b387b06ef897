"""Classes to networks: `__init__` makes layers and `forward` joins them, read and never run.

An interpreter of the few statements that this takes, with a budget of steps; whatever else it meets
is a Problem at its place.
"""

import ast
import operator
from collections import ChainMap
from typing import Any

from app.core.errors import OverBudget, Problem
from app.core.layers.layer import Layer, Shape
from app.core.layers.table import LAYERS
from app.core.networks.code import forward as maps_of
from app.core.networks.code.forward import Maps, Trace
from app.core.networks.code.stacks import Reader, Stack, dotted
from app.core.networks.code.values import Kind, Made, Outer, Routine, Unknown
from app.core.networks.network import Network

MAX_STEPS = 60_000
MAX_CALLS = 25  # within one another
MAX_LIST = 5_000
MAX_POWER = 64
SUMS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Mod: operator.mod,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow,
}  # fmt: skip
COMPARED = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
BUILTINS = ("int", "float", "len", "range", "list", "tuple", "zip", "enumerate", "max", "min",
            "round", "reversed", "sum", "isinstance", "print")  # fmt: skip
MODULES = ("torch", "nn", "F", "collections", "math")
FULL = {"nn": "torch.nn", "F": "torch.nn.functional"}
PLAIN = (int, float, str, bool, type(None))
ABOUT = ("torch.nn.functional.", "torch.", "torch.special.")


class Returned(Exception):
    """A function's value, on its way to who called it."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Interpreter(Reader):
    """Reads statements; `names` are those of the function that is read just now."""

    parts = (Layer, Stack, Made)

    def __init__(self, source: str, input: Shape) -> None:
        super().__init__(source)
        self.input = input
        self.names: Any = ChainMap({})
        self.steps = 0
        self.calls = 0
        self.paths: dict[int, str] = {}
        self.within = [""]
        self.trace: Trace | None = None
        self.kept: list[Any] = []  # so that no two have one id()
        self.overlooked: list[tuple[ast.AST, str]] = []
        self.doubts: list[Problem] = []
        self.found: dict[str, tuple[int, int]] = {}

    def step(self, node: ast.AST) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            said = "this takes more steps than code of a network does"
            raise OverBudget(
                said, self.where(node) if hasattr(node, "lineno") else {"field": "source"}
            )

    def make(self, kind: Kind, given: list[Any], named: dict[str, Any], node: ast.AST) -> Made:
        """What a class makes."""
        raise NotImplementedError

    def through(self, of: Any, given: Any, named: dict[str, Any], node: ast.AST) -> Any:
        """What a layer, or several, give."""
        raise NotImplementedError

    def sum(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        """Arithmetic."""
        raise NotImplementedError

    def put(
        self, row: str, arguments: dict[str, Any], maps: list[Maps], name: str, node: ast.AST
    ) -> Maps:
        """A layer that has no name of its own."""
        raise NotImplementedError

    def joined(self, parts: list[Any], rest: Any, named: dict[str, Any], node: ast.Call) -> Any:
        """What torch.cat gives."""
        raise NotImplementedError

    def of_maps(
        self, maps: Maps, name: str, given: Any, named: dict[str, Any], node: ast.Call
    ) -> Any:
        """What a function of torch gives."""
        raise NotImplementedError

    # The text as a whole

    def network(self) -> tuple[Network, dict[str, tuple[int, int]]]:
        """The network of the class that was pasted."""
        try:
            return self.built(self.statements())
        except RecursionError:
            raise Problem("this is nested too deeply to be read", {"field": "source"}) from None

    def built(self, statements: list[ast.stmt]) -> tuple[Network, dict[str, tuple[int, int]]]:
        root: Any = None
        for statement in statements:
            self.step(statement)
            try:
                self.run([statement])
            except Returned:
                self.fail("`return` stands outside a function", statement)
            except Problem as problem:
                if isinstance(problem, OverBudget) or self.makes(statement):
                    raise
                self.doubts.append(problem)
                self.overlooked.append((statement, problem.message))
                for node in ast.walk(statement):
                    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                        self.names[node.id] = Unknown(problem.message)
        made = [value for value in self.names.values() if isinstance(value, Made | Stack)]
        made = [value for value in made if not isinstance(value, Made) or self.forward(value.kind)]
        if made:
            root = made[-1]
            for other in made[:-1]:
                if other is not root and not self.inside(other, root):
                    said = "two networks are made here; leave the one to be read"
                    self.fail(said, statements[-1])
        else:
            root = self.instance(statements)
        return self.traced(root, statements[-1])

    def makes(self, statement: ast.stmt) -> bool:
        """Whether a statement may make or change a part of the network."""
        if isinstance(statement, ast.ClassDef | ast.FunctionDef):
            return True
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and (name := dotted(node.func)):
                last = name.split(".")[-1]
                known = self.names.get(name.split(".")[0])
                if last in LAYERS or isinstance(known, Kind | Routine):
                    return True
                if name.startswith(("nn.", "torch.nn.")) and name.count(".") == 1 + (
                    name[0] == "t"
                ):
                    return not last.endswith(("Loss", "DataParallel"))
            if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
                return True
        return False

    def forward(self, kind: Kind) -> bool:
        return kind.find("forward") is not None

    def inside(self, part: Any, whole: Any) -> bool:
        """Whether one network holds another."""
        seen, todo = set(), [whole]
        while todo:
            value = todo.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            if value is part:
                return True
            if isinstance(value, Made | Stack):
                todo += value.held.values()
            elif isinstance(value, list):
                todo += value
        return False

    def instance(self, statements: list[ast.stmt]) -> Made:
        """The class that no other one uses, made without arguments."""
        kinds = [v for v in self.names.values() if isinstance(v, Kind) and self.forward(v)]
        kinds.reverse()  # names come last first
        if not kinds:
            raise self.doubts[0] if self.doubts else self.refusal(statements[0])
        used = {
            node.id
            for kind in kinds
            for node in ast.walk(kind.node)
            if isinstance(node, ast.Name) and node.id != kind.name
        }
        roots = [kind for kind in kinds if kind.name not in used] or kinds
        if len(roots) > 1:
            names = ", ".join(f"`{kind.name}`" for kind in roots[:4])
            self.fail(
                f"there are several networks here, {names}: write which one is meant below, "
                f"such as model = {roots[0].name}()",
                roots[0].node,
            )
        return self.make(roots[0], [], {}, roots[0].node)

    def refusal(self, node: ast.AST) -> Problem:
        try:
            self.refuse(node)
        except Problem as problem:
            return problem

    def traced(self, root: Any, node: ast.AST) -> tuple[Network, dict[str, tuple[int, int]]]:
        """The network of what `forward` of the root does with its input."""
        self.walk(root, "", node)
        self.trace = Trace(self.input, set(self.paths.values()))
        output = self.through(root, [(self.trace.start, node)], {}, node)
        if isinstance(output, list) and output:
            output = output[0]
            self.overlooked.append((node, "of what forward returns the first is the output"))
        if not isinstance(output, Maps):
            self.fail("forward returns nothing that a layer gave", node)
        if output.laid is not None:
            output = maps_of.settled(self, self.trace, output, (-1,), node, "flatten")
        nodes, _ = self.trace.reaching(output.source)
        if not nodes:
            raise Problem("there is no layer between what comes in and what goes out", {
                "offset": 0, "length": 0})  # fmt: skip
        network = Network.model_validate({"input": self.input, "layers": nodes})
        places = {layer["name"]: self.found[layer["name"]] for layer in nodes}
        self.idle({id(layer["layer"]) for layer in nodes}, node)
        return network, places

    def idle(self, used: set[int], node: ast.AST) -> None:
        """List what was made and is not joined."""
        for value in self.kept:
            if isinstance(value, Layer) and id(value) in self.paths and id(value) not in used:
                name = self.paths[id(value)]
                self.overlooked.append((node, f"`{name}` is made, and forward does not use it"))

    def walk(self, value: Any, path: str, node: ast.AST) -> None:
        """Give every layer within its dotted name, the first it has."""
        self.step(node)
        if path and id(value) in self.paths:
            return
        if path:
            self.paths[id(value)] = path
        if isinstance(value, Stack | Made) and path.count(".") < MAX_CALLS:
            for name, held in value.held.items():
                if isinstance(held, Layer | Stack | Made):
                    self.walk(held, f"{path}.{name}" if path else name, node)

    # Statements

    def run(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.step(statement)
            match statement:
                case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Assert():
                    for name in getattr(statement, "names", ()):
                        self.imported(statement, name)
                case ast.Assign(targets=targets, value=value):
                    given = self.value(value)
                    for target in targets:
                        self.store(target, given)
                case ast.AnnAssign(target=target, value=value):
                    if value is not None:
                        self.store(target, self.value(value))
                case ast.AugAssign(target=target, op=op, value=value):
                    read = ast.copy_location(self.loaded(target), target)
                    old, new = self.value(read), self.value(value)
                    if isinstance(old, list) and isinstance(op, ast.Add):
                        old.extend(self.items(new, statement))
                        self.short(old, statement)
                    else:
                        self.store(target, self.sum(op, old, new, statement))
                case ast.Expr(value=ast.Constant()):
                    pass
                case ast.Expr(value=value):
                    self.said(statement, value)
                case ast.Return(value=value):
                    raise Returned(None if value is None else self.value(value))
                case ast.FunctionDef():
                    static = any(dotted(d) == "staticmethod" for d in statement.decorator_list)
                    if statement.decorator_list and not static:
                        self.fail("a decorator is not read here", statement.decorator_list[0])
                    self.names[statement.name] = Routine(statement, self.names, None, static)
                case ast.ClassDef():
                    self.names[statement.name] = self.defined(statement)
                case ast.If(test=test, body=body, orelse=orelse):
                    self.run(body if self.true(test) else orelse)
                case ast.For(target=target, iter=over, body=body, orelse=[]):
                    items = self.value(over)
                    if isinstance(items, Unknown) and not any(map(self.makes, body)):
                        self.overlooked.append((statement, items.why))
                        continue
                    for item in self.items(items, over):
                        self.store(target, item)
                        self.run(body)
                case ast.Raise():
                    self.fail("this is where the code raises an error", statement)
                case _:
                    self.refuse(statement)

    def said(self, statement: ast.stmt, value: ast.expr) -> None:
        """An expression by itself: a call that changes a list, or what is overlooked."""
        if self.printed(value):
            return
        try:
            found = self.value(value)
        except Problem as problem:
            spent = isinstance(problem, OverBudget)
            if spent or self.calls == 0 or self.makes(statement):
                raise
            self.overlooked.append((statement, problem.message))
            return
        if isinstance(found, Unknown):
            self.overlooked.append((statement, found.why))
        elif self.calls == 0 and isinstance(found, Stack | Made):
            self.names.setdefault(f"({statement.lineno})", found)

    def imported(self, statement: ast.stmt, name: ast.alias) -> None:
        module = getattr(statement, "module", None)
        path = f"{module}.{name.name}" if module else name.name
        if path.split(".")[0] in ("torch", "math", "collections"):
            known = name.asname or (path if module is None else name.name)
            if known.isidentifier():
                self.names[known] = Outer(path)

    @staticmethod
    def loaded(target: Any) -> Any:
        match target:
            case ast.Name():
                return ast.Name(target.id, ast.Load())
            case ast.Attribute():
                return ast.Attribute(target.value, target.attr, ast.Load())
        return target

    def store(self, target: ast.expr, value: Any) -> None:
        self.step(target)
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Attribute(value=of, attr=name):
                owner = self.value(of)
                if not isinstance(owner, Made | Stack):
                    self.fail("an attribute of this is not set here", target)
                owner.held[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                items = self.items(value, target)
                if len(items) != len(parts):
                    self.fail(f"{len(items)} values do not go to {len(parts)} names", target)
                for part, item in zip(parts, items, strict=True):
                    self.store(part, item)
            case ast.Subscript(value=of, slice=at):
                owner, key = self.value(of), self.value(at)
                if not isinstance(owner, Stack) or str(key) not in owner.held:
                    self.fail("this place is not set here", target)
                owner.held[str(key)] = value
            case _:
                self.refuse(target)

    def defined(self, node: ast.ClassDef) -> Kind:
        if node.keywords or node.decorator_list:
            at = (node.keywords or node.decorator_list)[0]
            self.fail("a class with a metaclass or a decorator is not read here", at)
        bases = [self.value(base) for base in node.bases]
        kind = Kind(node.name, node, bases)
        outside = self.names
        self.names = outside.new_child(kind.held)
        try:
            self.run(node.body)
        finally:
            self.names = outside
        for held in kind.held.values():
            if isinstance(held, Routine):
                held.of, held.names = kind, outside
        return kind

    def true(self, test: ast.expr) -> bool:
        value = self.value(test)
        if isinstance(value, Unknown):
            self.fail(value.why, test)
        if isinstance(value, Maps):
            self.fail("a condition on what goes through the network is not read", test)
        return bool(value)

    def items(self, value: Any, node: ast.AST) -> list[Any]:
        """What a loop goes through."""
        if isinstance(value, Stack):
            value = list(value.held.values())
        if isinstance(value, Unknown):
            self.fail(value.why, node)
        if not isinstance(value, list | range | dict):
            self.fail("a list is wanted here", node)
        self.short(value, node)
        return list(value)

    def short(self, value: Any, node: ast.AST) -> Any:
        if len(value) > MAX_LIST:
            self.fail(f"a list may be {MAX_LIST:,} long here", node)
        self.steps += len(value) // 8
        return value
