"""The files of published packages, fetched by pip, npm or apt into a folder that goes away."""

import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def unpacked(source: str) -> Iterator[Path]:
    """The files of `pip:name==1.2`, `npm:name@1.2`, `apt:name`, or of a folder that is there."""
    kind, _, name = source.partition(":")
    if not name:
        yield Path(source)
        return
    with tempfile.TemporaryDirectory() as folder:
        fetch = {
            "pip": [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", name],
            "npm": ["npm", "pack", "--silent", name],
            "apt": ["apt-get", "download", name],
        }
        subprocess.run(fetch[kind], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        [archive] = Path(folder).iterdir()
        files = Path(folder) / "files"
        if archive.suffix == ".deb":
            subprocess.run(["dpkg", "-x", archive, files], check=True)
        elif archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                wheel.extractall(files)
        else:
            with tarfile.open(archive) as ball:
                ball.extractall(files, filter="data")
        yield files


def only(folder: Path, pattern: str) -> Path:
    """The one file of that name, wherever it lies."""
    [path] = folder.rglob(pattern)
    return path
