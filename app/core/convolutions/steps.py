"""A convolution told cell by cell: every product on the way forward, every share on the way back.

Forward the cells come map by map, row by row; backward in the same order, each adding what it sends
to the gradients so far; a last step says that these sums are the gradients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from app.core.convolutions.sliding import (
    AveragePooling,
    Convolution,
    Floats,
    MaxPooling,
    Sliding,
)
from app.core.convolutions.spelling import dot_product, each, factor, from_to, listing, those
from app.core.convolutions.tellings import (
    Cell,
    CellBackward,
    CellForward,
    CellPlace,
    CellStep,
    LayerGradients,
    StepsAnswer,
    SumsAfter,
    SumStep,
    Words,
)
from app.core.numbers import format_number, latex_number

WHOLE = 2**53


def plain(array: npt.NDArray[Any]) -> Any:
    """Nested lists: whole numbers as such, and null for what is not finite."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        shown = array.astype(object)
        shown[~np.isfinite(array)] = None
        return shown.tolist()
    if (
        array.dtype.kind == "f"
        and np.all(np.abs(array) < WHOLE)
        and np.all(array == np.rint(array))
    ):
        return array.astype(np.int64).tolist()
    return array.tolist()


def number(x: Any) -> float | int | None:
    """One entry as `plain` writes it."""
    value: float | int | None = plain(np.asarray(x, dtype=np.float64))
    return value


class Cells:
    """The cells of a convolution's output in their order, with the gradient that comes to each."""

    def __init__(self, sliding: Sliding, upstream: Floats) -> None:
        self.sliding, self.upstream = sliding, upstream
        self.shape = sliding.output.shape
        self.forward = sliding.output.size
        self.count = 2 * self.forward + 1
        self.pooled = not isinstance(sliding, Convolution)

    def at(self, place: int) -> tuple[int, int, int]:
        """The cell in this place of the order."""
        map_, row, column = (int(i) for i in np.unravel_index(place, self.shape))
        return map_, row, column

    def place(self, cell: Sequence[int]) -> CellPlace:
        """Which cell it is, and which rows and columns of the input are under its window."""
        return {
            "cell": list(cell),
            "rows": self.sliding.rows[cell[1]].tolist(),
            "columns": self.sliding.columns[cell[2]].tolist(),
        }

    def patch(self, cell: Sequence[int]) -> Floats:
        """What its window covers: all channels, for a pooling its own only."""
        map_, row, column = cell
        patch: Floats = self.sliding.patches[row, column]
        return patch[map_ : map_ + 1] if self.pooled else patch

    def cell(self, cell: Sequence[int]) -> Cell:
        """Everything about one cell, forward and backward."""
        weights = self.weights(cell)
        return {
            **self.comes(cell),
            "weights": None if weights is None else plain(weights),
            "backward": self.sends(cell),
        }

    def weights(self, cell: Sequence[int]) -> Floats | None:
        """What the patch is multiplied by; nothing for max pooling."""
        if isinstance(self.sliding, Convolution):
            weights: Floats = self.sliding.weights[cell[0]]
            return weights
        if isinstance(self.sliding, AveragePooling):
            taps = self.sliding.high.kernel * self.sliding.wide.kernel
            return np.full((1, self.sliding.high.kernel, self.sliding.wide.kernel), 1 / taps)
        return None

    # Forward

    def comes(self, cell: Sequence[int]) -> CellForward:
        """The arithmetic of one output."""
        patch, weights, value = self.patch(cell), self.weights(cell), self.value(cell)
        said: CellForward = {
            **self.place(cell),
            "patch": plain(patch),
            "products": None,
            "sums": None,
            "bias": None,
            "chosen": None,
            "value": number(value),
            "latex": "",
            "sentence": "",
        }
        if weights is None:
            said["chosen"] = list(self._chosen(cell))
            return {**said, **self._largest(cell, patch, value)}
        products = patch * weights
        sums = products.sum(axis=(1, 2))
        said["products"], said["sums"] = plain(products), plain(sums)
        if self.pooled:
            return {**said, **self._mean(cell, patch, value)}
        assert isinstance(self.sliding, Convolution)
        bias = float(self.sliding.bias[cell[0]])
        name, tex = self._name("h", cell), self._latex_name("h", cell)
        total = float(sums.sum())
        added = (
            " times its weight is" if products.size == 1 else ", each times its weight, add up to"
        )
        where = "" if products.size == self.sliding.input.size else f" {self._extent(cell)}"
        said["bias"] = number(bias)
        return {
            **said,
            "latex": dot_product(tex, patch, weights, sums, bias, value),
            "sentence": f"{name}: {those(products.size, 'number')} under the filter{where}"
            f"{added} "
            f"{format_number(total)}; with the bias {format_number(bias)} that is "
            f"{format_number(value)}.",
        }

    def value(self, cell: Sequence[int]) -> float:
        return float(self.sliding.output[tuple(cell)])

    def _largest(self, cell: Sequence[int], patch: Floats, value: float) -> Words:
        row, column = self._chosen(cell)
        times = int((patch == value).sum())
        tie = f"; of {times} equal ones it is the first" if times > 1 else ""
        listed = listing([latex_number(x) for x in patch.flat if np.isfinite(x)], ",\\ ")
        return {
            "latex": rf"{self._latex_name('h', cell)} = \max({listed}) = {latex_number(value)}",
            "sentence": f"{self._name('h', cell)}: "
            + (
                f"the largest number under the window is {format_number(value)}, at "
                f"{self._tap(cell, row, column)}{tie}."
                if np.isfinite(patch).sum() > 1
                else f"the one number under the window is {format_number(value)}."
            ),
        }

    def _mean(self, cell: Sequence[int], patch: Floats, value: float) -> Words:
        listed = listing([latex_number(x) for x in patch.flat], " + ")
        return {
            "latex": rf"{self._latex_name('h', cell)} = \frac{{{listed}}}{{{patch.size}}} "
            rf"= \frac{{{latex_number(float(patch.sum()))}}}{{{patch.size}}} "
            rf"= {latex_number(value)}",
            "sentence": f"{self._name('h', cell)}: "
            + (
                f"the one number under the window is {format_number(value)}."
                if patch.size == 1
                else f"the {patch.size} numbers under the window add up to "
                f"{format_number(float(patch.sum()))}; their mean is {format_number(value)}."
            ),
        }

    def _chosen(self, cell: Sequence[int]) -> tuple[int, int]:
        """The tap with the largest value."""
        assert isinstance(self.sliding, MaxPooling)
        tap = int(self.sliding.chosen[cell[1], cell[2], cell[0]])
        return divmod(tap, self.sliding.wide.kernel)

    # Backward

    def sends(self, cell: Sequence[int]) -> CellBackward:
        """Where the gradient of one output goes."""
        map_, row, column = cell
        upstream = float(self.upstream[map_, row, column])
        g, name = format_number(upstream), self._name("h", cell)
        tex, patch, weights = latex_number(upstream), self.patch(cell), self.weights(cell)
        if isinstance(self.sliding, Convolution):
            assert weights is not None
            index = f"_{{{map_}}}"
            return {
                "upstream": number(upstream),
                "to_input": plain(upstream * weights),
                "to_weights": plain(upstream * patch),
                "to_bias": number(upstream),
                "latex": rf"dX_{{\text{{patch}}}} \mathrel{{+}}= {factor(tex)} W{index}, \quad "
                rf"dW{index} \mathrel{{+}}= {factor(tex)} X_{{\text{{patch}}}}, \quad "
                rf"db{index} \mathrel{{+}}= {tex}",
                "sentence": f"The gradient {g} at {name} sends {g} times its weight to "
                f"{each(patch.size, 'input')} under the filter, {g} times the input to "
                f"each weight, and {g} to the bias.{self._lost(cell)}",
            }
        if weights is not None:
            share = upstream / patch.size
            return {
                "upstream": number(upstream),
                "to_input": plain(upstream * weights),
                "to_weights": None,
                "to_bias": None,
                "latex": rf"dX_{{\text{{patch}}}} \mathrel{{+}}= \frac{{{tex}}}{{{patch.size}}} "
                rf"= {latex_number(share)}",
                "sentence": f"The gradient {g} at {name} "
                + (
                    f"goes to the one input under the window.{self._lost(cell)}"
                    if patch.size == 1
                    else f"is shared out: each of the {patch.size} inputs under the window gets "
                    f"{format_number(share)}.{self._lost(cell)}"
                ),
            }
        tap = self._chosen(cell)
        alike = int((patch == patch[0, tap[0], tap[1]]).sum())
        why = "which was the largest" if alike == 1 else f"the first of the {alike} largest"
        alone = np.isfinite(patch).sum() == 1
        to_input = np.zeros_like(patch)
        to_input[0, tap[0], tap[1]] = upstream
        at = self._input(cell, *tap)
        return {
            "upstream": number(upstream),
            "to_input": plain(to_input),
            "to_weights": None,
            "to_bias": None,
            "latex": rf"dx_{{{','.join(map(str, at))}}} \mathrel{{+}}= {tex}",
            "sentence": f"The gradient {g} at {name} goes to x[{', '.join(map(str, at))}]"
            + (
                ", the one input under the window."
                if alone
                else f" alone, {why}; the others under the window get 0."
            ),
        }

    def _lost(self, cell: Sequence[int]) -> str:
        _, height, width = self.sliding.input.shape
        rows, columns = self.sliding.rows[cell[1]], self.sliding.columns[cell[2]]
        inside = ((rows >= 0) & (rows < height)).all() and (
            (columns >= 0) & (columns < width)
        ).all()
        return "" if inside else " What goes to the padding is lost."

    def last_step(self) -> SumStep:
        """The sums over all cells, which are the gradients."""
        height, width = self.sliding.positions
        if self.pooled:
            sentence = (
                "Where windows overlap, what they sent to an input has been added: this sum is its "
                "gradient."
            )
            latex = r"\frac{\partial L}{\partial X} = \sum_{\text{windows}} dX_{\text{patch}}"
        else:
            times = "once" if height * width == 1 else f"{height * width:,} times"
            sentence = (
                f"Every weight was used {times}, every input by the windows that cover it: the "
                "sums of what was sent back are the gradients."
            )
            latex = (
                r"\frac{\partial L}{\partial W} = \sum_{\text{cells}} g\,X_{\text{patch}}, \quad "
                r"\frac{\partial L}{\partial X} = \sum_{\text{cells}} g\,W, \quad "
                r"\frac{\partial L}{\partial b} = \sum_{\text{cells}} g"
            )
        return {"kind": "accumulate", "cell": None, "latex": latex, "sentence": sentence}

    # Steps

    def steps(self, first: int, count: int) -> StepsAnswer:
        """So many steps from `first` on, and the gradients as they are before the first of them."""
        running = _Running(self, first - self.forward)
        before = running.told() if first + count > self.forward else None
        return {
            "first": first,
            "before": before,
            "steps": list(self._steps(first, min(count, self.count - first), running)),
        }

    def _steps(self, first: int, count: int, running: _Running) -> Iterator[CellStep]:
        for step in range(first, first + count):
            if step < self.forward:
                yield {"kind": "forward", **self.comes(self.at(step))}
            elif step < self.count - 1:
                cell = self.at(step - self.forward)
                yield {
                    "kind": "backward",
                    **self.place(cell),
                    **self.sends(cell),
                    **running.add(cell),
                }
            else:
                yield self.last_step()

    # Words

    def _name(self, letter: str, cell: Sequence[int]) -> str:
        return f"{letter}[{', '.join(map(str, cell))}]"

    def _latex_name(self, letter: str, cell: Sequence[int]) -> str:
        return f"{letter}_{{{','.join(map(str, cell))}}}"

    def _extent(self, cell: Sequence[int]) -> str:
        rows, columns = self.sliding.rows[cell[1]], self.sliding.columns[cell[2]]
        return (
            f"(rows {from_to(rows)}, columns {from_to(columns)}, "
            f"{'all channels' if len(self.sliding.input) > 1 else 'one channel'})"
        )

    def _input(self, cell: Sequence[int], row: int, column: int) -> tuple[int, int, int]:
        rows, columns = self.sliding.rows[cell[1]], self.sliding.columns[cell[2]]
        return cell[0], int(rows[row]), int(columns[column])

    def _tap(self, cell: Sequence[int], row: int, column: int) -> str:
        return f"x[{', '.join(map(str, self._input(cell, row, column)))}]"


class _Running:
    """The gradients while they add up, after the first `done` cells."""

    def __init__(self, cells: Cells, done: int) -> None:
        self.cells = cells
        upstream = cells.upstream.copy()
        upstream.reshape(-1)[max(0, done) :] = 0
        gradients = cells.sliding.backward(upstream)
        self.input = gradients.input.copy()
        self.weights = None if gradients.weights is None else gradients.weights.copy()
        self.bias = None if gradients.bias is None else gradients.bias.copy()

    def told(self) -> LayerGradients:
        return {
            "input": plain(self.input),
            "weights": None if self.weights is None else plain(self.weights),
            "bias": None if self.bias is None else plain(self.bias),
        }

    def add(self, cell: Sequence[int]) -> SumsAfter:
        """Add what a cell sends; answers the sums that have changed, in the shape of the patch."""
        sliding, (map_, row, column) = self.cells.sliding, cell
        upstream = self.cells.upstream[map_, row, column]
        rows, columns = sliding.rows[row], sliding.columns[column]
        _, height, width = sliding.input.shape
        high = (rows >= 0) & (rows < height)
        wide = (columns >= 0) & (columns < width)
        weights = self.cells.weights(cell)
        if weights is None:
            share = np.zeros((1, len(rows), len(columns)))
            share[0][self.cells._chosen(cell)] = upstream
        else:
            share = upstream * weights
        channels = slice(map_, map_ + 1) if self.cells.pooled else slice(None)
        places = np.ix_(rows[high], columns[wide])
        self.input[channels][:, places[0], places[1]] += share[:, high][:, :, wide]
        after = np.full(share.shape, np.nan)
        after[np.ix_(range(len(share)), high.nonzero()[0], wide.nonzero()[0])] = self.input[
            channels
        ][:, places[0], places[1]]
        told: SumsAfter = {
            "input_after": plain(after),
            "weights_after": None,
            "bias_after": None,
        }
        if self.weights is not None and self.bias is not None:
            self.weights[map_] += upstream * self.cells.patch(cell)
            self.bias[map_] += upstream
            told["weights_after"] = plain(self.weights[map_])
            told["bias_after"] = number(self.bias[map_])
        return told
