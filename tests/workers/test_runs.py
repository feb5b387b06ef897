"""The frames of a run: in order, at their pace, and what they say ends in words."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor, Future
from contextlib import aclosing
from itertools import pairwise
from typing import Any, ClassVar

import pytest

from app.core.errors import Problem
from app.web.events import tell
from app.web.mail import FRAME_SECONDS, Mail
from app.web.problems import SORRY
from app.workers.places import Places, Visitor
from app.workers.pool import Busy, Stopped, Unavailable
from app.workers.runs import all_frames, slices


class Here(Executor):
    """Any executor will do; this one is no process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def three(question: Any, state: int | None) -> tuple[int | None, list[int]]:
    """Frames 0, 1, 2, with the question's error after the second."""
    step = state or 0
    if step == 2 and question:
        raise question
    return (step + 1 if step < 2 else None), [step]


def told(question: Any, after: int = 0) -> str:
    async def all_of_it() -> str:
        mail = Mail()
        await tell(mail, Here(), three, question, "", after)
        return b"".join([event async for event in mail.events()]).decode()

    return asyncio.run(all_of_it())


@pytest.mark.parametrize("after", [0, 1, 2, 3, 7])
def test_frames_come_in_order_from_the_one_after_the_last_that_was_seen(after: int) -> None:
    frames = [f"event: frame\ndata: {step}\nid: {step + 1}\n\n" for step in range(3)]
    assert told(None, after) == "".join([*frames[after:], "event: done\ndata: {}\n\n"])


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Problem("no such channel"), "no such channel"),
        (Busy(), str(Busy())),
        (Stopped(), str(Stopped())),
        (Unavailable("no torch", "/secret"), "no torch"),
        (RuntimeError("a secret"), SORRY.message),
        (ConnectionRefusedError("a secret"), SORRY.message),
    ],
)
def test_a_stream_always_ends_in_words(error: Exception, sentence: str) -> None:
    *frames, last, _ = told(error).split("\n\n")
    assert len(frames) == 2
    assert last.startswith("event: problem\n")
    assert sentence in last
    assert "secret" not in last


def test_the_next_slice_is_asked_while_the_frames_of_one_are_looked_at() -> None:
    class Counting(Here):
        asked: ClassVar[list[Any]] = []

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            self.asked.append(fn.args[2])  # type: ignore[attr-defined]
            return super().submit(fn, *args, **kwargs)

    async def looked_at() -> list[list[Any]]:
        found = []
        async for _ in slices(Counting(), three, None):
            await asyncio.sleep(0)  # the other task's turn
            found.append(list(Counting.asked))
        return found

    assert asyncio.run(looked_at()) == [[None, 1], [None, 1, 2], [None, 1, 2]]


def test_where_the_way_is_long_slices_go_together_after_the_first() -> None:
    class Far(Here):
        together = 4

        def __init__(self) -> None:
            self.asked: list[int] = []

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            self.asked.append(fn.args[3])  # type: ignore[attr-defined]
            return super().submit(fn, *args, **kwargs)

    def ten(question: Any, state: int | None) -> tuple[int | None, list[int]]:
        step = state or 0
        return (step + 1 if step < 9 else None), [step]

    async def found(executor: Far) -> list[list[int]]:
        return [frames async for frames, _ in slices(executor, ten, None)]

    executor = Far()
    assert asyncio.run(found(executor)) == [[0], [1, 2], [3, 4, 5, 6], [7, 8, 9]]
    assert executor.asked == [1, 2, 4, 4]


def test_leaving_takes_back_the_slice_that_was_asked_ahead() -> None:
    class First(Here):
        later: Future[Any] | None = None

        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            if fn.args[2] is None:  # type: ignore[attr-defined]
                return super().submit(fn, *args, **kwargs)
            self.later = Future()
            return self.later

    async def left(executor: First) -> None:
        async with aclosing(slices(executor, three, None)) as found:
            async for _ in found:
                await asyncio.sleep(0)
                break

    executor = First()
    asyncio.run(left(executor))
    assert executor.later
    assert executor.later.cancelled()


@pytest.mark.parametrize(("took", "pause"), [(0.9, 0.3), (0.001, FRAME_SECONDS)])
def test_frames_are_spread_over_the_time_of_a_slice(
    took: float, pause: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, sent = 100.0, list[float]()

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    class Seen(Mail):
        def put(self, name: str, *data: Any, **more: Any) -> None:
            if name == "frame":
                sent.append(now)

    async def three_a_slice(*_: Any) -> AsyncGenerator[tuple[list[int], float]]:
        for _i in range(2):
            yield [0, 1, 2], took

    monkeypatch.setattr("app.web.events.slices", three_a_slice)
    monkeypatch.setattr("app.web.events.monotonic", lambda: now)
    monkeypatch.setattr("app.web.events.asyncio.sleep", sleep)

    asyncio.run(tell(Seen(), Here(), three, None, ""))
    assert [b - a for a, b in pairwise(sent)] == pytest.approx([pause] * 5)


def test_a_place_is_given_back_whatever_happens() -> None:
    places = Places()
    visitor = Visitor("a", "a")
    with pytest.raises(ValueError, match="mistake"):
        asyncio.run(all_frames(places, Here(), three, ValueError("mistake"), visitor))
    assert asyncio.run(all_frames(places, Here(), three, None, visitor)) == [0, 1, 2]
    assert not places.present
