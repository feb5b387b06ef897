"""What any question is: fields that are known, and bounds that are met before anything is read.

Whatever is sent, reading it costs little and notes few mistakes: an object of very many fields is
refused by their number, a list or a table is read to its length and to its first mistake (`up_to`),
and free numbers are counted before they become an array (`counted`).
"""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

MOST_FIELDS = 64  # of an object; no question knows as many
NUMBERS = frozenset((int, float, bool, type(None)))  # None has its own sentence further on
REFUSED = "refused"  # pydantic's type of these mistakes; their words follow the field's name
NO_TENSOR = "must be a number or a nested list of numbers with rows of equal length"


def shown(*questions: dict[str, Any]) -> ConfigDict:
    """Examples for the API's documentation, which can be tried as they stand."""
    return ConfigDict(json_schema_extra={"examples": list(questions)})


def refused(words: str) -> PydanticCustomError:
    """A mistake in words that follow the name of the field: "has too many fields"."""
    return PydanticCustomError(REFUSED, "{words}", {"words": words})


def up_to(most: int, least: int | None = None) -> Any:
    """How long a list, a tuple or a table may be; it is read to its first mistake, no further."""
    return Field(min_length=least, max_length=most, fail_fast=True)


def few_fields(given: Any) -> Any:
    """Refuses an object of very many fields before any of them is looked at: each that is not
    known would be a mistake of its own."""
    if type(given) is dict and len(given) > MOST_FIELDS:
        raise refused(f"has {len(given):,} fields; no question has more than {MOST_FIELDS}")
    return given


class Asked(BaseModel):
    """A question: fields it does not know are refused."""

    model_config = ConfigDict(extra="forbid")

    _few_fields = model_validator(mode="before")(few_fields)

    @classmethod
    def with_fields_of(cls, given: Mapping[str, Any]) -> "type[Asked] | None":
        """The question whose fields stand beside its own where this much of it is given; most have
        none."""
        return None

    @property
    def private(self) -> bool:
        """Whether it holds what nobody else may be shown: a picture, a drawing, weights."""
        return False


def counted(given: Any, most: int, rank: int) -> int:
    """How many numbers nested lists hold, looked at one depth after the other.

    Raises ValueError, in words that follow the name of what is given, for more than `most` lists or
    numbers, for lists nested deeper than `rank`, and for what is not numbers in lists of equal
    lengths. (Of words numpy would make an array in which each is as wide as the longest.)
    """
    if type(given) in NUMBERS:
        return 1
    if type(given) is not list:
        raise ValueError(NO_TENSOR)
    level = [given]
    for _ in range(rank):
        count = sum(map(len, level))
        if count > most:
            raise ValueError(f"has more than {most:,} entries, which is the most")
        kinds = set(map(type, chain.from_iterable(level)))
        if len(set(map(len, level))) > 1 or (list in kinds and len(kinds) > 1):
            raise ValueError(NO_TENSOR)
        if list not in kinds:
            if not kinds <= NUMBERS:
                raise ValueError(NO_TENSOR)
            return count
        level = list(chain.from_iterable(level))
    raise ValueError(f"has lists nested deeper than {rank}, which is the most")


def little(given: dict[str, Any], most: int = 64, depth: int = 4) -> dict[str, Any]:
    """A table of free values, if all of them together are few and not nested deep."""
    level: list[Any] = [given]
    for _ in range(depth):
        level = list(islice(chain.from_iterable(map(_parts, level)), most + 1))
        if not level:
            return given
        if len(level) > most:
            break
    raise refused(f"may hold {most} values at most, nested {depth - 1} deep at most")


def _parts(value: Any) -> Iterator[Any]:
    if type(value) is dict:
        return iter(value.values())
    return iter(value if type(value) is list else ())
