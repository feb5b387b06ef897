"""Write app/core/assets/photos.npz: square crops of scikit-image's free photos, 64 by 64 pixels.

Needs Pillow and the folder `skimage/data` of an unpacked scikit-image 0.26 wheel:
`python -m tools.photos path/to/skimage/data`.
"""

import sys
from pathlib import Path

import numpy as np

ASSETS = Path(__file__).resolve().parent.parent / "app" / "core" / "assets"
SIZE = 64
CROPS = {
    "coffee": (120, 0, 520, 400),
    "chelsea": (95, 35, 345, 285),
    "astronaut": (125, 0, 325, 200),
}


def write(folder: Path) -> None:
    from PIL import Image

    photos = {}
    for name, box in CROPS.items():
        photo = Image.open(folder / f"{name}.png").convert("RGB").crop(box)
        small = photo.resize((SIZE, SIZE), Image.Resampling.BOX)
        photos[name] = np.asarray(small).transpose(2, 0, 1)
    np.savez_compressed(ASSETS / "photos.npz", **photos)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
