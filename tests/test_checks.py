"""ruff and mypy find nothing."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("check", ["ruff check", "ruff format --check", "mypy"])
def test_check(check: str) -> None:
    done = subprocess.run([sys.executable, "-m", *check.split()], capture_output=True, text=True)
    assert done.returncode == 0, f"{check} finds fault:\n{done.stdout}{done.stderr}"
