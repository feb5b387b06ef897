"""Weights that a visitor sends: what the header tells is looked at before any tensor is."""

import base64
import struct
from typing import Any

import numpy as np
import orjson
import pytest
import torch
from safetensors.numpy import save
from torch import nn

from app.core.activations import weights
from app.core.activations.looks import LookQuestion, WeightsQuestion
from app.core.errors import Problem

GIVEN = {
    "0.weight": {"dtype": "F32", "shape": [2, 3, 3, 3], "data_offsets": [0, 216]},
    "0.bias": {"dtype": "F32", "shape": [2], "data_offsets": [216, 224]},
}
EMPTY = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}


def file(header: Any, tensors: int = 224) -> bytes:
    """A file of such a header, an object or bytes, and so many bytes of tensors."""
    head = header if isinstance(header, bytes) else orjson.dumps(header)
    return struct.pack("<Q", len(head)) + head + bytes(tensors)


def question(data: bytes) -> LookQuestion:
    return LookQuestion(
        source="nn.Conv2d(3, 2, 3)",
        input=(3, 8, 8),
        image="coffee",
        weights=base64.b64encode(data).decode(),
    )


def refusal(data: bytes) -> str:
    with pytest.raises(Problem) as caught:
        question(data).look()
    assert caught.value.where == {"field": "weights"}
    assert len(caught.value.message) < 300
    return caught.value.message


def test_a_file_is_taken_with_all_that_it_may_say_besides() -> None:
    for header in (GIVEN, GIVEN | {"__metadata__": {"made by": "x" * 90_000}}):
        assert not question(file(header)).look().model.steps[0].weight.any()


@pytest.mark.parametrize("prefix", ["module.", "state_dict.", "state_dict.module.", "_orig_mod."])
def test_what_wraps_every_name_is_overlooked(prefix: str) -> None:
    given = {f"{prefix}{name}": entry for name, entry in GIVEN.items()}
    header = given | {"__metadata__": {"state_dict": "0.weight, 0.bias"}}
    assert not question(file(header)).look().model.steps[0].weight.any()


def test_a_prefix_of_some_names_only_is_none() -> None:
    mixed = {"module.0.weight": GIVEN["0.weight"], "0.bias": GIVEN["0.bias"]}
    assert "no weights `module.0.weight`" in refusal(file(mixed))


TWICE = b"{" + b",".join([b'"0.bias":' + orjson.dumps(GIVEN["0.bias"])] * 9000) + b"}"
LIES: dict[str, tuple[bytes, str]] = {
    "too many": (file({f"{i}.bias": EMPTY for i in range(90_000)}), "more tensors than the 2"),
    "one too many": (file(GIVEN | {"1.bias": EMPTY}), "no weights `1.bias`"),
    "one name many times": (file(TWICE), "more tensors than the 2"),
    "spaces": (file(orjson.dumps(GIVEN) + b" " * 3_000_000), "it has 3,000,1"),
    "remarks": (file(GIVEN | {"__metadata__": {"a": "x" * 3_000_000}}), "it has 3,000,1"),
    "a long name": (file({"x" * 90_000: EMPTY}), "no weights `xxx"),
    "another shape": (
        file(GIVEN | {"0.bias": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}),
        "`0.bias` is 3 in the file and 2",
    ),
    "many axes": (file(GIVEN | {"0.bias": {"shape": [1] * 40_000}}), "no safetensors"),
    "no shape": (file(GIVEN | {"0.bias": {"shape": None}}), "no safetensors"),
    "words for sizes": (file(GIVEN | {"0.bias": {"shape": ["2"]}}), "no safetensors"),
    "no tensor": (file(GIVEN | {"0.bias": []}), "no safetensors"),
    "a list": (file([GIVEN]), "no safetensors"),
    "nested": (file(b"[" * 90_000), "no safetensors"),
    "longer than the file": (b"\xff" * 8 + b"{}", "no safetensors"),
    "nothing": (b"", "no safetensors"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_header_that_lies_is_refused_before_the_tensors(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "tensors", None)
    data, said = LIES[name]
    assert said in refusal(data)


def test_tensors_that_are_not_where_the_header_says_are_refused() -> None:
    for wrong in (
        {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        {"dtype": "F32", "shape": [2], "data_offsets": [216, 225]},
        {"dtype": "F9", "shape": [2], "data_offsets": [216, 224]},
    ):
        assert "no safetensors" in refusal(file(GIVEN | {"0.bias": wrong}))


def test_every_tensor_of_a_network_may_be_in_its_file() -> None:
    asked = {"source": "nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2))", "input": (3, 8, 8)}
    held = LookQuestion(**asked, image="coffee").look().model.state_dict()
    given = {name: tensor.numpy() for name, tensor in held.items()}
    assert "1.num_batches_tracked" in given
    text = base64.b64encode(save({name: np.atleast_1d(array) for name, array in given.items()}))
    again = LookQuestion(**asked, image="coffee", weights=text.decode()).look().model
    torch.testing.assert_close(again.state_dict()["0.weight"], held["0.weight"])


def test_random_weights_are_those_that_torch_gives_for_the_seed() -> None:
    source = "nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))"
    question = WeightsQuestion(source=source, input=[3, 4, 4], seed=7)
    ours = question.torch_network(question.found()[0])
    torch.manual_seed(7)
    theirs = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))
    for layer in (theirs[0], theirs[3]):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    for name, tensor in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], tensor)
