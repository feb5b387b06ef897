"""Training: how fast small nets learn, how soon a run is seen, how fair it is to all others."""

import asyncio
import json
import os
import pickle
import statistics
import subprocess
import time
from collections.abc import Iterator
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import uvloop

from app.core.experiments.table import EXPERIMENTS
from app.core.networks import models
from app.core.networks.network import Network
from app.core.training.digits import Digits
from app.core.training.modules import How as HowModule
from app.core.training.modules import start as start_module
from app.core.training.modules import trained as train_module
from app.core.training.nets import How, start, trained
from app.core.training.points import classes
from tests.bench.page import bare, frame_while, opened
from tests.bench.server import serving
from tests.bench.timing import Comparison, by_turns
from tests.bench.visitors import percentile, small_questions
from tools.packages import only, unpacked

HERE = Path(__file__).resolve().parent
SIZES = (2, 4, 2, 1)
SLOW = {"units": 16, "layers": 3, "steps": 3000, "batch": 0}  # two hundred steps a slice
RUNS, MEANWHILE = 8, 4
SECONDS = 8.0  # of eight runs side by side
CLICKS, PAUSE = 15, 0.3  # after a pause nothing is at hand, neither for ours nor for the floor
BATCH, SLICE = 32, 10  # steps of a slice: a tenth of a second
POINTS = 10_000  # of a chart


def playground(batch: int) -> float:
    """Seconds a sample, of the algorithm in Node."""
    command = [os.environ.get("NODE", "node"), str(HERE / "playground.mjs"), str(batch)]
    found = subprocess.run([*command, "-".join(map(str, SIZES))], check=True, capture_output=True)
    return float(found.stdout)


def small_nets() -> Iterator[Comparison]:
    """A net of a few units, the gradient of every edge known at each step."""
    points = classes("spirals", 250, 0.1, seed=0)
    for batch, goal in ((0, 1 / 1.2), (10, inf)):
        seen = batch or len(points.y)
        steps = 20_000 // seen
        state = start(SIZES, 0)
        times = []
        for _ in range(9):
            begun = time.perf_counter()
            trained(state, points, How("tanh", "sgd", 0.03, batch=batch), steps, 0)
            times.append((time.perf_counter() - begun) / steps / seen)
        what = f"2-4-2-1 net, batch {seen}, a sample"
        theirs = playground(seen)
        yield Comparison(
            what, "TF Playground's way, in Node", statistics.median(times), theirs, goal
        )


def pictures_net() -> Network:
    """The digits network: two convolutions with a pool each, and a linear layer."""
    return models.MODELS["digits"].network


def images() -> Iterator[Comparison]:
    """Images of 28 x 28: a state through bytes between slices and every size recorded, against
    torch as anybody starts it, and against ConvNetJS."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    net, how = pictures_net(), HowModule("sgd", 0.01, 0.9, BATCH)
    draw = np.random.default_rng(0)
    data = Digits(draw.random((640, 784), np.float32), draw.integers(0, 10, 640))
    kept = [pickle.dumps(start_module(net, 0))]

    def ours() -> None:
        state = pickle.loads(kept[0])
        found, _ = train_module(net, state, data, how, SLICE, 0)
        kept[0] = pickle.dumps(found)

    bare = nn.Sequential(
        *(nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(8, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(784, 10)),
    ).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    stepper = torch.optim.SGD(bare.parameters(), lr=0.01, momentum=0.9)
    x, y = torch.from_numpy(data.x).reshape(-1, 1, 28, 28), torch.from_numpy(data.y)

    def theirs() -> None:
        for some in torch.randperm(len(y)).split(BATCH)[:SLICE]:
            stepper.zero_grad()
            given = x[some].contiguous(memory_format=torch.channels_last)
            nn.functional.cross_entropy(bare(given), y[some]).backward()
            stepper.step()

    a, b = (each / SLICE / BATCH for each in by_turns(ours, theirs, 6, time.process_time))
    yield Comparison("2-conv net, batch 32, an image", "bare torch, same layout", a, b, 1 / 0.95)
    with unpacked("npm:convnetjs@0.3.0") as folder:
        command = [os.environ.get("NODE", "node"), str(HERE / "convnetjs.mjs")]
        build = str(only(folder, "convnet.js"))
        found = subprocess.run([*command, build], check=True, capture_output=True)
    yield Comparison("2-conv net, batch 32, an image", "ConvNetJS", a, float(found.stdout), 1 / 20)


class Watched:
    """A run's frames as they come, and when."""

    def __init__(self, port: int, **settings: Any) -> None:
        self.port, self.settings = port, settings
        self.times: list[float] = []

    async def until(self, enough: asyncio.Event | None = None, most: int | None = None) -> float:
        """Looks on until there is enough; when it asked."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        body = json.dumps(self.settings).encode()
        writer.write(
            b"POST /api/experiments/classifier-2d HTTP/1.1\r\nhost: 127.0.0.1\r\n"
            b"content-type: application/json\r\naccept: text/event-stream\r\n"
            b"content-length: " + str(len(body)).encode() + b"\r\n\r\n" + body
        )
        asked = time.perf_counter()
        try:
            while most is None or len(self.times) < most:
                line = await reader.readline()
                if not line or line.startswith(b"event: done") or (enough and enough.is_set()):
                    break
                if line.startswith(b"event: problem"):
                    raise RuntimeError((await reader.readline()).decode())
                if line.startswith(b"event: frame"):
                    self.times.append(time.perf_counter())
        finally:
            writer.close()
        return asked


async def for_ever(port: int, number: int, over: asyncio.Event) -> Watched:
    """Run after run, until it is over."""
    seen, times = Watched(port), list[float]()
    while not over.is_set():
        seen = Watched(port, **SLOW, seed=number)
        await seen.until(over)
        times += seen.times
    seen.times = times
    return seen


async def first_frames(port: int) -> list[float]:
    await asyncio.sleep(10)
    found = []
    for seed in range(100, 100 + CLICKS):
        seen = Watched(port, seed=seed)
        asked = await seen.until(most=1)
        found.append(seen.times[0] - asked)
        await asyncio.sleep(PAUSE)
    return found


async def side_by_side(port: int) -> list[list[float]]:
    await asyncio.sleep(10)
    over = asyncio.Event()
    runs = [asyncio.create_task(for_ever(port, i, over)) for i in range(RUNS)]
    await asyncio.sleep(2)
    begun = time.perf_counter()
    await asyncio.sleep(SECONDS)
    end = time.perf_counter()
    over.set()
    found = [seen.times for seen in await asyncio.gather(*runs)]
    return [[at for at in times if begun <= at < end] for times in found]


async def questions_meanwhile(port: int) -> tuple[list[float], list[float]]:
    await asyncio.sleep(10)
    idle = await small_questions(port, None, 250)
    over = asyncio.Event()
    runs = [asyncio.create_task(for_ever(port, i, over)) for i in range(MEANWHILE)]
    await asyncio.sleep(1)
    meanwhile = await small_questions(port, None, 250)
    over.set()
    await asyncio.gather(*runs)
    return idle, meanwhile


def runs() -> Iterator[Comparison]:
    """How soon the first frame comes, how even eight runs are, and what else is asked meanwhile."""
    row = EXPERIMENTS["classifier-2d"]
    with serving("-m", "app") as (port, _):
        first = statistics.median(uvloop.run(first_frames(port)))
        floor = bare(port)
    slices = []
    for seed in range(CLICKS):
        time.sleep(PAUSE)
        begun = time.perf_counter()
        row.slice(row.settings(seed=200 + seed), None)
        slices.append(time.perf_counter() - begun)
    floor += statistics.median(slices)
    yield Comparison("first frame after the click", "a bare request and a slice", first, floor, 1.5)

    with serving("-m", "app", JOBS_PER_CLIENT="100") as (port, _):
        found = uvloop.run(side_by_side(port))
    counts = [len(times) for times in found]
    share = statistics.mean(counts)
    what = "eight runs, an eighth of all frames"
    yield Comparison(what, "what the least of them got", share, min(counts), 1 / 0.8, "")
    gaps = [b - a for times in found for a, b in pairwise(times)]
    median = statistics.median(gaps)
    yield Comparison("eight runs, p99 between frames", "p50", percentile(gaps, 99), median, 3.0)

    with serving("-m", "app") as (port, _):
        idle, meanwhile = uvloop.run(questions_meanwhile(port))
    for percent, goal in ((50, 1.3), (99, 5.0)):
        yield Comparison(
            f"POST neuron while four runs train, p{percent}",
            "idle",
            percentile(meanwhile, percent),
            percentile(idle, percent),
            goal,
        )


def long_run() -> bytes:
    """So many frames as events, from few that are real."""
    row = EXPERIMENTS["overfitting"]
    frames = row.frames(row.settings())
    frame = frames[-1]
    events = []
    for step in range(POINTS):
        told = {**frame, "step": step, "steps": POINTS - 1, "at": step, "end": POINTS - 1}
        told["data"] = frames[0]["data"] if step == 0 else None
        events.append(f"event: frame\ndata: {json.dumps(told)}\n\n")
    return ("".join(events) + "event: done\ndata: {}\n\n").encode()


def chart() -> Iterator[Comparison]:
    """The page plays a run whose curves have ten thousand points, and stands still."""
    body = long_run()
    with serving("-m", "app") as (port, _), opened(port) as page:
        page.route(
            "**/api/experiments/overfitting",
            lambda route: route.fulfill(body=body, headers={"content-type": "text/event-stream"}),
        )
        page.goto("/training?experiment=overfitting")
        page.wait_for_timeout(8_000)
        page.keyboard.press("End")
        page.wait_for_timeout(1_000)
        assert str(POINTS - 1) in (page.locator(".diagnosis b").text_content() or "")
        still = frame_while(page)
        for _ in range(100):
            page.keyboard.press("ArrowLeft")
        page.keyboard.press("Space")
        played = frame_while(page)
    yield Comparison("a chart of 10,000 points, a frame", "idle page", played, still, 1.3)
