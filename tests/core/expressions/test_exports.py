"""Exports say the same: programs run and print the answer's numbers, texts parse to the graph."""

import contextlib
import io
import json
import math
import re
import shlex
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from app.core.expressions import exports, questions
from app.core.expressions.evaluation import Evaluation, evaluate
from app.core.expressions.examples import EXAMPLES
from app.core.expressions.formulas import text_of
from app.core.expressions.graphs import Graph
from app.core.expressions.parsing import parse
from app.core.expressions.questions import ExportQuestion, ExpressionQuestion, PlayQuestion
from tests.core.random_expressions import RandomExpression

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (example.expression, dict(example.inputs)) for name, example in EXAMPLES.items()},
    **{
        f"{row['name']} of the table": (row["example"]["expression"], row["example"]["inputs"])
        for row in questions.op_rows()
    },
    "two generators": ("A = randn(2, 3)\nB = randn(3)\nf = sum(A @ B * x)", {"x": 2}),
    "a seed": ("f = randn(4, seed=7) @ x", {"x": [1, 2, 3, 4]}),
    "keepdims": ("f = sum(x / sum(x, axis=1, keepdims=True) * x)", {"x": [[1, 2], [3, 4]]}),
    "keepdims of all": (
        "f = sum(x) * (mean(x, keepdims=True) + prod(x, keepdims=True) + norm(x, keepdims=True))",
        {"x": [[1, 2], [3, 4]]},
    ),
    "keepdims as a number": ("f = prod(x, axis=0, keepdims=1)", {"x": [1, 2]}),
    "bounds that are vectors": ("f = clip(x, -1, [1, 4])", {"x": 2}),
    "largest along an axis": ("f = max(x, axis=0) @ min(x, axis=1)", {"x": [[1, 5], [3, 4]]}),
    "slices": ("f = sum(x[::2, 1:] ** 2) + x[-1, 0]", {"x": [[1, 2, 3], [3, 4, 5], [5, 6, 7]]}),
    "computed indices": ("f = sum(x[i, 1:] * 2)", {"x": [[1, 2, 3], [3, 4, 5]], "i": 1}),
    "indices as a list": ("f = x[[2, 0, 2]] @ [1, 2, 3]", {"x": [1, 2, 3]}),
    "indices around a slice": (
        "f = sum(x[1, :, [0, 2]] ** 2)",
        {"x": np.arange(24.0).reshape(2, 3, 4).tolist()},
    ),
    "concat along an axis": ("f = sum(concat(x, x * 2, axis=1) ** 2)", {"x": [[1, 2], [3, 4]]}),
    "reshape": ("f = reshape(x, -1, 1)[3, 0] * 2", {"x": [[1, 2], [3, 4]]}),
    "numbers in functions": ("f = exp(2) * x + maximum(x, 0) + clip(x, -1, 1)", {"x": 0.5}),
    "numbers only": ("q = 2 + 3\nf = q * x", {"x": 2}),
    "numbers compared": ("f = where(2 > 1, x, 3)", {"x": 2}),
    "negative numbers": ("f = (-2) ** 2 * x - -3 + x ** -2", {"x": 2}),
    "tiny and huge numbers": ("f = x * 1e-300 * 1e300 + 1e16 * x", {"x": 2}),
    "an index into a row": ("f = cross_entropy(x, y) + hinge(x, y)", {"x": [1, 2.5], "y": 1}),
    "rows of examples": (
        "f = cross_entropy(x, y) + hinge(x, y)",
        {"x": [[1, 2.5], [3, 5]], "y": [1, 0]},
    ),
    "words of Python": (
        "f = lambda * class + in - is * print + torch * F - np / match",
        {"lambda": 2, "class": 3, "in": 4, "is": 5, "print": 6, "torch": 7, "F": 8, "np": 9}
        | {"match": 10},
    ),
    "words of Python and their neighbors": (
        "f = lambda * 3 + lambda_ * 5 + lambda__",
        {"lambda": 2, "lambda_": 3, "lambda__": 4},
    ),
    "words of torch": (
        "f = sum(dim * keepdim) + sum(axis) * slope * shape",
        {"dim": [1, 2], "keepdim": [3, 4], "axis": [5, 6], "slope": 7, "shape": 8},
    ),
    "a named number": ("a = 3\nf = a * x", {"x": 2}),
    "a named list": ("a = [1, 2]\nf = a @ x", {"x": [3, 4]}),
    "an output that is a tensor": ("f = x * [1, 2, 3]", {"x": 2}),
    "an output that is an input": ("x", {"x": 2}),
    "an output without a name": ("x * y", {"x": 2, "y": 3}),
    "names that nothing uses": ("q = x * 2\nf = y + 1", {"x": 1, "y": 2}),
    "letters of other alphabets": ("σ = β * é\nf = σ ** 2", {"β": 2, "é": 3}),
}


def result_of(text: str, inputs: Mapping[str, Any]) -> Evaluation:
    return evaluate(parse(text), inputs)


def printed(program: str) -> dict[str, Any]:
    """What a program prints: the number or list behind each `name =`."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(program, "<export>", "exec"), {"__name__": "__main__"})
    words = {"nan": math.nan, "inf": math.inf}
    lines = [line.split(" = ", 1) for line in out.getvalue().splitlines()]
    assert len({name for name, _ in lines}) == len(lines), "a line is printed twice"
    return {name: eval(value, words) for name, value in lines}


def assert_program_agrees(result: Evaluation) -> None:
    """Output and gradients as printed by the exported program are those of the answer."""
    graph = result.graph
    lines = list(printed(exports.pytorch(result)).items())
    (_, output), gradients = lines[0], dict(lines[1:])
    np.testing.assert_allclose(output, result.values[graph.output], rtol=1e-9, atol=1e-12)
    wanted = {
        node.id: result.gradients[i]
        for i, node in enumerate(graph.nodes)
        if (node.op == "input" or node.op == "randn")
        and result.gradients[i] is not None
        and graph.reached[i]
    }
    found = {name.rpartition("/d")[2]: value for name, value in gradients.items()}
    assert len(found) >= len(wanted)
    for id, gradient in wanted.items():
        # A name that Python has taken gets underscores, as many as it needs to be free again.
        candidates = [name for name in found if name.rstrip("_") == id.rstrip("_")]
        candidates = [id] if id in candidates else candidates
        assert candidates, f"no gradient of {id} is printed"
        closest = [np.allclose(found[name], gradient, rtol=1e-9, atol=1e-12) for name in candidates]
        assert any(closest), f"{id}: {[found[name] for name in candidates]}, not {gradient}"


@pytest.mark.parametrize(("text", "inputs"), QUESTIONS.values(), ids=QUESTIONS)
def test_the_program_prints_what_the_answer_says(text: str, inputs: dict[str, Any]) -> None:
    assert_program_agrees(result_of(text, inputs))


@pytest.mark.parametrize("tensors", [False, True], ids=["scalars", "tensors"])
def test_programs_of_random_expressions(tensors: bool) -> None:
    for seed in range(60):
        expression = RandomExpression(seed, tensors)
        graph = parse(expression.text)
        inputs = {name: expression.inputs[name] for name in graph.inputs}
        try:
            assert_program_agrees(evaluate(graph, inputs))
        except Exception as error:
            error.add_note(f"seed {seed}:\n{expression.text}\n{inputs}")
            raise


def test_a_program_in_full() -> None:
    text = "f = (x + lambda) * 2"
    assert exports.pytorch(result_of(text, {"x": -2, "lambda": 5})) == (
        "import torch\n"
        "\n"
        "torch.set_default_dtype(torch.float64)\n"
        "\n"
        "x = torch.tensor(-2.0, requires_grad=True)\n"
        "lambda_ = torch.tensor(5.0, requires_grad=True)\n"
        "n1 = x + lambda_\n"
        "f = n1 * 2\n"
        "\n"
        "f.backward()\n"
        'print("f =", f.tolist())\n'
        'print("df/dx =", x.grad.tolist())\n'
        'print("df/dlambda_ =", lambda_.grad.tolist())\n'
    )


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("f = 2 + 3", 5.0),
        ("2 * 3", 6.0),
        ("3", 3.0),
        ("f = 3", 3.0),
        ("f = 2 > 1", 1.0),
        ("f = [1, 2]", [1.0, 2.0]),
        ("[1, 2]", [1.0, 2.0]),
        ("f = ones(2)", [1.0, 1.0]),
    ],
)
def test_a_program_without_inputs(text: str, output: Any) -> None:
    (value,) = list(printed(exports.pytorch(result_of(text, {}))).values())[:1]
    assert value == output


def test_random_numbers_are_the_same_in_the_program() -> None:
    lines = printed(exports.pytorch(result_of("W = randn(2, 3)\nf = W * x", {"x": 1})))
    assert lines["f"] == np.random.default_rng(0).standard_normal((2, 3)).tolist()


# Text


def assert_text_agrees(text: str, inputs: Mapping[str, Any]) -> None:
    """text_of(graph) parses to a graph with the same named values and gradients."""
    result = result_of(text, inputs)
    graph = result.graph
    again = result_of(text_of(graph), inputs)
    assert text_of(again.graph) == text_of(graph)
    found = again.graph.position
    names = [node.id for node in graph.nodes if node.name and not node.literal]
    assert [name for name in names if name not in found] == []
    pairs = [(graph.position[name], found[name]) for name in names]
    pairs.append((graph.output, again.graph.output))
    for i, k in pairs:
        np.testing.assert_array_equal(again.values[k], result.values[i])
        ours, theirs = again.gradients[k], result.gradients[i]
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize(("text", "inputs"), QUESTIONS.values(), ids=QUESTIONS)
def test_the_text_of_a_graph_parses_to_the_graph(text: str, inputs: dict[str, Any]) -> None:
    assert_text_agrees(text, inputs)


def taken_apart(graph: Graph) -> dict[str, Any]:
    """A graph as a question may give it, last node first."""
    nodes = [
        {
            "id": node.id,
            "op": node.op,
            "inputs": [graph.nodes[i].id for i in node.inputs],
            "attributes": dict(node.attributes),
            "value": node.value,
        }
        for node in reversed(graph.nodes)
    ]
    return {"nodes": nodes, "output": graph.nodes[graph.output].id}


@pytest.mark.parametrize(("text", "inputs"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_graph_taken_apart_is_the_same_graph(text: str, inputs: dict[str, Any]) -> None:
    result = result_of(text, inputs)
    question = ExpressionQuestion(expression=taken_apart(result.graph), inputs=inputs)
    graph = question.graph()
    again = evaluate(graph, inputs)
    assert set(graph.position) == set(result.graph.position)
    for id, i in result.graph.position.items():
        k = graph.position[id]
        np.testing.assert_array_equal(again.values[k], result.values[i])
        ours, theirs = again.gradients[k], result.gradients[i]
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("tensors", [False, True], ids=["scalars", "tensors"])
def test_texts_of_random_expressions(tensors: bool) -> None:
    for seed in range(150):
        expression = RandomExpression(seed, tensors)
        inputs = {name: expression.inputs[name] for name in parse(expression.text).inputs}
        try:
            assert_text_agrees(expression.text, inputs)
        except Exception as error:
            error.add_note(f"seed {seed}:\n{expression.text}")
            raise


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("f=(x+y)*z", "f = (x + y) * z"),
        ("x-(y-z)", "x - (y - z)"),
        ("x-y-z", "x - y - z"),
        ("x/(y*z)", "x / (y * z)"),
        ("x/y/z", "x / y / z"),
        ("x**y**z", "x ** y ** z"),
        ("(x**y)**z", "(x ** y) ** z"),
        ("-x**2", "-x ** 2"),
        ("(-x)**2", "(-x) ** 2"),
        ("x**-2", "x ** -2"),
        ("x*-2", "x * -2"),
        ("-(x+y)", "-(x + y)"),
        ("-(x*y)", "-(x * y)"),
        ("--x", "-(-x)"),
        ("1/(1+exp(-x))", "1 / (1 + exp(-x))"),
        ("x*(1/y)", "x * (1 / y)"),
        ("x@y.T", "x @ transpose(y)"),
        ("(x@y)[0]", "(x @ y)[0]"),
        ("x[0][1:,::2]", "x[0][1:, ::2]"),
        ("sum(x,axis=0,keepdims=True)", "sum(x, axis=0, keepdims=True)"),
        ("leaky_relu(x, 0.3)", "leaky_relu(x, slope=0.3)"),
        ("randn(2,3)", "randn(2, 3, seed=0)"),
        ("q=x\nf=q+q", "f = x + x"),
        ("(x>y)>z", "(x > y) > z"),
        ("where(x>y,x,y)", "where(x > y, x, y)"),
        ("x + 1e-7 + 1e20 + 0.1", "x + 1e-07 + 1e+20 + 0.1"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert text_of(parse(text)) == canonical
    assert text_of(parse(canonical)) == canonical


def test_what_is_used_twice_or_lies_deep_gets_a_line_of_its_own() -> None:
    deep = "f = " + "exp(" * 60 + "x" + ")" * 60
    text = text_of(parse(deep))
    assert text.count("\n") == 1
    assert max(line.count("(") for line in text.splitlines()) <= 40
    long = "f = x" + " + x" * 4_000
    assert parse(text_of(parse(long))).nodes[-1].op == "+"


# LaTeX, SVG, curl


def shell_words(command: str) -> list[str]:
    """The words of a command as a shell sees them, which joins lines at a backslash."""
    return shlex.split(command.replace("\\\n", ""))


@pytest.mark.parametrize(("text", "inputs"), QUESTIONS.values(), ids=QUESTIONS)
def test_latex_is_balanced(text: str, inputs: dict[str, Any]) -> None:
    tex = exports.latex(result_of(text, inputs))
    bare = re.sub(r"\\[{}]", "", tex)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    opened = re.findall(r"\\begin\{(\w+)\}", tex)
    assert sorted(opened) == sorted(re.findall(r"\\end\{(\w+)\}", tex))
    assert tex.startswith("\\begin{aligned}\n")
    assert tex.endswith("\\end{aligned}\n")


def test_latex_in_full() -> None:
    tex = exports.latex(result_of("q = x + y\nf = q * z", {"x": -2, "y": 5, "z": -4}))
    assert tex == (
        "\\begin{aligned}\n"
        "  q &= x + y = 3 \\\\\n"
        "  f &= q \\cdot z = -12 \\\\\n"
        "  \\frac{\\partial f}{\\partial x} &= -4 \\\\\n"
        "  \\frac{\\partial f}{\\partial y} &= -4 \\\\\n"
        "  \\frac{\\partial f}{\\partial z} &= 3\n"
        "\\end{aligned}\n"
    )


@pytest.mark.parametrize(("text", "inputs"), QUESTIONS.values(), ids=QUESTIONS)
def test_svg_is_xml(text: str, inputs: dict[str, Any]) -> None:
    question = ExportQuestion(expression=text, inputs=inputs, format="svg")
    root = ElementTree.fromstring(questions.export(question))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    for part in root.iter():
        assert not part.tag.endswith("script")
        assert part.get("href", "data:").startswith(("data:", "#"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("step", [0, 1, 5, 10**9])
def test_svg_at_a_step(theme: Any, step: int) -> None:
    question = ExportQuestion(
        expression="f = where(x < y, x * y, y)",
        inputs={"x": 1, "y": 2},
        format="svg",
        step=step,
        theme=theme,
    )
    ElementTree.fromstring(questions.export(question))


@pytest.mark.parametrize(
    "text", ["f = x * 2", '# don\'t "$(touch x)" `y`\nf = x * 2 # \\', "é = x"]
)
def test_a_command_that_asks_the_same(text: str) -> None:
    question = ExportQuestion(expression=text, inputs={"x": 3}, format="curl")
    command = questions.export(question, "http://127.0.0.1:8000")
    assert command.endswith("\n")
    words = shell_words(command)
    assert words[:3] == ["curl", "http://127.0.0.1:8000/api/expression", "--json"]
    assert json.loads(words[3]) == {"expression": text, "inputs": {"x": 3}}


@pytest.mark.parametrize(("text", "inputs"), QUESTIONS.values(), ids=QUESTIONS)
def test_the_command_gives_the_same_answer(text: str, inputs: dict[str, Any]) -> None:
    question = ExportQuestion(expression=text, inputs=inputs, format="curl", fill=True)
    asked = json.loads(shell_words(questions.export(question))[-1])
    same = ExpressionQuestion(expression=text, inputs=inputs)
    graph = same.graph()
    ours = evaluate(graph, same.values(graph))
    body = PlayQuestion(**asked)
    again = body.graph()
    theirs = evaluate(again, body.values(again))
    np.testing.assert_array_equal(ours.values[graph.output], theirs.values[again.output])
