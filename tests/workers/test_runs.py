"""Runs have places, of which one client has a share, and what they say ends in words."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from app.core.errors import Problem
from app.web.events import Events
from app.web.problems import SORRY
from app.workers.pool import Busy, Stopped, Unavailable
from app.workers.runs import Runs, all_frames


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


def told(question: Any) -> str:
    async def all_of_it() -> str:
        events = Events.events(Here(), three, question, "")
        return b"".join([event async for event in events]).decode()

    return asyncio.run(all_of_it())


def test_frames_come_in_order_and_then_done() -> None:
    frames = "".join(f"event: frame\ndata: {step}\n\n" for step in range(3))
    assert told(None) == f"{frames}event: done\ndata: {{}}\n\n"


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


def test_one_client_has_a_share_of_the_places() -> None:
    runs = Runs(most=5, share=2)
    for client in "aab":
        runs.take(client)
    with pytest.raises(Busy, match="2 runs are on their way to your address"):
        runs.take("a")
    runs.leave("a")
    for client in "acd":
        runs.take(client)
    with pytest.raises(Busy, match="other computations"):
        runs.take("e")


def test_a_place_is_given_back_whatever_happens() -> None:
    runs = Runs()
    with pytest.raises(ValueError, match="mistake"):
        asyncio.run(all_frames(runs, Here(), three, ValueError("mistake"), "a"))
    assert asyncio.run(all_frames(runs, Here(), three, None, "a")) == [0, 1, 2]
    assert not runs.present
