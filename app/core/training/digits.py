"""Digits and garments that ship, small enough to train on while one watches."""

from __future__ import annotations

from functools import lru_cache
from math import log
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.core.pictures.images import ASSETS
from app.core.training.points import FRESH, TRAIN, random

SIDE, CLASSES = 14, 10
PIXELS = SIDE * SIDE
EACH = {TRAIN: 100, FRESH: 50}  # of a class: to train on at most, and to test with

Pictures = Literal["digits", "garments"]
Floats = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


class Digits(NamedTuple):
    """`x`: pictures x pixels from 0 to 1, row by row; `y`: their classes."""

    x: Floats
    y: Labels

    def first(self, count: int) -> Digits:
        return Digits(self.x[:count], self.y[:count])


def guessed(settings: object) -> float:
    """The loss of equal scores for all classes, whatever the settings: nothing has been learned."""
    return log(CLASSES)


@lru_cache(maxsize=2)
def sheet(kind: Pictures = "digits") -> Floats:
    """All that ship: class x number x pixels."""
    with Image.open(ASSETS / f"small_{kind}.png") as image:
        pixels = np.asarray(image.convert("L"), np.float32) / 255
    lines = pixels.reshape(-1, SIDE, CLASSES, SIDE)
    return np.asarray(lines.transpose(2, 0, 1, 3).reshape(CLASSES, -1, PIXELS), np.float32)


@lru_cache(maxsize=32)
def digits(count: int, seed: int, part: int = TRAIN) -> Digits:
    """So many, as many of each class as can be, in an order of chance. What one seed tests with it
    never trains on."""
    numbers = np.tile(np.arange(sheet().shape[1]), (CLASSES, 1))
    shuffled = random(seed, TRAIN).permuted(numbers, axis=1)
    each = shuffled[:, : EACH[TRAIN]] if part == TRAIN else shuffled[:, -EACH[FRESH] :]
    labels = np.tile(np.arange(CLASSES), each.shape[1])[:count]
    chosen = each.T.ravel()[:count]
    order = random(seed, part, count).permutation(len(labels))
    return Digits(sheet()[labels, chosen][order], labels[order])


@lru_cache(maxsize=32)
def of_classes(
    kind: Pictures, classes: tuple[int, ...], each: int, seed: int, part: int = TRAIN
) -> Digits:
    """So many of each of these classes, which are counted from 0, in an order of chance."""
    numbers = np.tile(np.arange(sheet(kind).shape[1]), (CLASSES, 1))
    shuffled = random(seed, TRAIN).permuted(numbers, axis=1)
    some = shuffled[list(classes), :each] if part == TRAIN else shuffled[list(classes), -each:]
    labels = np.repeat(np.arange(len(classes)), some.shape[1])
    order = random(seed, part, each).permutation(len(labels))
    return Digits(sheet(kind)[np.array(classes)[labels], some.ravel()][order], labels[order])
