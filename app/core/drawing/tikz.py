"""What every drawing as TikZ has in common: a document that compiles alone, places, words."""

from collections.abc import Iterable, Mapping, Sequence

POINTS = 0.6  # TeX points to a pixel
SPECIAL = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
} | {sign: f"\\{sign}" for sign in "{}$&#_%"}  # fmt: skip
# Letters besides ASCII that TeX's own fonts have; the rest would stop the compiler.
LETTERS = frozenset(map(chr, range(0xC0, 0x100))) - set("ÐÞðþ×÷")


def document(title: str, colours: Mapping[str, str], body: Iterable[str]) -> str:
    """A LaTeX document of one picture, y down and in pixels; a page can also take the picture."""
    return "\n".join(
        [
            f"% {' '.join(title.split())}",
            r"\documentclass[tikz,border=4pt]{standalone}",
            r"\begin{document}",
            *(
                rf"\definecolor{{{name}}}{{HTML}}{{{colour[1:].upper()}}}"
                for name, colour in colours.items()
            ),
            rf"\begin{{tikzpicture}}[x={POINTS}pt,y=-{POINTS}pt,line join=round]",
            *(f"  {line}" for line in body),
            r"\end{tikzpicture}",
            r"\end{document}",
            "",
        ]
    )


def at(x: float, y: float) -> str:
    """A place."""
    return f"({x:.2f},{y:.2f})"


def path(points: Iterable[Sequence[float]]) -> str:
    """Straight lines from place to place."""
    return " -- ".join(at(x, y) for x, y in points)


def words(x: float, y: float, text: str, looks: str = "") -> str:
    """Text, which is TeX already, with the middle of its baseline at a place."""
    font = "" if "font=" in looks else r",font=\scriptsize"
    anchor = "" if "anchor=" in looks else ",anchor=base"
    extra = f",{looks}" if looks else ""
    return rf"\node[inner sep=0pt{font}{anchor}{extra}] at {at(x, y)} {{{text}}};"


def escaped(text: str) -> str:
    """Any text as TeX that shows it."""
    return "".join(
        SPECIAL.get(sign, sign if " " <= sign <= "~" or sign in LETTERS else "?") for sign in text
    )
