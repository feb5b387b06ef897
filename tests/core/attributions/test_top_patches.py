"""The strongest patches, held against brute force."""

import numpy as np
import pytest
import torch

from app.core.attributions.top_patches import (
    about_gray,
    affordable,
    cuts,
    maxima,
    shared,
    strongest,
    top_patches,
)
from app.core.errors import Problem
from app.core.layers.table import make
from app.core.networks.architectures import architecture
from app.core.networks.network import Channel, sequential
from app.core.networks.torch_network import TorchNetwork, seeded
from app.core.pictures.images import IMAGES, PHOTOS
from app.core.pictures.preparation import prepared
from tests.core.networks.test_networks import conv

torch.set_num_threads(1)


def model_of(*input: int) -> TorchNetwork:
    network = sequential(
        [conv(input[0], 6, 5, stride=2), make("ReLU", {}), make("MaxPool2d", {"kernel_size": 2}),
         conv(6, 4, 3), make("Flatten", {})],
        input,
    )  # fmt: skip
    return seeded(network, 3)


@pytest.mark.parametrize("layer", [0, 2, 3, 4])
def test_they_are_the_largest_units_of_all_pictures(layer: int) -> None:
    model = model_of(3, 32, 32)
    found = maxima(model, "photo")
    hits = strongest(model.network, found.of(Channel(layer, 2)), Channel(layer, 2), 9)
    best: list[float] = []
    for cut in cuts("photo"):
        image = torch.from_numpy(prepared(cut.pixels, "photo", (3, 32, 32)))[None]
        maps = model.activations(image)[layer][0, 2].reshape(-1)
        best.append(float(maps.max()))
        for hit in hits:
            if hit.cut == cut:
                assert hit.value == pytest.approx(best[-1], rel=1e-5)
    assert hits[0].value == pytest.approx(max(best), rel=1e-5)
    values = [hit.value for hit in hits]
    assert values == sorted(values, reverse=True)
    # No picture with a larger unit was left out but for its photo's sake.
    taken = {hit.cut for hit in hits}
    for cut, value in zip(cuts("photo"), best, strict=True):
        if value > values[-1] + 1e-4 and cut not in taken:
            assert any(hit.cut.image == cut.image for hit in hits)


def test_a_silent_channel_has_no_patches() -> None:
    model = model_of(3, 32, 32)
    with torch.no_grad():
        model.steps[0].bias[2] = -1e3
    found = maxima(model, "photo")
    before, after = Channel(0, 2), Channel(1, 2)
    assert len(strongest(model.network, found.of(before), before, 9)) == 9
    assert strongest(model.network, found.of(after), after, 9) == []


def test_the_nine_differ() -> None:
    model = model_of(3, 32, 32)
    found = maxima(model, "photo")
    for channel in range(6):
        hits = strongest(model.network, found.of(Channel(0, channel)), Channel(0, channel), 9)
        assert len(hits) == 9
        names = [hit.cut.image for hit in hits]
        assert max(map(names.count, names)) <= 3
        boxes = [(hit.cut.image, hit.box(32, 32)) for hit in hits]
        for i, (name, box) in enumerate(boxes):
            for other, another in boxes[:i]:
                assert name != other or shared(box, another) <= 0.5


def test_a_patch_is_what_the_unit_sees() -> None:
    """Whatever lies outside it does not change the unit; the deconvnet's picture is as large."""
    model = model_of(3, 32, 32)
    aim = Channel(3, 1)
    (hit,) = strongest(model.network, maxima(model, "photo").of(aim), aim, 1)
    image = prepared(hit.cut.pixels, "photo", (3, 32, 32))
    inside = np.zeros_like(image)
    part = slice(hit.rows[0], hit.rows[1] + 1), slice(hit.columns[0], hit.columns[1] + 1)
    inside[:, part[0], part[1]] = image[:, part[0], part[1]]
    with torch.no_grad():
        value = model.activations(torch.from_numpy(inside)[None])[3][(0, 1, *hit.unit)]
    assert float(value) == pytest.approx(hit.value, rel=1e-4)


def test_drawings_are_looked_at_whole() -> None:
    model = model_of(1, 28, 28)
    found = maxima(model, "drawing")
    rows = top_patches(model, found.of(Channel(0, 3)), Channel(0, 3), 9)
    names = [row["image"] for row in rows]
    assert len(set(names)) >= 3
    assert all(IMAGES[name].kind == "digit" for name in names)


def test_photos_are_cut_evenly() -> None:
    shown = cuts("photo")
    assert {cut.image for cut in shown[: 2 * len(PHOTOS)]} == set(PHOTOS)
    for cut in shown:
        _, height, width = IMAGES[cut.image].size
        top, left, bottom, right = cut.box
        assert 0 <= top < bottom <= height
        assert 0 <= left < right <= width
        assert bottom - top == right - left
    assert len(set(shown)) == len(shown)


def test_large_networks_get_fewer_pictures_or_none() -> None:
    assert 9 <= len(affordable(architecture("resnet18"), cuts("photo"))) < len(cuts("photo"))
    with pytest.raises(Problem, match="multiply-adds a picture"):
        affordable(architecture("vgg16"), cuts("photo"))


def test_zero_is_gray() -> None:
    signal = np.zeros((3, 4, 4), np.float32)
    assert (about_gray(signal) == 128).all()
    signal[0, 0, 0], signal[1, 1, 1] = 2, -2
    drawn = about_gray(signal)
    assert (drawn[0, 0, 0], drawn[1, 1, 1], drawn[2, 2, 2]) == (255, 0, 128)
