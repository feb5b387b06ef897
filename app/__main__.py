"""`python -m app`: serve Backlight on HOST and PORT."""

import gc
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from math import inf

import uvicorn

from app.listening import BACKLOG, OTHER_FILES, bracketed, listening, most_files, port_named
from app.web.protocol import Bounds, bounded

GRACE_SECONDS = 10


class Server(uvicorn.Server):
    """Stops its workers first: streams then end in words, and nothing is waited for long."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        state = self.config.app.state  # type: ignore[union-attr]
        state.executor.stop()
        state.rooms.stop()
        await super().shutdown(sockets)


def setting(name: str, least: int, most: float = inf) -> int | None:
    """A whole number; None is what it is by itself. Leaves with a sentence if it is none."""
    written = os.environ.get(name)
    if not written:
        return None
    if not (written.isdecimal() and least <= int(written) <= most):
        bounds = f"at least {least}" if most == inf else f"{least} to {most}"
        sys.exit(f"{name} is a whole number of {bounds}, not `{written}`.")
    return int(written)


def check_scheduler() -> None:
    """Leaves with a sentence where BACKLIGHT_SCHEDULER is nothing that can be asked."""
    written = os.environ.get("BACKLIGHT_SCHEDULER")
    if written and not written.startswith(("tls://", "tcp://")):
        sys.exit(
            "BACKLIGHT_SCHEDULER is the address of a Dask scheduler, tls://host:port (or tcp://, "
            f"on a network that you trust), not `{written}`."
        )
    if written and not find_spec("distributed"):
        sys.exit("BACKLIGHT_SCHEDULER needs the package `distributed`: README says which, and how.")


def main() -> None:
    host = os.environ.get("HOST") or "127.0.0.1"
    port = port_named(os.environ.get("PORT") or "8000")
    jobs = setting("JOBS_PER_CLIENT", 1)
    setting("WORKERS_NICE", 0, 19)  # which they read themselves
    check_scheduler()
    listener = listening(host, port)
    gc.disable()  # what is imported stays: to look it over and over is a tenth of a start
    from app.main import create_app  # which takes a while: what the settings lack is told at once

    bounds = Bounds()
    bounds = replace(bounds, connections=min(bounds.connections, most_files() - OTHER_FILES))
    config = uvicorn.Config(
        create_app(jobs, ahead=True),
        loop="uvloop",
        http=bounded(bounds),
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    gc.enable()
    # uvicorn stops at SIGTERM and then raises it again: leave as any program does.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    host, port = listener.getsockname()[:2]
    print(f"Backlight is on http://{bracketed(host)}:{port}", flush=True)
    with suppress(KeyboardInterrupt):
        Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
