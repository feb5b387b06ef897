"""A queue in which clients take turns, so that nobody waits for all that another piles up."""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from app.workers.job import Job

RECENT_SECONDS = 5.0  # between two questions of somebody who is at it


class Busy(Exception):
    """Too much is asked for now; asking again in a moment will do."""

    def __init__(self, said: str = "The server is busy with other computations.") -> None:
        super().__init__(f"{said} Try again in a moment.")


class ShareTaken(Busy):
    """This client has as much under way as one client may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} questions of your address are being answered, the most at once.")


class Stopped(Busy):
    """The server is going down; another may be up in a moment."""

    def __init__(self) -> None:
        super().__init__("The server is being stopped.")


@dataclass(eq=False)
class Entry:
    """A job in the queue, or with a worker, until its future is done."""

    job: Job
    future: Future[Any] = field(default_factory=Future)
    since: float = field(default_factory=monotonic)
    running: bool = False


class Turns:
    """`most` jobs in all and `share` of one client, waiting or running; `at_once` of one running,
    and only a part of that while others ask too: what runs shares the processor with theirs.

    A client without a name is the server itself: its jobs are bounded by `most` alone. A job that
    has a place already (a run's) is never refused for want of room.
    """

    def __init__(self, most: int, share: int, at_once: int) -> None:
        self.most, self.share, self.at_once = most, share, at_once
        self.changed = threading.Condition()
        self.queues: OrderedDict[str, deque[Entry]] = OrderedDict()  # who is first, is next
        self.present: Counter[str] = Counter()
        self.running: Counter[str] = Counter()
        self.recent: dict[str, float] = {}  # when a client last had a job
        self.refusal: Callable[[], Exception] | None = None
        self.closed = threading.Event()

    @property
    def outstanding(self) -> int:
        return self.present.total()

    def put(self, job: Job) -> Future[Any]:
        """Raises Busy, or what everything is refused with for now."""
        entry = Entry(job)
        client = job.client
        with self.changed:
            if self.refusal:
                raise self.refusal()
            if not job.placed:
                if client and self.present[client] >= self.share:
                    raise ShareTaken(self.share)
                if self.outstanding >= self.most:
                    raise Busy
            self.present[client] += 1
            self.queues.setdefault(client, deque()).append(entry)
            self.changed.notify_all()
        entry.future.add_done_callback(lambda _: self.leave(entry))
        return entry.future

    def take(self, seconds: float) -> Entry | None:
        """The next job, as soon as there is one; None if there is none for so long, or any more."""
        deadline = monotonic() + seconds
        with self.changed:
            while True:
                entry = self.first()
                if entry:
                    return entry
                left = deadline - monotonic()
                if left <= 0 or self.closed.is_set():
                    return None
                self.changed.wait(left)

    def first(self) -> Entry | None:
        at_once = max(1, self.at_once // max(1, self.asking()))
        free = (client for client in self.queues if self.running[client] < at_once)
        client = next(free, None)
        if client is None:
            return None
        entry = self.queues[client].popleft()
        self.queues.move_to_end(client)
        if not self.queues[client]:
            del self.queues[client]
        if not entry.future.set_running_or_notify_cancel():
            return self.first()
        entry.running = True
        self.running[client] += 1
        return entry

    def asking(self) -> int:
        """How many clients have jobs, or had some a moment ago."""
        now = monotonic()
        self.recent.update(dict.fromkeys(filter(None, self.present), now))
        self.recent = {who: at for who, at in self.recent.items() if now - at <= RECENT_SECONDS}
        return len(self.recent)

    def leave(self, entry: Entry) -> None:
        """Once its future is done, in whatever way."""
        client = entry.job.client
        with self.changed:
            self.asking()
            for counter in (self.present, self.running) if entry.running else (self.present,):
                counter[client] -= 1
                if not counter[client]:
                    del counter[client]
            queue = self.queues.get(client, ())
            if entry in queue:  # cancelled while it waited
                self.queues[client].remove(entry)
                if not self.queues[client]:
                    del self.queues[client]
            self.changed.notify_all()

    def refuse(self, refusal: Callable[[], Exception]) -> None:
        """Everything that waits, and everything that comes, until welcome()."""
        with self.changed:
            if not self.closed.is_set():
                self.refusal = refusal
        self.expire(0, refusal)

    def welcome(self) -> None:
        with self.changed:
            if not self.closed.is_set():
                self.refusal = None

    def close(self) -> None:
        """Nothing more comes in; what waits is still taken."""
        with self.changed:
            self.closed.set()
            self.refusal = Stopped
            self.changed.notify_all()

    def expire(self, seconds: float, refusal: Callable[[], Exception] = Busy) -> None:
        """Refuses what has waited that long."""
        with self.changed:
            late = monotonic() - seconds
            found = [entry for queue in self.queues.values() for entry in queue]
            found = [entry for entry in found if entry.since <= late]
            for entry in found:
                self.queues[entry.job.client].remove(entry)
            for client in [client for client, queue in self.queues.items() if not queue]:
                del self.queues[client]
        for entry in found:  # not under the lock: others are told that it is done
            if entry.future.set_running_or_notify_cancel():
                entry.future.set_exception(refusal())
