"""What all tests share: the app behind a client, and a real server."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.main import create_app


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """The app, started; what a visitor's mistake or a bug answers is looked at, not raised."""
    with TestClient(create_app(), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def live_server() -> Iterator[str]:
    """The address of `python -m app` on a free port."""
    server = subprocess.Popen(
        [sys.executable, "-m", "app"],
        env={**os.environ, "HOST": "127.0.0.1", "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout
        announcement = server.stdout.readline()
        yield announcement.rpartition(" ")[2].strip()
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests run last: they are slow, and Playwright keeps an event loop running."""
    items.sort(key=lambda item: "browser" in item.path.parts)
