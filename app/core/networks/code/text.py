"""The text that was pasted: its tree by Python's own parser, and places in it.

People paste with prompts, fences, commands of a notebook and what was printed in between; what is
no Python of theirs is cut away and listed, and places are those of the text as it was.
"""

import ast
import re
import warnings
from typing import NoReturn

from app.core.errors import Problem

MAX_SOURCE = 65_536
WHOLE = {"field": "source"}  # the place of what is wrong with the text as a whole
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
PROMPT = re.compile(r"\s*(?:>>>|\.\.\.(?!:)|In ?\[[\d ]*\]:|\.\.\.:) ?")
PROMPTED = re.compile(r"\s*(?:>>>|In ?\[[\d ]*\]:)")
NUMBERED = re.compile(r"\s*(\d{1,4})[.:|)]?(?:[ \t]|$)")
FENCE = re.compile(r"\s*(?:```|~~~)")
COMMAND = re.compile(r"\s*[%!]")
SAYS = re.compile(r"\s*print\s+[^\s(=]")
PRINTED = re.compile(r"^\s*\(\w+\): \w", re.MULTILINE)
SIGNS = str.maketrans({  # of word processors, for those of Python
    "\u00a0": " ", "\u2007": " ", "\u202f": " ", "\u200b": " ", "\ufeff": " ", "“": '"',
    "”": '"', "„": '"', "‘": "'", "’": "'", "（": "(", "）": ")", "，": ",", "：": ":",
    "–": "-", "−": "-",
})  # fmt: skip
KINDS = {
    ast.ListComp: "a comprehension", ast.GeneratorExp: "a comprehension", ast.Lambda: "a lambda",
    ast.SetComp: "a comprehension", ast.DictComp: "a comprehension", ast.While: "a `while` loop",
    ast.ClassDef: "a class", ast.FunctionDef: "a function", ast.For: "a loop", ast.With: "`with`",
    ast.Subscript: "an index", ast.JoinedStr: "a formatted string", ast.IfExp: "a condition",
    ast.If: "a condition", ast.Attribute: "an attribute", ast.Set: "a set", ast.Try: "`try`",
    ast.Compare: "a comparison", ast.BoolOp: "a condition", ast.Await: "`await`",
    ast.Yield: "`yield`", ast.AsyncFunctionDef: "an `async` function", ast.Match: "`match`",
    ast.Break: "`break`", ast.Continue: "`continue`", ast.Delete: "`del`",
}  # fmt: skip


def too_long(source: str) -> None:
    """Refuse a text that is longer than any."""
    if len(source.encode("utf-8", "replace")) > MAX_SOURCE:
        raise Problem(f"the code may be 64 KB long; this has {len(source):,} characters", WHOLE)


class Text:
    """A text, and what stands where in it."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = LINE.findall(source)  # as they are parsed
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        self.cut = [0] * len(self.lines)  # characters that each was given without
        self.skipped = 0  # lines that were put before the text
        self.around: list[tuple[int, str]] = []  # lines that are no code, and why

    def over(self, other: "Text") -> None:
        """Reads what another has split already."""
        self.source, self.lines, self.starts = other.source, other.lines, other.starts
        self.cut, self.skipped = other.cut, other.skipped

    # To a tree

    def statements(self) -> list[ast.stmt]:
        """The statements of the text. Raises Problem."""
        try:
            try:
                return self.block()
            except SyntaxError as error:
                plain = list(self.lines)
                for printed in (False, True):
                    self.clean(plain, printed)
                    try:
                        return self.block()
                    except SyntaxError:
                        pass
                self.lines, self.cut, self.around = plain, [0] * len(plain), []
                raise self.not_python(error) from None
        except (RecursionError, MemoryError):
            raise Problem("this is nested too deeply to be read", WHOLE) from None
        except ValueError:
            said = "this is not Python: it has characters that no text has"
            raise Problem(said, WHOLE) from None

    def block(self) -> list[ast.stmt]:
        """What the lines say, wherever they stood: within a class or a function, too."""
        self.skipped = 0
        try:
            return parsed("".join(self.lines))
        except IndentationError:
            self.skipped = 1
        try:
            return self.indented()
        except IndentationError:  # all but the first line, which was taken from its middle
            full = [i for i, line in enumerate(self.lines) if line.strip()]
            if len(full) < 2:
                raise
            first, second = full[:2]
            deep = len(self.lines[second]) - len(self.lines[second].lstrip())
            own = len(self.lines[first]) - len(self.lines[first].lstrip())
            before, cut = self.lines[first], self.cut[first]
            self.lines[first] = " " * deep + before.lstrip()
            self.cut[first] += own - deep
            try:
                return self.indented()
            except SyntaxError:
                self.lines[first], self.cut[first] = before, cut
                raise

    def indented(self) -> list[ast.stmt]:
        block, *rest = parsed(f"if 1:\n{''.join(self.lines)}")
        assert isinstance(block, ast.If)
        return [*block.body, *rest]

    def clean(self, lines: list[str], printed: bool) -> None:
        """Take away what is no code: prompts, fences, commands, and what was printed between."""
        self.lines, self.cut, self.around = [], [0] * len(lines), []
        fenced = any(FENCE.match(line) for line in lines)
        prompted = any(PROMPTED.match(line) for line in lines)
        full = [line for line in lines if line.strip()]
        numbers = [int(found[1]) for line in full if (found := NUMBERED.match(line.rstrip()))]
        numbered = len(numbers) == len(full) > 1 and numbers == sorted(set(numbers))
        inside = not fenced
        for i, line in enumerate(lines):
            why = ""
            prompt = PROMPT.match(line) if prompted else None
            if fenced and FENCE.match(line):
                inside = not inside
                line = blank(line)
            elif not inside:
                why = "it stands outside of the code"
            elif prompt:
                self.cut[i] = prompt.end()
                line = line[prompt.end() :]
            elif numbered and (number := NUMBERED.match(line.rstrip("\r\n"))):
                self.cut[i] = number.end()
                line = line[number.end() :]
            elif prompted and not printed:
                why = "it stands behind no prompt, as what was printed does"
            if COMMAND.match(line):
                why = "it is a command of a notebook"
            elif SAYS.match(line):
                why = "it prints"
            if why:
                if line.strip():
                    self.around.append((i, why))
                line = blank(line)
            self.lines.append(line.translate(SIGNS))

    def not_python(self, error: SyntaxError) -> Problem:
        if "nested" in error.msg:
            return Problem("this is nested too deeply to be read", WHOLE)
        if "integer string" in error.msg:
            return Problem("a number here is too large", WHOLE)
        hint = "; paste the code that makes the model, or all of what print(model) prints"
        line = min(max((error.lineno or 1) - 1 - self.skipped, 0), len(self.lines) - 1)
        offset = min(self.starts[line] + max((error.offset or 1) - 1, 0), len(self.source))
        message = f"this is not Python: {error.msg}{hint if PRINTED.search(self.source) else ''}"
        return Problem(message, {"offset": offset, "length": 1 if self.source[offset:] else 0})

    # Places

    def where(self, node: ast.AST) -> dict[str, int]:
        """Offset and length of a node, in characters of the text."""
        start = self.offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]
        end = self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
        return {"offset": start, "length": max(end - start, 0)}

    def offset(self, line: int, column: int) -> int:
        """Python counts columns in bytes of UTF-8."""
        line -= 1 + self.skipped
        characters = len(self.lines[line].encode()[:column].decode()) + self.cut[line]
        return min(self.starts[line] + max(characters, 0), len(self.source))

    def fail(self, message: str, node: ast.AST, suggestion: str | None = None) -> NoReturn:
        raise Problem(message, self.where(node), suggestion)

    def refuse(self, node: ast.AST, what: str | None = None) -> NoReturn:
        said = what or KINDS.get(type(node), "this")
        self.fail(f"{said} is not read here; code is never executed", node)


def parsed(text: str) -> list[ast.stmt]:
    """The statements of a text. Raises SyntaxError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text).body


def blank(line: str) -> str:
    """Nothing in place of a line."""
    return line[len(line.rstrip("\r\n")) :]


def dotted(node: ast.AST) -> str | None:
    """`torch.nn.Conv2d` of a chain of attributes, None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute) and len(parts) < 4:
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None
