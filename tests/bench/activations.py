"""A network that looks at a picture: keeping everything, against torch alone and against TorchLens;
and what heavy looks do to small questions meanwhile."""

import random
import statistics
import threading
import time
import warnings
from collections.abc import Iterator
from itertools import count

import torch
from torch import Tensor, nn

from app.core.activations.capture import capture
from app.core.activations.looks import LookQuestion, trained
from app.workers.allocation import keep_freed_memory
from tests.bench.server import AT, NEURON, Connection, post, serving
from tests.bench.timing import Comparison, by_turns

COFFEE = {"model": "squeezenet1_1", "image": "coffee"}
VISITORS = 4


class Bare(nn.Module):
    """SqueezeNet as one would write it by hand, with the same weights and nothing kept."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = trained("squeezenet1_1")
        names = [node.name for node in self.kept.network.layers]
        self.steps = dict(zip(names, self.kept.steps, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        s = self.steps
        x = s["features.2"](s["features.1"](s["features.0"](x)))
        for i in range(3, 13):
            name = f"features.{i}"
            if name in s:
                x = s[name](x)
                continue
            x = s[f"{name}.squeeze_activation"](s[f"{name}.squeeze"](x))
            ways = []
            for kernel in ("1x1", "3x3"):
                way = f"{name}.expand{kernel}"
                ways.append(s[f"{way}_activation"](s[way](x)))
            x = torch.cat(ways, 1)
        x = s["classifier.2"](s["classifier.1"](x))
        return s["flatten"](s["classifier.3"](x))


def captures() -> Iterator[Comparison]:
    """Everything kept, in this process: activations, their gradients, weight gradients."""
    keep_freed_memory()  # both sides are as they would be in a worker
    question = LookQuestion(**COFFEE)
    model, image = trained("squeezenet1_1"), question.look().image
    bare = Bare()

    def forward_and_backward() -> None:
        bare.requires_grad_(True)
        bare.zero_grad()
        bare(image)[0, 967].backward()

    found = capture(model, image, 967, weights=True)
    forward_and_backward()
    for name, weight in model.named_parameters():
        torch.testing.assert_close(found.weight_gradients[name], weight.grad)

    def everything() -> object:
        return capture(model, image, 967, weights=True, pixels=False)

    for what, ours, goal in (
        ("SqueezeNet, everything kept", everything, 1.1),
        ("the same without weights", lambda: capture(model, image, 967), 1.0),
    ):
        a, b = by_turns(ours, forward_and_backward, seconds=6, clock=time.process_time)
        yield Comparison(what, "torch, forward + backward", a, b, goal)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own
        a, b = by_turns(everything, torchlens(model, image), seconds=8, clock=time.process_time)
    yield Comparison("SqueezeNet, everything kept", "TorchLens", a, b, 0.2)

    with serving("-m", "app") as (port, _):
        connection = Connection(port)
        targets = count()  # never the same question twice, so that no remembered answer will do

        def ask() -> None:
            connection.send(post(COFFEE | {"target": next(targets)}, "/api/activations"))

        for _ in range(4):  # both workers have the weights
            ask()
        a, b = by_turns(ask, forward_and_backward, seconds=8)
        yield Comparison("POST /api/activations, summary", "torch, forward + backward", a, b, 1.5)


def torchlens(model: nn.Module, image: Tensor) -> object:
    """The same capture by TorchLens."""
    import torchlens as tl
    from torchlens.options import CaptureOptions

    def trace() -> None:
        model.requires_grad_(True)
        options = CaptureOptions(save_grads=True, backward_ready=True)
        log = tl.trace(model, image, capture=options)
        log.log_backward(log[log.output_layers[0]].out[0, 967])

    return trace


def meanwhile() -> Iterator[Comparison]:
    """Small questions while four visitors look at SqueezeNet backward."""
    draw = random.Random(1)
    small = [
        post({"expression": NEURON, "inputs": {**AT, "w0": draw.uniform(1, 3)}}) for _ in range(50)
    ]
    targets = count()

    def look() -> bytes:
        return post(COFFEE | {"target": next(targets) % 1000}, "/api/activations")

    with serving("-m", "app") as (port, _):
        connection = Connection(port)
        for _ in range(4):
            connection.send(look())
        idle = waits(connection, small)
        stop = threading.Event()

        def visitor() -> None:
            own = Connection(port)
            while not stop.is_set():
                own.send(look())

        visitors = [threading.Thread(target=visitor) for _ in range(VISITORS)]
        for thread in visitors:
            thread.start()
        time.sleep(1)
        busy = waits(connection, small)
        stop.set()
        for thread in visitors:
            thread.join()
    for word, percent, goal in (("p50", 50, 1.3), ("p99", 99, 5.0)):
        ours, theirs = (statistics.quantiles(found, n=100)[percent - 1] for found in (busy, idle))
        yield Comparison(f"POST neuron, 4 looking, {word}", f"idle, {word}", ours, theirs, goal)


def waits(connection: Connection, requests: list[bytes], count: int = 600) -> list[float]:
    """How long each of many small questions took, a few milliseconds apart, as people ask."""
    found = []
    for i in range(count):
        begun = time.perf_counter()
        connection.send(requests[i % len(requests)])
        found.append(time.perf_counter() - begun)
        time.sleep(0.005)
    return found
