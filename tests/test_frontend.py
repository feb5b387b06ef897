"""The frontend's own tests and checks, and its types against the server's schema."""

import os
import subprocess

import pytest

from tools.schema import STATIC, TYPES, types

CHECKS = {
    "vitest": ["node_modules/vitest/vitest.mjs", "run"],
    "svelte-check": [
        "node_modules/svelte-check/bin/svelte-check",
        "--tsconfig=tsconfig.json",
        "--fail-on-warnings",
    ],
    "eslint": ["node_modules/eslint/bin/eslint.js", "."],
    "prettier": ["node_modules/prettier/bin/prettier.cjs", "--check", "."],
}


@pytest.mark.parametrize("name", CHECKS)
def test_frontend(name: str) -> None:
    node = os.environ.get("NODE", "node")
    done = subprocess.run([node, *CHECKS[name]], cwd=STATIC, capture_output=True, text=True)
    assert done.returncode == 0, f"{name} finds fault:\n{done.stdout}{done.stderr}"


def test_types_follow_the_schema() -> None:
    assert TYPES.read_text() == types(), "static/src/figure/schema.ts is stale: run `make types`."
