"""The boundaries: the core knows no web, and the web process never loads torch."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted((ROOT / "app/core").rglob("*.py"))
WEB = sorted((ROOT / "app/web").rglob("*.py"))


def test_there_is_something_to_look_at() -> None:
    assert len(CORE) > 50
    assert len(WEB) > 10


def imports(path: Path) -> Iterator[str]:
    """The full name of everything a file imports, at its top or within a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_any(path: Path, forbidden: set[str]) -> set[str]:
    return {
        name
        for name in imports(path)
        if any(f"{name}.".startswith(f"{package}.") for package in forbidden)
    }


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_knows_no_web(path: Path) -> None:
    web = {"fastapi", "starlette", "jinja2", "app.web", "app.main", "app.workers"}
    assert not imports_any(path, web)


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_reads_no_environment_and_prints_nothing(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"environ", "getenv", "stdout", "stderr"}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "input"}


@pytest.mark.parametrize("name", ["expressions.ops", "expressions.parsing"])
def test_ops_and_expressions_do_without_torch(name: str) -> None:
    code = f"import sys, app.core.{name}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_the_web_process_never_loads_torch() -> None:
    code = "import sys, app.main; app.main.create_app(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
    for path in WEB:
        assert not imports_any(path, {"torch", "app.workers.preload"})
