"""Array functions that numpy lacks: forwards of ops, and the vocabulary of their derivatives.

All take and give float64 arrays. Labels (`y`) and indices are whole numbers carried as floats.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.core.errors import OverBudget, Problem

Array = NDArray[np.float64]
Value = float | Array
Axis = int | None

MAX_ENTRIES = 1_000_000  # of all tensors together
MAX_RANK = 4


def tensor(given: Any, what: str, where: Mapping[str, Any], most: int = MAX_ENTRIES) -> Value:
    """A number as a float, a nested list as an array; a Problem for anything else."""
    if type(given) is float and given - given == 0.0:
        return given
    try:
        array = np.asarray(given)
        if array.dtype.kind == "O" and not all(isinstance(x, int) for x in array.flat):
            raise TypeError
        if array.dtype.kind not in "biufO":
            raise TypeError
        array = array.astype(np.float64, copy=False)
    except OverflowError:
        raise Problem(f"{what} must hold finite numbers", where) from None
    except (ValueError, TypeError):
        raise Problem(
            f"{what} must be a number or a nested list of numbers with rows of equal length", where
        ) from None
    if array.size == 0:
        raise Problem(f"{what} is an empty list and has no value", where)
    if array.ndim > MAX_RANK:
        raise Problem(f"{what} has rank {array.ndim}; {MAX_RANK} is the most", where)
    if array.size > most:
        raise OverBudget(f"{what} has {array.size:,} entries; {most:,} is the most", where)
    if not np.isfinite(array).all():
        raise Problem(f"{what} must hold finite numbers", where)
    return array if array.ndim else float(array)


erf: Any = np.frompyfunc(math.erf, 1, 1)


def error_function(x: Array) -> Array:
    """The Gauss error function, entry by entry."""
    return np.asarray(erf(x), dtype=np.float64)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x) without overflow on either side."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def whole(values: Array, what: str) -> NDArray[np.int64]:
    """Floats that must be whole numbers, as integers; a Problem says what they are for."""
    rounded = np.rint(values)
    if (rounded != values).any() or (np.abs(values) > 2**31).any():
        raise Problem(f"{what} must be a whole number")
    return rounded.astype(np.int64)


def labels(y: Array, scores: Array) -> NDArray[np.int64]:
    """The labels of scores (C,) or (N, C) as integers, checked against C and N."""
    if scores.ndim not in (1, 2):
        raise Problem(f"scores must be a vector or a matrix, not {shape_words(scores.shape)}")
    if y.shape != scores.shape[:-1]:
        wanted = f"a vector of {scores.shape[0]}" if scores.ndim == 2 else "one label"
        raise Problem(
            f"scores that are {shape_words(scores.shape)} want {wanted}, and the labels are "
            f"{shape_words(y.shape)}"
        )
    classes = scores.shape[-1]
    found = whole(y, "a label")
    if np.any(found < 0) or np.any(found >= classes):
        wrong = found[(found < 0) | (found >= classes)].flat[0]
        raise Problem(f"label {wrong} is not one of the {classes} classes 0 to {classes - 1}")
    return found


def shape_words(shape: Sequence[int]) -> str:
    """A shape as people say it: a single number, a vector of 3, a 10 × 3072 matrix."""
    if len(shape) < 2:
        return f"a vector of {shape[0]}" if shape else "a single number"
    return f"a {' × '.join(map(str, shape))} {'matrix' if len(shape) == 2 else 'tensor'}"


def one_hot(y: Array, scores: Array) -> Array:
    """1 at each label, 0 elsewhere; of the scores' shape."""
    found = labels(y, scores)
    hot = np.zeros(scores.shape)
    np.put_along_axis(hot, np.expand_dims(found, -1), 1.0, axis=-1)
    return hot


def rows(scores: Array) -> float:
    """How many examples the scores hold: 1 for a vector, N for (N, C)."""
    return float(scores.shape[0]) if scores.ndim == 2 else 1.0


def margins(scores: Array, y: Array) -> Array:
    """s_j - s_y + 1, and minus infinity's place taken by 0 at j = y."""
    hot = one_hot(y, scores)
    right = np.sum(scores * hot, axis=-1, keepdims=True)
    return np.asarray((scores - right + 1.0) * (1.0 - hot))


def hinge(scores: Array, y: Array) -> Array:
    """The multiclass SVM loss, sum over j != y of max(0, s_j - s_y + 1); the mean over rows."""
    return np.asarray(np.maximum(margins(scores, y), 0.0).sum() / rows(scores))


def violated(scores: Array, y: Array) -> Array:
    """1 for every wrong class whose margin is above zero."""
    return (margins(scores, y) > 0).astype(np.float64)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """log of softmax, shifted by the maximum so that nothing overflows."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return np.asarray(shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True)))


def softmax(x: Array, axis: int = -1) -> Array:
    """e^x over the sum of e^x along an axis."""
    return np.exp(log_softmax(x, axis))


def cross_entropy(scores: Array, y: Array) -> Array:
    """-log softmax(s)[y]; the mean over rows, as in torch."""
    return np.asarray(-np.sum(log_softmax(scores) * one_hot(y, scores)) / rows(scores))


def soft_cross_entropy(scores: Array, p: Array) -> Array:
    """-sum(p log softmax(s)); the mean over rows, as in torch."""
    if scores.ndim not in (1, 2) or p.shape != scores.shape:
        raise Problem(
            f"every score wants a probability: the scores are {shape_words(scores.shape)}, the "
            f"probabilities {shape_words(p.shape)}"
        )
    return np.asarray(-np.sum(log_softmax(scores) * p) / rows(scores))


def logsumexp(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """log(sum(e^x)), shifted by the maximum so that nothing overflows."""
    most = np.max(x, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - most), axis=axis, keepdims=True)) + most
    if keepdims or not x.ndim:
        return np.asarray(total)
    return np.asarray(total.reshape(()) if axis is None else np.squeeze(total, axis))


def variance(x: Array, axis: Axis = None, keepdims: bool = False, correction: int = 0) -> Array:
    """The mean of (x - mean(x)) ** 2, or their sum over n - correction."""
    n = count(x, axis)
    if n <= correction:
        raise Problem(f"a variance with correction={correction} needs more than {n:g} numbers")
    squares = np.sum(away(x, axis) ** 2, axis=axis, keepdims=keepdims)
    return np.asarray(squares / (n - correction))


def deviation(x: Array, axis: Axis = None, keepdims: bool = False, correction: int = 0) -> Array:
    """The root of the variance."""
    return np.asarray(np.sqrt(variance(x, axis, keepdims, correction)))


def away(x: Array, axis: Axis = None) -> Array:
    """Each entry's distance from the mean; where all are equal exactly 0."""
    far = x - np.mean(x, axis=axis, keepdims=True)
    flat = np.ptp(x, axis=axis, keepdims=True) == 0 if x.ndim else True
    return np.where(flat, 0.0, far)


def entry(upstream: Array, i: int) -> Array:
    """The piece of a list's gradient that belongs to part i."""
    return np.asarray(upstream[i])


def spread(v: Array, x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """Repeat a reduction's result (or its gradient) so that it lines up with what it reduced."""
    if axis is not None and not keepdims and x.ndim:
        v = np.expand_dims(v, axis)
    return repeated(v, x.shape)


def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` where a condition holds, else `b`; a single condition picks one of them whole."""
    if np.ndim(condition):
        return np.where(condition, a, b)
    return a if condition else b


def repeated(x: Array, shape: tuple[int, ...]) -> Array:
    """An array as it broadcasts to a shape: a view that cannot be written to."""
    if x.ndim:
        return np.broadcast_to(x, shape)
    # One number at every entry: the same view, in a fraction of the time.
    view = np.ndarray(shape, x.dtype, x.data, strides=(0,) * len(shape))
    view.flags.writeable = False
    return view


def tied(x: Array, out: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """1 where an entry is the one that a max or min took, shared evenly between ties."""
    chosen = (x == spread(out, x, axis, keepdims)).astype(np.float64)
    return np.asarray(chosen / chosen.sum(axis=axis, keepdims=True))


def others(x: Array, axis: Axis = None) -> Array:
    """For each entry the product of all the other ones; right where there are zeros."""
    if axis is None or x.ndim == 0:
        return others(x.reshape(-1), 0).reshape(x.shape)
    moved = np.moveaxis(x, axis, -1)
    before, after = np.ones_like(moved), np.ones_like(moved)
    before[..., 1:] = np.cumprod(moved[..., :-1], axis=-1)
    after[..., :-1] = np.cumprod(moved[..., :0:-1], axis=-1)[..., ::-1]
    return np.moveaxis(before * after, -1, axis)


def norm(x: Array, axis: Axis = None, keepdims: bool = False) -> Array:
    """The Euclidean length, sqrt(sum(x ** 2)), of all entries or along an axis."""
    return np.asarray(np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)))


def unit(x: Array, axis: Axis = None) -> Array:
    """x divided by its length; 0 where the length is 0."""
    length = norm(x, axis, keepdims=True)
    return np.asarray(x / np.where(length == 0, 1.0, length))


def count(x: Array, axis: Axis = None) -> float:
    """How many entries a reduction over the axis takes together."""
    return float(x.shape[axis] if axis is not None and x.ndim else x.size)


def transpose(x: Array) -> Array:
    """The last two axes swapped; a vector stays as it is."""
    return np.swapaxes(x, -1, -2) if x.ndim > 1 else x


def dot(a: Array, b: Array) -> Array:
    """The sum of products of two vectors of one length."""
    if a.ndim != 1 or b.ndim != 1:
        raise Problem("`dot` takes two vectors; for matrices there is `@`")
    return np.asarray(a @ b)


def outer(a: Array, b: Array) -> Array:
    """The matrix of all products a_i b_j of two vectors."""
    if a.ndim != 1 or b.ndim != 1:
        raise Problem("`outer` takes two vectors")
    return np.outer(a, b)


def reshape(x: Array, shape: Sequence[int]) -> Array:
    """The same entries, row by row, in another shape; one size may be -1."""
    return x.reshape(tuple(shape))


def concat(*parts: Array, axis: int = 0) -> Array:
    """The parts one after the other along an axis."""
    return np.concatenate(parts, axis=axis)


def cut(upstream: Array, parts: Sequence[Array], i: int, axis: int) -> Array:
    """The piece of a concatenation's gradient that belongs to part i."""
    start = sum(part.shape[axis] for part in parts[:i])
    return np.take(upstream, range(start, start + parts[i].shape[axis]), axis=axis)


def index(x: Array, *indices: Array, key: Sequence[Any]) -> Array:
    """x[key]: numbers, slices [start, stop, step], None for a new axis, or {"input": i} for a
    computed index."""
    plain, computed = subscripts(key, indices)
    return np.asarray(x[plain][computed])


def scatter(upstream: Array, x: Array, indices: Sequence[Array], key: Sequence[Any]) -> Array:
    """Zeros of x's shape with the upstream gradient added where the index took its entries."""
    out = np.zeros(x.shape)
    plain, computed = subscripts(key, indices)
    np.add.at(out[plain], computed, upstream)  # out[plain] is a view
    return out


def subscripts(
    key: Sequence[Any], indices: Sequence[Array]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """A key as two subscripts: numbers and slices first, then vectors, as in torch."""
    plain: list[Any] = []
    computed: list[Any] = []
    for part in key:
        if isinstance(part, dict):
            part = whole(np.asarray(indices[part["input"]]), "an index")
            if part.ndim == 0:
                part = int(part)
        if isinstance(part, int):
            plain.append(part)
        elif part is None:  # a new axis
            plain.append(None)
            computed.append(slice(None))
        elif isinstance(part, list | tuple):
            plain.append(slice(*part))
            computed.append(slice(None))
        else:
            plain.append(slice(None))
            computed.append(part)
    return (*plain, ...), (*computed, ...)


def randn(shape: Sequence[int], seed: int) -> Array:
    """Standard normal numbers; the same seed gives the same ones."""
    return np.random.default_rng(seed).standard_normal(tuple(shape))
