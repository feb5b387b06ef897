"""The lock files are complete, agree with pyproject.toml and are what is installed."""

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.lock import LOCKS, ROOT, lock, pins


@pytest.mark.parametrize(("name", "dev"), LOCKS.items())
def test_a_lock_pins_exactly_what_is_needed(name: str, dev: bool) -> None:
    text = (ROOT / name).read_text()
    assert pins(text) | pins(lock(dev)) == pins(text), f"{name} is stale: run `make lock`"
    assert text == "".join(f"{name}=={version}\n" for name, version in pins(text).items())


def test_pyproject_and_lock_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = pins((ROOT / "requirements-dev.txt").read_text())
    for line in project["project"]["dependencies"] + project["dependency-groups"]["dev"]:
        requirement = Requirement(line)
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), line


def test_torch_is_the_pinned_cpu_build() -> None:
    assert pins((ROOT / "requirements.txt").read_text())["torch"] == "2.13.0"
    assert not [name for name in pins(lock(dev=True)) if name.startswith("nvidia")]
