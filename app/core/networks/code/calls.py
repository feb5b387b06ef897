"""Expressions and calls of pasted code: of classes, functions, layers, and of maps in `forward`."""

import ast
from typing import Any

from app.core.errors import OverBudget
from app.core.layers.layer import Layer
from app.core.layers.table import LAYERS
from app.core.networks.code.classes import (
    ABOUT,
    BUILTINS,
    COMPARED,
    FULL,
    MAX_CALLS,
    MAX_LIST,
    MAX_POWER,
    MODULES,
    PLAIN,
    SUMS,
    Interpreter,
    Returned,
)  # fmt: skip
from app.core.networks.code.forward import BATCH, JOINS, Maps
from app.core.networks.code.stacks import MOVES, Setting, Stack, dotted
from app.core.networks.code.values import Kind, Made, Of, Outer, Routine, Unknown

Given = list[tuple[Any, Any]]


class Calls(Interpreter):
    """The values of expressions."""

    def value(self, node: ast.AST) -> Any:
        self.step(node)
        found = self.special(node)
        return super().value(node) if found is NotImplemented else found

    def special(self, node: ast.AST) -> Any:
        """What goes beyond a stack of layers; NotImplemented for the rest."""
        match node:
            case ast.Name(id=name):
                if name in self.names:
                    return self.names[name]
                if name in MODULES:
                    return Outer(FULL.get(name, name))
                if name in BUILTINS:
                    return Outer(name)
                if name in LAYERS or name in ("Sequential", "ModuleList"):
                    return Outer(f"torch.nn.{name}")
            case ast.Attribute(value=of, attr=name):
                return self.attribute(self.value(of), name, node)
            case ast.Call():
                return self.called(node)
            case ast.Subscript(value=of, slice=at):
                return self.item(self.value(of), at, node)
            case ast.BinOp(left=left, op=op, right=right):
                return self.sum(op, self.value(left), self.value(right), node)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self.true(operand)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.compared(op, self.value(left), self.value(right), node)
            case ast.BoolOp(op=op, values=values):
                value: Any = None
                for part in values:
                    value = self.value(part)
                    if isinstance(value, Unknown | Maps):
                        self.fail("this condition is not read here", part)
                    if bool(value) is isinstance(op, ast.Or):
                        break
                return value
            case ast.IfExp(test=test, body=body, orelse=orelse):
                asked = self.value(test)
                if isinstance(asked, Unknown | Outer):
                    return Setting()
                return self.value(body if asked else orelse)
            case ast.ListComp(generators=[each]) | ast.GeneratorExp(generators=[each]):
                return self.comprehended(node, each)
            case ast.Lambda():
                return Routine(node, self.names)
        return NotImplemented

    def comprehended(self, node: Any, each: ast.comprehension) -> list[Any]:
        items, outside, found = self.items(self.value(each.iter), each.iter), self.names, []
        self.names = outside.new_child()
        try:
            for item in items:
                self.store(each.target, item)
                if all(self.true(test) for test in each.ifs):
                    found.append(self.value(node.elt))
        finally:
            self.names = outside
        return found

    def attribute(self, of: Any, name: str, node: ast.AST) -> Any:
        match of:
            case Outer(path=path):
                return Outer(f"{path}.{name}")
            case Unknown():
                return of
            case Made():
                if name in of.held:
                    return of.held[name]
                found = of.kind.find(name)
                if found is not None:
                    bound = isinstance(found, Routine) and not found.static
                    return Of(of, name) if bound else found
                return False if name == "training" else Of(of, name)
            case Kind() if (found := of.find(name)) is not None:
                return found
            case Maps() if name == "shape":
                return self.sizes(of, node)
            case Maps() if name == "ndim":
                return len(self.sizes(of, node))
            case Layer() if name in of.arguments:
                return of.arguments[name]
            case Stack() if name in of.held:
                return of.held[name]
        return Of(of, name)

    def sizes(self, maps: Maps, node: ast.AST) -> list[Any]:
        shape = maps.laid or maps.shape
        if shape is None:
            self.fail("the size here is not known: a layer before it does not fit", node)
        return [BATCH, *shape]

    def item(self, of: Any, at: ast.expr, node: ast.AST) -> Any:
        if isinstance(of, Unknown):
            return of
        if isinstance(at, ast.Slice) and isinstance(of, list | Stack):
            ends = [None if end is None else self.value(end) for end in (at.lower, at.upper)]
            if all(end is None or type(end) is int for end in ends) and at.step is None:
                if isinstance(of, Stack):
                    return Stack(dict(list(of.held.items())[slice(*ends)]))
                return of[slice(*ends)]
        elif isinstance(of, list | Stack) and type(key := self.value(at)) is int:
            items = list(of.held.values()) if isinstance(of, Stack) else of
            if -len(items) <= key < len(items):
                return items[key]
            self.fail(f"there are {len(items)} here, counted from 0", node)
        self.fail("an index like this is not read here", node)

    def sum(self, op: ast.operator, left: Any, right: Any, node: ast.AST) -> Any:
        for value in (left, right):
            if isinstance(value, Unknown):
                self.fail(value.why, node)
        if isinstance(left, Maps) or isinstance(right, Maps):
            if isinstance(left, Maps) and isinstance(right, Maps) and isinstance(op, ast.Add):
                return self.put("Add", {}, [left, right], "add", node)
            self.fail("of maps only sums of two are read here", node)
        if isinstance(left, list) and isinstance(right, list) and isinstance(op, ast.Add):
            return self.short(left + right, node)
        if isinstance(left, list) and type(right) is int and isinstance(op, ast.Mult):
            if len(left) * right > MAX_LIST:
                self.fail(f"a list may be {MAX_LIST:,} long here", node)
            return self.short(left * right, node)
        if not all(type(value) in (int, float) for value in (left, right)):
            self.fail("only numbers are calculated with", node)
        if type(op) not in SUMS or (isinstance(op, ast.Pow) and abs(right) > MAX_POWER):
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

    def compared(self, op: ast.cmpop, left: Any, right: Any, node: ast.AST) -> bool:
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            self.fail((left if isinstance(left, Unknown) else right).why, node)
        if isinstance(op, ast.Is | ast.IsNot):
            same = left is right
            return same if isinstance(op, ast.Is) else not same
        if isinstance(op, ast.In | ast.NotIn) and isinstance(right, list):
            found = type(left) in PLAIN and any(type(v) in PLAIN and v == left for v in right)
            return found if isinstance(op, ast.In) else not found
        if type(op) in COMPARED and type(left) in PLAIN and type(right) in PLAIN:
            try:
                return bool(COMPARED[type(op)](left, right))
            except TypeError:
                self.fail("these two are not compared", node)
        self.fail("this comparison is not read here", node)

    # Calls

    def called(self, node: ast.Call) -> Any:
        func = node.func
        over = func.value if isinstance(func, ast.Attribute) else None
        if isinstance(func, ast.Attribute) and isinstance(over, ast.Call):
            called = dotted(over.func)
            if called == "super":
                return self.above(func.attr, node)
        name = dotted(func)
        known = (*BUILTINS, "Sequential", "ModuleList")
        if isinstance(func, ast.Name) and func.id not in self.names and func.id not in known:
            return super().call(node)
        of = self.value(func)
        if isinstance(of, Of) and of.name in MOVES and not isinstance(of.owner, Maps):
            return of.owner
        if isinstance(of, Unknown):
            return of
        if isinstance(of, Outer):
            return self.outer(of.path, node, name)
        given = self.elements(node.args)
        named = {word.arg: self.value(word.value) for word in node.keywords if word.arg}
        if len(named) < len(node.keywords):
            self.fail("`**` is not read here", node)
        return self.apply(of, given, named, node)

    def apply(self, of: Any, given: Given, named: dict[str, Any], node: ast.Call) -> Any:
        match of:
            case Kind():
                return self.make(of, [value for value, _ in given], named, node)
            case Routine():
                return self.routine(of, [value for value, _ in given], named, node)
            case Of(owner=Maps() as maps, name=name):
                return self.of_maps(maps, name, given, named, node)
            case Of(owner=Made() as made, name=name) if isinstance(
                found := made.kind.find(name), Routine
            ):
                return self.routine(found, [made, *(value for value, _ in given)], named, node)
            case Of(owner=Made() | Stack() as owner, name="add_module") if len(given) == 2:
                owner.held[str(given[0][0])] = given[1][0]
                return None
            case Of(owner=Stack() as stack, name="append") if len(given) == 1:
                stack.held[str(len(stack.held))] = given[0][0]
                return stack
            case Of(owner=list() as items, name="append") if len(given) == 1:
                items.append(given[0][0])
                self.short(items, node)
                return None
            case Of(owner=list() as items, name="extend") if len(given) == 1:
                items.extend(self.items(given[0][0], node))
                self.short(items, node)
                return None
            case Layer() | Stack() | Made() if self.trace is None:
                return Unknown("the network is not run here")
            case Layer() | Stack() | Made():
                return self.through(of, given, named, node)
            case Of(name=name):
                return Unknown(f"`{name}` changes no size that is known here")
        self.fail("a call like this is not read here", node.func)

    def above(self, name: str, node: ast.Call) -> Any:
        """`super().name(...)`."""
        made, routine = self.names.get(" first"), self.names.get(" routine")
        if not isinstance(made, Made) or not isinstance(routine, Routine) or routine.of is None:
            self.fail("`super` is not read here", node)
        given = self.elements(node.args)
        named = {word.arg: self.value(word.value) for word in node.keywords if word.arg}
        for base in routine.of.bases:
            if isinstance(base, Kind) and isinstance(found := base.find(name), Routine):
                return self.routine(found, [made, *(v for v, _ in given)], named, node)
        if name == "__init__":
            self.begin(made, given, node)
            return None
        self.fail(f"`super().{name[:40]}` is not read here", node)

    def begin(self, made: Made, given: Given, node: ast.AST) -> None:
        """What torch's own `__init__` does: a Sequential takes its layers."""
        if self.stacks(made.kind):
            made.held |= self.stacked(given).held

    def stacks(self, kind: Kind) -> bool:
        return any(
            base.path.endswith("nn.Sequential") if isinstance(base, Outer) else self.stacks(base)
            for base in kind.bases
            if isinstance(base, Outer | Kind)
        )

    def make(self, kind: Kind, given: list[Any], named: dict[str, Any], node: ast.AST) -> Made:
        made = Made(kind)
        self.kept.append(made)
        begin = kind.find("__init__")
        if isinstance(begin, Routine):
            self.routine(begin, [made, *given], named, node)
        else:
            self.begin(made, [(value, node) for value in given], node)
        return made

    def routine(self, of: Routine, given: list[Any], named: dict[str, Any], node: ast.AST) -> Any:
        """What a function of the text returns."""
        self.calls += 1
        if self.calls > MAX_CALLS:
            self.calls -= 1
            said = "functions call one another too deeply to be read"
            raise OverBudget(said, self.where(node))
        asked, names = (
            of.node.args,
            of.names.new_child({" routine": of, " first": given[0] if given else None}),
        )
        words = [arg.arg for arg in (*asked.posonlyargs, *asked.args)]
        title = of.of.name if of.of else getattr(of.node, "name", "this")
        outside, depth = self.names, self.depth
        try:
            self.names, self.depth = of.names, 0
            firsts = zip(reversed(words), reversed(asked.defaults), strict=False)
            known = {word: self.value(default) for word, default in firsts}
            for arg, default in zip(asked.kwonlyargs, asked.kw_defaults, strict=True):
                words.append(arg.arg)
                if default is not None:
                    known[arg.arg] = self.value(default)
            places = len(words) - len(asked.kwonlyargs)
            known |= zip(words, given[:places], strict=False)
            if asked.vararg:
                known[asked.vararg.arg] = list(given[places:])
            elif len(given) > places:
                self.fail(f"`{title}` takes {places} values and is given {len(given)}", node)
            for word, value in named.items():
                if word not in words:
                    self.fail(f"`{title}` has no argument `{word[:40]}`", node)
                known[word] = value
            if missing := [word for word in words if word not in known]:
                line = f"model = {title}({missing[0]}=...)"
                self.fail(f"`{title}` wants `{missing[0]}`: write it below, as in {line}", node)
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

    def outer(self, path: str, node: ast.Call, name: str | None) -> Any:
        """A call of what PyTorch or Python has."""
        last = path.split(".")[-1]
        if path.startswith("torch.nn.") and path.count(".") == 2:
            if last == "ModuleList":
                items = self.items(self.value(node.args[0]), node) if node.args else []
                return Stack({str(i): item for i, item in enumerate(items)})
            if last == "DataParallel" and node.args:
                return self.value(node.args[0])
            if last.endswith("Loss"):
                return Unknown("a loss stands behind the network")
            call = ast.Call(ast.Name(last, ast.Load()), node.args, node.keywords)
            ast.copy_location(call.func, node.func)
            found = super().call(ast.copy_location(call, node))
            self.kept.append(found)
            return found
        if path in ("torch.compile", "torch.jit.script") and node.args:
            return self.value(node.args[0])
        if path in ("collections.OrderedDict", "torch.device"):
            return super().call(node)
        given = self.elements(node.args)
        named = {word.arg: self.value(word.value) for word in node.keywords if word.arg}
        if given and path.startswith(ABOUT):
            first = given[0][0]
            if last in JOINS and isinstance(first, list):
                return self.joined(first, [*given[1:]], named, node)
            if isinstance(first, Maps):
                return self.of_maps(first, last, given[1:], named, node)
        if path in BUILTINS:
            return self.builtin(path, [value for value, _ in given], node)
        return Unknown(f"`{path[:60]}` makes no layer that is known here")

    def builtin(self, name: str, given: list[Any], node: ast.Call) -> Any:
        for value in given:
            if isinstance(value, Unknown):
                self.fail(value.why, node)
        match name, given:
            case "int", [int() | float() as number]:
                return int(number)
            case "float", [int() | float() as number]:
                return float(number)
            case "round", [int() | float() as number]:
                return round(number)
            case "len", [list() | range() | dict() as items]:
                return len(items)
            case "len", [Stack() as stack]:
                return len(stack.held)
            case "range", _ if 1 <= len(given) <= 3 and all(type(n) is int for n in given):
                if len(given) < 3 or given[2]:
                    return range(*given)
            case "list" | "tuple", [items]:
                return self.items(items, node)
            case "enumerate", [items]:
                return [[i, item] for i, item in enumerate(self.items(items, node))]
            case "reversed", [items]:
                return self.items(items, node)[::-1]
            case "zip", _ if given:
                return [list(p) for p in zip(*(self.items(g, node) for g in given), strict=False)]
            case "max" | "min" | "sum", _ if given:
                items = given if len(given) > 1 else self.items(given[0], node)
                if items and all(type(n) in (int, float) for n in items):
                    folds: dict[str, Any] = {"max": max, "min": min, "sum": sum}
                    found = folds[name](items)
                    return self.number(found, node)
        self.fail(f"`{name}` is not read here with these values", node)
