"""Texts and volumes of a drawing as a browser shows them: how large they are, and which overlap."""

import itertools
from typing import Any

SOURCE_LINK = (
    "source=nn.Sequential(nn.Conv2d(3,6,5),nn.ReLU(),nn.MaxPool2d(2),nn.Flatten())&input=3,32,32"
)

TEXTS = """(drawing) => [...drawing.querySelectorAll('text')].map((text) => {
    const { left, right, top, bottom } = text.getBoundingClientRect()
    const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a
    return { said: text.textContent.trim(), left, right, top, bottom, size }
})"""
# Of all volumes that are no slabs.
FRONTS = """(drawing) => [...drawing.querySelectorAll('.volume')]
    .filter((volume) => !volume.classList.contains('slab'))
    .map((volume) => volume.querySelector('.front, .plus').getBoundingClientRect())
    .map(({ width, height }) => [width, height])"""
# What a label's box holds above and below its letters.
AIR = 1.5


def overlaps(texts: list[dict[str, Any]]) -> list[str]:
    """The pairs of texts that stand on one another."""
    return [
        f"{a['said']} on {b['said']}"
        for a, b in itertools.combinations(texts, 2)
        if min(a["right"], b["right"]) > max(a["left"], b["left"])
        and min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > AIR
    ]


DRAWN = (
    "architecture=resnet152", "architecture=googlenet",
    "architecture=lenet5", "architecture=alexnet", "architecture=vgg16", "architecture=resnet50",
    "architecture=resnet50&open=layer1,layer1.0,layer2,layer2.0,layer2.1",
    "architecture=squeezenet1_1", "architecture=cs231n", "architecture=tiny_vgg",
    "source=nn.Sequential(nn.Conv2d(3,6,5),nn.Conv2d(4,6,5),nn.Flatten(),nn.BatchNorm2d(6))"
    "&input=3,32,32",
)  # fmt: skip

# Open as far as it goes: more rows and brackets than a wall has room for.
BRANCHED = "architecture=googlenet&open=inception3b,inception3b.branch2,inception3b.branch4"

# What can be read of an element: each piece of text, and how large it is on screen.
READ = """(part) => [...part.querySelectorAll('*')]
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
    .filter((one) => !one.closest('.unseen, option'))
    .map((one) => ({
        said: one.textContent.trim(),
        size: parseFloat(getComputedStyle(one).fontSize) * (one.getScreenCTM?.().a ?? 1),
        bottom: one.getBoundingClientRect().bottom,
    }))"""
