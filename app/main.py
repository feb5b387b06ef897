"""create_app(): the one place where everything meets."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Response

from app.core.figure import PICTURES
from app.web import (
    activations,
    attributions,
    checks,
    clicker,
    convolutions,
    elsewhere,
    embeds,
    exercises,
    expressions,
    figures,
    home,
    lessons,
    networks,
    reference,
    search,
    training,
)
from app.web.answering import kept_answers, most_bytes
from app.web.assets import DIST, BuiltFiles, read_templates
from app.web.methods import Methods
from app.web.problems import add_problem_answers
from app.web.reads import KeptReads
from app.web.rooms import Rooms
from app.web.security import BodyLimit, SecurityHeaders
from app.workers.places import Places
from app.workers.pool import Stopped, Unavailable, create_executor

JOBS_PER_CLIENT = 8

SUBJECTS = (
    expressions,
    convolutions,
    networks,
    activations,
    attributions,
    training,
    lessons,
    exercises,
    checks,
    elsewhere,
    clicker,
)
ROUTERS = (
    *(subject.router for subject in SUBJECTS),
    embeds.router,
    home.pages,
    expressions.pages,
    convolutions.pages,
    networks.pages,
    activations.pages,
    training.pages,
    lessons.pages,
    exercises.pages,
    clicker.pages,
    search.pages,
    reference.router,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    executor = app.state.executor
    warming = asyncio.create_task(warm(app))
    # What is loaded now stays: a full collection need not look at it again.
    gc.collect()
    gc.freeze()
    yield
    executor.stop()
    await asyncio.to_thread(executor.shutdown, cancel_futures=True)
    await warming


async def warm(app: FastAPI) -> None:
    """Reads what pages are made of once, beside the loop; of the lessons that says what is wrong
    with any. Then starts the workers; where they cannot run, the rest of the server does."""
    try:
        for step in (read_templates, networks.read_tables, lessons.stops, search.index):
            await asyncio.to_thread(step)
        await asyncio.to_thread(app.state.executor.warm)
        if app.state.ahead:
            await activations.answer_ahead(app.state)
    except Unavailable as trouble:
        print(f"{trouble} ({trouble.why})", file=sys.stderr, flush=True)
    except Stopped:
        pass


async def healthz() -> Response:
    return Response(b"ok", media_type="text/plain")


def create_app(jobs_per_client: int | None = None, ahead: bool = False) -> FastAPI:
    """`jobs_per_client`: how many questions of one address the workers may have at a time.
    `ahead`: what the pages ask by themselves is answered before the first visitor comes."""
    share = jobs_per_client or JOBS_PER_CLIENT
    app = FastAPI(
        title="Backlight",
        version="0.1.0",
        summary="Computation graphs with their real numbers: values forward, gradients back.",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        lifespan=lifespan,
    )
    scheduler = os.environ.get("BACKLIGHT_SCHEDULER", "")
    app.state.executor = create_executor(share=share, scheduler=scheduler)
    app.state.rooms = Rooms()
    app.state.places = Places(max(app.state.executor.runs, share))
    app.state.answers = kept_answers()
    app.state.ahead = ahead
    app.add_middleware(KeptReads)
    limits = {"/api/images": PICTURES}
    app.add_middleware(BodyLimit, limits=limits)
    app.add_middleware(Methods)
    app.add_middleware(SecurityHeaders)
    add_problem_answers(app)

    made = [figures.router(subject) for subject in figures.subjects()]
    for router in (*made, *ROUTERS):
        app.include_router(router)
        limits |= most_bytes(router)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.mount("/static", BuiltFiles(directory=DIST, check_dir=False), name="static")
    return app
