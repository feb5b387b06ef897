"""The same question in other languages: PyTorch that runs, LaTeX, a curl command."""

import json
import keyword
import re
import shlex
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.core.expressions import formulas
from app.core.expressions.evaluation import Evaluation
from app.core.expressions.graphs import Graph, Node
from app.core.expressions.ops import OPS
from app.core.expressions.sheets import sheet_of
from app.core.expressions.values import latex_value

TAKEN = {*keyword.kwlist, *keyword.softkwlist, "torch", "F", "np", "print"}
WORD = re.compile(r"[^\W\d]\w*\b(?!=)")  # no keyword


def pytorch(result: Evaluation) -> str:
    """A PyTorch program, one statement a node, that prints the output and every leaf's gradient.

    Everything is float64, so that it prints what the answer says.
    """
    graph = result.graph
    names = _python_names(graph)
    lines, leaves = [], []
    for i, node in enumerate(graph.nodes):
        if node.number and i != graph.output:
            names[i] = formulas.literal_text(node.value)
            continue
        if not node.leaf and OPS[node.op].category != "generator":
            lines.append(f"{names[i]} = {_statement(graph, node, names)}")
            continue
        wants = i not in graph.ungraded and graph.reached[i]
        value = (
            _statement(graph, node, names) + (".requires_grad_()" if wants else "")
            if not node.leaf
            else _leaf(result.values[i], wants)
        )
        lines.append(f"{names[i]} = {value}")
        if wants:
            leaves.append(i)
    output = names[graph.output]
    start = f"{output}.sum()" if np.ndim(result.values[graph.output]) else output
    body = "\n".join(lines)
    head = [line for line in ("import numpy as np",) if "np." in body]
    head.append("import torch")
    if "F." in body:
        head.append("import torch.nn.functional as F")
    shown = [f'print("{output} =", {output}.tolist())']
    shown += [f'print("d{output}/d{names[i]} =", {names[i]}.grad.tolist())' for i in leaves]
    return "\n".join(
        [
            *head,
            "",
            "torch.set_default_dtype(torch.float64)",
            "",
            body,
            "",
            *([f"{start}.backward()"] if leaves else []),
            *shown,
            "",
        ]
    )


def _python_names(graph: Graph) -> dict[int, str]:
    """Each node's id as Python takes it: with underscores behind it where the program needs the
    word, with plain digits below, and no two that Python takes for one."""
    taken = TAKEN | {node.id for node in graph.nodes}
    names, seen = {}, set[str]()
    for i, node in enumerate(graph.nodes):
        name = node.id
        if name.isidentifier():
            name = unicodedata.normalize("NFKC", name)
        else:
            name = "".join(map(_in_names, name))
        while name in seen or (name != node.id and name in taken) or name in TAKEN:
            name += "_"
        seen.add(name)
        names[i] = name
    return names


def _in_names(character: str) -> str:
    """A character as it may stand in a name: x₁ as x_1."""
    if ("x" + character).isidentifier():
        return unicodedata.normalize("NFKC", character)
    plain = unicodedata.normalize("NFKC", character)
    return "_" + (plain if ("x" + plain).isidentifier() else f"{ord(character):x}")


def _leaf(value: Any, wants: bool) -> str:
    numbers = value if isinstance(value, float) else value.tolist()
    return f"torch.tensor({numbers!r}{', requires_grad=True' if wants else ''})"


def _statement(graph: Graph, node: Node, names: Mapping[int, str]) -> str:
    """The row's PyTorch with this node's operands and parameters in it."""
    op = OPS[node.op]
    operands = [names[i] for i in node.inputs]
    # torch's functions want tensors where its operators take numbers, but not numbers only.
    if not op.text or op.variadic or all(graph.nodes[i].number for i in node.inputs):
        operands = [
            f"torch.tensor({float(graph.nodes[i].value)!r})" if graph.nodes[i].number else name
            for i, name in zip(node.inputs, operands, strict=True)
        ]
    operands = [f"({name})" if name.startswith("-") else name for name in operands]
    words: dict[str, str] = {key: repr(value) for key, value in node.attributes.items()}
    fixed = len(op.arguments) - op.variadic
    words |= dict(zip(op.arguments[:fixed], operands, strict=False))
    if op.variadic:
        words[op.arguments[-1].lstrip("*")] = f"[{', '.join(operands[fixed:])}]"
    if "shape" in words:
        words["shape"] = repr(tuple(node.attributes["shape"]))
    if "key" in words:
        words["key"] = _key(node.attributes["key"], operands[1:])
    code = op.torch_code(node.attributes)
    return WORD.sub(lambda match: words.get(match.group(), match.group()), code)


def _key(key: Sequence[Any], computed: Sequence[str]) -> str:
    parts = []
    for part in key:
        if isinstance(part, dict):
            parts.append(f"{computed[part['input']]}.long()")
        elif isinstance(part, list):
            parts.append(":".join("" if n is None else str(n) for n in part[:2]))
            if part[2] is not None:
                parts[-1] += f":{part[2]}"
        else:
            parts.append(str(part))
    return ", ".join(parts)


def latex(result: Evaluation) -> str:
    """Every named value and every leaf's gradient, as an aligned block."""
    graph, sheet = result.graph, sheet_of(result.graph)
    lines = []
    for i, node in enumerate(graph.nodes):
        if not node.leaf and (node.name or i == graph.output):
            own = formulas.formula(node, sheet.terms).tex
            name = sheet.terms[i].tex if node.name else sheet.top
            lines.append(f"{name} &= {own} = {latex_value(result.values[i])}")
    for i, node in enumerate(graph.nodes):
        if node.op == "input" and result.gradients[i] is not None:
            gradient = None if i in result.reasons else result.gradients[i]
            slope = sheet.slope(i).removesuffix(" = ")
            lines.append(f"{slope} &= {latex_value(gradient)}")
    body = " \\\\\n  ".join(lines)
    return f"\\begin{{aligned}}\n  {body}\n\\end{{aligned}}\n"


def curl(
    question: Mapping[str, Any], address: str, path: str = "/expression", options: str = ""
) -> str:
    """A command that asks a running Backlight the same question."""
    body = json.dumps(question, ensure_ascii=False)
    url = shlex.quote(f"{address}/api{path}")
    return f"curl {url}{options} \\\n  --json {shlex.quote(body)}\n"
