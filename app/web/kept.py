"""Equal questions are one question: whoever asks what is being computed shares the answer, and
answers are remembered as long as there is room."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_BYTES = 128_000_000


@dataclass(eq=False)
class Computing(Generic[T]):
    """An answer that is on its way, and how many wait for it."""

    task: asyncio.Task[T]
    waiting: int = 0


class Kept(Generic[T]):
    """What was computed, by its key, up to so many bytes; what was not used for longest goes first.

    `size` says how many bytes an answer takes, and 0 of one that must not be remembered.
    """

    def __init__(self, size: Callable[[T], int], most_bytes: int = MOST_BYTES) -> None:
        self.size, self.most_bytes, self.bytes = size, most_bytes, 0
        self.answers: OrderedDict[Hashable, T] = OrderedDict()
        self.computing: dict[Hashable, Computing[T]] = {}

    async def get(self, key: Hashable, compute: Callable[[], Awaitable[T]]) -> T:
        """The answer: remembered, or shared with those who wait for it already, or computed.

        Computing goes on while anybody waits for it.
        """
        if key in self.answers:
            self.answers.move_to_end(key)
            return self.answers[key]
        if key not in self.computing:
            self.computing[key] = Computing(asyncio.ensure_future(compute()))
        computing = self.computing[key]
        computing.waiting += 1
        try:
            answer = await asyncio.shield(computing.task)
        finally:
            computing.waiting -= 1
            if self.computing.get(key) is computing and not computing.waiting:
                del self.computing[key]
                computing.task.cancel()  # nothing happens if it is done
        self.keep(key, answer)
        return answer

    def keep(self, key: Hashable, answer: T) -> None:
        """Remembers it, if that may be and there is room."""
        size = self.size(answer)
        if key in self.answers or not 0 < size <= self.most_bytes:
            return
        self.answers[key] = answer
        self.bytes += size
        while self.bytes > self.most_bytes:
            _, oldest = self.answers.popitem(last=False)
            self.bytes -= self.size(oldest)
