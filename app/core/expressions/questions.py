"""Every question a figure can ask: the body of a POST, the state in a link, and its answer."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, Field, model_validator
from typing_extensions import TypedDict

from app.core.errors import OverBudget, Problem
from app.core.expressions import answers, explanations, exports, formulas
from app.core.expressions.answers import ExpressionAnswer
from app.core.expressions.arrays import MAX_ENTRIES, MAX_RANK
from app.core.expressions.drawing.svg import svg
from app.core.expressions.evaluation import FULL, Budget, Mistake, evaluate
from app.core.expressions.familiar import Familiar
from app.core.expressions.fits import filled
from app.core.expressions.fits import told as fitted
from app.core.expressions.gradient_check import GradientCheckAnswer, gradient_check
from app.core.expressions.graphs import CONSTANTS, MAX_NODES, Graph, from_nodes
from app.core.expressions.ops import OPS, Op
from app.core.expressions.parsing import MAX_TEXT, parse
from app.core.expressions.remarks import new_inputs
from app.core.expressions.steps import BATCH, ExpressionStepsAnswer, Telling
from app.core.expressions.tape import plan_of
from app.core.questions import Asked, counted, little, shown, up_to

Tensor = Annotated[
    Any,
    Field(
        json_schema_extra={
            "anyOf": [{"type": "number"}, {"type": "array", "items": {}}],
            "description": "A number, or a nested list of numbers.",
        }
    ),
]


NEURON = {
    "expression": "f = 1 / (1 + exp(-(w0*x0 + w1*x1 + w2)))",
    "inputs": {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3},
}
FIRST = {"expression": "f = (x + y) * z", "inputs": {"x": -2, "y": 5, "z": -4}}
LINEAR = {"expression": "s = W @ x", "inputs": {"W": [[1, 2], [3, 4]], "x": [0.5, -1]}}


Id = Annotated[str, Field(max_length=64)]


def all_affordable(inputs: dict[str, Any]) -> dict[str, Any]:
    """Inputs, if all of them can become tensors. Raises Problem."""
    left = MAX_ENTRIES
    for name, value in inputs.items():
        if type(value) is float or type(value) is int:
            continue
        where = {"input": name}
        try:
            entries = counted(value, left, MAX_RANK)
        except ValueError as error:
            raise Problem(f"`{name}` {error}", where) from None
        if not entries:
            raise Problem(f"`{name}` is an empty list and has no value", where)
        left -= entries
    return inputs


class GivenNode(Asked):
    """One node of a graph that is given instead of text."""

    id: str = Field(min_length=1, max_length=64, description="A name; for an input, its name.")
    op: str = Field(max_length=64, description='An op of GET /api/ops, "input" or "constant".')
    inputs: Annotated[list[Id], up_to(MAX_NODES)] = Field(
        default=[], description="Ids of the operands, in order."
    )
    value: Tensor | None = Field(default=None, description="What a constant is.")
    attributes: Annotated[dict[Id, Any], up_to(64), AfterValidator(little)] = Field(
        default={}, description="The op's parameters: axis, keepdims, shape, seed, slope, key."
    )

    @model_validator(mode="after")
    def affordable(self) -> "GivenNode":
        """A constant can become a tensor. Raises Problem."""
        if self.value is not None:
            try:
                counted(self.value, MAX_ENTRIES, MAX_RANK)
            except ValueError as error:
                raise Problem(f"constant `{self.id}` {error}", {"node": self.id}) from None
        return self


class GivenGraph(Asked):
    """A graph instead of text; nodes may come in any order."""

    nodes: Annotated[list[GivenNode], up_to(MAX_NODES)]
    output: str = Field(max_length=64, description="Id of the node that backward starts from.")


class ExpressionQuestion(Asked):
    """An expression and the values of its inputs."""

    model_config = shown(NEURON)

    expression: str | GivenGraph = Field(
        description="One statement a line, `name = expression`, the last one the output; "
        "or the graph itself."
    )
    inputs: Annotated[
        dict[Annotated[str, Field(max_length=MAX_TEXT)], Tensor],
        up_to(MAX_NODES),
        AfterValidator(all_affordable),
    ] = Field(default={}, description="A value for each input.")
    fill: bool = Field(
        default=False,
        description="Give inputs without a value the value 1, or a small vector or matrix where "
        "the ops need one, and overlook values that the expression does not use.",
    )

    def graph(self) -> Graph:
        """The graph that is asked about; a Problem if there is none."""
        if isinstance(self.expression, str):
            named = CONSTANTS.keys() & self.inputs.keys()  # `e` is a number unless it is given one
            return parse(self.expression, frozenset(named)) if named else parse(self.expression)
        graph = from_nodes(
            [node.model_dump() for node in self.expression.nodes], self.expression.output
        )
        graph.text = formulas.text_of(graph)
        return graph

    def values(self, graph: Graph) -> Mapping[str, Any]:
        """The inputs' values, filled in if that is asked."""
        if not self.fill:
            return self.inputs
        return filled(graph, self.inputs)


class PassQuestion(ExpressionQuestion):
    """A pass through it, forward and back."""

    mistake: Mistake | None = Field(
        default=None,
        description='A mistake on purpose: "overwrite" (= instead of += where gradients add) or '
        '"order" (gradients passed on before all have come).',
    )


class PlayQuestion(PassQuestion):
    """The whole pass: values, gradients, flows, steps."""

    steps: bool | Annotated[int, Field(ge=0)] = Field(
        default=True,
        description="False leaves out all prose and LaTeX: what is left are the numbers, flows and "
        "reasons. A number does so where the graph has more nodes than that. "
        "POST /api/expression/steps tells some of the steps.",
    )
    layout: bool = Field(default=False, description="Also say where everything stands.")
    preview: int | None = Field(
        default=None,
        ge=0,
        description="Tensors with more entries than this are sampled instead of listed.",
    )

    model_config = shown(FIRST, NEURON)

    def told(self, graph: Graph) -> bool:
        """Whether the steps are told, with all their words and formulas."""
        return self.steps if isinstance(self.steps, bool) else len(graph.nodes) <= self.steps


class ExpressionStepsQuestion(PassQuestion):
    """Some of the steps of a pass."""

    model_config = shown(FIRST | {"first": 2, "count": 3})

    first: int = Field(default=0, ge=0, description="The first step that is asked for.")
    count: int = Field(default=16, ge=1, le=BATCH, description="How many.")


class EntryQuestion(ExpressionQuestion):
    """One entry of one node."""

    model_config = shown(LINEAR | {"node": "s", "index": [1]})

    node: str = Field(max_length=64)
    index: Annotated[list[int], up_to(4)] = Field(default=[], description="Empty for a scalar.")


class PathsQuestion(ExpressionQuestion):
    """One node's gradient, path by path."""

    model_config = shown(FIRST | {"node": "x"})

    node: str = Field(max_length=64)


Format = Literal["pytorch", "latex", "svg", "json", "curl"]


class ExportQuestion(PlayQuestion):
    """The same question in another language."""

    model_config = shown(FIRST | {"format": "pytorch"})

    format: Format
    step: int | None = Field(default=None, ge=0, description="SVG only: drawn at this step.")
    theme: Literal["light", "dark"] = "light"


# What the event loop computes itself; anything larger goes to a worker.
SMALL_TEXT, SMALL_NODES = 4_000, 100
SMALL = Budget(entries=4_000, seconds=0.05)
FAMILIAR = Familiar()


def quick_play(question: PlayQuestion) -> ExpressionAnswer:
    """The same as `play` for a small question, and for the numbers alone of a familiar graph.
    Raises OverBudget for a larger one."""
    graph = _familiar(question)
    if graph is None:
        _check_small(question)
        graph = question.graph()
    return _played(question, graph, SMALL)


def learn(question: ExpressionQuestion) -> None:
    """Makes questions about this graph quick, if it is asked about more than once."""
    if isinstance(question.expression, str):
        FAMILIAR.learn(question.expression)


def _familiar(question: PlayQuestion) -> Graph | None:
    """The graph that is asked about, where nothing of it has to be made but numbers."""
    if not isinstance(question.expression, str) or question.layout or question.mistake:
        return None
    graph = FAMILIAR.graph(question.expression)
    if graph is None or question.told(graph) or CONSTANTS.keys() & question.inputs.keys():
        return None
    tape = plan_of(graph).starting_values(question.values(graph)) is not None
    return graph if tape else None


def quick_steps(question: ExpressionStepsQuestion) -> ExpressionStepsAnswer:
    """The same as `steps` for a small question. Raises OverBudget for a larger one."""
    _check_small(question)
    return steps(question, SMALL)


def _check_small(question: ExpressionQuestion) -> None:
    given = question.expression
    small = len(given) <= SMALL_TEXT if isinstance(given, str) else len(given.nodes) <= SMALL_NODES
    if not small or len(question.graph().nodes) > SMALL_NODES:
        raise OverBudget("more than the event loop looks at")


def play(question: PlayQuestion) -> ExpressionAnswer:
    """The answer to POST /api/expression."""
    return _played(question, question.graph(), FULL)


def _played(question: PlayQuestion, graph: Graph, budget: Budget) -> ExpressionAnswer:
    try:
        told = answers.answer(
            graph,
            question.values(graph),
            question.mistake,
            question.preview,
            budget,
            question.told(graph),
            question.layout,
        )
    except OverBudget:
        raise
    except Problem as problem:
        raise fitted(graph, problem, question.inputs) from None
    if question.fill:
        new = list(new_inputs(graph, question.inputs, told["inputs"]))
        if new:
            told["remarks"] = new + told.get("remarks", [])
    return told


def steps(question: ExpressionStepsQuestion, budget: Budget = FULL) -> ExpressionStepsAnswer:
    """The answer to POST /api/expression/steps. Raises Problem for steps that there are not."""
    graph = question.graph()
    result = evaluate(graph, question.values(graph), question.mistake, budget)
    telling = Telling(result, question.mistake)
    if question.first >= telling.count:
        raise Problem(
            f"there are {telling.count:,} steps, the last is step {telling.count - 1}",
            {"field": "first"},
            str(telling.count - 1),
        )
    return telling.part(question.first, question.count)


def entry(question: EntryQuestion) -> explanations.EntryAnswer:
    """The answer to POST /api/expression/entry."""
    graph = question.graph()
    return explanations.entry(graph, question.values(graph), question.node, question.index)


def paths(question: PathsQuestion) -> explanations.PathsAnswer:
    """The answer to POST /api/expression/paths."""
    graph = question.graph()
    return explanations.paths(graph, question.values(graph), question.node)


MEDIA_TYPES = {
    "pytorch": "text/x-python",
    "latex": "application/x-tex",
    "svg": "image/svg+xml",
    "curl": "text/x-shellscript",
    "json": "application/json",
}


def export(question: ExportQuestion, address: str = "http://127.0.0.1:8000") -> str:
    """The answer to POST /api/expression/export; `address` is the server's."""
    graph = question.graph()
    values = question.values(graph)
    if question.format == "pytorch":
        return exports.pytorch(evaluate(graph, values))
    if question.format == "latex":
        return exports.latex(evaluate(graph, values))
    if question.format == "svg":
        drawn = question.model_copy(
            update={"layout": True, "preview": question.preview or 1024, "steps": True}
        )
        return svg(play(drawn), step=question.step, theme=question.theme)
    if question.format == "curl":
        evaluate(graph, values)
        return exports.curl({"expression": graph.text, "inputs": dict(values)}, address)
    return orjson.dumps(play(question)).decode()


def checked(question: PassQuestion) -> GradientCheckAnswer:
    """The answer to POST /api/gradient-check; imports torch."""
    graph = question.graph()
    return gradient_check(graph, question.values(graph), question.mistake)


class AskedExample(TypedDict):
    expression: str
    inputs: dict[str, Any]


class OpRow(TypedDict):
    """A row of the op table."""

    name: str
    names: Annotated[list[str], Field(description="Second names, by which it is called too.")]
    symbol: str
    category: str
    arguments: list[str]
    parameters: dict[str, Any]
    latex: str
    insert: Annotated[str, Field(description="As it is typed.")]
    says: Annotated[str, Field(description="What it does to the gradient.")]
    kind: Literal["local", "downstream"] | None
    derivatives: dict[str, str]
    derivatives_latex: dict[str, str]
    torch: str
    example: AskedExample


def op_row(op: Op) -> OpRow:
    """A row of the op table as GET /api/ops tells it."""
    words = [formulas.Term(name.lstrip("*")) for name in op.arguments]
    letters = [formulas.Term(formulas.name_latex(word.tex)) for word in words]
    attributes = {
        name.lstrip("*"): value if value is not None else default
        for name, value in op.parameters.items()
        for default in (0 if name == "seed" else None,)
    }
    if op.name == "index":
        words, letters, attributes = words[:1], letters[:1], {"key": [0]}
    elif "shape" in attributes:
        attributes["shape"] = [2, 3][: 1 if op.name == "eye" else 2]
    return {
        "name": op.name,
        "names": list(op.names),
        "symbol": op.symbol or op.name,
        "category": op.category,
        "arguments": list(op.arguments),
        "parameters": {name.lstrip("*"): value for name, value in op.parameters.items()},
        "latex": formulas.render(op, letters, attributes).tex,
        "insert": formulas.render(op, words, attributes, "text").tex,
        "says": op.says,
        "kind": "local" if op.local else "downstream" if op.downstream else None,
        "derivatives": dict(op.derivatives),
        "derivatives_latex": {
            name: formulas.derivative(text, {}).tex for name, text in op.derivatives.items()
        },
        "torch": op.torch_code(attributes),
        "example": {
            "expression": op.example,
            "inputs": dict(zip(parse(op.example).inputs, (2, 0.5, 3), strict=False)),
        },
    }


def op_rows() -> list[OpRow]:
    """The op table, in its order."""
    return [op_row(op) for op in OPS.values()]
