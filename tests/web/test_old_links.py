"""Links that were shared once: each still opens the same picture, whoever reads it now."""

import html
import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.networks.links import packed

CODE = "nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())"
NETWORK = {"input": [3, 8, 8], "layers": [{"layer": {"type": "ReLU"}}]}
NAMED = {"input": [3, 8, 8], "layers": [{"name": "a", "layer": {"type": "ReLU"}}]}
FIRST = {"expression": "f = (x + y) * z", "inputs": {"x": -2, "y": 5, "z": -4}}
LOOK = {"model": "squeezenet1_1", "image": "coffee"}

OLD: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("/expression", {}, FIRST),
    ("/expression", {"expression": "f = x * 2"}, {"expression": "f = x * 2", "inputs": {}}),
    ("/", {"step": "2"}, FIRST),
    ("/", {"inputs": '{"x": 1}'}, FIRST),
    ("/", {"expression": "f = x * 2"}, {"expression": "f = x * 2", "inputs": {}}),
    ("/", {"expression": "2"}, {"expression": "2", "inputs": {}}),
    ("/", {"expression": "f = x", "inputs": ""}, {"expression": "f = x", "inputs": {}}),
    (
        "/",
        {"expression": "s = W @ x", "inputs": '{"W": [[1, 2]], "x": [0.5, -1]}', "step": "3"},
        {"expression": "s = W @ x", "inputs": {"W": [[1, 2]], "x": [0.5, -1]}},
    ),
    (
        "/",
        {"expression": "q = x + y\nf = q * q", "inputs": '{"x": 2, "y": 1}', "mistake": "order"},
        {"expression": "q = x + y\nf = q * q", "inputs": {"x": 2, "y": 1}, "mistake": "order"},
    ),
    ("/convolution", {}, {}),
    ("/convolution", {"cell": "0,3,4", "step": "7", "mode": "backward"}, {}),
    ("/convolution", {"input": "chelsea", "seed": "3"}, {"input": "chelsea", "seed": 3}),
    ("/convolution", {"layer": "MaxPool2d", "filters": "3"}, {"layer": "MaxPool2d"}),
    ("/convolution", {"layer": "AvgPool2d", "kernel_size": "3", "dilation": "2"},
     {"layer": "AvgPool2d", "kernel_size": 3}),
    ("/convolution", {"layer": "Linear", "kernel_size": "5", "filters": "4", "connected": "2"},
     {"layer": "Linear", "filters": 4}),
    ("/convolution", {"kernel_size": "[3,5]", "padding": "[1,2]", "stride": "2"},
     {"kernel_size": [3, 5], "padding": [1, 2], "stride": 2}),
    ("/convolution", {"input": "numbers", "shape": "[1,5,5]", "bias": "0.5"},
     {"input": "numbers", "shape": [1, 5, 5], "bias": 0.5}),
    (
        "/convolution",
        {"input": "[[[1,2,0],[0,1,3],[2,1,1]]]", "kernel_size": "2", "bias": "[1]",
         "weights": "[[[[1,0],[0,-1]]]]", "shape": "[3,8,8]"},
        {"input": [[[1, 2, 0], [0, 1, 3], [2, 1, 1]]], "kernel_size": 2, "bias": [1],
         "weights": [[[[1, 0], [0, -1]]]]},
    ),
    ("/convolution", {"weights": "bank", "upstream": '{"cell":[0,0,0],"value":2}'},
     {"weights": "bank", "upstream": {"cell": [0, 0, 0], "value": 2}}),
    ("/convolution", {"upstream": "ones", "cells": "[[0,1,1]]", "near": "[0,2,2]"},
     {"upstream": "ones", "cells": [[0, 1, 1]], "near": [0, 2, 2]}),
    ("/network", {}, {"architecture": "vgg16"}),
    ("/network", {"architecture": "resnet50", "stride_on": "1x1"},
     {"architecture": "resnet50", "stride_on": "1x1"}),
    ("/network", {"open": ""}, {"architecture": "vgg16", "open": []}),
    ("/network", {"architecture": "resnet18", "open": "layer1,layer2"},
     {"architecture": "resnet18", "open": ["layer1", "layer2"]}),
    ("/network", {"architecture": "vgg16", "view": "field", "layer": "features.29", "unit": "7,7"},
     {"architecture": "vgg16"}),
    ("/network", {"architecture": "vgg16", "view": "compare", "compare": "alexnet,vgg16"},
     {"architecture": "vgg16"}),
    ("/network", {"view": "gradients", "blocks": "20", "residual": "true"},
     {"architecture": "vgg16"}),
    ("/network", {"source": CODE, "input": "3,8,8"}, {"source": CODE, "input": [3, 8, 8]}),
    ("/network", {"source": CODE}, {"source": CODE}),
    ("/network", {"architecture": "alexnet", "input": "3,8,8"}, {"architecture": "alexnet"}),
    ("/network", {"packed_source": packed(CODE), "input": "3,8,8"},
     {"source": CODE, "input": [3, 8, 8]}),
    ("/network", {"network": packed(NAMED)}, {"network": NAMED}),
    ("/network", {"network": json.dumps(NETWORK)}, {"network": NETWORK}),
    ("/activations", {}, LOOK),
    ("/activations", {"image": "chelsea"}, LOOK | {"image": "chelsea"}),
    ("/activations", {"model": "digits"}, {"model": "digits", "image": "digit-3"}),
    ("/activations", {"model": "garments", "target": "0", "of": "loss"},
     {"model": "garments", "image": "garment-0", "target": 0, "of": "loss"}),
    ("/activations", {"model": "squeezenet1_1", "image": "coffee", "target": ""}, LOOK),
    ("/activations", {"model": "digits", "image": "digit-7", "view": "unit", "layer": "conv1",
                      "channel": "2", "row": "3", "column": "4", "show": "product",
                      "scale": "map", "projector": "1"},
     {"model": "digits", "image": "digit-7"}),
    ("/activations", {"source": CODE, "input": "3,8,8", "seed": "5"},
     {"source": CODE, "input": [3, 8, 8], "seed": 5, "image": "coffee"}),
    ("/activations", {"network": packed(NAMED), "image": "rocket"},
     {"network": NAMED, "image": "rocket"}),
]  # fmt: skip


def asked_in(page: str) -> Any:
    """The question that a page holds."""
    found = re.search(r'id="question">(.*?)</script>', page, re.S)
    if found:
        return json.loads(html.unescape(found[1]))
    found = re.search(r'data-part="first">(.*?)</script>', page, re.S)
    assert found
    return json.loads(html.unescape(found[1]))["question"]


@pytest.mark.parametrize(("path", "query", "question"), OLD)
def test_an_old_link_opens_the_same_picture(
    client: TestClient, path: str, query: dict[str, str], question: dict[str, Any]
) -> None:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text[-500:]
    assert asked_in(answer.text) == question


def test_there_are_at_least_thirty() -> None:
    assert len(OLD) >= 30
