"""What may be asked of a network that is taught classes of one's own."""

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from app.core.numbers import plural
from app.core.pictures.images import GARMENTS, PHOTOS
from app.core.questions import Asked, refused, shown, up_to

FEWEST_CLASSES, MOST_CLASSES = 2, 5
FEWEST, MOST = 5, 40  # pictures of a class
MOST_NAME = 40  # characters
MOST_TEXT = 600_000  # characters of a picture: more than 224 by 224 pixels need in any format
SEEDS = 1000
MODULES = 2  # of the network's last ones that may be trained
MOST_TUNED = 60  # pictures times modules: some three seconds of one core


def photos(names: tuple[str, ...], each: int) -> dict[str, Any]:
    """So many cuts of each photo."""
    return {
        "classes": [
            {"name": name, "pictures": [f"{name}/{i}" for i in range(each)]} for name in names
        ]
    }


def samples(kind: str, labels: dict[int, str]) -> dict[str, Any]:
    """The digits or garments that ship, of some classes."""
    return {
        "classes": [
            {"name": name, "pictures": [f"{kind}-{label + 10 * line}" for line in range(6)]}
            for label, name in labels.items()
        ]
    }


SHOES = {label: GARMENTS[label] for label in (5, 7, 9)}
# What can be taught without a picture of one's own.
PRESETS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Five digits", samples("digit", {3: "three", 5: "five", 6: "six", 8: "eight", 9: "nine"})),
    ("Three kinds of shoe", samples("garment", SHOES)),
    ("Five photos", photos(PHOTOS[:5], 6)),
)
FIRST = PRESETS[0][1]


def with_classes(question: dict[str, Any]) -> dict[str, Any]:
    """The first example's where no class is named."""
    return question if "classes" in question else FIRST | question


class TaughtClass(Asked):
    """A class: what it is called, and pictures of it."""

    name: Annotated[str, Field(min_length=1, max_length=MOST_NAME)]
    pictures: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]], up_to(MOST, FEWEST)
    ] = Field(
        description="Each a PNG, JPEG or WebP as a data address, of a million pixels at most; or a "
        "name of GET /api/images, or of a photo among them a cut, as `coffee/3`."
    )


class TeachQuestion(Asked):
    """Classes of one's own, by pictures of each."""

    model_config = shown(FIRST | {"seed": 0}, PRESETS[1][1])

    classes: Annotated[list[TaughtClass], up_to(MOST_CLASSES, FEWEST_CLASSES)]
    seed: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            lt=SEEDS,
            description="Of which pictures are held out together, and of the untrained network.",
        ),
    ] = 0

    modules: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            le=MODULES,
            description="How many of the network's last modules are trained too, after the head: "
            f"0.8 MB of weights each. Pictures times modules may be {MOST_TUNED} at most.",
        ),
    ] = 0

    @field_validator("modules")
    @classmethod
    def _in_seconds(cls, given: int, info: ValidationInfo) -> int:
        classes: list[TaughtClass] = info.data.get("classes", [])
        count = sum(len(each.pictures) for each in classes)
        if given * count > MOST_TUNED:
            raise refused(
                f"is {given} for {count} pictures, and pictures times modules may be {MOST_TUNED} "
                f"at most: with {plural(given, 'module')} take {MOST_TUNED // given} pictures"
            )
        return given

    @field_validator("classes")
    @classmethod
    def _names_differ(cls, given: list[TaughtClass]) -> list[TaughtClass]:
        names = [each.name.strip().casefold() for each in given]
        for i, name in enumerate(names):
            if not name:
                raise refused(f"has no name for class {i + 1}")
            if name in names[:i]:
                first = names.index(name) + 1
                raise refused(
                    f"has the name `{given[i].name}` twice, for class {first} and for class {i + 1}"
                )
        return given

    @property
    def private(self) -> bool:
        return any(
            picture.startswith("data:") for each in self.classes for picture in each.pictures
        )

    @property
    def labels(self) -> list[int]:
        """The class of each picture, one class after the other."""
        return [i for i, each in enumerate(self.classes) for _ in each.pictures]
