"""EXPERIMENTS: a row and a file each; and how often each claim held when it was measured."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Any

import orjson
from pydantic.fields import FieldInfo

from app.core.experiments.augmentation import AUGMENTATION
from app.core.experiments.batch_norm import BATCH_NORM
from app.core.experiments.classifier_2d import CLASSIFIER_2D
from app.core.experiments.cross_validation import CROSS_VALIDATION
from app.core.experiments.double_descent import DOUBLE_DESCENT
from app.core.experiments.dropout import DROPOUT
from app.core.experiments.dropout_scaling import DROPOUT_SCALING
from app.core.experiments.experiment import (
    FRESH,
    STEP_PAGE,
    Experiment,
    ExperimentRow,
    SettingRow,
    Settings,
)
from app.core.experiments.few_pictures import FEW_PICTURES
from app.core.experiments.mislabelled import MISLABELLED_PICTURES
from app.core.experiments.optimizers import OPTIMIZERS
from app.core.experiments.outliers import OUTLIERS
from app.core.experiments.overfitting import OVERFITTING
from app.core.experiments.residual import RESIDUAL
from app.core.experiments.samples_a_weight import SAMPLES_A_WEIGHT
from app.core.experiments.small_batch import SMALL_BATCH
from app.core.experiments.transfer import TRANSFER
from app.core.experiments.transfer_depth import TRANSFER_DEPTH
from app.core.experiments.your_network import YOUR_NETWORK
from app.core.training.loop import Frame

ROWS: tuple[Experiment[Any], ...] = (
    OVERFITTING,
    SAMPLES_A_WEIGHT,
    OUTLIERS,
    MISLABELLED_PICTURES,
    AUGMENTATION,
    CROSS_VALIDATION,
    TRANSFER,
    TRANSFER_DEPTH,
    FEW_PICTURES,
    SMALL_BATCH,
    DROPOUT,
    DROPOUT_SCALING,
    BATCH_NORM,
    RESIDUAL,
    DOUBLE_DESCENT,
    CLASSIFIER_2D,
    OPTIMIZERS,
    YOUR_NETWORK,
)
EXPERIMENTS = {row.name: row for row in ROWS}
CLAIMS = Path(__file__).with_name("claims.json")


def slice_of(name: str, settings: Any, run: Any) -> tuple[Any, list[Frame]]:
    """A slice of a run of the experiment of that name. For a worker."""
    return EXPERIMENTS[name].slice(settings, run)


def check_at_once(name: str, settings: Any) -> None:
    """Raises Problem where all frames of a run take too long to wait for."""
    EXPERIMENTS[name].check_at_once(settings)


def fold(name: str) -> dict[str, Any]:
    """What a row of FIGURES says of an experiment's run, found by name in a worker."""
    return {
        "slice": partial(slice_of, name),
        "check_at_once": partial(check_at_once, name),
        "question": EXPERIMENTS[name].settings,
        "says": EXPERIMENTS[name].says,
        "tried": shortest(EXPERIMENTS[name].settings),
        "unchecked": EXPERIMENTS[name].unchecked,
    }


def shortest(settings: type[Settings]) -> dict[str, Any]:
    """A question for as few steps as a run can have."""
    shown: Any = settings.model_config["json_schema_extra"]
    found: dict[str, Any] = dict(shown["examples"][0])
    if steps := settings.model_fields.get("steps"):
        found["steps"] = setting("steps", steps)["least"]
    return found


@cache
def measured() -> dict[str, list[dict[str, Any]]]:
    """By experiment, for each of its claims: in how many of how many seeds it held, the first of
    these, and the mark of what was measured."""
    found: dict[str, list[dict[str, Any]]] = orjson.loads(CLAIMS.read_bytes())
    return found


def on_seeds(found: dict[str, Any]) -> str:
    """Where claims were measured, and what these seeds had to do with the settings."""
    first, last = found["first"], found["first"] + found["seeds"] - 1
    which = f"Measured on the seeds {first} to {last}"
    if first >= FRESH:
        return f"{which}; the settings were chosen on others."
    return f"{which}, on some of which the settings were chosen."


def row(experiment: Experiment[Any]) -> ExperimentRow:
    fields = experiment.settings.model_fields
    seed = fields["seed"]
    # What may be left out, as a network, is no slider.
    ordered = {
        name: field
        for name, field in fields.items()
        if name != "seed" and field.default is not None
    } | {"seed": seed}
    return {
        "name": experiment.name,
        "title": experiment.title,
        "says": experiment.says,
        "kind": experiment.kind,
        "measure": experiment.measure,
        "logarithmic": experiment.logarithmic,
        "axis": experiment.axis,
        "milliseconds": experiment.milliseconds,
        "settings": [setting(name, field) for name, field in ordered.items()],
        "presets": [{"title": title, "settings": given} for title, given in experiment.presets],
        "script": experiment.script is not None,
        "unscripted": experiment.unwritten or None,
        "inside": STEP_PAGE if callable(experiment.inside) else None,
        "closed": experiment.never or None,
        "weights": experiment.weights is not None,
        "opens": experiment.opens,
        "measured": on_seeds(measured()[experiment.name][0]),
        "claims": [
            {
                "says": claim.says,
                "held": found["held"],
                "seeds": found["seeds"],
                "first": found["first"],
            }
            for claim, found in zip(experiment.claims, measured()[experiment.name], strict=True)
        ],
    }


def setting(name: str, field: FieldInfo) -> SettingRow:
    """A field's bounds are its slider's."""
    bounds: dict[str, Any] = {}
    for part in field.metadata:
        bounds |= {key: getattr(part, key) for key in ("ge", "le") if hasattr(part, key)}
    extra = field.json_schema_extra
    return {
        "name": name,
        "title": field.title or name,
        "says": field.description or "",
        "default": field.default,
        "least": bounds.get("ge"),
        "most": bounds.get("le"),
        "values": extra["values"] if isinstance(extra, dict) else None,  # type: ignore[typeddict-item]
        "whole": field.annotation is int,
    }


def rows() -> list[ExperimentRow]:
    """The table, as it is read by others."""
    return [row(experiment) for experiment in EXPERIMENTS.values()]
