"""Which of what a text makes is the network, and what of the text makes no part of it."""

import ast
from typing import Any

from app.core.errors import OverBudget, Problem
from app.core.layers.layer import Layer
from app.core.networks.code import forward as maps_of
from app.core.networks.code.forward import Maps, Trace
from app.core.networks.code.layers import PARTS
from app.core.networks.code.printed import printed_model
from app.core.networks.code.statements import Left, Returned
from app.core.networks.code.text import WHOLE
from app.core.networks.code.top import Top
from app.core.networks.code.values import Kind, Lazy, Made, Routine, Stack, Unknown
from app.core.networks.network import MAX_NAME, Network, analyse

NOTHING = "there is no layer here yet; try `nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU())`"
MOST_DEEP = 25  # parts within one another
ANOTHER = "another network stands below or above; to read this one, leave it alone"
Places = dict[str, tuple[int, int]]


class Code(Top):
    """A text as a whole."""

    def network(self) -> tuple[Network, Places]:
        """The network that was pasted, and where in it each layer stands."""
        try:
            return self.built(self.statements())
        except RecursionError:
            raise Problem("this is nested too deeply to be read", WHOLE) from None

    def printed(self) -> tuple[Network, Places] | None:
        """The network that was printed; None where nothing was."""
        stack = printed_model(self)
        if stack is None:
            return None
        self.in_order = True
        return self.traced(stack, None)

    def built(self, statements: list[ast.stmt]) -> tuple[Network, Places]:
        self.names["self"] = self.me
        for statement in statements:
            self.step(statement)
            try:
                self.top(statement)
            except (Returned, Left):
                self.fail("this stands outside of a function and of a loop", statement)
            except Problem as problem:
                defined = isinstance(statement, ast.FunctionDef | ast.ClassDef)
                if isinstance(problem, OverBudget) or (self.makes(statement) and not defined):
                    raise
                self.doubts(statement, problem)
        root = self.root(statements)
        return self.traced(root, statements[-1])

    # Which network

    def root(self, statements: list[ast.stmt]) -> Any:
        if any(isinstance(value, (*PARTS, Unknown)) for value, _ in self.loose):
            if len(self.loose) == 1 and isinstance(self.loose[0][0], PARTS):
                found = self.loose[0][0]
                return found if not isinstance(found, Layer | Lazy) else Stack({"0": found})
            return self.stacked(self.loose)
        mine = {n: v for n, v in self.assigned.items() if n.startswith("self.")}
        methods = [self.names.get(name) for name in ("forward", "__init__")]
        if any(isinstance(m, Routine) and words(m) == ["self"] for m in methods):
            return self.headless(statements)
        others = [(n, v, at) for n, (v, at) in self.assigned.items() if n not in mine]
        others = [(n, v, at) for n, v, at in others if self.network_like(v)]
        if mine and not others:
            return self.in_a_row({name: value for name, (value, _) in mine.items()}, statements)
        if others:
            return self.chosen(others, statements)
        return self.instance(statements)

    def network_like(self, value: Any) -> bool:
        if isinstance(value, Made):
            return isinstance(value.kind.find("forward"), Routine) or self.calls_in_order(
                value.kind
            ) or " layer" in value.held  # fmt: skip
        return isinstance(value, Layer | Lazy) or (isinstance(value, Stack) and value.called)

    def headless(self, statements: list[ast.stmt]) -> Any:
        """A class whose first line was not pasted."""
        kind = self.me.kind
        for name, value in list(self.names.items()):
            if isinstance(value, Routine) and value.of is None:
                kind.held[name], value.of = value, kind
        if isinstance(begin := kind.held.get("__init__"), Routine):
            self.routine(begin, [self.me], {}, begin.node)
        if kind.held.get("forward"):
            return self.me
        parts = {name: v for name, v in self.me.held.items() if isinstance(v, PARTS)}
        return self.in_a_row(parts, statements)

    def apart(self, values: list[Any]) -> list[Any]:
        """Those of some that none of the others holds."""
        within: set[int] = set()
        for value in values:
            todo, seen = [*getattr(value, "held", {}).values()], set[int]()
            while todo:
                held = todo.pop()
                if id(held) in seen:
                    continue
                seen.add(id(held))
                self.step(ast.Pass())
                if isinstance(held, Made | Stack):
                    todo += held.held.values()
                elif isinstance(held, list):
                    todo += held
            if id(value) not in seen:
                within |= seen
        return [value for value in values if id(value) not in within]

    def in_a_row(self, parts: dict[str, Any], statements: list[ast.stmt]) -> Any:
        """Parts of a class one behind another, as they stand."""
        apart = self.apart(list(parts.values()))
        named = {name.split(".")[-1]: value for name, value in parts.items() if value in apart}
        if len(named) == 1:
            (found,) = named.values()
            return Stack({"0": found}) if isinstance(found, Layer | Lazy) else found
        self.in_order = True
        names = ", ".join(f"`{name}`" for name in list(named)[:6])
        more = ", ..." if len(named) > 6 else ""
        said = (f"{names}{more} are put one behind another, as they stand: there is no forward "
                "to say how they are joined")  # fmt: skip
        self.notes.append((statements[0], said))
        return Stack(named)

    def chosen(self, found: list[tuple[str, Any, ast.AST]], statements: list[ast.stmt]) -> Any:
        """Of several networks the one that fits what comes in and has most to learn."""
        apart = self.apart([value for _, value, _ in found])
        found = [entry for entry in found if any(entry[1] is value for value in apart)]
        best, most = found[-1], (-1, -1, -1)
        if len(found) > 1:
            tried = [self.tried(value, statements) for _, value, _ in found]
            row = {name: value for name, value, _ in found}
            # Parts that fit behind one another and not alone are of one network.
            if tried[0][0] == 1 and all(fits < 1 for fits, _ in tried[1:]):
                together = Stack({name.split(".")[-1]: value for name, value in row.items()})
                if self.tried(together, statements)[0] == 1:
                    return self.in_a_row(row, statements)
            for k, (entry, (fits, parameters)) in enumerate(zip(found, tried, strict=True)):
                if (fits, parameters, k) > most:
                    best, most = entry, (fits, parameters, k)
            for _, value, at in found:
                if value is not best[1]:
                    self.overlooked.append((at, ANOTHER))
            self.notes.append((best[2], f"of {len(found)} networks here `{best[0]}` is read"))
        return Stack({"0": best[1]}) if isinstance(best[1], Layer | Lazy) else best[1]

    def tried(self, value: Any, statements: list[ast.stmt]) -> tuple[int, int]:
        """Whether a network fits what comes in, and how much it learns."""
        other = Code("", self.input)
        other.over(self)
        other.flat, other.places, other.steps = self.flat, self.places, self.steps
        root = Stack({"0": value}) if isinstance(value, Layer | Lazy) else value
        try:
            network, _ = other.traced(root, statements[-1])
        except OverBudget:
            raise
        except Problem:
            return -1, 0
        finally:
            self.steps = other.steps
        fits = not analyse(network).problems
        return int(fits), sum(node.layer.parameters for node in network.layers)

    def instance(self, statements: list[ast.stmt]) -> Any:
        """The class that no other one uses, made without arguments."""
        kinds = [
            value
            for value in self.names.values()
            if isinstance(value, Kind)
            and (value.find("forward") is not None or self.calls_in_order(value))
        ]
        kinds.reverse()  # names come last first
        if not kinds:
            return self.nothing_made(statements)
        used = {
            node.id
            for kind in (kinds if len(kinds) > 1 else ())
            for node in ast.walk(kind.node)
            if isinstance(node, ast.Name) and node.id != kind.name
        }
        roots = [kind for kind in kinds if kind.name not in used] or kinds
        if all(wanted(kind.find("__init__"), 1) for kind in roots):
            functions = self.makers({kind.name for kind in kinds})
            if len(functions) == 1:
                made_by = self.routine(functions[0], [], {}, functions[0].node)
                if isinstance(made_by, PARTS):
                    return made_by
            if functions:
                name = getattr(functions[0].node, "name", "this")
                said = f"no network is made here: write below which is meant: model = {name}()"
                self.fail(said, functions[0].node)
        if len(roots) == 1:
            return self.make(roots[0], [], {}, roots[0].node)
        made: list[tuple[str, Any, ast.AST]] = []
        problem: Problem | None = None
        for kind in roots:
            try:
                made.append((kind.name, self.make(kind, [], {}, kind.node), kind.node))
            except OverBudget:
                raise
            except Problem as refused:
                problem = problem or refused
        if not made:
            names = ", ".join(f"`{kind.name}`" for kind in roots[:4])
            self.fail(
                f"there are several networks here, {names}: write which one is meant below, "
                f"such as model = {roots[0].name}(...)",
                roots[0].node,
            )
        return self.chosen(made, statements)

    def makers(self, names: set[str]) -> list[Routine]:
        """Functions that want nothing and return one of some classes."""
        return [
            value
            for value in self.names.values()
            if isinstance(value, Routine)
            and value.of is None
            and not wanted(value, 0)
            and any(isinstance(node, ast.Return) and node.value for node in ast.walk(value.node))
            and any(
                isinstance(node, ast.Name) and node.id in names for node in ast.walk(value.node)
            )
        ]

    def bodiless(self, kind: Kind, statements: list[ast.stmt]) -> Any:
        """What a class without its forward makes, one behind another."""
        if isinstance(kind.find("__init__"), Routine):
            made = self.make(kind, [], {}, kind.node)
            parts = {name: v for name, v in made.held.items() if isinstance(v, PARTS)}
            if parts:
                return self.in_a_row(parts, statements)
        said = f"`{kind.name}` has no forward: paste it too, or nn.Sequential(...)"
        self.fail(said, kind.node)

    def nothing_made(self, statements: list[ast.stmt]) -> Any:
        if self.firm or self.doubt:
            raise self.firm or self.doubt or Problem(NOTHING)
        for value in self.names.values():
            if isinstance(value, Kind):
                return self.bodiless(value, statements)
        functions = [value for value in self.names.values() if isinstance(value, Routine)]
        if len(functions) == 1:
            made = self.routine(functions[0], [], {}, functions[0].node)
            if isinstance(made, PARTS):
                return Stack({"0": made}) if isinstance(made, Layer | Lazy) else made
        if functions:
            name = getattr(functions[0].node, "name", "this")
            said = f"no function is called here: write below model = {name}(...)"
            self.fail(said, functions[0].node)
        for statement in reversed(statements):
            made = getattr(statement, "value", None)
            if isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute | ast.Name):
                called = ast.unparse(made.func)[:60]
                self.fail(
                    f"there is no layer here yet, since `{called}(...)` makes none that is known: "
                    "paste layers or a class of PyTorch, or what print(model) prints, or choose a "
                    "network by its name",
                    made,
                )
        raise Problem(NOTHING, {"offset": 0, "length": 0})

    # Through it

    def traced(self, root: Any, node: ast.AST | None) -> tuple[Network, Places]:
        """The network of what `forward` of the root does with its input."""
        at: Any = node or ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
        self.walk(root, "", at)
        self.trace = Trace(self.input, set(self.paths.values()))
        output = self.through(root, [(self.trace.start, at)], {}, at)
        if isinstance(output, list | dict) and output:
            output = output[0] if isinstance(output, list) else next(iter(output.values()))
            self.notes.append((at, "of what forward returns the first is the output"))
        if isinstance(output, Unknown):
            self.missing(output, at)
        if not isinstance(output, Maps):
            self.fail("forward returns nothing that a layer gave", at)
        if output.laid is not None:
            output = maps_of.settled(self, self.trace, output, (-1,), at, "flatten")
        nodes, left = self.trace.reaching(output.source)
        if not nodes:
            if not self.trace.nodes and isinstance(root, Stack):
                raise self.firm or self.doubt or Problem(NOTHING, {"offset": 0, "length": 0})
            said = "there is no layer between what comes in and what goes out"
            raise Problem(said, {"offset": 0, "length": 0})
        for layer in nodes:
            if len(layer["name"]) > MAX_NAME:
                said = (
                    f"names of layers may be {MAX_NAME} long; `{layer['name'][:20]}...` is longer"
                )
                raise Problem(said, WHOLE)
        network = Network.model_validate({"input": self.input, "layers": nodes})
        places = {layer["name"]: self.stands[layer["name"]] for layer in nodes}
        if self.in_order:
            self.fitting(network, places)
        for name in left:
            if name in self.stands:
                self.left.append((self.stands[name], f"`{name}` is worked out and goes nowhere"))
        self.idle()
        return network, places

    def fitting(self, network: Network, places: Places) -> None:
        """Refuse parts in a row that do not fit one another."""
        for i, problem in analyse(network).problems.items():
            offset, length = places[network.layers[i].name]
            raise Problem(
                "these lines say which layers there are, not how forward joins them, and one "
                f"behind another they do not fit ({problem.message.split(';')[0]}): paste the "
                "class with its forward",
                {"offset": offset, "length": length},
            )

    def idle(self) -> None:
        """List what was made and is not joined."""
        for value in self.kept:
            if isinstance(value, Layer | Lazy) and id(value) not in self.taken:
                name = self.paths.get(id(value), "")
                if name:
                    said = f"`{name}` is made, and forward does not use it"
                    self.left.append((self.places[id(value)], said))

    def walk(self, value: Any, path: str, node: ast.AST) -> None:
        """Give every layer within its dotted name, the first it has."""
        self.step(node)
        if id(value) in self.paths:
            return
        self.paths[id(value)] = path
        if isinstance(value, Stack | Made) and path.count(".") < MOST_DEEP:
            for name, held in value.held.items():
                if name == " layer":
                    self.walk(held, path, node)
                elif isinstance(held, PARTS):
                    self.walk(held, f"{path}.{name}" if path else name, node)


def wanted(routine: Any, own: int) -> bool:
    """Whether a function wants values, beside the first `own`."""
    if not isinstance(routine, Routine):
        return False
    asked = routine.node.args
    places = len(asked.posonlyargs) + len(asked.args) - own - len(asked.defaults)
    return places > 0 or any(default is None for default in asked.kw_defaults)


def words(routine: Routine) -> list[str]:
    """The first of a function's arguments, if it has any."""
    return [arg.arg for arg in routine.node.args.args[:1]]
