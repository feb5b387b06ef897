"""The boundaries: imports run downwards only, and the web process never loads torch."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted((ROOT / "app/core").rglob("*.py"))
WEB = sorted((ROOT / "app/web").rglob("*.py"))
WORKERS = sorted((ROOT / "app/workers").rglob("*.py"))
ALL = sorted((ROOT / "app").rglob("*.py"))

# Within the core, the highest first: each may import what is in a row below its own, and itself.
ROWS = (
    ("lessons", "checks", "elsewhere"),
    ("exercises", "any_figure"),
    ("figures",),
    ("links", "beginnings"),
    ("attributions", "experiments"),
    ("teaching",),
    ("activations", "training"),
    ("networks", "convolutions"),
    ("expressions", "layers", "pictures"),
    ("drawing", "figure"),
    ("mistakes", "recent"),
    ("questions",),
    ("numbers", "witnesses", "notebook"),
    ("errors",),
)
ROW_OF = {name: row for row, names in enumerate(ROWS) for name in names}


def test_there_is_something_to_look_at() -> None:
    assert len(CORE) > 50
    assert len(WEB) > 10
    assert len(WORKERS) > 3
    assert {name for name in map(place, CORE) if name} <= ROW_OF.keys(), "which row is it in?"


def module(path: Path) -> str:
    """A file's name for import; a package is its `__init__`."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def place(path: Path) -> str:
    """The package or module of the core that a file belongs to; "" for the core's own."""
    return [*module(path).split("."), ""][2]


@cache
def imports(path: Path) -> tuple[str, ...]:
    """The full name of everything a file imports: at its top, for types only, within a function."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return tuple(found)


def imports_any(path: Path, forbidden: set[str]) -> set[str]:
    return {
        name
        for name in imports(path)
        if any(f"{name}.".startswith(f"{package}.") for package in forbidden)
    }


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_knows_no_web(path: Path) -> None:
    web = {"fastapi", "starlette", "jinja2", "app.web", "app.main", "app.workers"}
    assert not imports_any(path, web)


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_imports_downwards_only(path: Path) -> None:
    own = place(path)
    for name in imports(path):
        if not f"{name}.".startswith("app.core."):
            continue
        other = name.split(".")[2]
        below = ROW_OF[other] > ROW_OF.get(own, -1)
        assert other == own or below, f"{own} is not above {other}, which it imports"


@pytest.mark.parametrize("path", WORKERS, ids=name_of)
def test_the_workers_know_only_what_an_error_is(path: Path) -> None:
    for name in imports_any(path, {"app"}):
        assert name.startswith(("app.workers.", "app.core.errors.")), name


@pytest.mark.parametrize("path", WEB, ids=name_of)
def test_the_web_imports_the_core_and_the_workers(path: Path) -> None:
    for name in imports_any(path, {"app"}):
        assert name.startswith(("app.web.", "app.core.", "app.workers.")), name


@cache
def arrows() -> dict[str, set[str]]:
    """Which modules of the app each module imports, wherever in it."""
    names = {module(path): path for path in ALL}

    def target(name: str) -> Iterator[str]:
        parts = name.split(".")
        while parts and ".".join(parts) not in names:
            parts.pop()
        yield from [".".join(parts)] if parts else []

    return {
        name: {found for said in imports(path) for found in target(said)} - {name}
        for name, path in names.items()
    }


def test_no_module_imports_itself_by_way_of_others() -> None:
    left = arrows()
    assert sum(map(len, left.values())) > 100
    while free := {name for name, others in left.items() if not others & left.keys()}:
        left = {name: others for name, others in left.items() if name not in free}
    # Of what is left, what only imports a circle and is in none.
    while free := left.keys() - {other for others in left.values() for other in others}:
        left = {name: others for name, others in left.items() if name not in free}
    assert not {name: sorted(others & left.keys()) for name, others in left.items()}


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_the_core_reads_no_environment_and_prints_nothing(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"environ", "getenv", "stdout", "stderr"}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "input"}


@pytest.mark.parametrize("name", ["ops", "parsing"])
def test_ops_and_expressions_do_without_torch(name: str) -> None:
    code = f"import sys, app.core.expressions.{name}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_the_web_process_never_loads_torch() -> None:
    code = "import sys, app.main; app.main.create_app(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
    for path in WEB:
        assert not imports_any(path, {"torch", "app.workers.preload"})
