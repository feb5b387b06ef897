"""The layer table as it is told: each argument with the control that sets it."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import Field
from typing_extensions import TypedDict

from app.core.layers.table import LAYERS, Layer

Control = Literal["whole", "real", "switch", "choice"]


class Setting(TypedDict):
    """How an argument is set by hand: a slider from `low` to `high`, a switch, or a choice."""

    control: Control
    low: float | None
    high: float | None
    choices: list[Any]


class LayerField(Setting):
    """One argument of a layer, and how it is set by hand."""

    name: str
    required: bool
    default: Any
    says: str | None


class LayerRow(TypedDict):
    """A row of the layer table."""

    type: str
    kind: str
    operands: Annotated[int, Field(description="2 stands for two or more.")]
    says: str
    fields: list[LayerField]
    start: Annotated[
        dict[str, Any], Field(description="What it starts with when it is put in by hand.")
    ]


def layer_row(row: type[Layer]) -> LayerRow:
    """A row of the layer table as GET /api/layers tells it."""
    return {
        "type": row.model_fields["type"].default,
        "kind": row.kind,
        "operands": row.operands,
        "says": " ".join((row.__doc__ or "").split()),
        "fields": [
            {
                "name": name,
                "required": field.is_required(),
                "default": None if field.is_required() else field.default,
                "says": field.description,
                **_control(field.annotation, field.metadata),
            }
            for name, field in row.model_fields.items()
            if name != "type" and not _fixed(field.annotation)
        ],
        "start": {"type": row.model_fields["type"].default}
        | {name: 1 for name, field in row.model_fields.items() if field.is_required()}
        | dict(row.start),
    }


def _fixed(annotation: Any) -> bool:
    """Whether an argument can have one value only."""
    choices = get_args(annotation)
    return annotation is type(None) or (
        len(choices) == 1 and isinstance(choices[0], str | int | bool)
    )


def _control(annotation: Any, metadata: Any) -> Setting:
    """How a field is set by hand."""
    kinds = list(_simple(annotation, metadata))
    bounds = [(low, high) for kind, low, high in kinds if kind in ("whole", "real")]
    choices = [choice for kind, choice, _ in kinds if kind == "choice"]
    return {
        "control": kinds[0][0] if kinds else "choice",
        "low": bounds[0][0] if bounds else None,
        "high": bounds[0][1] if bounds else None,
        "choices": choices,
    }


def _simple(annotation: Any, metadata: Any) -> Iterator[tuple[Control, Any, Any]]:
    """What a type admits, flat: (kind, low, high) of numbers, ("choice", value, None) of words."""
    if hasattr(annotation, "__metadata__"):
        inner, *more = get_args(annotation)
        fields = [one for info in more for one in getattr(info, "metadata", [])]
        yield from _simple(inner, fields or metadata)
    elif annotation is bool:
        yield "switch", None, None
    elif annotation in (int, float):
        limits = {word: getattr(one, word) for one in metadata for word in ("ge", "le")
                  if hasattr(one, word)}  # fmt: skip
        kind: Control = "whole" if annotation is int else "real"
        yield kind, limits.get("ge"), limits.get("le")
    elif isinstance(annotation, type):
        return
    elif type(annotation).__name__ == "_LiteralGenericAlias":
        for choice in get_args(annotation):
            yield "choice", choice, None
    else:
        for option in get_args(annotation):
            if getattr(option, "__origin__", None) is not tuple:
                yield from _simple(option, metadata)


def layer_rows() -> list[LayerRow]:
    """The layer table, in its order."""
    return [layer_row(row) for row in LAYERS.values()]
