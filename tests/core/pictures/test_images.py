"""The pictures that ship, and how a picture is prepared for a network."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.core.errors import Problem
from app.core.networks.models import MODELS
from app.core.pictures.images import (
    ASSETS,
    DIGITS,
    GARMENTS,
    IMAGES,
    PHOTOS,
    Bytes,
    middle,
    picture,
)
from app.core.pictures.preparation import PREPARATIONS, prepared

DIGIT = (1, 28, 28)
COLOURS = [("white", "black"), ("black", "white"), ("#0b5", "#fffbe6"), ("yellow", "white")]


def drawn(paper: str = "black", ink: str = "white", **more: int) -> Bytes:
    """A 3 as a mouse draws it, small and in a corner of the canvas."""
    width = more.get("width", 14)
    canvas = Image.new("RGB", (320, 240), paper)
    draw = ImageDraw.Draw(canvas)
    x, y = more.get("x", 30), more.get("y", 40)
    for top in (y, y + 40):
        draw.arc((x, top, x + 44, top + 48), -140, 110, fill=ink, width=width)
    return np.asarray(canvas).transpose(2, 0, 1)


@pytest.mark.parametrize("name", IMAGES)
def test_a_picture_is_as_its_row_says(name: str) -> None:
    row, pixels = IMAGES[name], picture(name)
    assert (pixels.shape, pixels.dtype) == (row.size, np.uint8)
    assert not pixels.flags.writeable
    assert pixels.std() > 10
    assert (row.name, row.kind == "photo") == (name, row.label is None)
    if row.label is not None:
        word = (DIGITS if row.kind == "digit" else GARMENTS)[row.label]
        assert row.says.endswith(word)


def test_every_file_of_pictures_is_in_the_table_and_in_the_notice() -> None:
    assert {path.stem for path in (ASSETS / "photos").iterdir()} == set(PHOTOS)
    notice = (ASSETS / "NOTICE").read_text()
    for path in ASSETS.iterdir():
        assert path.name == "NOTICE" or path.name in notice
    for name in PHOTOS:
        assert f"\n  {name} " in notice


def test_gray_photos_have_one_channel_because_the_three_are_equal() -> None:
    for name in PHOTOS:
        with Image.open(ASSETS / "photos" / f"{name}.webp") as file:
            pixels = np.asarray(file.convert("RGB")).astype(int)
        gray = np.ptp(pixels, axis=2).max() <= 1  # a step is lost on the way out of the file
        assert (IMAGES[name].size[0] == 1) == gray


def test_an_unknown_picture_is_a_problem() -> None:
    with pytest.raises(Problem, match="no image `cofee`; did you mean `coffee`"):
        picture("cofee")


# A photo


@pytest.mark.parametrize("size", [(20, 20), (20, 30), (31, 9)])
def test_a_photo_keeps_its_middle_and_its_proportions(size: tuple[int, int]) -> None:
    rows, columns = np.mgrid[0:90, 0:160]
    ramp = np.stack([rows * 2, columns, np.zeros_like(rows)]).astype(np.uint8)
    ready = prepared(ramp, "photo", (3, *size)) * 255
    assert ready.shape == (3, *size)
    step = min(90 / size[0], 160 / size[1])
    for channel, axis, whole, slope in ((0, 1, 90, 2), (1, 2, 160, 1)):
        n = size[axis - 1]
        seen = ready[channel].mean(axis=2 - axis)
        expected = slope * ((np.arange(n) - (n - 1) / 2) * step + (whole - 1) / 2)
        np.testing.assert_allclose(seen[2:-2], expected[2:-2], atol=1)


INPUTS = sorted({row.network.input[1:] for row in MODELS.values()})
LARGEST = 512  # of a side that is kept of an upload


@pytest.mark.parametrize(("height", "width"), [*INPUTS, (204, 204), (4096, 1)])
def test_the_middle_of_a_picture_of_any_size_lies_within_it(height: int, width: int) -> None:
    for high, wide in product(range(1, LARGEST + 1), repeat=2):
        left, top, right, bottom = middle(high, wide, height, width)
        assert 0 <= left < right <= wide
        assert 0 <= top < bottom <= high


@pytest.mark.parametrize("kind", PREPARATIONS)
def test_pictures_of_odd_sizes_are_prepared_for_every_model(kind: Any) -> None:
    draw = np.random.default_rng(0)
    sizes = [(2400, 1080), (255, 255), (1, 1), (1, 512), (512, 1), (2, 511), (231, 512)]
    sizes += [tuple(size) for size in draw.integers(1, LARGEST + 1, (60, 2)).tolist()]
    for row in MODELS.values():
        for high, wide in sizes:
            pixels = draw.integers(0, 256, (3, high, wide), dtype=np.uint8)
            assert prepared(pixels, kind, row.network.input).shape == row.network.input


def test_nothing_is_skipped_when_a_photo_gets_small() -> None:
    board = (np.indices((200, 200)).sum(axis=0) % 2 * 255).astype(np.uint8)[None]
    ready = prepared(board, "photo", (1, 20, 20))
    np.testing.assert_allclose(ready[:, 1:-1, 1:-1], 0.5, atol=0.02)


def test_channels_follow_the_network() -> None:
    red = np.zeros((3, 8, 8), np.uint8)
    red[0] = 255
    np.testing.assert_allclose(prepared(red, "photo", (1, 8, 8)), 0.299, atol=1 / 255)
    gray = picture("camera")
    ready = prepared(gray, "photo", (3, 320, 320))
    np.testing.assert_array_equal(ready, np.repeat(gray, 3, axis=0).astype(np.float32) / 255)
    for shape in ((784,), (4, 8, 8)):
        with pytest.raises(Problem, match="3 channels, or 1 as gray"):
            prepared(gray, "photo", shape)


# A drawing


@pytest.mark.parametrize(("ink", "paper"), COLOURS)
def test_a_drawing_is_white_on_black_in_its_box(ink: str, paper: str) -> None:
    ready = prepared(drawn(paper, ink), "drawing", DIGIT)[0]
    rows, columns = np.nonzero(ready.any(axis=1))[0], np.nonzero(ready.any(axis=0))[0]
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert ready[0].max() == 0
    assert ready.max() > 0.9
    centre = [np.average(np.arange(28), weights=ready.sum(axis=1 - axis)) for axis in (0, 1)]
    np.testing.assert_allclose(centre, 13.5, atol=0.51)
    np.testing.assert_allclose(ready, prepared(drawn(), "drawing", DIGIT)[0], atol=0.03)


def test_a_drawing_is_the_same_wherever_it_is_drawn() -> None:
    first = prepared(drawn(x=5, y=3), "drawing", DIGIT)
    for x, y in product((90, 250), (20, 140)):
        np.testing.assert_array_equal(prepared(drawn(x=x, y=y), "drawing", DIGIT), first)


def test_mnist_is_prepared_as_it_is() -> None:
    """The steps are MNIST's own: its digits come out as they went in, but for a pixel's shift."""
    for i in range(60):
        before = picture(f"digit-{i}").astype(np.float32) / 255
        after = prepared(picture(f"digit-{i}"), "drawing", DIGIT)
        shifts = [np.roll(before, (y, x), (1, 2)) for y, x in product((-1, 0, 1), repeat=2)]
        assert min(np.abs(shift - after).mean() for shift in shifts) < 0.02


def test_paper_with_grain_and_nothing_on_it_is_empty() -> None:
    assert not prepared(np.full((3, 50, 70), 200, np.uint8), "drawing", DIGIT).any()
    grain = np.random.default_rng(0).integers(225, 245, (3, 90, 90)).astype(np.uint8)
    assert not prepared(grain, "drawing", DIGIT).any()
    line = grain.copy()
    line[:, 30:60, 44:47] = 30
    ready = prepared(line, "drawing", DIGIT)[0]
    assert np.count_nonzero(ready.sum(axis=0)) <= 4
    assert np.count_nonzero(ready.sum(axis=1)) == 20


def test_a_drawing_scales_with_another_input() -> None:
    assert np.count_nonzero(prepared(drawn(), "drawing", (1, 56, 56))[0].any(axis=1)) == 40
    assert prepared(drawn(), "drawing", (3, 32, 48)).shape == (3, 32, 48)
    assert prepared(drawn(), "drawing", (1, 1, 1)).shape == (1, 1, 1)


# A garment


def test_a_garment_stays_as_it_is_or_becomes_alike() -> None:
    coat = picture("garment-4")
    np.testing.assert_array_equal(prepared(coat, "garment", DIGIT) * 255, coat)
    # As in a shop: on white, in colour, with much around it.
    large = np.kron(coat[0], np.ones((5, 5)))
    shop = np.full((3, 300, 260), 250.0)
    shop[:, 60:200, 60:200] -= large * 250 / 255
    ready = prepared(np.rint(shop).astype(np.uint8), "garment", DIGIT)[0]
    assert ready.any(axis=1).sum() == 28
    assert np.abs(ready - coat[0] / 255).mean() < 0.04
    assert not prepared(np.full((3, 40, 40), 90, np.uint8), "garment", DIGIT).any()
