"""One worker process: how it is started, what it does, and what the web process holds of it."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from time import sleep
from traceback import format_exception
from typing import Any

from app.workers.job import Job

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = multiprocessing.get_context("forkserver")
STARTING = threading.Lock()
# Before each try to start a worker: on a busy machine a killed fork server takes its time to go.
PAUSES = (0.0, 0.2, 1.0, 2.0, 4.0)
START_SECONDS = 120.0  # what loading torch may take
STOP_SECONDS = 5.0  # what an idle worker may take to leave
LOST = (EOFError, OSError)  # what is raised where the other process is gone


class Unavailable(Exception):
    """What needs a worker cannot be answered, and asking again will not do. `why` is for the log:
    it may name files of the server."""

    def __init__(self, said: str, why: str = "") -> None:
        super().__init__(said)
        self.why = why


NO_TORCH = (
    "This needs PyTorch, which does not load on this server; everything else works. "
    'Whoever runs it can see why with `python -c "import torch"`, and start it again once it loads.'
)
NO_PROCESS = (
    "This server cannot start the processes that compute this; everything else works. "
    "Whoever runs it finds the reason in what it said when it started, "
    "and should look at its limits of memory and processes."
)


class WorkerProcess:
    """A process that is ready for jobs, one at a time."""

    patience = 0.0  # nothing else is done there

    def __init__(self) -> None:
        """Starts it. Raises Unavailable."""
        why = ""
        for pause in PAUSES:
            sleep(pause)
            ours, theirs = CONTEXT.Pipe()
            try:
                self.process = CONTEXT.Process(target=work, args=(theirs,), daemon=True)
                start(self.process)
                theirs.close()
                if not ours.poll(START_SECONDS):
                    self.kill()
                trouble = ours.recv()
            except Exception as error:  # the worker is gone, or the fork server, or there is none
                why = f"{type(error).__name__}: {error}"
                ours.close()
                theirs.close()
                continue
            if trouble:
                ours.close()
                raise Unavailable(NO_TORCH, trouble)
            self.connection: Connection[Any, Any] = ours
            return
        raise Unavailable(NO_PROCESS, why)

    @property
    def alive(self) -> bool:
        """To be asked between jobs: then there is nothing to be read but that it is gone."""
        try:
            return not self.connection.poll()
        except LOST:
            return False

    def ask(self, job: Job) -> Any:
        """What the job returns. Raises what it raises, as Raised, and LOST if the process dies."""
        return outcome(self.reply(ForkingPickler.dumps(job)))

    def reply(self, job: "bytes | memoryview") -> bytes:
        """The outcome of a pickled job, pickled. Raises LOST."""
        self.connection.send_bytes(job)
        return self.connection.recv_bytes()

    def discard(self) -> None:
        """Of what is gone, or is to be."""
        self.kill()
        self.connection.close()

    def kill(self) -> None:
        """From any thread: what was asked raises LOST then."""
        # Not Process.kill(), which does nothing once the fork server is gone.
        if self.process.pid:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Ends it: at once if it is idle, else by force."""
        self.connection.close()
        self.process.join(STOP_SECONDS)
        if self.process.is_alive():
            self.kill()


class Raised(Exception):
    """A job raised this, as opposed to its process being lost."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def outcome(reply: bytes) -> Any:
    """What a job has returned. Raises Raised."""
    try:
        answer, error = ForkingPickler.loads(reply)
    except Exception as unreadable:
        raise RuntimeError("A job's answer cannot be read.") from unreadable
    if error:
        raise Raised(error)
    return answer


def start(process: Any) -> None:
    """Forks a process. Raises LOST if there is no fork server, or not for long enough."""
    # Ctrl-C reaches every process of a terminal, and SIGTERM all of a service; only the web process
    # is to act on them. What is started meanwhile, and all it forks, never sees them.
    signals = {signal.SIGINT, signal.SIGTERM}
    with STARTING, importable(ROOT):
        CONTEXT.set_forkserver_preload(["app.workers.preload"])
        resource_tracker.ensure_running()  # first: it unblocks them
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        try:
            forkserver.ensure_running()
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


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


def work(connection: "Connection[Any, Any]") -> None:
    """What a worker does: one job after another, until the web process closes the connection."""
    threading.Thread(target=die_with_parent, daemon=True).start()
    try:
        import_module("app.workers.preload").load()
    except BaseException as error:
        trouble = f"{type(error).__name__}: {error}"
    else:
        trouble = ""
    with suppress(*LOST):
        connection.send(trouble)
        while not trouble:
            connection.send_bytes(answer(connection.recv_bytes()))
    os._exit(0)


def die_with_parent() -> None:
    """A web process that was killed cannot say goodbye; no worker outlives it all the same."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(0)


def answer(asked: bytes) -> memoryview:
    """The job's outcome, pickled: what it returns, or what it raises."""
    try:
        return ForkingPickler.dumps((ForkingPickler.loads(asked)(), None))
    except BaseException as error:
        raised = error
    # The server's log is to show where in the worker it was raised.
    raised.add_note("".join(format_exception(raised)))
    raised.__traceback__ = None
    try:
        return ForkingPickler.dumps((None, raised))
    except Exception:
        return ForkingPickler.dumps((None, RuntimeError("\n".join(raised.__notes__))))
