"""What waits for a reader: as it goes over the wire, bounded, and the newest of it."""

import asyncio
import re

from app.web.mail import MOST_BYTES, MOST_WAITING, Mail


def sent(mail: Mail) -> list[int]:
    """The numbers of the frames that a reader gets who comes now."""

    async def read() -> bytes:
        return b"".join([event async for event in mail.events(pause=0)])

    return [int(number) for number in re.findall(rb"^id: (\d+)$", asyncio.run(read()), re.M)]


def test_who_reads_slowly_gets_the_newest_and_the_end() -> None:
    mail = Mail()
    for number in range(1, 500):
        mail.put("frame", {"step": number}, number=number)
    mail.close("done", {})
    assert sent(mail) == [*range(501 - MOST_WAITING, 500)]


def test_what_waits_is_bounded_in_bytes_and_one_large_event_still_comes() -> None:
    mail = Mail()
    for number in range(1, 9):
        mail.put("frame", "x" * (MOST_BYTES // 4), number=number)
    assert sum(map(len, mail.waiting.values())) <= MOST_BYTES
    mail.put("frame", "x" * (2 * MOST_BYTES), number=9)
    mail.over = True
    assert sent(mail) == [9]
