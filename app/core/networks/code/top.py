"""Statements that stand in no class and no function: what they make, and what is overlooked."""

import ast
import builtins
from typing import Any

from app.core.errors import OverBudget, Problem
from app.core.layers.layer import Shape
from app.core.layers.names import TORCHS, absent
from app.core.networks.architectures import ARCHITECTURES
from app.core.networks.code.layers import PARTS
from app.core.networks.code.statements import printed
from app.core.networks.code.text import dotted
from app.core.networks.code.through import Through
from app.core.networks.code.values import Kind, Made, Unknown


class Top(Through):
    """Runs through a text and remembers what may be the network."""

    def __init__(self, source: str, input: Shape) -> None:
        super().__init__(source, input)
        self.me = Made(Kind("Net", ast.Pass(), []))  # `self`, of a class whose head is left out
        self.loose: list[tuple[Any, ast.AST]] = []  # expressions that stand by themselves
        self.assigned: dict[str, tuple[Any, ast.AST]] = {}
        self.in_order = False  # whether parts of a class were put one behind another
        self.firm: Problem | None = None  # what was not read and may be the network
        self.doubt: Problem | None = None  # or why something else was not read
        self.left: list[tuple[tuple[int, int], str]] = []  # layers that go nowhere, by their place

    def doubts(self, statement: ast.AST, problem: Problem) -> None:
        """Go on without a statement that is not read, and list it."""
        elsewhere = self.made_elsewhere(getattr(statement, "value", None))
        self.doubt = self.doubt or elsewhere or problem
        named = getattr(statement, "name", None)
        if named:
            forward = any(getattr(part, "name", "") == "forward" for part in ast.walk(statement))
            if forward or isinstance(statement, ast.FunctionDef):
                self.firm = self.firm or problem
            self.names[named] = Unknown(problem.message, problem)
            if forward:
                raise problem
        self.overlooked.append((statement, problem.message))
        for name in stored(statement):
            if not isinstance(self.names.get(name), PARTS):  # a network, only put elsewhere
                self.names[name] = Unknown(problem.message, problem)

    def top(self, statement: ast.stmt) -> None:
        """A statement that stands in no class and no function."""
        match statement:
            case ast.Expr(value=value):
                if printed(value):
                    return
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    return
                found = self.value(value)
                if isinstance(found, Unknown):
                    self.doubt = self.doubt or self.made_elsewhere(value)
                    if found.firm and found.problem:
                        raise found.problem
                    self.doubt = self.doubt or found.problem
                    self.overlooked.append((statement, found.why))
                elif found is not None and not (isinstance(value, ast.Call) and self.grew(value)):
                    values = found if isinstance(found, list) else [found]
                    self.spend(len(values), statement)
                    self.loose += [(value, statement) for value in values]
            case ast.If(test=ast.Compare(left=ast.Name("__name__"))):
                for part in statement.body:
                    try:
                        self.top(part)
                    except Problem as problem:
                        if isinstance(problem, OverBudget) or self.makes(part):
                            raise
                        self.doubts(part, problem)
            case ast.For() | ast.While() | ast.With() | ast.Try() if not self.makes(
                statement, grows=True
            ):
                self.overlooked.append((statement, "it makes no layer"))
                for name in stored(statement):
                    if not isinstance(self.names.get(name), PARTS):
                        self.names[name] = Unknown("it comes of a loop that is not read")
            case _:
                self.run([statement])
                self.note_assigned(statement)

    def grew(self, call: ast.Call) -> bool:
        """Whether a call changed something that has a name of its own: `model.append(...)`."""
        return isinstance(call.func, ast.Attribute) and dotted(call.func) is not None and (
            self.names.get((dotted(call.func) or "").split(".")[0]) is not None
        )  # fmt: skip

    def note_assigned(self, statement: ast.stmt) -> None:
        """Remember what a statement gave a name to, where that may be a network."""
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        for target in targets:
            name = dotted(target)
            if name is None:
                continue
            first, *rest = name.split(".")
            if first == "self" and len(rest) == 1:
                value = self.me.held.get(rest[0])
            else:
                value = self.names.get(name)
            if isinstance(value, Unknown) and not rest:
                what = value.why
                made = getattr(statement, "value", None)
                self.doubt = self.doubt or self.made_elsewhere(made, value.problem)
                self.overlooked.append((statement, what))
            if isinstance(value, PARTS):
                self.assigned.pop(name, None)
                self.assigned[name] = (value, target)
                self.loose = []
            elif name in self.assigned:
                del self.assigned[name]

    def made_elsewhere(self, value: Any, problem: Problem | None = None) -> Problem | None:
        """A Problem for a network that is made by its name alone, as torchvision's are, or by code
        that is not here; else the one that there is."""
        while (  # of `resnet18().eval()` too
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and dotted(value.func) is None
        ):
            value = value.func.value
        name = dotted(value.func) if isinstance(value, ast.Call) else None
        last = (name or "").split(".")[-1]
        if last in ARCHITECTURES:
            said = (
                f"the code of `{last}` is not here; it stands among the architectures by that name"
            )
            return Problem(said, self.where(value), last)
        slip = problem is None or problem.suggestion or hasattr(builtins, last) or last in TORCHS
        return problem if slip or last != name else Problem(absent(last), self.where(value))


def stored(statement: ast.AST) -> list[str]:
    """The names that a statement gives values to."""
    return [
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
