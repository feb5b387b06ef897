"""What answers look like, for the OpenAPI schema; the answers themselves take no detour by it."""

from typing import Any, Literal

from pydantic import BaseModel, Field

Number = float | None
Entries = list[Any]


class Preview(BaseModel):
    """A large tensor, sampled: every stride-th entry, and the range and mean of all."""

    shape: list[int]
    min: Number
    max: Number
    mean: Number
    stride: list[int] = Field(description="Rows and columns from one shown entry to the next.")
    entries: list[list[Number]]


Value = float | Entries | Preview | None


class NodeAnswer(BaseModel):
    """One value of the graph."""

    id: str
    op: str
    inputs: list[str]
    attributes: dict[str, Any]
    name: str | None = Field(description="As it is named in the text; null if it is not.")
    gate: str = Field(description="What stands in the gate: +, *-1, 1/x, exp.")
    shape: list[int]
    value: Value
    gradient: Value = Field(description="Null where there is none; `reason` says why.")
    reason: str | None
    latex: str | None = Field(default=None, description="Its formula; left out without steps.")
    span: list[int] | None = Field(description="Offset and length in the text.")
    literal: bool = Field(description="An unnamed number in the text.")
    absorbed: bool = Field(description="A literal that is drawn as part of its gate.")


class FlowAnswer(BaseModel):
    """One edge of the backward pass: upstream x local = downstream."""

    source: str = Field(description="The operand that `downstream` reaches.")
    target: str = Field(description="The node whose gradient is `upstream`.")
    argument: str
    position: int
    upstream: Value
    local: Value = Field(description="Null where the op states a vector-Jacobian product.")
    downstream: Value
    formula: str = Field(description="The derivative as text, as the op table has it.")
    rule: str | None = Field(
        default=None, description="The derivative as LaTeX; left out without steps."
    )
    latex: str | None = Field(
        default=None, description="The arithmetic with the numbers in it; left out without steps."
    )
    reason: str | None


class StepAnswer(BaseModel):
    """One moment of the pass."""

    kind: Literal["forward", "backward", "accumulate"]
    node: str = Field(description="The node that gets its value or gradient.")
    flow: int | None = Field(description="The flow that runs, as a position in `flows`.")
    flows: list[int] = Field(description="The flows that are added, for accumulate.")
    sentence: str
    latex: str


class Track(BaseModel):
    """The steps, counted: first those that go forward, a node each, in the order of `nodes`; then
    one that starts backward, and one a flow, in the order of `flows`, where several reach a node
    followed by one that adds them."""

    forward: int
    count: int
    batch: int = Field(description="How many POST /api/expression/steps tells at most.")


class NodeFormula(BaseModel):
    id: str
    latex: str


class FlowFormulas(BaseModel):
    flow: int = Field(description="A position in `flows`.")
    rule: str = Field(description="The derivative as LaTeX.")
    latex: str = Field(description="The arithmetic with the numbers in it.")


class ExpressionStepsAnswer(BaseModel):
    """Some steps, and the formulas of the nodes and flows that they are about."""

    first: int
    steps: list[StepAnswer]
    nodes: list[NodeFormula]
    flows: list[FlowFormulas]


class Point(BaseModel):
    x: float
    y: float


class GridPlace(BaseModel):
    """Where a tensor's grids stand: the value's above the wire, the gradient's below."""

    x: float
    y: float
    gradient_y: float
    width: float
    height: float
    rows: int
    columns: int


class NodePlace(BaseModel):
    id: str
    kind: Literal["input", "gate"]
    x: float
    y: float
    width: float
    height: float
    label: Point
    grid: GridPlace | None
    out: Point


class WirePlace(BaseModel):
    source: str
    target: str
    position: int
    path: str
    points: list[list[float]]
    label: Point


class Layout(BaseModel):
    """Where everything stands, in pixels at zoom 1 from the top left."""

    width: float
    height: float
    nodes: list[NodePlace]
    wires: list[WirePlace]


class WrongGradient(BaseModel):
    node: str
    right: Value
    wrong: Value
    why: str


class ExpressionAnswer(BaseModel):
    """Every value, gradient and flow, and the steps in which they come about."""

    output: str = Field(description="Id of the output node.")
    expression: str
    inputs: dict[str, Any]
    nodes: list[NodeAnswer]
    flows: list[FlowAnswer]
    track: Track
    steps: list[StepAnswer] | None = Field(
        default=None, description='Left out where the question says `"steps": false`.'
    )
    wrong: list[WrongGradient] | None = None
    layout: Layout | None = None


class CheckedInput(BaseModel):
    """One input's gradient three ways."""

    name: str
    shape: list[int]
    analytic: Value
    numerical: Value
    autograd: Value
    relative_error: Number
    verdict: str
    checked: int
    of: int


class GradientCheckAnswer(BaseModel):
    step: float = Field(description="h of the central difference (f(x+h) - f(x-h)) / 2h.")
    inputs: list[CheckedInput]


class Term(BaseModel):
    source: str
    index: list[int]
    value: Number
    local: Number
    product: Number


class EntryFlow(BaseModel):
    target: str
    position: int
    downstream: Number


class EntryAnswer(BaseModel):
    """One entry: what it depends on, and what comes back to it."""

    node: str
    index: list[int]
    value: Number
    gradient: Number
    terms: list[Term] = Field(description="The largest 24 by |product|.")
    of: int = Field(description="How many terms there are.")
    flows: list[EntryFlow]
    sentence: str


class PathProduct(BaseModel):
    nodes: list[str]
    flows: list[int]
    latex: str
    product: Number


class PathsAnswer(BaseModel):
    """A gradient as the sum over paths of the products of local gradients."""

    node: str
    paths: list[PathProduct]
    of: int
    total: Number
    latex: str
    sentence: str


class AskedExample(BaseModel):
    expression: str
    inputs: dict[str, Any]


class OpRow(BaseModel):
    """A row of the op table."""

    name: str
    symbol: str
    category: str
    arguments: list[str]
    parameters: dict[str, Any]
    latex: str
    insert: str = Field(description="As it is typed.")
    says: str = Field(description="What it does to the gradient.")
    kind: Literal["local", "downstream"] | None
    derivatives: dict[str, str]
    derivatives_latex: dict[str, str]
    torch: str
    example: AskedExample


class ExampleRow(BaseModel):
    """A worked example of the gallery."""

    name: str
    title: str
    expression: str
    says: str
    inputs: dict[str, Any]
