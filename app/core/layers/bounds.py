"""What a layer's arguments may be: the bounds of the sliders, and the words for what does not fit.

A description completes the sentence "`kernel_size` of Conv2d is ...".
"""

from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from app.core.errors import Problem, nearest
from app.core.questions import up_to


def whole(value: Any) -> Any:
    """A whole number that is written 2.0 as what it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Positive = Annotated[
    int, Field(strict=True, ge=1, le=64, description="a whole number from 1 to 64")
]
MOST_PADDING = 64
NotNegative = Annotated[
    int, Field(strict=True, ge=0, le=MOST_PADDING, description="a whole number from 0 to 64")
]
Size = Annotated[
    Positive | tuple[Positive, Positive],
    Field(description="a whole number from 1 to 64, or a pair (height, width) of them"),
]
OptionalSize = Annotated[
    Positive | tuple[Positive, Positive] | None,
    Field(description="a whole number from 1 to 64, a pair of them, or None: as kernel_size"),
]
Padding = Annotated[
    NotNegative | tuple[NotNegative, NotNegative],
    Field(description="a whole number from 0 to 64, or a pair (height, width) of them"),
]
ConvPadding = Annotated[
    Padding | Literal["same", "valid"],
    Field(description='a whole number from 0 to 64, a pair of them, "same" or "valid"'),
]
Around = Annotated[
    NotNegative | tuple[NotNegative, NotNegative, NotNegative, NotNegative],
    Field(description="a whole number from 0 to 64, or four of them: left, right, top, bottom"),
]


def alone(value: Any) -> Any:
    """A number that stands alone in a tuple, as torch allows on lines."""
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


Long = Annotated[
    int,
    BeforeValidator(alone),
    Field(strict=True, ge=1, le=1024, description="a whole number from 1 to 1,024"),
]
OptionalLong = Annotated[
    Long | None, Field(description="a whole number from 1 to 1,024, or None: as kernel_size")
]
LongPadding = Annotated[
    int,
    BeforeValidator(alone),
    Field(strict=True, ge=0, le=1024, description="a whole number from 0 to 1,024"),
]
LongConvPadding = Annotated[
    LongPadding | Literal["same", "valid"],
    Field(description='a whole number from 0 to 1,024, "same" or "valid"'),
]
Side = Annotated[
    int, Field(strict=True, ge=1, le=1024, description="a whole number from 1 to 1,024")
]
Sides = Annotated[
    Side | tuple[Side, Side] | None,
    Field(description="a whole number from 1 to 1,024, a pair (height, width) of them, or None"),
]
Times = Annotated[
    int, BeforeValidator(whole), Field(strict=True, ge=1, le=16, description="from 1 to 16")
]
Scale = Annotated[
    Times | tuple[Times, Times] | None,
    Field(description="a whole number from 1 to 16, a pair (height, width) of them, or None"),
]
OutputSize = Annotated[
    Positive | tuple[Positive | None, Positive | None],
    Field(description="a whole number from 1 to 64, or a pair of them; None keeps the size"),
]
Channels = Annotated[
    int, Field(strict=True, ge=1, le=65_536, description="a whole number from 1 to 65,536")
]
Features = Annotated[
    int, Field(strict=True, ge=1, le=2**24, description="a whole number from 1 to 16,777,216")
]
LastSizes = Annotated[
    Features | Annotated[tuple[Features, ...], up_to(3, 1)],
    Field(description="the last sizes of what comes in: a whole number, or up to three of them"),
]
Flag = Annotated[bool, Field(strict=True, description="True or False")]
Share = Annotated[float, Field(ge=0, le=1, description="a number from 0 to 1")]
OptionalShare = Annotated[
    float | None, Field(ge=0, le=1, description="a number from 0 to 1, or None")
]
Constant = Annotated[float, Field(ge=-1e6, le=1e6, description="a number up to a million")]
NotNegativeConstant = Annotated[
    float, Field(ge=0, le=1e6, description="a number from 0 to a million")
]
# What is divided by stays above 0 in float32, even to the power of an exponent.
AboveZero = Annotated[
    float, Field(ge=1e-12, le=1e6, description="a number from 10⁻¹² to a million")
]
Exponent = Annotated[float, Field(ge=0, le=3, description="a number from 0 to 3")]
Tracked = Annotated[
    Literal[True],
    Field(description="True: else each number would depend on all others of its channel"),
]

WORDS = {  # arguments of other libraries' layers: what to do here
    "activation": "; put the activation after it, such as nn.ReLU()",
    "input_shape": "; the size of what comes in is told beside the code",
    "input_dim": "; the size of what comes in is told beside the code",
}


class Misfit(Problem):
    """A layer that does not fit what it is given; `output` is what it would give if mended."""

    def __init__(
        self,
        message: str,
        field: str = "",
        suggestion: str = "",
        output: tuple[int, ...] | None = None,
    ) -> None:
        super().__init__(message, {"field": field} if field else {}, suggestion or None)
        self.output = output


def choices(annotation: Any) -> list[Any]:
    """The values that may be chosen from."""
    if annotation in (None, type(None)):
        return [None]
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [value for part in get_args(annotation) for value in choices(part)]


def in_words(error: ValidationError, model: type[BaseModel]) -> Problem:
    """The first mistake in a model's arguments, as a sentence about the field it is in."""
    mistakes: Any = error.errors(include_input=False, include_url=False)
    # A word that there is none of is likely to be what is missing.
    mistake = next((one for one in mistakes if one["type"] == "extra_forbidden"), mistakes[0])
    name, title = str(mistake["loc"][0]), model.__name__
    if mistake["type"] == "missing":
        return Problem(f"`{name}` of {title} is missing", {"field": name})
    if mistake["type"] == "extra_forbidden":
        near = None if name in WORDS else nearest(name, model.model_fields)
        missing = [one["loc"][0] for one in mistakes if one["type"] == "missing"]
        if near is None and len(missing) == 1 and nearest(name, map(str, missing), 0.5):
            near = str(missing[0])
        hint = WORDS.get(name) or (f"; did you mean `{near}`?" if near else "")
        return Problem(f"{title} has no argument `{name[:40]}`{hint}", {"field": name}, near)
    field = model.model_fields[name]
    says = field.description or " or ".join(map(repr, choices(field.annotation)))
    return Problem(f"`{name}` of {title} is {says}", {"field": name})
