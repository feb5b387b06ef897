"""Write requirements.txt and requirements-dev.txt from the packages of the running environment.

A lock holds exactly what pyproject.toml asks for and what that needs in turn. It is installed with
`pip install --no-deps`, so no resolver gets to choose a build of torch.
"""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"requirements.txt": False, "requirements-dev.txt": True}


def closure(wanted: Iterable[str]) -> dict[str, str]:
    """Name -> installed version, of the wanted packages and all they require."""
    found: dict[str, str] = {}
    waiting = [Requirement(line) for line in wanted]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or not (requirement.marker is None or requirement.marker.evaluate()):
            continue
        installed = distribution(name)
        # 2.13.0+cpu is a build of 2.13.0: a pin names the release.
        found[name] = installed.version.partition("+")[0]
        waiting += [Requirement(line) for line in installed.requires or ()]
    return found


def lock(dev: bool) -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"]
    if dev:
        wanted = wanted + project["dependency-groups"]["dev"]
    return "".join(f"{name}=={version}\n" for name, version in sorted(closure(wanted).items()))


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", text, re.MULTILINE))


if __name__ == "__main__":
    for name, dev in LOCKS.items():
        (ROOT / name).write_text(lock(dev))
