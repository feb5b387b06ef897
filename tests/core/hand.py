"""Digits as somebody might draw them with a mouse: a few strokes each, in a square of side 1."""

from collections.abc import Sequence
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw

from app.core.pictures.images import Bytes

Points = Sequence[tuple[float, float]]


def arc(x: float, y: float, wide: float, high: float, start: float, end: float) -> Points:
    """Part of an ellipse about (x, y); angles in degrees, clockwise from the right."""
    angles = [(start + (end - start) * i / 24) * pi / 180 for i in range(25)]
    return [(x + wide * cos(a), y + high * sin(a)) for a in angles]


# A digit, in the ways that it is written: strokes of points, y downwards.
WAYS: dict[int, list[list[Points]]] = {
    0: [[arc(0.5, 0.5, 0.3, 0.48, -90, 270)], [arc(0.5, 0.5, 0.42, 0.45, -60, 290)]],
    1: [[[(0.5, 0), (0.5, 1)]], [[(0.3, 0.25), (0.52, 0), (0.52, 1)]], [[(0.62, 0), (0.4, 1)]]],
    2: [
        [[*arc(0.5, 0.28, 0.32, 0.28, -170, 40), (0.15, 1), (0.88, 1)]],
        [[*arc(0.5, 0.25, 0.28, 0.25, -180, 60), (0.2, 0.95), (0.5, 0.9), (0.85, 0.98)]],
    ],
    3: [
        [[*arc(0.45, 0.25, 0.3, 0.25, -150, 90), *arc(0.45, 0.75, 0.35, 0.25, -90, 150)]],
        [[(0.15, 0), (0.8, 0), (0.42, 0.4), *arc(0.42, 0.7, 0.38, 0.3, -80, 140)]],
    ],
    4: [
        [[(0.25, 0), (0.15, 0.55), (0.85, 0.55)], [(0.68, 0.05), (0.66, 1)]],
        [[(0.6, 1), (0.6, 0), (0.1, 0.65), (0.9, 0.65)]],
    ],
    5: [
        [[(0.8, 0), (0.25, 0), (0.2, 0.45), *arc(0.45, 0.7, 0.34, 0.3, -120, 140)]],
        [[(0.25, 0), (0.22, 0.42), *arc(0.45, 0.7, 0.36, 0.3, -110, 150)], [(0.25, 0), (0.85, 0)]],
    ],
    6: [
        [[(0.7, 0), (0.4, 0.3), *arc(0.5, 0.7, 0.3, 0.3, -170, 190)]],
        [[*arc(0.65, 0.6, 0.5, 0.6, -100, -180), *arc(0.45, 0.72, 0.3, 0.27, 180, 540)]],
    ],
    7: [
        [[(0.15, 0), (0.85, 0), (0.4, 1)]],
        [[(0.15, 0.05), (0.82, 0), (0.4, 1)], [(0.3, 0.5), (0.8, 0.48)]],
    ],
    8: [
        [arc(0.5, 0.25, 0.25, 0.25, 0, 360), arc(0.5, 0.75, 0.32, 0.25, 0, 360)],
        [[*arc(0.5, 0.25, 0.3, 0.25, 0, -270), *arc(0.5, 0.75, 0.3, 0.25, -90, 250), (0.8, 0.2)]],
    ],
    9: [
        [[*arc(0.5, 0.28, 0.28, 0.28, 0, -360), (0.72, 1)]],
        [[*arc(0.5, 0.28, 0.3, 0.28, -10, -370), (0.78, 0.6), (0.6, 0.9), (0.3, 1)]],
    ],
}  # fmt: skip


def drawn(strokes: list[Points], size: float = 180, pen: int = 18, seed: int = 0) -> Bytes:
    """Strokes on a canvas of 280 by 280, with a round pen and a hand that is not quite sure."""
    random = np.random.default_rng(seed)
    turn, slant = random.normal(0, 0.06), random.normal(0, 0.1)
    left, top = random.uniform(pen, 280 - size - pen, 2)
    canvas = Image.new("L", (280, 280))
    draw = ImageDraw.Draw(canvas)
    for stroke in strokes:
        points = []
        for x, y in stroke:
            x, y = x - 0.5 + slant * (0.5 - y), y - 0.5
            across, down = x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn)
            trembling = random.normal(0, 0.008, 2)
            points.append(
                (
                    left + size * (across + 0.5 + trembling[0]),
                    top + size * (down + 0.5 + trembling[1]),
                )
            )
        draw.line(points, fill=255, width=pen, joint="curve")
        for x, y in points:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(canvas)[None]
