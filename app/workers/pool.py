"""Where torch runs: a few warm worker processes behind one executor, with a fair, short queue."""

import asyncio
import atexit
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import suppress
from math import inf
from time import monotonic, sleep
from typing import Any, ParamSpec, Protocol, TypeVar

from app.workers.cluster import TOGETHER, Cluster
from app.workers.job import GRACE_SECONDS, Job, too_long
from app.workers.process import LOST, Raised, Unavailable, WorkerProcess
from app.workers.turns import Busy, Entry, ShareTaken, Stopped, Turns

__all__ = ["Busy", "Stopped", "Unavailable", "Workers", "create_executor", "run"]

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = 2.0  # what a job may take unless it says otherwise
IDLE_SECONDS = 1.0  # how often a worker without a job is looked after
STOP_SECONDS = 5.0  # what a job may still take once the server is being stopped
TICK_SECONDS = 0.25  # how often the watchdog looks
WAIT_SECONDS = 60.0  # in the queue
RETRY_SECONDS = 1.0, 60.0  # before the first and the last tries to start what did not start
TRIES = 2  # of a job whose worker dies
RUNS_EACH = 8  # that take turns at one worker, each still seen to move
REFUSED_SECONDS = 0.5  # how long a client waits for the word that it asks too much

DIED = "The process that computes this ended twice without an answer, as for want of memory."

log = logging.getLogger("uvicorn.error")


class Place(Protocol):
    """Where one job at a time is done: a process of ours, or a seat at a cluster. `patience`: how
    long a job may wait there for others', in seconds."""

    patience: float

    @property
    def alive(self) -> bool: ...
    def ask(self, job: Job) -> Any: ...
    def kill(self) -> None: ...
    def discard(self) -> None: ...
    def close(self) -> None: ...


class Worker:
    """A thread that keeps one place, feeds it, and replaces it when it is lost."""

    def __init__(self, pool: "Workers") -> None:
        self.pool, self.turns = pool, pool.turns
        self.process: Place | None = None
        self.first: Future[None] = Future()  # done once the process has started, or cannot
        self.lock = threading.Lock()  # of what follows
        self.starting = False
        self.deadline = inf
        self.late = False
        # Lets the interpreter end while a process is being started.
        self.thread = threading.Thread(target=self.live, daemon=True)

    def live(self) -> None:
        pause, longest = RETRY_SECONDS
        while True:
            try:
                self.present()
            except Unavailable as trouble:
                self.pool.without_worker(trouble)
                self.settle(trouble)
                self.turns.closed.wait(pause)
                pause = min(2 * pause, longest)
                continue
            except Stopped:
                break
            self.turns.welcome()
            self.settle(None)
            pause = RETRY_SECONDS[0]
            entry = self.turns.take(IDLE_SECONDS)
            if entry:
                self.serve(entry)
            elif self.turns.closed.is_set():
                break
            del entry  # what was asked may be large
        if self.process:
            self.process.close()

    def settle(self, error: Exception | None) -> None:
        with suppress(InvalidStateError):
            if error:
                self.first.set_exception(error)
            else:
                self.first.set_result(None)

    def present(self) -> Place:
        """The process; a new one if there is none that lives. Raises Unavailable, Stopped."""
        if self.process and self.process.alive:
            return self.process
        self.discard()
        with self.lock:
            if self.turns.closed.is_set():
                raise Stopped
            self.starting = True
        try:
            process = self.pool.place()
        finally:
            with self.lock:
                self.starting = False
        with self.lock:
            self.process = process
        return process

    def discard(self) -> None:
        with self.lock:
            process, self.process = self.process, None
        if process:
            process.discard()

    def serve(self, entry: Entry) -> None:
        try:
            entry.future.set_result(self.answer(entry.job))
        except Raised as raised:
            entry.future.set_exception(raised.error)
        except BaseException as error:
            entry.future.set_exception(error)

    def answer(self, job: Job) -> Any:
        """Raises Raised, Problem if it takes too long, Unavailable, Stopped."""
        for _ in range(TRIES):
            process = self.present()
            most = job.seconds + GRACE_SECONDS + process.patience
            with self.lock:
                self.deadline, self.late = monotonic() + most, False
            try:
                return process.ask(job)
            except LOST:
                self.discard()
                if self.late:
                    raise Stopped if self.turns.closed.is_set() else too_long(job.seconds) from None
            finally:
                with self.lock:
                    self.deadline = inf
        log.error("A job's worker died %d times: %s", TRIES, getattr(job.fn, "__name__", job.fn))
        raise Unavailable(DIED)

    def watch(self) -> None:
        """Kills the process if its job is past its time, whatever the process is doing."""
        with self.lock:
            if monotonic() > min(self.deadline, self.pool.last) and self.deadline < inf:
                self.late = True
                if self.process:
                    self.process.kill()


class Workers(Executor):
    """Worker processes that refuse work rather than pile it up, take it from each client in turn,
    and mend themselves. One client never has all of them, if there are more than one."""

    def __init__(
        self,
        workers: int,
        limit: int,
        share: int,
        place: Callable[[], Place] = WorkerProcess,
        together: int = 1,
    ) -> None:
        """`together`: how many slices of a run are worth the way to a place."""
        self.place, self.together = place, together
        self.turns = Turns(limit, share, at_once=max(1, workers - 1))
        self.last = inf  # when all jobs are to have ended
        self.lock = threading.Lock()
        self.started = False
        self.workers = [Worker(self) for _ in range(workers)]

    @property
    def runs(self) -> int:
        """How many runs may take turns here."""
        return RUNS_EACH * len(self.workers)

    @property
    def outstanding(self) -> int:
        """How many jobs wait or run."""
        return self.turns.outstanding

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """A Job brings its own client and limit. Raises Busy, Unavailable."""
        if kwargs:
            raise TypeError("a job takes no keywords")
        self.start()
        return self.turns.put(fn if isinstance(fn, Job) else Job(fn, args, SECONDS))

    def start(self) -> None:
        with self.lock:
            if self.started or self.turns.closed.is_set():
                return
            self.started = True
        atexit.register(self.shutdown, cancel_futures=True)
        for worker in self.workers:
            worker.thread.start()
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self) -> None:
        while any(worker.thread.is_alive() for worker in self.workers):
            sleep(TICK_SECONDS)
            for worker in self.workers:
                worker.watch()
            self.turns.expire(WAIT_SECONDS)

    def warm(self) -> None:
        """Starts the workers ahead of the first job. Takes as long as importing torch does.
        Raises Unavailable, Stopped."""
        self.start()
        for worker in self.workers:
            worker.first.result()

    def without_worker(self, trouble: Unavailable) -> None:
        """A worker cannot be started; if no other is there, nothing can be answered for now."""
        if not any(worker.process for worker in self.workers):
            self.turns.refuse(lambda: Unavailable(str(trouble), trouble.why))

    def stop(self) -> None:
        """Takes nothing more; what waits is refused, what runs has a few seconds left."""
        self.last = monotonic() + STOP_SECONDS
        self.turns.close()
        self.turns.refuse(Stopped)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.turns.close()
        if cancel_futures:
            self.turns.refuse(Stopped)
        atexit.unregister(self.shutdown)
        for worker in self.workers:
            worker.settle(Stopped())
            with worker.lock:
                # A start is the last thing a worker then does, and may last: it is not waited for.
                ending = wait and not worker.starting and worker.thread.is_alive()
            if ending:
                worker.thread.join()


def create_executor(
    workers: int = 3, limit: int = 128, share: int = 8, scheduler: str = ""
) -> Workers:
    """`limit` jobs in all, and `share` of one client, may be running or waiting; no process starts
    before the first of them. One worker more than most machines' cores that are busy, for the
    client that comes while another has the rest. `scheduler`: the address of Dask's, whose workers
    do the jobs then."""
    if not scheduler:
        return Workers(workers, max(limit, 2 * share), share)
    cluster = Cluster(scheduler)
    seats = max(workers, cluster.threads() + 1)
    return Workers(seats, max(limit, 2 * share), share, cluster.seat, together=TOGETHER)


async def run(
    executor: Executor,
    fn: Callable[..., T],
    *args: Any,
    timeout: float = SECONDS,
    client: str = "",
    placed: bool = False,
) -> T:
    """The answer of fn(*args), computed by a worker within `timeout` seconds.

    Raises what fn raises, Problem if it takes longer, Busy, Unavailable.
    """
    try:
        return await asyncio.wrap_future(executor.submit(Job(fn, args, timeout, client, placed)))
    except ShareTaken:
        # Who asks again at once gains nothing, and costs the others little.
        await asyncio.sleep(REFUSED_SECONDS)
        raise
