"""Places for runs, and the line of those who wait for one."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import NamedTuple

from app.workers.turns import Busy

MOST_RUNS = 16
MOST_WAITING = 256  # in line; of one address half as many


class Visitor(NamedTuple):
    """Who asks for a run. The places are shared out between addresses, behind each of which there
    may be a class; turns are taken between visitors, so that one with ten tabs counts as one."""

    address: str = ""
    name: str = ""


@dataclass(eq=False)
class Ticket:
    """A run's: `ahead` is its number in line, from 1; 0 once it has a place."""

    visitor: Visitor
    ahead: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)
    left: bool = False

    def move(self, ahead: int) -> None:
        if self.ahead != ahead:
            self.ahead = ahead
            self.moved.set()


class Places:
    """So many runs at a time, half of them of one address, rather than all be slow. Who comes when
    there is no place waits in line; visitors in it take turns, and are served in order.

    For one event loop.
    """

    def __init__(self, most: int = MOST_RUNS) -> None:
        self.most, self.share = most, max(1, most // 2)
        self.present: Counter[str] = Counter()
        self.line: OrderedDict[str, deque[Ticket]] = OrderedDict()

    def enter(self, visitor: Visitor) -> Ticket:
        """A ticket, until it leaves. Raises Busy if the line is full."""
        ticket = Ticket(visitor, ahead=-1)
        self.line.setdefault(visitor.name, deque()).append(ticket)
        self.serve()
        of_address = self.waiting(visitor.address)
        if sum(map(len, self.line.values())) > MOST_WAITING or of_address > MOST_WAITING // 2:
            self.leave(ticket)
            raise Busy
        return ticket

    @contextmanager
    def place(self, visitor: Visitor) -> Iterator[None]:
        """A place for who cannot wait, for as long as it is held. Raises Busy."""
        ticket = self.enter(visitor)
        try:
            if ticket.ahead:
                most, whose = (self.most, "here")
                if not self.open_to(ticket):
                    most, whose = self.share, "to your address"
                raise Busy(f"{most} runs are on their way {whose}, the most at once.")
            yield
        finally:
            self.leave(ticket)

    def open_to(self, ticket: Ticket) -> bool:
        address = ticket.visitor.address
        return not address or self.present[address] < self.share

    def waiting(self, address: str) -> int:
        queues = self.line.values()
        return sum(len(queue) for queue in queues if queue[0].visitor.address == address)

    def leave(self, ticket: Ticket) -> None:
        """Its place, or the line; once is enough."""
        if ticket.left:
            return
        ticket.left = True
        name, address = ticket.visitor.name, ticket.visitor.address
        if ticket.ahead:
            self.line[name].remove(ticket)
            if not self.line[name]:
                del self.line[name]
        else:
            self.present[address] -= 1
            if not self.present[address]:
                del self.present[address]
        self.serve()

    def serve(self) -> None:
        """Gives what places there are, and tells all others how many come before them."""
        while self.present.total() < self.most:
            name = next((n for n, line in self.line.items() if self.open_to(line[0])), None)
            if name is None:
                break
            ticket = self.line[name].popleft()
            self.line.move_to_end(name)
            if not self.line[name]:
                del self.line[name]
            self.present[ticket.visitor.address] += 1
            ticket.move(0)
        in_turn = filter(None, chain.from_iterable(zip_longest(*self.line.values())))
        for ahead, ticket in enumerate(in_turn, 1):
            ticket.move(ahead)
