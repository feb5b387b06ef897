"""All comparisons in one table; the exit code tells whether every goal is met."""

import sys
from collections.abc import Sequence

from tests.bench import (
    activations,
    cluster,
    convolution,
    engine,
    hostile,
    maps,
    networks,
    page,
    server,
    training,
    visitors,
)
from tests.bench.timing import Comparison

PREFIXES = {
    "": ((1.0, ""),),
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs")),
    "B": ((1e6, "MB"), (1e3, "KB")),
}


def measured(amount: float, unit: str) -> str:
    """An amount in the unit that suits it: 12.3 ms."""
    scales = PREFIXES[unit]
    size, name = next((scale for scale in scales if amount >= scale[0]), scales[-1])
    return f"{amount / size:.3g} {name}"


def line(cells: Sequence[str]) -> str:
    widths = (34, 33, 9, 9, 7, 7)
    left = [cell.ljust(width) for cell, width in zip(cells[:2], widths[:2], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(cells[2:6], widths[2:], strict=True)]
    return "  ".join([*left, *right, *cells[6:]])


def main() -> int:
    """Print rows as they come; 1 when a goal is missed."""
    print(line(("what", "against", "ours", "theirs", "ratio", "goal")))
    missed = 0
    for measure in (
        engine.scalar_graphs,
        engine.hinge_loss,
        engine.straight_line,
        networks.analysis,
        server.requests,
        networks.requests,
        activations.captures,
        activations.meanwhile,
        maps.to_canvas,
        maps.drawing,
        server.start,
        page.first_sight,
        page.in_chromium,
        convolution.in_chromium,
        training.small_nets,
        training.images,
        training.runs,
        training.chart,
        cluster.slices,
        visitors.a_class,
        hostile.texts,
        hostile.bodies,
        hostile.floods,
    ):
        for row in measure():
            missed += not row.met
            print(line(cells(row)), flush=True)
    return 1 if missed else 0


def cells(row: Comparison) -> tuple[str, ...]:
    return (
        row.what,
        row.against,
        measured(row.ours, row.unit),
        measured(row.theirs, row.unit),
        f"{row.ratio:.3f}",
        f"{row.goal:g}",
        "ok" if row.met else "MISSED",
    )


if __name__ == "__main__":
    sys.exit(main())
