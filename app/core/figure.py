"""A figure: an interactive picture, what may be asked of it, and what answers."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

import orjson

from app.core.errors import OverBudget
from app.core.mistakes import read
from app.core.questions import Asked
from app.core.witnesses import Witness

Q = TypeVar("Q", bound=Asked)

JSON = "application/json"
# Bytes that a question may have: without arrays, with arrays, with a picture or weights.
WORDS, ARRAYS, PICTURES = 256_000, 2_000_000, 24_000_000
LEAST, LEVEL = 1_000, 5  # of what is compressed: bytes, and gzip's level
# Tensors are compressed where it is quick and a sample says that it saves enough: many are noise.
MOST_TENSORS, TENSORS_LEVEL = 3_000_000, 1
SAMPLE, WORTH = 64_000, 0.8


@dataclass(frozen=True)
class Written:
    """An answer as it goes over the wire. `private`: made from what a visitor sent, never kept."""

    body: bytes
    media_type: str = JSON
    private: bool = False
    gzipped: bytes | None = None

    @property
    def kept_bytes(self) -> int:
        """What remembering it takes; 0 if it must not be."""
        return 0 if self.private else len(self.body) + len(self.gzipped or b"")

    def compressed(self) -> "Written":
        """With its compressed form beside it, where that is worth the time."""
        level = LEVEL if self.media_type == JSON else TENSORS_LEVEL
        if len(self.body) < LEAST or (self.media_type != JSON and not self.worth()):
            return self
        return replace(self, gzipped=gzip.compress(self.body, level, mtime=0))

    def worth(self) -> bool:
        """Whether tensors are: those of a moving picture never are, which has no time for it."""
        if self.private or len(self.body) > MOST_TENSORS:
            return False
        sample = self.body[len(self.body) // 2 :][:SAMPLE]
        return len(gzip.compress(sample, TENSORS_LEVEL)) < WORTH * len(sample)


Write = Callable[[Any, Any, str], tuple[bytes, str]]


def as_json(question: Any, answer: Any, accept: str) -> tuple[bytes, str]:
    """JSON; what is not a number is null, numpy's arrays are nested lists."""
    return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), JSON


@dataclass(frozen=True)
class AsText:
    """Text, of the kind that the question's `format` chooses."""

    media_types: Mapping[str, str]

    def __call__(self, question: Any, answer: str, accept: str) -> tuple[bytes, str]:
        return answer.encode(), self.media_types[question.format]


@dataclass(frozen=True)
class When(Generic[Q]):
    """Answers the questions that are `light`. Raises OverBudget for all others."""

    light: Callable[[Q], bool]
    answer: Callable[[Q], Any]

    def __call__(self, question: Q) -> Any:
        if not self.light(question):
            raise OverBudget("more than the event loop computes")
        return self.answer(question)


@dataclass(frozen=True)
class Figure(Generic[Q]):
    """A row: what is asked, and what answers.

    A worker calls `answer`, which may import torch, for at most so many seconds. `quick` is the
    same for what the event loop can afford; it raises OverBudget where it cannot, and `learn`,
    called in a thread, may make such a question quick from then on. `check` finds the same numbers
    by another path, in a worker; a row that has none says in `unchecked` why, or what checks its
    numbers instead. Where the answer is a run, it is a fold instead:
    `slice(question, state)` gives the next state, None when it is over, and some frames;
    `check_at_once` refuses what is too long to wait for as a whole. `write` turns an answer into
    bytes of one of the media types in `forms`, chosen by the request's Accept; the first without.

    `subject` is the part of the API it belongs to, `path` its path there if that is not its name,
    `operation` what the schema calls it, `model` the type of its answers there, with `told` beside
    it, and `tried` what the docs ask at first where the first example would take long. `page` shows
    it alone. What a link leaves out `completed` puts in, and names that links had once are
    `old_names`; `first` makes of a question the one whose answer stands in a page from the start.
    Functions of a row have to be found by their names: a worker is sent the row.
    """

    name: str
    subject: str
    question: type[Q]
    says: str
    answer: Callable[[Q], Any] | None = None
    slice: Callable[[Q, Any], tuple[Any, list[Any]]] | None = None
    check_at_once: Callable[[Q], None] | None = None
    quick: Callable[[Q], Any] | None = None
    check: Callable[[Q], list[Witness]] | None = None
    unchecked: str = ""
    learn: Callable[[Q], None] | None = None
    write: Write = as_json
    forms: tuple[str, ...] = (JSON,)
    seconds: float = 10.0
    most_bytes: int = WORDS
    path: str = ""
    operation: str = ""
    model: Any = None
    told: Mapping[str, Any] = field(default_factory=dict)
    page: str | None = None
    examples: tuple[dict[str, Any], ...] = ()
    tried: dict[str, Any] = field(default_factory=dict)
    completed: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    old_names: Mapping[str, str] = field(default_factory=dict)
    first: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    def __post_init__(self) -> None:
        shown: Any = self.question.model_config.get("json_schema_extra") or {}
        given: dict[str, Any] = {
            "path": self.path or f"/{self.name}",
            "operation": self.operation or self.name.replace("-", "_"),
            "examples": self.examples or tuple(shown.get("examples", ())),
        }
        given["tried"] = self.tried or (given["examples"] or ({},))[0]
        for name, value in given.items():
            object.__setattr__(self, name, value)

    def form(self, accept: str) -> str:
        """The media type that an Accept header chooses."""
        return next((form for form in self.forms[1:] if form in accept), self.forms[0])

    def written(self, question: Q, answer: Any, form: str) -> Written:
        body, media_type = self.write(question, answer, form)
        return Written(body, media_type, question.private)


def answered(figure: Figure[Q], asked: Q | bytes, form: str) -> Written:
    """The answer to a question, or to one that is still JSON. For a worker. Raises Problem."""
    assert figure.answer
    question = read(figure.question, asked) if isinstance(asked, bytes) else asked
    return figure.written(question, figure.answer(question), form).compressed()
