"""Where torch runs: a few warm worker processes behind one executor, with a short queue."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from app.core.errors import Problem

P = ParamSpec("P")
T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = multiprocessing.get_context("forkserver")


class Busy(Exception):
    """All workers are busy and the queue is full; asking again in a moment will do."""

    def __init__(self) -> None:
        super().__init__("The server is busy with other computations. Try again in a moment.")


class Workers(Executor):
    """A pool of worker processes that refuses work rather than pile it up, and mends itself."""

    def __init__(self, workers: int, limit: int) -> None:
        self.workers, self.limit = workers, limit
        self.outstanding = 0
        self.lock = threading.Lock()
        self.pool: ProcessPoolExecutor | None = None

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with self.lock:
            if self.outstanding >= self.limit:
                raise Busy
            self.outstanding += 1
        try:
            future = self.submit_to_pool(fn, *args, **kwargs)
        except BaseException:
            self.forget()
            raise
        future.add_done_callback(self.forget)
        return future

    def submit_to_pool(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        # Not under the lock: a pool calls forget() while it holds a lock that its submit() wants.
        pool = self.present_pool()
        try:
            return pool.submit(fn, *args, **kwargs)
        except BrokenExecutor:
            # A worker was killed, and a pool with a dead worker takes no more work.
            return self.present_pool(broken=pool).submit(fn, *args, **kwargs)

    def forget(self, future: Future[Any] | None = None) -> None:
        with self.lock:
            self.outstanding -= 1

    def present_pool(self, broken: ProcessPoolExecutor | None = None) -> ProcessPoolExecutor:
        """The pool; a fresh one if there is none yet, or if it is the broken one."""
        with self.lock:
            if self.pool is broken or self.pool is None:
                self.pool = self.fresh_pool()
            return self.pool

    def fresh_pool(self) -> ProcessPoolExecutor:
        CONTEXT.set_forkserver_preload(["app.workers.preload"])
        resource_tracker.ensure_running()
        with importable(ROOT), without_interrupts():
            forkserver.ensure_running()
        return ProcessPoolExecutor(self.workers, CONTEXT, start_worker)

    def warm(self) -> None:
        """Starts the workers ahead of the first job. Takes as long as importing torch does."""
        for job in [self.submit(os.getpid) for _ in range(self.workers)]:
            job.result()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self.lock:
            pool, self.pool = self.pool, None
        if pool:
            pool.shutdown(wait, cancel_futures=cancel_futures)


def create_executor(workers: int = 2, limit: int = 16) -> Workers:
    """`limit` jobs may be running or waiting; no process starts before the first of them."""
    return Workers(workers, limit)


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Python 3.11's fork server overlooks what is found only through sys.path; not PYTHONPATH."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), before]))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Ctrl-C reaches every process of a terminal; only the web process is to act on it.

    A process started meanwhile, and all it forks, never sees the signal.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def start_worker() -> None:
    """Runs in each new worker."""
    import_module("app.workers.preload")  # says so if the fork server could not import it
    threading.Thread(target=die_with_parent, daemon=True).start()


def die_with_parent() -> None:
    """A web process that was killed cannot say goodbye; no worker outlives it all the same."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(0)


def within(seconds: float, fn: Callable[..., T], *args: Any) -> T:
    """Runs fn in a worker, and stops it when its time is up, so that the worker is free again."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Problem(f"This takes longer than {seconds:g} seconds, the most one question may.")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return fn(*args)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


async def run(executor: Executor, fn: Callable[..., T], *args: Any, timeout: float = 2.0) -> T:
    """The answer of fn(*args), computed by a worker; tried once more if that worker dies."""

    def submit() -> Awaitable[T]:
        return asyncio.wrap_future(executor.submit(within, timeout, fn, *args), loop=loop)

    loop = asyncio.get_running_loop()
    try:
        # In a thread: a submit that has to start a worker waits for it.
        return await (await asyncio.to_thread(submit))
    except BrokenExecutor:
        return await (await asyncio.to_thread(submit))
