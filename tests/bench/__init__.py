"""How fast Backlight is, as ratios within one run: `python -m tests.bench`.

One thread each for numpy and torch, as where the project runs them.
"""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
