"""`python -m app`: serve Backlight on HOST and PORT."""

import os
import signal
import sys
from contextlib import suppress

import uvicorn

from app.main import create_app


def main() -> None:
    config = uvicorn.Config(
        create_app(),
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    # uvicorn stops at SIGTERM and then raises it again: leave as any program does.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    socket = config.bind_socket()
    socket.listen()
    host, port = socket.getsockname()[:2]
    print(f"Backlight is on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[socket])


if __name__ == "__main__":
    main()
