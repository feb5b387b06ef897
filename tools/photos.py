"""Write app/core/assets/photos/*.webp: scikit-image's free photos, 320 pixels on the shorter side.

`python -m tools.photos` fetches scikit-image from PyPI; `python -m tools.photos path/to/skimage`
takes a folder that is there.
"""

import sys
from pathlib import Path

from PIL import Image

from tools.packages import only, unpacked

ASSETS = Path(__file__).resolve().parent.parent / "app" / "core" / "assets"
SOURCE = "pip:scikit-image==0.26.0"
SHORTER = 320
QUALITY = 90
NAMES = ("coffee", "chelsea", "astronaut", "camera", "rocket", "brick", "grass", "retina")


def write(source: str) -> None:
    (ASSETS / "photos").mkdir(exist_ok=True)
    with unpacked(source) as folder:
        for name in NAMES:
            photo = Image.open(only(folder, f"{name}.[pj][np]g")).convert("RGB")
            scale = min(1, SHORTER / min(photo.size))
            size = round(photo.width * scale), round(photo.height * scale)
            small = photo.resize(size, Image.Resampling.LANCZOS)
            small.save(ASSETS / "photos" / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    write(sys.argv[1] if sys.argv[1:] else SOURCE)
