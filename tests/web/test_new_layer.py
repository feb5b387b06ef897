"""A row that is put into LAYERS at run time is found by everything that speaks of layers."""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

import pytest
import torch
from starlette.testclient import TestClient

from app.core.activations.capture import capture
from app.core.activations.unit.functions import arithmetic
from app.core.layers import bounds
from app.core.layers.layer import Example, Kind, Layer, Shape
from app.core.layers.table import LAYERS
from app.core.networks.cones import cone
from app.core.networks.drawing.places import COLOURS
from app.core.networks.network import Network
from app.core.networks.torch_network import TorchNetwork
from tests.core.layer_rows import ROW, made, model_of, pictures, placed
from tests.core.networks import test_layer_rows as rows
from tests.web.test_networks import ask


class Softsign(Layer):
    """x / (1 + |x|): like tanh, but it comes to its ends slowly."""

    type: Literal["Softsign"] = "Softsign"
    function: ClassVar = "x / (1 + abs(x))"
    deconvnet: ClassVar = "passed on"


class LPPool2d(Layer):
    """Sums each window: the sum of powers, with power 1."""

    type: Literal["LPPool2d"] = "LPPool2d"
    kind: ClassVar[Kind] = "pooling"
    places: ClassVar = "window"
    function: ClassVar = "sum(X)"
    start: ClassVar = {"kernel_size": 2}
    examples: ClassVar = (
        Example({"norm_type": 1, "kernel_size": (2, 3), "stride": 2}, ((3, 7, 8),)),
    )
    norm_type: Literal[1]
    kernel_size: bounds.Size
    stride: bounds.OptionalSize = None

    def output(self, *shapes: Shape) -> Shape:
        return self.through_windows(shapes[0], shapes[0][0])

    def module(self) -> Any:
        kernel, stride = self.kernel_size, self.stride
        return Sum(kernel, stride)


class Sum(torch.nn.AvgPool2d):
    """A window's sum, whatever the signs are."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        high, wide = self.kernel_size  # type: ignore[misc]
        return super().forward(input) * high * wide  # type: ignore[no-any-return]


class AlphaDropout(Layer):
    """Drops numbers while training, and keeps their mean and variance."""

    type: Literal["AlphaDropout"] = "AlphaDropout"
    kind: ClassVar[Kind] = "regularisation"
    p: bounds.Share = 0.5
    inplace: bounds.Flag = False


class RMSNorm(Layer):
    """Divides a whole picture by its root mean square."""

    type: Literal["RMSNorm"] = "RMSNorm"
    kind: ClassVar[Kind] = "normalisation"
    places: ClassVar = "all"
    channels: ClassVar = "all"
    function: ClassVar = "rms = sqrt(mean(square(X)) + eps)\nx / rms"
    deconvnet: ClassVar = "held"
    follow: ClassVar = ("normalized_shape",)
    start: ClassVar = {"eps": 1e-5, "elementwise_affine": False}
    examples: ClassVar = (
        Example({"normalized_shape": (2, 3, 4), "eps": 0.1, "elementwise_affine": False},
                ((2, 3, 4),)),
    )  # fmt: skip
    normalized_shape: bounds.LastSizes
    eps: bounds.AboveZero
    elementwise_affine: Literal[False]

    def divisors(self, step: Any, given: Any) -> Any:
        return (given.square().mean((1, 2, 3), keepdim=True) + self.eps).sqrt()


NEW: tuple[type[Layer], ...] = (Softsign, LPPool2d, AlphaDropout, RMSNorm)


@pytest.fixture(params=NEW, ids=lambda row: row.__name__)
def row(request: pytest.FixtureRequest) -> Iterator[type[Layer]]:
    added: type[Layer] = request.param
    LAYERS[added.__name__] = added
    yield added
    del LAYERS[added.__name__]


def test_it_stands_in_the_palette(client: TestClient, row: type[Layer]) -> None:
    told = {
        found["type"]: found for found in client.get(f"/api/layers?with={row.__name__}").json()
    }[row.__name__]
    assert told["kind"] in COLOURS
    assert told["says"] == " ".join((row.__doc__ or "").split())
    row(**told["start"])
    names = {field["name"] for field in told["fields"]}
    assert names <= set(row.model_fields)


def test_it_is_read_costed_and_drawn(client: TestClient, row: type[Layer]) -> None:
    (example, *_) = row.examples
    network = placed(made(row.__name__, example), example.shapes)
    question = {"network": network.model_dump(), "include": ["network", "drawing", "code"]}
    answer = ask(client, question)
    told = next(one for one in answer["rows"] if one["name"] == ROW)
    assert told["problem"] is None
    assert told["kind"] == row.kind
    assert told["output"] == list(made(row.__name__, example).output(*example.shapes))
    assert any(volume["kind"] == row.kind for volume in answer["drawing"]["volumes"])
    source = answer["code"]
    assert f"nn.{row.__name__}(" in source
    back = ask(client, {"source": source, "input": list(network.input)})
    assert [one["type"] for one in back["rows"]] == [one["type"] for one in answer["rows"]]
    for format in ("svg", "tikz", "pytorch", "json"):
        given = {"network": network.model_dump(), "format": format}
        response = client.post("/api/network/export", json=given)
        assert response.status_code == 200, response.text
    link = ask(client, {"network": answer["network"]})
    assert link["rows"][0]["output"] == answer["rows"][0]["output"]


def test_it_is_seen_through(client: TestClient, row: type[Layer]) -> None:
    (example, *_) = row.examples
    network = placed(made(row.__name__, example), example.shapes)
    answer = ask(client, {"network": network.model_dump(), "layer": ROW}, "/api/receptive-field")
    seen = cone(network, ROW, tuple(answer["unit"]))["input"]
    assert answer["input"] == seen


@pytest.mark.parametrize(
    "said",
    [
        rows.test_the_weights_are_held_by_torchs_names,
        rows.test_what_a_unit_sees_is_where_its_gradient_reaches,
        rows.test_the_channels_that_are_taken_are_those_of_the_gradient,
        rows.test_a_unit_is_made_as_torch_makes_it,
        rows.test_what_comes_back_to_a_unit_by_the_layer_adds_up,
        rows.test_other_rules_on_the_way_back_leave_the_way_forward,
        rows.test_a_change_in_one_place_comes_out_as_if_all_were_computed,
    ],
)
def test_all_that_is_tested_of_a_row_holds_of_it(row: type[Layer], said: Any) -> None:
    for example in row.examples:
        said(row.__name__, example)


def test_it_runs_in_torch_and_as_exported_code(row: type[Layer]) -> None:
    (example, *_) = row.examples
    if hasattr(row, "module") and row.module is not Layer.module:
        pytest.skip("torch has this by another name")
    rows.test_the_exported_code_runs_and_agrees(row.__name__, example)
    rows.test_sizes_weights_and_costs_are_torchs(row.__name__, example)


def test_one_unit_of_it_is_explained_over_rest(client: TestClient, row: type[Layer]) -> None:
    (example, *_) = row.examples
    network = placed(made(row.__name__, example), example.shapes)
    model = model_of(network)
    captured = capture(model, pictures(network, 1))
    assert isinstance(model, TorchNetwork)
    value = arithmetic(captured, network.position(ROW), (1, 2, 1)).value
    assert value == pytest.approx(captured.value_at(network.position(ROW), (1, 2, 1)), rel=1e-4)


def test_without_the_row_it_is_refused(client: TestClient) -> None:
    nodes = [{"layer": {"type": "Softsign"}}]
    response = client.post("/api/network", json={"network": {"input": [3, 4, 4], "layers": nodes}})
    assert response.status_code == 422
    assert "cannot be `Softsign`" in response.json()["message"]
    with pytest.raises(ValueError, match="Softsign"):
        Network.model_validate({"input": (3, 4, 4), "layers": nodes})
