"""What waits to be sent on one stream of server-sent events; bounded, the newest stays."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import orjson
from fastapi.sse import format_sse_event

FRAME_SECONDS = 1 / 30
QUIET_SECONDS = 10.0  # after which a stream gives a sign of life
MOST_WAITING, MOST_BYTES = 32, 1 << 20  # events that wait for one reader, and their size


class Mail:
    """Events for a reader, who may be slow: then the oldest are lost, so that what he sees is new,
    and who tells them never waits for him."""

    def __init__(self) -> None:
        self.waiting: dict[Any, bytes] = {}
        self.over = False
        self.news = asyncio.Event()

    def put(self, name: str, data: Any, key: Any = None, number: int | None = None) -> None:
        """An event; one of the same `key` that still waits is old. `number`: of the events that a
        connection that comes back has had already, the last."""
        if self.over:
            return
        key = object() if key is None else key
        self.waiting.pop(key, None)
        self.waiting[key] = event(name, data, number)
        while len(self.waiting) > MOST_WAITING or (
            len(self.waiting) > 1 and sum(map(len, self.waiting.values())) > MOST_BYTES
        ):
            del self.waiting[next(iter(self.waiting))]
        self.news.set()

    def close(self, name: str, data: Any) -> None:
        """The last event."""
        self.put(name, data)
        self.over = True

    def end(self, sentence: str) -> None:
        """Why nothing comes any more."""
        self.close("problem", {"message": sentence, "where": {}, "suggestion": None})

    async def events(
        self, look: Callable[[], None] = lambda: None, pause: float = FRAME_SECONDS
    ) -> AsyncGenerator[bytes]:
        """The events as they go over the wire, with so many seconds between them, to the last one.
        `look` is called whenever it is quiet."""
        while not self.over or self.waiting:
            try:
                async with asyncio.timeout(QUIET_SECONDS):
                    await self.news.wait()
            except TimeoutError:
                look()
                yield b": quiet\n\n"  # which is how one learns that nobody is there
                continue
            self.news.clear()
            taken, self.waiting = self.waiting, {}
            yield b"".join(taken.values())
            await asyncio.sleep(pause)


def event(name: str, data: Any, number: int | None = None) -> bytes:
    told = orjson.dumps(data).decode()
    return format_sse_event(event=name, data_str=told, id=None if number is None else str(number))
