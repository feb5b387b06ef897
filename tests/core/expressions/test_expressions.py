"""The parser: what a text means, and what is said where it means nothing."""

import math
import random
from collections.abc import Mapping

import pytest

from app.core.errors import Problem
from app.core.expressions.evaluation import evaluate
from app.core.expressions.graphs import Graph, Node
from app.core.expressions.ops import OPS
from app.core.expressions.parsing import MAX_TEXT, parse
from tests.work import at_most

XYZ = {"x": 2.0, "y": 3.0, "z": 5.0}
LINES = 4_000_000  # of Python, for the 64 KB that a text may have


def shown(graph: Graph, i: int | None = None) -> str:
    """A graph as nested calls, so that precedence shows: `(x + (y * z))`."""
    node = graph.nodes[graph.output if i is None else i]
    if node.op == "input":
        return node.id
    if node.op == "constant":
        return repr(node.value)
    operands = [shown(graph, source) for source in node.inputs]
    extra = [f"{key}={value!r}" for key, value in node.attributes.items()]
    if len(operands) == 2 and not node.op.isidentifier():
        return f"({operands[0]} {node.op} {operands[1]})"
    return f"{node.op}({', '.join(operands + extra)})"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        # Precedence and associativity
        ("x + y * z", "(x + (y * z))"),
        ("(x + y) * z", "((x + y) * z)"),
        ("x - y - z", "((x - y) - z)"),
        ("x - (y - z)", "(x - (y - z))"),
        ("x / y / z", "((x / y) / z)"),
        ("x / y * z", "((x / y) * z)"),
        ("x * y @ z", "((x * y) @ z)"),
        ("x @ y + z", "((x @ y) + z)"),
        ("x ** y ** z", "(x ** (y ** z))"),
        ("(x ** y) ** z", "((x ** y) ** z)"),
        ("x * y ** z", "(x * (y ** z))"),
        ("x > y + z", "(x > (y + z))"),
        ("(x > y) + z", "((x > y) + z)"),
        ("x >= y", "(x >= y)"),
        ("x == y", "(x == y)"),
        ("x != y", "(x != y)"),
        # Signs
        ("-x", "neg(x)"),
        ("--x", "neg(neg(x))"),
        ("+x", "x"),
        ("-x ** 2", "neg((x ** 2))"),
        ("-2 ** 2", "neg((2 ** 2))"),
        ("(-2) ** 2", "(-2 ** 2)"),
        ("x ** -2", "(x ** -2)"),
        ("x ** -y", "(x ** neg(y))"),
        ("x ** -y ** z", "(x ** neg((y ** z)))"),
        ("-x * y", "(neg(x) * y)"),
        ("x * -y", "(x * neg(y))"),
        ("x - -y", "(x - neg(y))"),
        ("x -1", "(x - 1)"),
        ("-(x + y)", "neg((x + y))"),
        ("-x.T", "neg(transpose(x))"),
        ("-x[0]", "neg(index(x, key=[0]))"),
        ("-exp(x)", "neg(exp(x))"),
        # Numbers
        ("2", "2"),
        ("2.5", "2.5"),
        (".5", "0.5"),
        ("2.", "2.0"),
        ("1e3", "1000.0"),
        ("1.5E-3", "0.0015"),
        ("2e+2", "200.0"),
        ("-3", "-3"),
        ("007", "7"),
        ("pi", repr(math.pi)),
        # The gates of the lecture
        ("1 / x", "reciprocal(x)"),
        ("1.0 / x", "reciprocal(x)"),
        ("2 / x", "(2 / x)"),
        ("-1 / x", "(-1 / x)"),
        ("1 / x / y", "(reciprocal(x) / y)"),
        ("x / 1", "(x / 1)"),
        ("1 / (1 + exp(-x))", "reciprocal((1 + exp(neg(x))))"),
        # Lists
        ("[1, 2]", "[1, 2]"),
        ("[1, 2,]", "[1, 2]"),
        ("[[1, 2], [3, 4]]", "[[1, 2], [3, 4]]"),
        ("[-1, +2, 1e1]", "[-1, 2, 10.0]"),
        ("[1, 2] @ x", "([1, 2] @ x)"),
        ("[1 + 1, 1 / 4]", "[2.0, 0.25]"),
        ("[x, 1]", "stack(x, 1)"),
        ("[[x, 1], [2, 3]]", "stack(stack(x, 1), [2, 3])"),
        # Calls, parameters by place and by name
        ("exp(x)", "exp(x)"),
        ("exp (x)", "exp(x)"),
        ("maximum(x, y,)", "maximum(x, y)"),
        ("sum(x)", "sum(x, axis=None, keepdims=False)"),
        ("sum(x, 0)", "sum(x, axis=0, keepdims=False)"),
        ("sum(x, axis=-1, keepdims=True)", "sum(x, axis=-1, keepdims=True)"),
        ("sum(x, 1, True)", "sum(x, axis=1, keepdims=True)"),
        ("sum(x, axis=None)", "sum(x, axis=None, keepdims=False)"),
        ("leaky_relu(x)", "leaky_relu(x, slope=0.01)"),
        ("leaky_relu(x, 0.2)", "leaky_relu(x, slope=0.2)"),
        ("concat(x, y, z)", "concat(x, y, z, axis=0)"),
        ("concat(x, y, axis=1)", "concat(x, y, axis=1)"),
        ("reshape(x, 2, 3)", "reshape(x, shape=[2, 3])"),
        ("reshape(x, [2, 3])", "reshape(x, shape=[2, 3])"),
        ("reshape(x, -1)", "reshape(x, shape=[-1])"),
        ("ones(2, 3)", "ones(shape=[2, 3])"),
        ("zeros([2, 3])", "zeros(shape=[2, 3])"),
        ("eye(3)", "eye(shape=[3])"),
        ("randn(2, seed=7)", "randn(shape=[2], seed=7)"),
        ("softmax(x, axis=0)", "softmax(x, axis=0)"),
        ("where(x > y, x, y)", "where((x > y), x, y)"),
        # Indexing and slicing
        ("x[1]", "index(x, key=[1])"),
        ("x[-1]", "index(x, key=[-1])"),
        ("x[0, 1]", "index(x, key=[0, 1])"),
        ("x[0][1]", "index(index(x, key=[0]), key=[1])"),
        ("x[1:3]", "index(x, key=[[1, 3, None]])"),
        ("x[:]", "index(x, key=[[None, None, None]])"),
        ("x[1:]", "index(x, key=[[1, None, None]])"),
        ("x[:-1]", "index(x, key=[[None, -1, None]])"),
        ("x[::2]", "index(x, key=[[None, None, 2]])"),
        ("x[-3:-1:2]", "index(x, key=[[-3, -1, 2]])"),
        ("x[:, 0]", "index(x, key=[[None, None, None], 0])"),
        ("x[y]", "index(x, y, key=[{'input': 0}])"),
        ("x[y, z]", "index(x, y, z, key=[{'input': 0}, {'input': 1}])"),
        ("x[[0, 2]]", "index(x, [0, 2], key=[{'input': 0}])"),
        ("(x + y)[0]", "index((x + y), key=[0])"),
        ("x[y + 1]", "index(x, (y + 1), key=[{'input': 0}])"),
        # Transposing
        ("x.T", "transpose(x)"),
        ("x.T.T", "transpose(transpose(x))"),
        ("x.T @ y", "(transpose(x) @ y)"),
        ("x ** y.T", "(x ** transpose(y))"),
        ("(x @ y).T", "transpose((x @ y))"),
        # Pasted from a slide
        ("x − y", "(x - y)"),
        ("x × y · z ⋅ 2", "(((x * y) * z) * 2)"),
        ("x – y", "(x - y)"),
        ("x\u00a0+\u00a0y", "(x + y)"),
        # A choice
        ("x if y else z", "where(y, x, z)"),
        ("x if y > 0 else y if z else 2", "where((y > 0), x, where(z, y, 2))"),
        # Layout of the text
        ("  x+y  ", "(x + y)"),
        ("\n\nx + y\n\n", "(x + y)"),
        ("x + y  # the sum", "(x + y)"),
        ("# nothing yet\nx + y", "(x + y)"),
        ("(x +\n y)", "(x + y)"),
        ("maximum(\n  x,  # one\n  y\n)", "maximum(x, y)"),
        ("x + y;", "(x + y)"),
        ("x; y; x * y", "(x * y)"),
        ("x + y\r\nx * y\r\n", "(x * y)"),
        ("\tx\t+\ty", "(x + y)"),
        ("größe * λ", "(größe * λ)"),
        ("_x + x1", "(_x + x1)"),
        # Statements
        ("q = x + y\nq * z", "((x + y) * z)"),
        ("q = x\nq * q", "(x * x)"),
        ("q = x + y; r = q; r * q", "((x + y) * (x + y))"),
        ("c = 2\nc * x", "(2 * x)"),
        ("q = -2\nq ** 2", "(-2 ** 2)"),
    ],
)
def test_meaning(text: str, meaning: str) -> None:
    assert shown(parse(text)) == meaning


def test_arithmetic_means_what_it_means_in_python() -> None:
    choose = random.Random(0)

    def expression(depth: int) -> str:
        kind = choose.random()
        if depth == 0 or kind < 0.15:
            return choose.choice(["x", "y", "z", "2", "1.5", "3"])
        if kind < 0.3:
            return "-" + expression(depth - 1)
        if kind < 0.45:
            return f"({expression(depth - 1)})"
        operator = choose.choice([" + ", "-", "*", " / ", "**", " - ", "* "])
        return expression(depth - 1) + operator + expression(depth - 1)

    checked = 0
    while checked < 500:
        text = expression(4)
        try:
            expected = eval(text, dict(XYZ))
        except ArithmeticError:
            continue
        if isinstance(expected, complex) or not 1e-100 < abs(expected) < 1e100:
            continue
        graph = parse(text)
        result = evaluate(graph, {name: XYZ[name] for name in graph.inputs})
        assert result.values[graph.output] == pytest.approx(expected, rel=1e-9), text
        checked += 1


# Nodes


def test_ids_names_and_literals() -> None:
    graph = parse("q = x + 2\nr = exp(q * q)\nf = r - 1 / q")
    nodes = [(node.id, node.op, node.name, node.literal) for node in graph.nodes]
    assert nodes == [
        ("x", "input", "x", False),
        ("n1", "constant", None, True),
        ("q", "+", "q", False),
        ("n2", "*", None, False),
        ("r", "exp", "r", False),
        ("n3", "reciprocal", None, False),
        ("f", "-", "f", False),
    ]
    assert graph.nodes[graph.output].id == "f"
    assert list(graph.inputs) == ["x"]


def test_inputs_are_in_order_of_first_appearance() -> None:
    assert list(parse("f = (b * a) + c * a").inputs) == ["b", "a", "c"]


def test_automatic_ids_pass_by_the_ones_that_are_taken() -> None:
    graph = parse("f = n1 * x + n3 * 2")
    assert [node.id for node in graph.nodes] == ["n1", "x", "n2", "n3", "n4", "n5", "f"]


def test_a_named_constant_is_a_node_of_its_own() -> None:
    graph = parse("c = 2\nf = c * x")
    assert [(node.id, node.op, node.literal) for node in graph.nodes] == [
        ("c", "constant", False),
        ("x", "input", False),
        ("f", "*", False),
    ]
    assert evaluate(graph, {"x": 3}).gradients == [3, 2, 1]


def test_a_second_name_is_the_same_node() -> None:
    graph = parse("q = x * y\np = q\nf = p + q")
    assert [node.id for node in graph.nodes] == ["x", "y", "q", "f"]
    assert graph.nodes[3].inputs == (2, 2)


def test_nodes_stand_after_their_operands() -> None:
    graph = parse("f = (x + y) * (z - exp(x)) / maximum(y, 2)")
    for i, node in enumerate(graph.nodes):
        assert all(source < i for source in node.inputs)


def test_a_name_with_an_underscore_or_like_an_op_is_an_input() -> None:
    assert list(parse("exp_ + Exp + _").inputs) == ["exp_", "Exp", "_"]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("f = (x + y) * z", {"x": "x", "y": "y", "n1": "x + y", "z": "z", "f": "(x + y) * z"}),
        ("f = -exp(x)", {"n1": "exp(x)", "f": "-exp(x)"}),
        ("f = 1 / x", {"f": "1 / x"}),
        ("f = x.T @ y[1:, 0]", {"n1": "x.T", "n2": "y[1:, 0]"}),
        ("f = [1, 2] * x", {"n1": "[1, 2]"}),
        ("f = x ** -2  # two", {"n1": "-2", "f": "x ** -2"}),
        ("q = x − y\nf = q × q", {"q": "x − y", "f": "q × q"}),
        ("f = sum(\n  x,\n  axis=0\n)", {"f": "sum(\n  x,\n  axis=0\n)"}),
        ("f = randn(2, 3)", {"f": "randn(2, 3)"}),
    ],
)
def test_a_node_knows_its_place_in_the_text(text: str, spans: Mapping[str, str]) -> None:
    graph = parse(text)
    for id, expected in spans.items():
        span = graph.nodes[graph.position[id]].span
        assert span is not None
        assert text[span[0] : span[0] + span[1]] == expected


def test_the_text_comes_back_with_the_graph() -> None:
    text = "f = x × 2  # as typed"
    assert parse(text).text == text


def test_draws_without_a_seed_have_seeds_of_their_own() -> None:
    seeds = [node.attributes["seed"] for node in parse("randn(2) + randn(2)").nodes[:2]]
    assert len(set(seeds)) == 2
    again = [node.attributes["seed"] for node in parse("(randn(2)) + randn(2)").nodes[:2]]
    assert seeds == again


# Mistakes: (text, what is said, the piece of text it is said at, suggestion)

MISTAKES: list[tuple[str, str, str, str | None]] = [
    # Nothing, or not all of it
    ("", "no expression yet", "", None),
    ("   \n\n", "no expression yet", "", None),
    ("# only a remark", "no expression yet", "", None),
    (";;", "no expression yet", "", None),
    ("x +", "something is missing", "", None),
    ("x + \ny", "something is missing", "", None),
    ("f =", "something is missing", "", None),
    ("f = ;x", "something is missing", ";", None),
    ("(x + y", "a `)` is missing where the text ends", "", None),
    ("exp(x", "a `)` is missing where the text ends", "", None),
    ("[1, 2", "a `]` is missing where the text ends", "", None),
    ("x[1", "a `]` is missing where the text ends", "", None),
    ("(x + y]", "a `)` is missing where `]` stands", "]", None),
    ("x[]", "`]` is not expected here", "]", None),
    ("()", "`)` is not expected here", ")", None),
    ("x + y)", "`)` is not expected here", ")", None),
    ("* x", "`*` is not expected here", "*", None),
    ("d/dx x^2", "a derivative is not asked for", "d/dx x^2", "x^2"),
    ("∂/∂w sum(w * w)", "the gradient of `w` is shown", "∂/∂w sum(w * w)", "sum(w * w)"),
    ("d/dx (x + 1) (", "a derivative is not asked for", "d/dx (x + 1) (", "(x + 1) ("),
    ("x y", "`y` is not expected here: a product is written `x * y`", "x y", "x * y"),
    ("2x", "`x` is not expected here: a product is written `2 * x`", "2x", "2 * x"),
    ("x 2", "`2` is not expected here: a product is written `x * 2`", "x 2", "x * 2"),
    ("x, y", "`,` is not expected here", ",", None),
    ("exp(, x)", "`,` is not expected here", ",", None),
    ("x * / y", "`/` is not expected here", "/", None),
    ("x[1 2]", "`2` is not expected here", "2", None),
    # Signs that are not of this language
    ("x ^ 2", "a power is written `**`", "^", "**"),
    ("x $ y", "`$` means nothing here", "$", None),
    ("x & y", "`&` means nothing here", "&", None),
    ("!x", "`!=` is a comparison", "!", None),
    ('"x"', "means nothing here", '"', None),
    ("x = {1}", "`{` means nothing here", "{", None),
    ("x // y", "`/` is not expected here", "/", None),
    ("x\0y", "means nothing here", "\0", None),
    ("x + 😀", "`😀` means nothing here", "😀", None),
    ("x \\ y", "means nothing here", "\\", None),
    ("x if y", "a `else` is missing where the text ends", "", None),
    ("lambda: x", "`:` is not expected here", ":", None),
    ("x.real", "`real` is not known after a dot: there are `T`", "real", None),
    ("x.__class__", "`__class__` is not known after a dot", "__class__", None),
    ("x.exq()", "did you mean `exp`?", "exq", "exp"),
    ("x.", "after the dot `T` (transposed) or an op is expected", "", "T"),
    ("import os", "nothing needs to be imported", "os", None),
    ("__import__('os')", "no op `__import__`", "__import__", None),
    # Names
    ("exp = 2", "`exp` is an op", "exp", "exp_"),
    ("sum = x + y", "`sum` is an op", "sum", "sum_"),
    ("pi = 3", "`pi` has a meaning of its own", "pi", None),
    ("True = 3", "`True` has a meaning of its own", "True", None),
    ("q = x\nq = y", "`q` is assigned twice", "q", None),
    ("q = x + 1\nq = y + 1", "`q` is assigned twice", "q", None),
    ("f = x + 1\nx = 2", "`x` was used before it is assigned, so it is an input", "x", None),
    ("x = x + 1", "`x` is used in its own value", "x", None),
    ("f = exp", "`exp` is an op; call it as `exp(...)`", "exp", "exp("),
    ("f = exp + 1", "`exp` is an op; call it as `exp(...)`", "exp", "exp("),
    ("f = sigmod(x)", "no op `sigmod`; did you mean `sigmoid`?", "sigmod", "sigmoid"),
    ("f = Exp(x)", "no op `Exp`; did you mean `exp`?", "Exp", "exp"),
    ("f = crossentropy(x, 0)", "did you mean `cross_entropy`?", "crossentropy", "cross_entropy"),
    ("f = qqqqq(x)", "no op `qqqqq`", "qqqqq", None),
    ("f = x(2)", "no op `x`; a product is written `x * (2)`", "x(2)", "x * (2)"),
    ("f = input(x)", "no op `input`", "input", None),
    ("f = constant(x)", "no op `constant`", "constant", "concat"),
    ("f = index(x, 1)", "indexing is written with brackets", "index", None),
    ("f = q = x", "`=` names a whole statement", "=", None),
    ("2 = x", "`=` names a whole statement", "=", None),
    ("x + y = z", "`=` names a whole statement", "=", None),
    ("(f = x)", "a `)` is missing where `=` stands", "=", None),
    # Operands and parameters
    ("exp()", "`exp` takes 1 operand (x), not 0", "exp()", None),
    ("exp(x, y)", "`exp` takes 1 operand (x), not 2", "exp(x, y)", None),
    ("maximum(x)", "`maximum` takes 2 operands (a, b), not 1", "maximum(x)", None),
    ("ones()", "one to four whole numbers", "ones()", None),
    ("ones(x)", "a plain number, not a computed value", "ones", None),
    ("ones(2.5)", "one to four whole numbers", "ones(2.5)", None),
    ("ones(0)", "sizes from 1 up", "ones(0)", None),
    ("ones(-1)", "sizes from 1 up", "ones(-1)", None),
    ("ones(1, 1, 1, 1, 1)", "one to four whole numbers", "ones(1, 1, 1, 1, 1)", None),
    ("ones([[2]])", "one to four whole numbers", "ones([[2]])", None),
    ("eye(2, 3)", "one number", "eye(2, 3)", None),
    ("randn(2, seed=-1)", "0 to 4294967295", "randn(2, seed=-1)", None),
    ("randn(2, seed=0.5)", "0 to 4294967295", "randn(2, seed=0.5)", None),
    ("concat()", "one operand or more", "concat()", None),
    ("sum(x, axis=0.5)", "`axis` of `sum` is a whole number", "sum(x, axis=0.5)", None),
    ("sum(x, y)", "a plain number, not a computed value", "sum", None),
    ("sum(x, axis=y)", "a plain number, not a computed value", "axis", None),
    ("sum(x, 0, axis=1)", "`axis` is given twice", "sum", None),
    ("sum(x, axis=1, axis=0)", "`axis` is given twice", "axis", None),
    ("sum(x, axes=1)", "no parameter `axes`", "sum(x, axes=1)", "axis"),
    ("sum(x, keepdims=2.5)", "True or False", "sum(x, keepdims=2.5)", None),
    ("sum(axis=0, x)", "operands come before parameters", "x", None),
    ("exp(x, axis=0)", "no parameter `axis`", "exp(x, axis=0)", None),
    ("leaky_relu(x, slope=[1])", "`slope` of `leaky_relu`", "leaky_relu(x, slope=[1])", None),
    ("x[::0]", "step is not above 0", "x[::0]", None),
    ("x[::-1]", "step is not above 0", "x[::-1]", None),
    ("x[1:2:3:4]", "start:stop:step", "[", None),
    ("x[1:y]", "a plain number, not a computed value", "[", None),
    ("x[0, 0, 0, 0, 0]", "one to four indices", "x[0, 0, 0, 0, 0]", None),
    ("x[1:2.5]", "slices of whole numbers", "x[1:2.5]", None),
    # Lists and words
    ("[]", "an empty list has no value", "[", None),
    ("[1 / 0]", "`1 / 0` has no value", "1 / 0", None),
    ("None + x", "`None` is no value", "None", None),
    ("f = None", "`None` is no value", "None", None),
    ("x < y < z", "two things at a time", "<", None),
    # Limits
    ("1" + "0" * 400, "this number is too large", "1" + "0" * 400, None),
    ("x * 1e999", "this number is too large", "1e999", None),
    ("x + " + "y" * MAX_TEXT, "64 KB", "", None),
    ("(" * 20_000 + "x" + ")" * 20_000, "nested 100 deep", "(", None),
    ("[" * 20_000 + "1" + "]" * 20_000, "nested 100 deep", "[", None),
    ("exp(" * 10_000 + "x" + ")" * 10_000, "nested 100 deep", "", None),
    ("x[" * 20_000 + "0" + "]" * 20_000, "nested 100 deep", "", None),
    ("x" + "**x" * 20_000, "stacked 100 deep", "**", None),
    ("x" + "**-x" * 10_000, "stacked 100 deep", "**", None),
    ("+".join(["x"] * 5_002), "5,000 nodes", "+", None),
    ("-" * 60_000 + "x", "5,000 nodes", "-", None),
]


@pytest.mark.parametrize(
    ("text", "fragment", "piece", "suggestion"),
    MISTAKES,
    ids=[text if len(text) < 40 else f"{text[:20]}..." for text, *_ in MISTAKES],
)
def test_mistakes_are_told_where_they_are(
    text: str, fragment: str, piece: str, suggestion: str | None
) -> None:
    with at_most(LINES), pytest.raises(Problem) as caught:
        parse(text)
    problem = caught.value
    assert fragment in problem.message
    assert problem.suggestion == suggestion
    assert len(problem.message) < 600
    if "64 KB" in fragment:
        return
    offset, length = problem.where["offset"], problem.where["length"]
    assert 0 <= offset <= offset + length <= len(text)
    if piece:
        assert text[offset : offset + length] == piece


def test_the_second_assignment_is_the_mistake() -> None:
    with pytest.raises(Problem) as caught:
        parse("q = x + 1\nq = y + 1")
    assert caught.value.where["offset"] == 10


# Limits that are just met


LARGE = [
    "(" * 99 + "x" + ")" * 99,
    "+".join(["x"] * 2_500),
    "-" * 4_000 + "x",
    "+" * 60_000 + "x",
    "x" + ".T" * 4_000,
    "\n" * 60_000 + "x",
    "#" * 60_000 + "\nx",
    "x" * 60_000,
    " " * 60_000 + "x",
    "\n".join(f"v{i} = x * {i}" for i in range(2_000)),
    "[" + "1, " * 20_000 + "1]",
    "0." + "3" * 60_000 + " * x",
    "concat(" + ", ".join(["x"] * 4_000) + ")",
]


@pytest.mark.parametrize("text", LARGE, ids=lambda text: f"{text[:12]!r}...")
def test_large_texts_are_little_work(text: str) -> None:
    with at_most(LINES):
        parse(text)


def test_5000_nodes_are_allowed() -> None:
    text = "-" * 4_999 + "x"
    assert len(parse(text).nodes) == 5_000
    with pytest.raises(Problem, match="5,000 nodes"):
        parse("-" + text)


def test_64_kilobytes_are_counted_in_bytes() -> None:
    assert parse("λ" * (MAX_TEXT // 2)).nodes[0].op == "input"
    with pytest.raises(Problem, match="64 KB"):
        parse("λ" * (MAX_TEXT // 2 + 1))


def test_a_lone_surrogate_is_a_mistake_like_others() -> None:
    with pytest.raises(Problem, match="means nothing here"):
        parse("x + \ud800")


def test_the_same_text_is_parsed_once() -> None:
    assert parse("x + y * 2") is parse("x + y * 2")


@pytest.mark.parametrize("name", OPS)
def test_every_op_can_be_typed(name: str) -> None:
    graph = parse(OPS[name].example)
    assert any(node.op == name for node in graph.nodes)


def test_nodes_carry_plain_values() -> None:
    for text in ("2 * x", "[1, 2.5] * x", "True * x", "pi * x"):
        constant = next(node for node in parse(text).nodes if node.op == "constant")
        assert isinstance(constant, Node)
        assert isinstance(constant.value, int | float | list)
