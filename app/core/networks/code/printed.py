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
MOST_LINES, DEEPEST = 5_000, 40
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
    for i, number in unrolled(reader, head, len(lines)):
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
        name = number or (found["name"] or "0").split("-")[0]
        if found["what"].endswith("(") and found["what"].count("(") == 1:
            types.add(found["what"][:-1])
            held: dict[str, Any] = {}
            open_[-1][name] = Stack(held)
            open_.append(held)
            if len(open_) > 40:
                raise Problem("this is nested too deeply to be read", place(reader, i))
        else:
            open_[-1][name] = leaf(reader, found["what"], i, len(found["before"].encode()))
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


Lines = list[tuple[int, str | None]]  # and what a block is called that is printed once for several


def unrolled(
    reader: Layers, first: int, end: int, found: Lines | None = None, depth: int = 0
) -> Lines:
    """The lines with each block as often as it stands for: `(1-3): 3 x ...` as 1, 2 and 3."""
    found = [] if found is None else found
    i = first
    while i < end:
        match = LINE.match(reader.lines[i].rstrip())
        times = int(match["times"][:6]) if match and match["times"] else 1
        behind = i + 1
        if match and times > 1:
            start = (match["name"] or "0").split("-")[0]
            behind = closing(reader, i, end)
            for k in range(times):
                found.append((i, str(int(start[:6]) + k) if start.isdecimal() else f"{start}{k}"))
                if len(found) > MOST_LINES or depth > DEEPEST:
                    raise Problem("this stands for too many layers to be read", place(reader, i))
                unrolled(reader, i + 1, behind, found, depth + 1)
        else:
            found.append((i, None))
        i = behind
    return found


def closing(reader: Layers, first: int, end: int) -> int:
    """The line behind a layer, or behind the bracket that closes a block."""
    depth = 0
    for i in range(first, end):
        line = reader.lines[i].rstrip()
        found = LINE.match(line)
        if found and found["what"].endswith("(") and found["what"].count("(") == 1:
            depth += 1
        elif CLOSED.match(line):
            depth -= 1
        if depth <= 0:
            return i + 1
    return end


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
