"""Networks by arithmetic, against the tool that runs them to find out, and over a socket."""

import json
import random
from collections.abc import Callable, Iterator

import torchinfo

from app.core.networks.answers import network_answer
from app.core.networks.architectures import architecture
from app.core.networks.torch_network import TorchNetwork
from tests.bench.server import GET, Connection, post, serving
from tests.bench.timing import Comparison, by_turns


def analysis() -> Iterator[Comparison]:
    """Shapes, parameters, multiply-adds, memory and receptive fields of all 515 layers."""
    network = architecture("resnet152")
    model = TorchNetwork(network).eval()
    summary = torchinfo.summary(model, (1, *network.input), verbose=0)
    assert summary.total_params == network_answer(network)["parameters"]
    a, b = by_turns(
        lambda: network_answer(network),
        lambda: torchinfo.summary(model, (1, *network.input), verbose=0),
        seconds=3,
    )
    yield Comparison("analyse ResNet-152", "torchinfo.summary, prebuilt", a, b, 0.01)


def requests() -> Iterator[Comparison]:
    """VGG-16 as its layers, never the same numbers twice in a row."""
    spec = json.loads(architecture("vgg16").model_dump_json())
    draw = random.Random(0)
    questions = []
    for _ in range(50):
        spec["layers"][-1]["layer"]["out_features"] = draw.randrange(10, 1000)
        questions.append(post({"network": spec}, "/api/network"))
    with serving("-m", "app") as (port, _):
        connection = Connection(port)
        for question in questions:
            connection.send(question)

        def one_by_one(requests: list[bytes]) -> Callable[[], None]:
            def ask() -> None:
                connection.send(requests[0])
                requests.append(requests.pop(0))

            return ask

        a, b = by_turns(one_by_one(questions), one_by_one([GET]), seconds=3)
        yield Comparison("POST VGG-16, p50", "GET /healthz", a, b, 5.0)
