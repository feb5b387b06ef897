"""What all tests share: the app behind a client, and a real server."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from starlette.testclient import TestClient
from xdist.scheduler import LoadScopeScheduling

from tests.patient import patient

ROOT = Path(__file__).resolve().parents[1]
BROWSER, SERVERS = "browser", "servers"


@pytest.fixture(autouse=True)
def torch_as_found() -> Iterator[None]:
    """Our exports set torch's precision for all that runs after them; the next test must not see
    it."""
    before = torch.get_default_dtype()
    yield
    torch.set_default_dtype(before)


@pytest.fixture(scope="session")
def client() -> Iterator[TestClient]:
    """The app, started; what a visitor's mistake or a bug answers is looked at, not raised."""
    with TestClient(patient(), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def live_server() -> Iterator[str]:
    """The address of a patient server on a free port."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.patient"],
        cwd=ROOT,
        env={**os.environ, "HOST": "127.0.0.1", "PORT": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout
        announcement = server.stdout.readline()
        yield announcement.rpartition(" ")[2].strip()
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0


def pytest_configure(config: pytest.Config) -> None:
    """The servers' workers stand back behind nobody: between tests, and whatever else the machine
    does, they would get next to no time."""
    os.environ["WORKERS_NICE"] = "0"


def part(test: str) -> str:
    """What one worker has whole: all that needs the browser, all that shares a server or starts its
    own, a file of core. The checks of other tools are each for themselves."""
    path = test.partition("::")[0]
    folder = path.split("/")[1]
    if folder == "core":
        return path
    if folder in ("test_checks.py", "test_frontend.py"):
        return test
    return BROWSER if folder == "browser" else SERVERS


class Parts(LoadScopeScheduling):  # type: ignore[misc]
    """Parts go to whoever is free, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        return part(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False
    return Parts(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Alone, one runs the tests of the browser last: Playwright keeps an event loop running, and
    some others start theirs. Of several workers one begins with them and another with those."""
    parts = {item: part(item.nodeid) for item in items}
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)) == 1:
        items.sort(key=lambda item: parts[item] == BROWSER)
    else:
        items.sort(key=lambda item: (parts[item] != BROWSER, parts[item] != SERVERS))
        items.sort(key=lambda item: parts[item].startswith("tests/core"))
