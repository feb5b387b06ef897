"""create_app(): the one place where everything meets."""

import asyncio
import gc
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
from app.web.problems import add_problem_answers
from app.web.security import BodyLimit, SecurityHeaders
from app.workers.pool import Stopped, Unavailable, Workers, create_executor
from app.workers.runs import Runs

JOBS_PER_CLIENT = 8


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    executor = app.state.executor
    warming = asyncio.create_task(warm(executor))
    # What is loaded now stays: a full collection need not look at it again.
    gc.collect()
    gc.freeze()
    yield
    executor.stop()
    await asyncio.to_thread(executor.shutdown, cancel_futures=True)
    await warming


async def warm(executor: Workers) -> None:
    """Starts the workers; where they cannot run, the rest of the server does."""
    try:
        await asyncio.to_thread(executor.warm)
    except Unavailable as trouble:
        print(f"{trouble} ({trouble.why})", file=sys.stderr, flush=True)
    except Stopped:
        pass


async def healthz() -> Response:
    return Response(b"ok", media_type="text/plain")


def create_app(jobs_per_client: int = JOBS_PER_CLIENT) -> FastAPI:
    """`jobs_per_client`: how many questions of one address the workers may have at a time."""
    app = FastAPI(
        title="Backlight",
        version="0.1.0",
        summary="Computation graphs with their real numbers: values forward, gradients back.",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        lifespan=lifespan,
    )
    app.state.executor = create_executor(share=jobs_per_client)
    app.state.runs = Runs(share=max(1, jobs_per_client // 2))
    app.state.maxima = OrderedDict()
    app.add_middleware(CompressedReads)
    app.add_middleware(BodyLimit)
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
