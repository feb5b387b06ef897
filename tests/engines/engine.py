"""What the checks ask of a browser engine, and the gestures that two of them share."""

from pathlib import Path
from typing import Any, Protocol

KEYS = {"ArrowLeft": "\ue012", "ArrowRight": "\ue014", "End": "\ue010", "Home": "\ue011"}
Place = tuple[float, float]  # x, y in px of the window


class Missing(Exception):
    """The engine is not installed; its message names what is not there."""


class Engine(Protocol):
    """One browser with one page in it."""

    def open(self, url: str, width: int, height: int) -> None:
        """Go there in a window of that size in px; back when the page is loaded."""

    def evaluate(self, expression: str) -> Any:
        """What a JavaScript expression, whose value is JSON, is on the page."""

    def press(self, keys: list[str]) -> None:
        """Keys one after another: a character, or a name of KEYS."""

    def drag(self, start: Place, end: Place) -> None:
        """The mouse, held down from one place to the other."""

    def picture(self, path: Path) -> None:
        """The window as a PNG."""

    def complaints(self) -> list[str]:
        """Console errors and uncaught exceptions since the last call."""

    def close(self) -> None:
        """End the browser."""


def pressing(keys: list[str]) -> list[dict[str, Any]]:
    """The keys as WebDriver's actions, which BiDi has too."""
    strokes = [
        {"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")
    ]
    return [{"type": "key", "id": "keyboard", "actions": strokes}]


def dragging(start: Place, end: Place) -> list[dict[str, Any]]:
    """The drag as WebDriver's actions, in a few moves, as by a hand."""

    def to(part: float) -> dict[str, Any]:
        x, y = (round(a + (b - a) * part) for a, b in zip(start, end, strict=True))
        return {"type": "pointerMove", "x": x, "y": y, "duration": 50}

    button = {"button": 0}
    moves = [to(part / 4) for part in range(1, 5)]
    down, up = {"type": "pointerDown", **button}, {"type": "pointerUp", **button}
    mouse = {"pointerType": "mouse"}
    return [
        {
            "type": "pointer",
            "id": "mouse",
            "parameters": mouse,
            "actions": [to(0), down, *moves, up],
        }
    ]
