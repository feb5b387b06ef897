"""`python -m app`: serve Backlight on HOST and PORT."""

import os
import signal
import sys
from contextlib import suppress
from socket import socket

import uvicorn

from app.main import JOBS_PER_CLIENT, create_app


class Server(uvicorn.Server):
    """Stops its workers first: streams then end in words, and nothing is waited for long."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        self.config.app.state.executor.stop()  # type: ignore[union-attr]
        await super().shutdown(sockets)


def jobs_per_client() -> int:
    written = os.environ.get("JOBS_PER_CLIENT", str(JOBS_PER_CLIENT))
    if not (written.isdecimal() and int(written)):
        sys.exit(f"JOBS_PER_CLIENT is a whole number of at least 1, not `{written}`.")
    return int(written)


def main() -> None:
    config = uvicorn.Config(
        create_app(jobs_per_client()),
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    # uvicorn stops at SIGTERM and then raises it again: leave as any program does.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    bound = config.bind_socket()
    bound.listen()
    host, port = bound.getsockname()[:2]
    print(f"Backlight is on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
    with suppress(KeyboardInterrupt):
        Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
