"""A derivative's text, compiled once: for plain floats and for arrays.

The texts are rows of the op table, written by us; nothing a visitor types comes here.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any


class _Floats(ast.NodeTransformer):
    """Whole numbers as floats, and `where(c, a, b)` as `a if c else b`: the branch that is not
    taken may not exist."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        value = node.value
        return ast.Constant(float(value)) if type(value) is int else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "where":
            test, body, other = node.args
            return ast.copy_location(ast.IfExp(test, body, other), node)
        return node


def compile_scalar(
    text: str, arguments: Iterable[str], parameters: Iterable[str], words: Mapping[str, Any]
) -> Callable[..., Any]:
    """A function of the operands, `out` and the parameters, over plain floats."""
    names = ", ".join([*arguments, "out", *(p for p in parameters if p.isidentifier())])
    tree = _Floats().visit(ast.parse(f"lambda {names}: {text}", mode="eval"))
    function = eval(compile(ast.fix_missing_locations(tree), text, "eval"), _used(tree, words))
    return function  # type: ignore[no-any-return]


def compile_array(text: str, words: Mapping[str, Any]) -> Callable[..., Any]:
    """A function of keywords (operands, out, upstream, parameters), over arrays."""
    tree = ast.parse(text, mode="eval")
    code = compile(tree, text, "eval")
    known = _used(tree, words)
    return lambda **names: eval(code, known, names)


def _used(tree: ast.AST, words: Mapping[str, Any]) -> dict[str, Any]:
    """The words that a text calls, and nothing else: no builtins."""
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return {"__builtins__": {}} | {name: words[name] for name in named if name in words}
