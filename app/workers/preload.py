"""Imported once, by the fork server: every worker is forked from here with torch already warm.

Only worker processes may import this; the web process never imports torch.
"""

import os
from contextlib import suppress
from functools import cache

from app.workers.allocation import keep_freed_memory

# Read when torch loads. Two busy workers with one thread each beat two with two.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
# Small requests are answered by the web process, and come before what the workers do.
os.nice(int(os.environ.get("WORKERS_NICE") or 10))

keep_freed_memory()

FORK_SERVER = os.getpid()


@cache
def load() -> None:
    """Raises whatever keeps torch from loading; tried anew at the next call then."""
    import torch

    torch.set_num_threads(1)
    # torch imports much more at the first optimizer and the first meta tensor: let it do so here.
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    torch.zeros(1, device="meta")


with suppress(Exception):  # a fork server outlives it; a worker tries again and says what is wrong
    load()
