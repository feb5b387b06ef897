"""Install requirements.txt into the running environment, and end with a torch that imports.

    python tools/install.py [pip's options]

The lock goes in with --no-deps: it is complete, and no resolver gets to choose a build of torch.
But on Linux the public index's torch is a build for NVIDIA cards, which imports only beside a dozen
packages more; those are installed once it is known that they are needed. It exits with 1 and a
sentence when torch cannot be had. Written with the standard library alone: it runs before all else.
"""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

LOCK = Path("requirements.txt")

NVIDIA = """\
This torch is the build for NVIDIA cards, which needs a dozen packages more: about 3 GB to download
in all and 5.5 GB on disk. They are installed now. Backlight computes without a card; for the CPU
build (0.2 GB) stop this, and call it again with PIP_EXTRA_INDEX_URL set to an index that has one.
"""

BUILDS = """\
Backlight's packages cannot be installed here: see what pip says above. They are built for CPython
3.11 to 3.14, on Linux with glibc 2.28 or newer (x86-64 and arm64) and on macOS 14 or newer (Apple
silicon). If it was the network or the disk, call again.
"""

NO_TORCH = """\
torch is installed and does not import, so that Backlight could not compute anything: see what it
says above. The next call installs it anew.
"""


def pip(command: str, *arguments: str) -> bool:
    quiet = ["--disable-pip-version-check", command, *arguments]
    return subprocess.run([sys.executable, "-m", "pip", *quiet]).returncode == 0


def fault() -> str:
    """What `import torch` says, in its last line; empty if it imports."""
    done = subprocess.run([sys.executable, "-c", "import torch"], capture_output=True, text=True)
    said = done.stderr.strip() or f"python stopped with {done.returncode}"
    return said.splitlines()[-1] if done.returncode else ""


def needs() -> list[str] | None:
    """What the installed torch requires; None where none is installed."""
    try:
        return requires("torch") or []
    except PackageNotFoundError:
        return None


def install(options: list[str]) -> str:
    """What went wrong, as a sentence; empty if nothing did."""
    [torch] = re.findall(r"^torch==\S+$", LOCK.read_text(), re.MULTILINE)
    # An earlier call that was stopped leaves a torch that satisfies the lock: choose again.
    if needs() is not None and fault():
        pip("uninstall", "--quiet", "--yes", "torch")
    if not pip("install", "--quiet", "--no-deps", *options, "-r", str(LOCK)):
        return BUILDS
    if not (said := fault()):
        return ""
    print(f"import torch: {said}", file=sys.stderr)
    if sys.platform == "linux" and any(name.startswith("nvidia-") for name in needs() or ()):
        print(NVIDIA, end="", file=sys.stderr, flush=True)
    if not pip("install", *options, "-c", str(LOCK), torch):
        return BUILDS
    if said := fault():
        print(f"import torch: {said}", file=sys.stderr)
        return NO_TORCH
    return ""


if __name__ == "__main__":
    try:
        sentence = install(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    if sentence:
        sys.exit(sentence.rstrip())
