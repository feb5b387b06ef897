"""KINDS: the exercises, a row each, in the order of the lessons."""

from app.core.exercises import (
    architectures,
    backward,
    by_hand,
    fields,
    fitting,
    gates,
    heads,
    layers,
    tensors,
    windows,
)
from app.core.exercises.exercise import Kind

ROWS: tuple[Kind, ...] = (
    *by_hand.KINDS,
    *gates.KINDS,
    *tensors.KINDS,
    *windows.KINDS,
    *backward.KINDS,
    *fields.KINDS,
    *layers.KINDS,
    *fitting.KINDS,
    *heads.KINDS,
    *architectures.KINDS,
)
KINDS = {row.name: row for row in ROWS}
