"""Jobs on a Dask cluster: each thread of its workers keeps one of our own worker processes, so that
a limit of time, memory and a death are the same there as here.

`dask.distributed` is imported by those alone who are told of a scheduler.
"""

import asyncio
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from itertools import count
from multiprocessing.reduction import ForkingPickler
from typing import Any
from uuid import uuid4

from app.workers.job import GRACE_SECONDS, Job, too_long
from app.workers.process import LOST, Unavailable, WorkerProcess, outcome

Client = Any  # of distributed, which has no types
CONNECT_SECONDS = 10.0  # what a scheduler may take to answer
READY_SECONDS = 120.0  # what loading torch may take there
PATIENCE = 60.0  # in the cluster's queue, behind other servers' jobs
TOGETHER = 10  # slices of a run that go there as one: a trip costs a fifth of a slice
LOOK_SECONDS = 10.0  # how often who waits looks whether the cluster has a worker left

AWAY = (
    "The cluster that computes this is out of reach; everything else works. "
    "It is asked for again and again: try in a moment."
)
EMPTY = (
    "The cluster that computes this has no worker; everything else works. "
    "Try again once it has one."
)
UNEQUAL = (
    "This server and the cluster that computes this have other versions of Python or of a package; "
    "everything else works. Whoever runs them finds in the server's log which."
)
CHILDLESS = (
    "The cluster's workers may not start processes; everything else works. "
    "Whoever runs them is to set DASK_DISTRIBUTED__WORKER__DAEMON=False for them."
)


class Cluster:
    """The connection to a scheduler, one for all seats; made anew once it is lost."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.lock = threading.Lock()
        self.present: Client = None
        self.taken = 0  # seats

    def client(self) -> Client:
        """Raises Unavailable."""
        import distributed

        with self.lock:
            if self.present and self.present.status == "running":
                return self.present
            if self.present:
                leave(self.present)
            self.present = None
            try:
                client: Client = distributed.Client(  # type: ignore[no-untyped-call]
                    self.address, timeout=CONNECT_SECONDS, set_as_default=False
                )
            except Exception as error:
                raise Unavailable(AWAY, f"{type(error).__name__}: {error}") from None
            try:
                client.get_versions(check=True)
            except Exception as error:
                leave(client)
                raise Unavailable(UNEQUAL, str(error)) from None
            self.present = client
            return client

    def threads(self) -> int:
        """How many jobs it does at a time; 0 while it is out of reach."""
        try:
            return sum(self.client().nthreads().values())
        except Exception:
            return 0

    def seat(self) -> "Seat":
        """Raises Unavailable."""
        client = self.client()
        with self.lock:
            self.taken += 1
        try:
            return Seat(client, self.left)
        except Unavailable:
            self.left()
            raise

    def left(self) -> None:
        """By one who had a seat; with the last one the connection ends."""
        with self.lock:
            self.taken -= 1
            if not self.taken and self.present:
                leave(self.present)
                self.present = None


def leave(client: Client) -> None:
    with suppress(Exception):
        client.close(timeout=1)


class Seat:
    """One job at a time on the cluster, wherever it has room."""

    patience = PATIENCE

    def __init__(self, client: Client, left: Callable[[], None]) -> None:
        """`left` is told once it is given up. Raises Unavailable."""
        self.client, self.left, self.name, self.numbers = client, left, uuid4().hex, count()
        self.future: Any = None
        try:
            trouble = self.told(READY_SECONDS, ready)
        except ConnectionError as lost:
            raise Unavailable(AWAY, str(lost)) from None
        if trouble:
            raise Unavailable(*trouble)

    @property
    def alive(self) -> bool:
        return bool(self.client.status == "running")

    def ask(self, job: Job) -> Any:
        """What the job returns. Raises what it raises, as Raised, LOST, Unavailable."""
        return outcome(self.told(None, done, bytes(ForkingPickler.dumps(job)), job.seconds))

    def told(self, most: float | None, task: Any, *args: Any) -> Any:
        """What a task there returns, which raises nothing: whatever is raised, it is lost."""
        # A key of its own: equal questions of two visitors are never one task that one could leave.
        key = f"backlight-{self.name}-{next(self.numbers)}"
        waited = 0.0
        try:
            self.future = self.client.submit(task, *args, key=key, pure=False)
            while True:
                try:
                    return self.future.result(timeout=LOOK_SECONDS)
                except TimeoutError:
                    waited += LOOK_SECONDS
                    if not self.client.nthreads():
                        raise Unavailable(EMPTY) from None
                    if most and waited > most:
                        raise
        except Unavailable:
            raise
        except (Exception, CancelledError, asyncio.CancelledError) as error:
            raise ConnectionError(f"{type(error).__name__}: {error}") from None
        finally:
            self.kill()

    def kill(self) -> None:
        """From any thread: what is waited for raises LOST then, and is given up if it waits."""
        future, self.future = self.future, None
        if future:
            with suppress(Exception):
                future.cancel()

    def discard(self) -> None:
        self.kill()
        self.left()

    def close(self) -> None:
        self.discard()


# What follows is done by a thread of a Dask worker.

HERE = threading.local()


def process() -> WorkerProcess:
    """This thread's own. Raises Unavailable."""
    found: WorkerProcess | None = getattr(HERE, "process", None)
    if found is None or not found.alive:
        if multiprocessing.current_process().daemon:
            raise Unavailable(CHILDLESS)
        found = HERE.process = WorkerProcess()
    return found


def ready() -> tuple[str, str] | None:
    """What keeps jobs from being done here, and why; None where nothing does."""
    try:
        process()
    except Unavailable as trouble:
        return str(trouble), trouble.why
    return None


def done(job: bytes, seconds: float) -> bytes:
    """The outcome of a pickled job, pickled; Dask is told of a death alone, and tries elsewhere."""
    try:
        ours = process()
    except Unavailable as trouble:
        return bytes(ForkingPickler.dumps((None, trouble)))
    late = threading.Event()

    def stop() -> None:
        late.set()
        ours.kill()

    watch = threading.Timer(seconds + GRACE_SECONDS, stop)
    watch.start()
    try:
        return ours.reply(job)
    except LOST:
        if not late.is_set():
            raise
        return bytes(ForkingPickler.dumps((None, too_long(seconds))))
    finally:
        watch.cancel()
