"""Equal questions are one question, and what is remembered has a bound."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.core.errors import Problem
from app.web.kept import Kept


class Slow:
    """An answer that comes when it is told to, and how often it was asked for."""

    def __init__(self, answer: str = "answer") -> None:
        self.answer, self.times, self.ready = answer, 0, asyncio.Event()

    async def __call__(self) -> str:
        self.times += 1
        await self.ready.wait()
        return self.answer


async def turn() -> None:
    """Whatever can run has run."""
    for _ in range(5):
        await asyncio.sleep(0)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(test())  # type: ignore[arg-type]


def test_whoever_asks_meanwhile_shares_the_answer() -> None:
    async def test() -> None:
        kept, slow = Kept[str](len), Slow()
        asking = [asyncio.create_task(kept.get("q", slow)) for _ in range(50)]
        await turn()
        slow.ready.set()
        assert await asyncio.gather(*asking) == ["answer"] * 50
        assert slow.times == 1
        assert await kept.get("q", slow) == "answer"
        assert slow.times == 1
        assert not kept.computing

    run(test)


def test_other_questions_are_others() -> None:
    async def test() -> None:
        kept, one, two = Kept[str](len), Slow("one"), Slow("two")
        one.ready.set()
        two.ready.set()
        assert [await kept.get(1, one), await kept.get(2, two)] == ["one", "two"]

    run(test)


def test_a_problem_is_everybodys_and_not_remembered() -> None:
    async def test() -> None:
        kept, ready, times = Kept[str](len), asyncio.Event(), 0

        async def refuse() -> str:
            nonlocal times
            times += 1
            await ready.wait()
            raise Problem("no")

        asking = [asyncio.create_task(kept.get("q", refuse)) for _ in range(3)]
        await turn()
        ready.set()
        found = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(one) for one in found] == [Problem] * 3
        assert times == 1
        with pytest.raises(Problem):
            await kept.get("q", refuse)
        assert times == 2
        assert not kept.computing

    run(test)


def test_who_leaves_takes_nothing_from_who_stays() -> None:
    async def test() -> None:
        kept, slow = Kept[str](len), Slow()
        first, second = (asyncio.create_task(kept.get("q", slow)) for _ in range(2))
        await turn()
        first.cancel()
        await turn()
        slow.ready.set()
        assert await second == "answer"
        assert slow.times == 1

    run(test)


def test_what_nobody_waits_for_is_given_up_and_asked_anew() -> None:
    async def test() -> None:
        kept, slow = Kept[str](len), Slow()
        only = asyncio.create_task(kept.get("q", slow))
        await turn()
        only.cancel()
        await turn()
        assert not kept.computing
        slow.ready.set()
        assert await kept.get("q", slow) == "answer"
        assert slow.times == 2

    run(test)


def test_what_was_not_used_for_longest_goes_first() -> None:
    async def test() -> None:
        kept = Kept[str](len, most_bytes=10)

        async def of(text: str) -> str:
            return await kept.get(text[:1], lambda: ready(text))

        async def ready(text: str) -> str:
            return text

        for text in ("aaaa", "bbbb", "aaaa", "cccc"):
            await of(text)
        assert list(kept.answers) == ["a", "c"]
        assert kept.bytes == 8
        await of("d" * 11)  # larger than all the room there is
        await of("")  # must not be remembered
        assert list(kept.answers) == ["a", "c"]
        await of("e" * 10)
        assert list(kept.answers) == ["e"]
        assert kept.bytes == 10

    run(test)


def test_the_sum_stays_right_whatever_comes() -> None:
    async def test() -> None:
        kept = Kept[str](len, most_bytes=100)

        async def ready(text: str) -> Any:
            return text

        for i in range(500):
            text = "x" * (i * 37 % 61)
            await kept.get(i % 17, lambda text=text: ready(text))  # type: ignore[misc]
            assert kept.bytes == sum(map(len, kept.answers.values())) <= 100

    run(test)
