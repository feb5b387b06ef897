"""What makes a picture ready for a network: its size, and for drawings and garments its looks.

What a network is given is of its input's size, from 0 to 1.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image as pillow

from app.core.errors import Problem, nearest
from app.core.numbers import sizes
from app.core.pictures.images import IMAGES, PHOTOS, Box, Bytes, Floats, Shown, middle, picture

SIZE = 64  # the largest height and width of a photo as a convolution is shown on it
Input = npt.NDArray[np.float32]
Kind = Literal["photo", "drawing", "garment"]  # how a picture is prepared
# What the pictures that ship for each of them show, and the one that is looked at first.
SHOWN: dict[Kind, Shown] = {"photo": "photo", "drawing": "digit", "garment": "garment"}
FIRSTS: dict[Kind, str] = {"photo": "coffee", "drawing": "digit-3", "garment": "garment-0"}
CLOSE_UPS = tuple(name for name in PHOTOS if IMAGES[name].square)


def photo(name: str, channels: int = 3, height: int = 32, width: int = 32) -> Floats:
    """The square of a photo in the size that is asked, at most 64 by 64, for a convolution to be
    shown on; one channel is the mean of three."""
    if name not in PHOTOS:
        raise Problem(f"there is no image `{name}`", {"field": "input"}, nearest(name, PHOTOS))
    if channels not in (1, 3) or height > SIZE or width > SIZE:
        raise Problem(
            f"the photos have 3 channels, or 1 as gray, and are at most {SIZE} by {SIZE}",
            {"field": "shape"},
        )
    left, top, side = IMAGES[name].square or centre(picture(name))
    pixels = picture(name)[:, top : top + side, left : left + side]
    small = resized(pixels, height, width, pillow.Resampling.BOX).astype(np.float64)
    if channels == 1:
        small = small.mean(axis=0, keepdims=True)
    rounded: Floats = np.rint(np.broadcast_to(small, (channels, height, width)))
    return rounded


def centre(pixels: Bytes) -> tuple[int, int, int]:
    """Left, top and side of the square in the middle."""
    height, width = pixels.shape[1:]
    side = min(height, width)
    return (width - side) // 2, (height - side) // 2, side


def prepared(pixels: Bytes, kind: Kind, shape: Sequence[int]) -> Input:
    """A picture as a network takes it: of the input's shape, from 0 to 1.

    A photo is made as small as covers the input and its middle is cut out, so that the shorter side
    is seen whole: SqueezeNet is surer of these photos so than with the usual margin (227 of 256).
    What is drawn or worn is made like the pictures that the networks for it learned from. A Problem
    for an input that is no picture's.
    """
    if len(shape) != 3 or shape[0] not in (1, 3):
        raise Problem(
            "a picture has 3 channels, or 1 as gray, with height and width, "
            f"and this network takes {sizes(shape)}",
            {"field": "network"},
        )
    channels, height, width = shape
    ready = PREPARATIONS[kind](pixels, height, width)
    if channels < len(ready):
        ready = gray(ready)
    whole = np.broadcast_to(ready, (channels, height, width))
    return np.ascontiguousarray(whole, np.float32) / np.float32(255)


def covering(pixels: Bytes, height: int, width: int) -> Bytes:
    """The largest part in the middle that has the asked proportions, in the asked size."""
    high, wide = pixels.shape[1:]
    box = middle(high, wide, height, width)
    return resized(pixels, height, width, pillow.Resampling.BICUBIC, box)


def centred_strokes(pixels: Bytes, height: int, width: int) -> Bytes:
    """A drawing as MNIST has its digits (yann.lecun.com/exdb/mnist): the ink, white on black, fits
    a box of 20 by 20, and its centre of mass is the centre of 28 by 28; other sizes alike."""
    strokes = trimmed(ink(pixels))
    ready = np.zeros((1, height, width), np.uint8)
    if not strokes.size:
        return ready
    box = max(1, round(min(height, width) * 20 / 28))
    small = fitted(strokes, box)
    centre = []
    for axis, size in ((1, height), (2, width)):
        mass = small.sum(axis=(0, 3 - axis), dtype=np.float64)
        middle = float(np.average(np.arange(len(mass)) + 0.5, weights=mass)) if mass.any() else 0
        centre.append(min(max(round(size / 2 - middle), 0), size - small.shape[axis]))
    top, left = centre
    ready[:, top : top + small.shape[1], left : left + small.shape[2]] = small
    return ready


def worn(pixels: Bytes, height: int, width: int) -> Bytes:
    """A garment as Fashion-MNIST has it (Xiao, Rasul & Vollgraf, 2017): gray, on black; edges like
    the corners are cut off, the longer side fills the picture, the shorter one is in its middle."""
    if pixels.shape == (1, height, width):
        return pixels
    shade = gray(pixels)
    background = float(np.median(shade[0, [0, 0, -1, -1], [0, -1, 0, -1]]))
    if background > 127:
        shade, background = 255 - shade, 255 - background
    above = np.clip((shade - background) * 255 / (255 - background), 0, 255)
    garment = trimmed(np.where(above > 0.05 * 255, above, 0).astype(np.uint8))
    ready = np.zeros((1, height, width), np.uint8)
    if garment.size:
        small = fitted(garment, min(height, width))
        top, left = (height - small.shape[1]) // 2, (width - small.shape[2]) // 2
        ready[:, top : top + small.shape[1], left : left + small.shape[2]] = small
    return ready


PREPARATIONS: dict[Kind, Callable[[Bytes, int, int], Bytes]] = {
    "photo": covering,
    "drawing": centred_strokes,
    "garment": worn,
}
# Steps of 255: what differs less from the paper is not ink; a drawing that is fainter is none.
GRAIN, FAINTEST = 8, 32


def ink(pixels: Bytes) -> Bytes:
    """How far each pixel is from the paper, 255 where farthest, whatever the two colours are. The
    paper is what most of the edge shows; its own grain counts as nothing."""
    edge = [pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1]]
    paper = np.median(np.concatenate(edge, axis=1), axis=1)[:, None, None]
    far = np.abs(pixels - paper).max(axis=0, keepdims=True)
    far_edge = np.concatenate([far[:, 0], far[:, -1], far[:, :, 0], far[:, :, -1]], axis=1)
    grain = max(GRAIN, 3 * float(np.median(far_edge)))
    most = float(far.max())
    if most < max(FAINTEST, grain):
        return np.zeros(far.shape, np.uint8)
    return np.where(far > grain, np.rint(far * 255 / most), 0).astype(np.uint8)


def trimmed(pixels: Bytes) -> Bytes:
    """One channel without the rows and columns of nothing around what is there."""
    rows, columns = np.nonzero(pixels[0].any(axis=1))[0], np.nonzero(pixels[0].any(axis=0))[0]
    if not len(rows):
        return pixels[:, :0, :0]
    return pixels[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fitted(pixels: Bytes, side: int) -> Bytes:
    """As large as fits a square of that side, the proportions kept."""
    scale = side / max(pixels.shape[1:])
    high, wide = (max(1, round(n * scale)) for n in pixels.shape[1:])
    return resized(pixels, high, wide, pillow.Resampling.BILINEAR)


def gray(pixels: Bytes) -> Bytes:
    """One channel: how bright the colours are to the eye (ITU-R 601), as Pillow has it."""
    if len(pixels) == 1:
        return pixels
    shares = np.array([0.299, 0.587, 0.114])
    return np.rint(np.tensordot(shares, pixels, 1)[None]).astype(np.uint8)


def resized(
    pixels: Bytes,
    height: int,
    width: int,
    filter: pillow.Resampling,
    box: Box | None = None,
) -> Bytes:
    """Another size, of a part (left, top, right, bottom); nothing is skipped when it gets small."""
    rows = []
    for channel in pixels:
        small = pillow.fromarray(np.ascontiguousarray(channel)).resize((width, height), filter, box)
        rows.append(np.asarray(small))
    return np.stack(rows)
