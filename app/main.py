"""create_app(): the one place where everything meets."""

import asyncio
import gc
from collections.abc import AsyncIterator
from concurrent.futures import BrokenExecutor
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Response

from app.core.figure import PICTURES
from app.web import (
    activations_api,
    activations_page,
    api,
    attributions_api,
    convolution_api,
    convolution_page,
    docs,
    network_api,
    network_pages,
    pages,
)
from app.web.answering import kept_answers, most_bytes
from app.web.assets import DIST, BuiltFiles
from app.web.methods import Methods
from app.web.problems import add_problem_answers
from app.web.reads import KeptReads
from app.web.security import BodyLimit, SecurityHeaders
from app.web.streams import Runs
from app.workers.pool import create_executor

SUBJECTS = (
    pages,
    api,
    convolution_api,
    network_api,
    activations_api,
    attributions_api,
    network_pages,
    convolution_page,
    activations_page,
    docs,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    executor = app.state.executor
    warming = asyncio.create_task(asyncio.to_thread(executor.warm))
    # What is loaded now stays: a full collection need not look at it again.
    gc.collect()
    gc.freeze()
    yield
    with suppress(BrokenExecutor):  # workers that were killed need not be shut down
        await warming
    await asyncio.to_thread(executor.shutdown, cancel_futures=True)


async def healthz() -> Response:
    return Response(b"ok", media_type="text/plain")


def create_app() -> FastAPI:
    app = FastAPI(
        title="Backlight",
        version="0.1.0",
        summary="Computation graphs with their real numbers: values forward, gradients back.",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        lifespan=lifespan,
    )
    app.state.executor = create_executor()
    app.state.runs = Runs()
    app.state.answers = kept_answers()
    app.add_middleware(KeptReads)
    limits = {"/api/images": PICTURES}
    app.add_middleware(BodyLimit, limits=limits)
    app.add_middleware(Methods)
    app.add_middleware(SecurityHeaders)
    add_problem_answers(app)

    for subject in SUBJECTS:
        app.include_router(subject.router)
        limits |= most_bytes(subject.router)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.mount("/static", BuiltFiles(directory=DIST, check_dir=False), name="static")
    return app
