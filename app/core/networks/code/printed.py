"""What `print(model)` prints, read back: which layers there are, in their order."""

import ast
import re
from typing import Any

from app.core.errors import Problem
from app.core.networks.code.layers import Layers
from app.core.networks.code.values import Stack, Unknown

LINE = re.compile(
    r"(?P<before>\s*(?:\((?P<name>[\w-]+)\): )?(?:(?P<times>\d+) x )?)(?P<what>\w+\(.*)$"
)
CLOSED = re.compile(r"\s*\)\s*$")
NAMED = re.compile(r"^\s*\([\w-]+\): (?:\d+ x )?\w+\(", re.MULTILINE)
HEAD = re.compile(r"^\s*\w+\(\s*$")
# Words that are printed without quotes, and a flag of old versions.
WORDS = {"same": "same", "valid": "valid", "zeros": "zeros", "inplace": True}
NOT_SAID = (
    "this is what print(model) prints: it says which layers there are, and they are put one behind "
    "another; how forward joins them, and what it does with functions, is not printed"
)


def printed_model(reader: Layers) -> Stack | None:
    """The layers of a printed model; None where the text is something else."""
    lines = reader.lines
    if not NAMED.search(reader.source):
        return None
    head = next((i for i, line in enumerate(lines) if HEAD.match(line)), None)
    if head is None or not all(
        LINE.match(line.rstrip()) or CLOSED.match(line) or not line.strip() for line in lines[head:]
    ):
        return None
    notes: list[tuple[ast.AST, str]] = getattr(reader, "notes", [])
    for i, line in enumerate(lines[:head]):
        if line.strip():
            reader.around.append((i, "it stands above what was printed"))
    open_: list[dict[str, Any]] = [{}]
    types: set[str] = set()
    for i in range(head, len(lines)):
        line = lines[i].rstrip()
        if not line:
            continue
        if CLOSED.match(line):
            if len(open_) < 2:
                raise Problem("a bracket is closed that is not open", place(reader, i))
            open_.pop()
            continue
        found = LINE.match(line)
        assert found
        name = (found["name"] or "0").split("-")[0]
        if found["what"].endswith("(") and found["what"].count("(") == 1:
            types.add(found["what"][:-1])
            held: dict[str, Any] = {}
            repeated(open_[-1], name, found["times"], Stack(held), reader, i)
            open_.append(held)
            if len(open_) > 40:
                raise Problem("this is nested too deeply to be read", place(reader, i))
        else:
            layer = leaf(reader, found["what"], i, len(found["before"].encode()))
            repeated(open_[-1], name, found["times"], layer, reader, i)
    if len(open_) > 1:
        raise Problem("the end of what was printed is missing", place(reader, len(lines) - 1))
    (root,) = open_[0].values() if len(open_[0]) == 1 else (None,)
    if not isinstance(root, Stack):
        return None
    if types - {"Sequential"}:
        at = ast.Pass(lineno=head + 1, col_offset=0, end_lineno=head + 1, end_col_offset=0)
        at.end_col_offset = len(lines[head].rstrip().encode())
        notes.append((at, NOT_SAID))
    return root


def place(reader: Layers, line: int) -> dict[str, int]:
    return {"offset": reader.starts[line], "length": len(reader.lines[line].rstrip())}


def repeated(
    held: dict[str, Any], name: str, times: str | None, value: Any, reader: Layers, line: int
) -> None:
    """Put what is printed once, or `(0-2): 3 x ...`, which stands for several of one kind."""
    if times and int(times[:6]) > 1:
        said = f"`{times} x` stands for several layers: paste them one by one"
        raise Problem(said, place(reader, line))
    held[name] = value


def leaf(reader: Layers, text: str, line: int, before: int) -> Any:
    """A layer as it is printed."""
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        call = None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise Problem("this is no layer as it is printed", place(reader, line))
    for node in ast.walk(call):
        if hasattr(node, "lineno"):
            node.lineno, node.end_lineno = line + 1, line + 1  # type: ignore[attr-defined]
            node.col_offset += before  # type: ignore[attr-defined]
            node.end_col_offset += before  # type: ignore[attr-defined]
    reader.names = reader.names.new_child(dict(WORDS))
    try:
        value = reader.value(call)
    finally:
        reader.names = reader.names.parents
    if isinstance(value, Unknown):
        reader.missing(value, call)
    return value
