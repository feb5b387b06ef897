"""What `make run` installs ends with a torch that imports, or with a sentence that says why not."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pip
import pytest

from tools.lock import ROOT

SCRIPT = ROOT / "tools" / "install.py"


def wheel(folder: Path, name: str, version: str, code: str, needs: tuple[str, ...] = ()) -> None:
    """A package of one module, as an index would have it."""
    about = f"{name.replace('-', '_')}-{version}"
    requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{about}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name.replace('-', '_')}.py", code)
        info = f"{about}.dist-info"
        file.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}",
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")


class Machine:
    """A stranger's: an empty environment, a lock, and an index with what a test puts into it."""

    def __init__(self, home: Path) -> None:
        self.home, self.index = home / "a folder", home / "index"
        self.home.mkdir()
        self.index.mkdir()
        # The pip of this environment, for one that has only the packages of its own.
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", self.home / ".venv"], check=True
        )
        self.python = self.home / ".venv" / "bin" / "python"
        packages = next((self.home / ".venv").glob("lib/python3*/site-packages"))
        (packages / "pip").symlink_to(Path(pip.__file__).parent)

    def lock(self, *lines: str) -> None:
        (self.home / "requirements.txt").write_text("".join(f"{line}\n" for line in lines))

    def install(self) -> subprocess.CompletedProcess[str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        return subprocess.run(
            [self.python, SCRIPT],
            cwd=self.home,
            env=plain
            | {
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(self.index),
            },
            capture_output=True,
            text=True,
        )

    def says(self, code: str) -> str:
        return subprocess.run(
            [self.python, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.lock("numpy==1.0", "torch==2.0")
    wheel(machine.index, "numpy", "1.0", "")
    wheel(machine.index, "numpy", "9.0", "")
    return machine


CUDA = "import nvidia_card"
CPU = "build = 'cpu'"
NEEDS = ('nvidia-card; platform_system == "Linux"', "numpy")


def test_a_torch_that_imports_is_installed_from_the_lock_alone(machine: Machine) -> None:
    wheel(machine.index, "torch", "2.0", CPU, ("nvidia-card",))
    done = machine.install()
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.says("import torch; print(torch.build)") == "cpu"


@pytest.mark.skipif(sys.platform != "linux", reason="only there is torch a CUDA build")
def test_a_torch_that_needs_more_is_completed_and_its_size_is_said_first(machine: Machine) -> None:
    wheel(machine.index, "torch", "2.0", CUDA, NEEDS)
    wheel(machine.index, "nvidia-card", "1.0", "")
    done = machine.install()
    assert done.returncode == 0
    assert "No module named 'nvidia_card'" in done.stderr
    assert "3 GB to download" in done.stderr
    assert "PIP_EXTRA_INDEX_URL" in done.stderr
    assert machine.says("import torch; print('imports')") == "imports"
    locked = "from importlib.metadata import version; print(version('numpy'))"
    assert machine.says(locked) == "1.0"


@pytest.mark.skipif(sys.platform != "linux", reason="only there is torch a CUDA build")
def test_an_index_named_after_a_stopped_call_gives_its_build(machine: Machine) -> None:
    wheel(machine.index, "torch", "2.0", CUDA, NEEDS)
    stopped = machine.install()
    assert stopped.returncode == 1
    assert "cannot be installed here" in stopped.stderr
    wheel(machine.index, "torch", "2.0+cpu", CPU, ("numpy",))
    done = machine.install()
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.says("import torch; print(torch.build)") == "cpu"


def test_a_torch_that_never_imports_ends_in_a_sentence(machine: Machine) -> None:
    wheel(machine.index, "torch", "2.0", "raise OSError('libgomp.so.1 is not there')", ("numpy",))
    for _ in range(2):
        done = machine.install()
        assert done.returncode == 1
        assert "libgomp.so.1 is not there" in done.stderr
        assert "torch is installed and does not import" in done.stderr
        assert "GB" not in done.stderr
        assert "Traceback" not in done.stderr


def test_a_machine_without_a_build_is_told_which_have_one(machine: Machine) -> None:
    done = machine.install()
    assert done.returncode == 1
    assert "torch==2.0" in done.stderr
    assert "CPython\n3.11 to 3.14" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "line"),
    {
        "Makefile": "\t$(python) tools/install.py",
        "Dockerfile": "RUN python tools/install.py --no-cache-dir",
        ".dockerignore": "!tools/install.py",
    }.items(),
)
def test_make_and_docker_install_by_this_script(name: str, line: str) -> None:
    assert line in (ROOT / name).read_text().splitlines()
