"""Statements of pasted code, read one after another and never run: an interpreter of the few words
that make a network, with a budget of steps. Whatever else it meets is a Problem at its place."""

import ast
from typing import Any, NoReturn

from app.core.errors import OverBudget, Problem
from app.core.layers.layer import Shape
from app.core.layers.table import LAYERS
from app.core.networks.code.forward import Maps, Trace
from app.core.networks.code.layers import PARTS, Layers
from app.core.networks.code.text import dotted
from app.core.networks.code.values import Kind, Made, Outer, Partial, Routine, Stack, Unknown

MAX_STEPS = 40_000
MAX_LIST = 5_000
KNOWN = ("torch", "math", "collections", "functools", "typing", "numpy")  # modules
PASSED = (  # decorators that change nothing here, by their last words
    "no_grad", "inference_mode", "unused", "ignore", "export", "script_method", "wraps",
    "register_model", "handle_legacy_interface", "override", "abstractmethod", "lru_cache", "cache",
)  # fmt: skip
BOUND = ("staticmethod", "classmethod", "property")
GROWS = ("append", "extend", "add_module", "insert", "update", "register_module")


class Returned(Exception):
    """A function's value, on its way to who called it."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Left(Exception):
    """`break` or `continue`, on its way to its loop."""

    def __init__(self, on: bool) -> None:
        super().__init__()
        self.on = on


class Statements(Layers):
    """Reads statements; `names` are those of the function that is read just now."""

    def __init__(self, source: str, input: Shape) -> None:
        super().__init__(source)
        self.input = input
        self.flat = "1d(" in source and input[1:2] == (1,)  # (channels, length), 1 pixel high
        self.steps = 0
        self.calls = 0
        self.trace: Trace | None = None
        self.overlooked: list[tuple[ast.AST, str]] = []
        self.notes: list[tuple[ast.AST, str]] = []

    def step(self, node: ast.AST) -> None:
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.spent_out("this takes more steps than code of a network does", node)

    def spent_out(self, said: str, node: ast.AST) -> NoReturn:
        raise OverBudget(said, self.where(node) if hasattr(node, "lineno") else {"field": "source"})

    def sum(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        """Arithmetic."""
        raise NotImplementedError

    # What a statement does

    def makes(self, statement: ast.AST, grows: bool = False) -> bool:
        """Whether a statement may make or change a part of the network, or make a list longer."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and (name := dotted(node.func)):
                first, last = name.split(".")[0], name.split(".")[-1]
                known = self.names.get(first)
                if grows and (last in GROWS or name == "setattr"):
                    return True
                if isinstance(known, Kind | Routine | Partial):
                    return True
                bare = name == last or first in ("nn", "torch")
                if bare and (last in LAYERS or last in ("Sequential", "ModuleList")):
                    return True
                if name.startswith(("nn.", "torch.nn.")) and name.count(".") == 1 + (
                    name[0] == "t"
                ):
                    return not last.endswith(("Loss", "DataParallel", "Parameter"))
        loops = {
            node.id
            for each in ast.walk(statement)
            if isinstance(each, ast.For)
            for node in ast.walk(each.target)
            if isinstance(node, ast.Name)
        }
        for node in ast.walk(statement):
            if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
                owner = (dotted(node.value) or "").split(".")
                known = self.names.get(owner[0])
                deep = len(owner) > 1 and owner[1] in ("weight", "bias", "data")
                if owner[0] not in loops and isinstance(known, Made | Stack) and not deep:
                    return True
        return False

    def run(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self.step(statement)
            match statement:
                case ast.Import() | ast.ImportFrom():
                    for name in statement.names:
                        self.imported(statement, name)
                case ast.Pass() | ast.Assert() | ast.Global() | ast.Nonlocal():
                    pass
                case ast.Delete(targets=targets) if all(isinstance(t, ast.Name) for t in targets):
                    pass
                case ast.Assign(targets=targets, value=value):
                    given = self.value(value)
                    for target in targets:
                        self.store(target, given)
                case ast.AnnAssign(target=target, value=value):
                    if value is not None:
                        self.store(target, self.value(value))
                case ast.AugAssign(target=target, op=op, value=value):
                    self.added(target, op, value, statement)
                case ast.Expr(value=ast.Constant()):
                    pass
                case ast.Expr(value=value):
                    self.said(statement, value)
                case ast.Return(value=value):
                    raise Returned(None if value is None else self.value(value))
                case ast.FunctionDef():
                    self.names[statement.name] = self.function(statement)
                case ast.ClassDef():
                    self.names[statement.name] = self.defined(statement)
                case ast.If(test=test, body=body, orelse=orelse):
                    self.run(body if self.true(test) else orelse)
                case ast.With(items=items, body=body):
                    for item in items:
                        if item.optional_vars is not None:
                            self.store(item.optional_vars, self.value(item.context_expr))
                    self.run(body)
                case ast.For():
                    self.loop(statement)
                case ast.Break() | ast.Continue():
                    raise Left(isinstance(statement, ast.Continue))
                case ast.Raise():
                    self.fail("this is where the code raises an error", statement)
                case _:
                    self.refuse(statement)

    def added(self, target: Any, op: ast.operator, value: ast.expr, statement: ast.stmt) -> None:
        """`x += y`, which changes a list, or what a layer gave, in its place."""
        old, new = self.value(loaded(target)), self.value(value)
        if isinstance(old, list) and isinstance(op, ast.Add):
            old.extend(self.items(new, statement))
            self.short(old, statement)
            return
        found = self.sum(op, old, new, statement)
        if isinstance(old, Maps) and isinstance(found, Maps) and isinstance(target, ast.Name):
            old.source, old.shape, old.laid = found.source, found.shape, found.laid
        else:
            self.store(target, found)

    def loop(self, statement: ast.For) -> None:
        items = self.value(statement.iter)
        if isinstance(items, Unknown) and not any(map(self.makes, statement.body)):
            self.overlooked.append((statement, items.why))
            return
        for item in self.items(items, statement.iter):
            self.store(statement.target, item)
            try:
                self.run(statement.body)
            except Left as left:
                if not left.on:
                    return
        self.run(statement.orelse)

    def said(self, statement: ast.stmt, value: ast.expr) -> None:
        """An expression by itself: a call that changes a list, or what is overlooked."""
        if printed(value):
            return
        try:
            found = self.value(value)
        except Problem as problem:
            if isinstance(problem, OverBudget) or self.calls == 0 or self.makes(statement):
                raise
            self.overlooked.append((statement, problem.message))
            return
        if isinstance(found, Unknown):
            self.overlooked.append((statement, found.why))

    def imported(self, statement: ast.Import | ast.ImportFrom, name: ast.alias) -> None:
        module = statement.module or "" if isinstance(statement, ast.ImportFrom) else None
        path = f"{module}.{name.name}" if module else name.name
        known = name.asname or (path.split(".")[0] if module is None else name.name)
        if name.asname is None and module is None:
            path = known
        if not known.isidentifier():
            return
        if path.split(".")[0] in KNOWN:
            self.names[known] = Outer(path)
        elif known not in self.names:
            self.names[known] = Unknown(f"`{known}` comes from `{(module or path)[:60]}`, not read")

    def store(self, target: ast.expr, value: Any) -> None:
        self.step(target)
        match target:
            case ast.Name(id=name):
                self.names[name] = value
            case ast.Attribute(value=of, attr=name):
                owner = self.value(of)
                if not isinstance(owner, Made | Stack):
                    if isinstance(owner, (*PARTS, Unknown)):
                        self.overlooked.append((target, "it changes no size that is known here"))
                        return
                    self.fail("an attribute of this is not set here", target)
                if isinstance(owner, Stack) and not isinstance(value, PARTS):
                    return
                owner.held[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                if isinstance(value, Unknown):
                    for part in parts:
                        self.store(part, value)
                    return
                items = self.items(value, target)
                if len(items) != len(parts):
                    self.fail(f"{len(items)} values do not go to {len(parts)} names", target)
                for part, item in zip(parts, items, strict=True):
                    self.store(part, item)
            case ast.Subscript(value=of, slice=at):
                self.put_at(self.value(of), self.value(at), value, target)
            case _:
                self.refuse(target)

    def put_at(self, owner: Any, key: Any, value: Any, target: ast.AST) -> None:
        match owner:
            case Stack() if type(key) is int and -len(owner.held) <= key < len(owner.held):
                owner.held[list(owner.held)[key]] = value
            case Stack() if isinstance(key, str):
                owner.held[key] = value
            case list() if type(key) is int and -len(owner) <= key < len(owner):
                owner[key] = value
            case dict() if isinstance(key, str | int):
                owner[str(key)] = value
                self.short(owner, target)
            case _:
                self.fail("this place is not set here", target)

    def function(self, node: ast.FunctionDef) -> Any:
        """A function, or why it cannot be read: which is said where it is called."""
        decorated = ""
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            last = (dotted(called) or "?").split(".")[-1]
            if last in BOUND:
                decorated = last
            elif last not in PASSED:
                said = f"`{node.name[:40]}` has a decorator, which is not read"
                return Unknown(said, Problem(said, self.where(decorator)), True)
        return Routine(node, self.names, None, decorated)

    def defined(self, node: ast.ClassDef) -> Kind:
        if node.keywords or node.decorator_list:
            at = (node.keywords or node.decorator_list)[0]
            self.fail("a class with a metaclass or a decorator is not read here", at)
        bases = [self.base_of(base) for base in node.bases]
        kind = Kind(node.name, node, bases)
        outside = self.names
        self.names = outside.new_child(kind.held)
        try:
            self.run(node.body)
        finally:
            self.names = outside
        for held in kind.held.values():
            if isinstance(held, Routine) and held.of is None:
                held.of, held.names = kind, outside
        return kind

    def base_of(self, base: ast.expr) -> Any:
        """What a class builds on; what is not here is taken for nn.Module, and that is said."""
        try:
            found = self.value(base)
        except Problem as problem:
            found = Unknown(problem.message, problem)
        if isinstance(found, Unknown):
            name = (dotted(base) or "this")[:40]
            self.notes.append((base, f"`{name}` is not here: it is taken for nn.Module"))
        return found

    def true(self, test: ast.expr) -> bool:
        value = self.value(test)
        if isinstance(value, Unknown):
            self.missing(value, test)
        if isinstance(value, Maps):
            self.fail("a condition on what goes through the network is not read", test)
        return bool(value)

    def items(self, value: Any, node: ast.AST) -> list[Any]:
        """What a loop goes through."""
        if isinstance(value, Stack):
            value = list(value.held.values())
        if isinstance(value, Made):
            value = [part for part in value.held.values() if isinstance(part, PARTS)]
        if isinstance(value, Unknown):
            self.missing(value, node)
        if not isinstance(value, list | range | dict | str):
            self.fail("a list is wanted here", node)
        self.short(value, node)
        return list(value)

    def short(self, value: Any, node: ast.AST) -> Any:
        if len(value) > MAX_LIST:
            self.fail(f"a list may be {MAX_LIST:,} long here", node)
        self.steps += len(value) // 8
        return value


def printed(expression: ast.expr) -> bool:
    """Whether this is a print(...), which stands below many a model and makes no layer."""
    return isinstance(expression, ast.Call) and dotted(expression.func) in ("print", "pprint")


def loaded(target: Any) -> Any:
    """What is assigned to, as it is read."""
    match target:
        case ast.Name():
            found: Any = ast.Name(target.id, ast.Load())
        case ast.Attribute():
            found = ast.Attribute(target.value, target.attr, ast.Load())
        case ast.Subscript():
            found = ast.Subscript(target.value, target.slice, ast.Load())
        case _:
            return target
    return ast.copy_location(found, target)
