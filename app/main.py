"""create_app(): the one place where everything meets."""

import asyncio
import gc
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import BrokenExecutor
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Response

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
from app.web.assets import DIST, BuiltFiles
from app.web.compression import CompressedReads
from app.web.methods import Methods
from app.web.problems import add_problem_answers
from app.web.security import BodyLimit, SecurityHeaders
from app.web.streams import Runs
from app.workers.pool import create_executor


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
    app.state.maxima = OrderedDict()
    app.add_middleware(CompressedReads)
    app.add_middleware(BodyLimit)
    app.add_middleware(Methods)
    app.add_middleware(SecurityHeaders)
    add_problem_answers(app)

    app.include_router(pages.router)
    app.include_router(api.router)
    app.include_router(convolution_api.router)
    app.include_router(network_api.router)
    app.include_router(activations_api.router)
    app.include_router(attributions_api.router)
    app.include_router(network_pages.router)
    app.include_router(convolution_page.router)
    app.include_router(activations_page.router)
    app.include_router(docs.router)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.mount("/static", BuiltFiles(directory=DIST, check_dir=False), name="static")
    return app
