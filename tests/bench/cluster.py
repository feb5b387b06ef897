"""The same run in our own worker processes and on a Dask cluster of this machine's."""

import asyncio
import socket
from collections.abc import Callable, Iterator

from app.core.figures import FIGURES
from app.workers.places import Places
from app.workers.pool import Workers, create_executor
from app.workers.runs import all_frames
from tests.bench.timing import Comparison, by_turns
from tests.workers.clusters import cluster

ROW = FIGURES["your-network"]
RUN = {"batch": 128, "steps": 400, "seed": 0}  # forty slices of a tenth of a second
SECONDS = 40.0


def slices() -> Iterator[Comparison]:
    """Every frame of one run, nothing else beside it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    with (
        cluster(port, workers=1) as dask,
        create_executor(scheduler=dask.address) as away,
        create_executor() as home,
    ):

        def whole(executor: Workers) -> Callable[[], object]:
            executor.warm()
            question, slice = ROW.question(**RUN), ROW.slice
            assert slice
            return lambda: asyncio.run(all_frames(Places(), executor, slice, question))

        ours, theirs = by_turns(whole(away), whole(home), SECONDS)
    yield Comparison("a run, slices of 100 ms, on Dask", "in our own workers", ours, theirs, 1.15)
