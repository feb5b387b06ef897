"""Every number of the lecture's slides on ConvNets and architectures, as a visitor gets it."""

from typing import Any

import pytest
from starlette.testclient import TestClient


def window(client: TestClient, **question: Any) -> dict[str, Any]:
    axis: dict[str, Any] = client.post("/api/window", json=question).json()["axes"][0]
    return axis


def layer(client: TestClient, **question: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/api/convolution", json=question).json()
    return answer


def network(client: TestClient, source: str, *size: int) -> dict[str, Any]:
    question = {"source": source, "input": size}
    answer: dict[str, Any] = client.post("/api/network", json=question).json()
    return answer


def known(client: TestClient, name: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/api/architectures/{name}").json()
    return answer


def test_a_fully_connected_layer_on_32x32x3(client: TestClient) -> None:
    """3072 numbers, a row of W for each of ten outputs."""
    answer = layer(client, layer="Linear", filters=10)
    assert answer["shapes"]["input"] == [3, 32, 32]
    assert answer["shapes"]["output"][0] == 10
    assert answer["parameters"]["one_filter"] == 3072 + 1
    assert answer["parameters"]["count"] == 10 * 3072 + 10


@pytest.mark.parametrize(("filters", "parameters"), [(1, 76), (6, 456)])
def test_filters_of_5x5x3_on_32x32x3(client: TestClient, filters: int, parameters: int) -> None:
    answer = layer(client, filters=filters, kernel_size=5, cells=[[0, 0, 0]])
    assert answer["shapes"]["weights"] == [filters, 3, 5, 5]
    assert answer["shapes"]["output"] == [filters, 28, 28]
    assert answer["parameters"]["count"] == parameters
    products = answer["cells"][0]["products"]
    assert sum(len(row) for plane in products for row in plane) == 75


def test_a_stack_of_convolutions_on_32x32x3(client: TestClient) -> None:
    """6 filters of 5x5x3 give 28x28x6, then 10 of 5x5x6 give 24x24x10."""
    source = "nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU(), nn.Conv2d(6, 10, 5), nn.ReLU())"
    answer = network(client, source, 3, 32, 32)
    assert [row["output"] for row in answer["rows"]][::2] == [[6, 28, 28], [10, 24, 24]]


@pytest.mark.parametrize(("stride", "output", "fits"), [(1, 5, True), (2, 3, True), (3, 2, False)])
def test_a_3x3_filter_on_7x7(client: TestClient, stride: int, output: int, fits: bool) -> None:
    axis = window(client, input=7, kernel=3, stride=stride)
    assert (axis["output"], axis["fits"]) == (output, fits)
    if stride == 3:
        assert axis["fraction"] == "7/3"
        by = {row["name"]: row["output"] for row in axis["conventions"]}
        assert (by["floor"], by["invalid"]) == (2, None)


@pytest.mark.parametrize(("kernel", "padding"), [(1, 0), (3, 1), (5, 2), (7, 3)])
def test_padding_that_keeps_the_size(client: TestClient, kernel: int, padding: int) -> None:
    assert window(client, input=7, kernel=kernel, padding=padding)["output"] == 7


def test_10_filters_of_5x5_with_padding_2(client: TestClient) -> None:
    answer = network(client, "nn.Conv2d(3, 10, 5, stride=1, padding=2)", 3, 32, 32)
    assert answer["output"] == [10, 32, 32]
    assert answer["parameters"] == 760


def test_a_1x1_convolution(client: TestClient) -> None:
    """56x56x64 to 56x56x32, each output a 64-dimensional dot product."""
    answer = network(client, "nn.Conv2d(64, 32, 1)", 64, 56, 56)
    assert answer["output"] == [32, 56, 56]
    assert answer["rows"][0]["weights"]["weight"] == [32, 64, 1, 1]


def test_pooling_2x2_with_stride_2(client: TestClient) -> None:
    """The slide's 4x4, and 224x224x64 to 112x112x64 without any parameter."""
    plane = [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]
    assert layer(client, layer="MaxPool2d", input=plane)["output"] == [[[6, 8], [3, 4]]]
    answer = network(client, "nn.MaxPool2d(2, stride=2)", 64, 224, 224)
    assert (answer["output"], answer["parameters"]) == ([64, 112, 112], 0)


@pytest.mark.parametrize(("kernel", "count", "one", "several"), [(5, 2, 25, 18), (7, 3, 49, 27)])
def test_small_filters_instead_of_a_large_one(
    client: TestClient, kernel: int, count: int, one: int, several: int
) -> None:
    """Two 3x3 see 5x5 and three 7x7: 25C^2 against 18C^2, 49C^2 against 27C^2."""
    c = 10
    conv = "nn.Conv2d({c}, {c}, {k}, padding=1, bias=False)"
    large = network(client, conv.format(c=c, k=kernel), c, 32, 32)
    small = network(
        client, f"nn.Sequential({', '.join([conv.format(c=c, k=3)] * count)})", c, 32, 32
    )
    fields = [answer["rows"][-1]["receptive_field"]["size"] for answer in (large, small)]
    assert fields == [[kernel, kernel]] * 2
    assert (large["parameters"], small["parameters"]) == (one * c * c, several * c * c)


def test_cs231n_s_example_network(client: TestClient) -> None:
    answer = known(client, "cs231n")
    kinds = [row["type"] for row in answer["rows"]]
    assert kinds[:5] == ["Conv2d", "ReLU", "Conv2d", "ReLU", "MaxPool2d"]
    assert [row["weights"]["weight"][0] for row in answer["rows"] if row["type"] == "Conv2d"] == [
        10
    ] * 6


def test_alexnet(client: TestClient) -> None:
    """8 layers, 61M parameters; 96 filters of 11x11 with stride 4 on 227x227 give 55x55x96."""
    answer = known(client, "alexnet")
    assert (answer["depth"], round(answer["parameters"] / 1e6)) == (8, 61)
    first = network(
        client,
        "nn.Sequential(nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), nn.MaxPool2d(3, stride=2))",
        3, 227, 227,
    )  # fmt: skip
    assert [row["output"] for row in first["rows"]] == [[96, 55, 55], [96, 55, 55], [96, 27, 27]]
    assert first["rows"][0]["parameters"] == 34_944  # "35K", 11 * 11 * 3 * 96, and the biases
    assert window(client, input=224, kernel=11, stride=4)["exact"] == 54.25


def test_vgg(client: TestClient) -> None:
    """138M parameters in 16 layers, 102.8M of them in the first fully connected one; top-1."""
    answer = known(client, "vgg16")
    assert (answer["depth"], round(answer["parameters"] / 1e6)) == (16, 138)
    linear = [row["parameters"] for row in answer["rows"] if row["type"] == "Linear"]
    assert linear == [102_764_544, 16_781_312, 4_097_000]
    outputs = [row["output"] for row in answer["rows"] if row["type"] == "MaxPool2d"]
    assert outputs == [[64, 112, 112], [128, 56, 56], [256, 28, 28], [512, 14, 14], [512, 7, 7]]
    assert known(client, "vgg19")["depth"] == 19


def test_resnet(client: TestClient) -> None:
    """152 layers and 60M parameters; the others of its family by depth."""
    answer = known(client, "resnet152")
    assert (answer["depth"], round(answer["parameters"] / 1e6)) == (152, 60)
    depths = [known(client, f"resnet{depth}")["depth"] for depth in (18, 34, 50, 101)]
    assert depths == [18, 34, 50, 101]
    adds = [row for row in answer["rows"] if row["type"] == "Add"]
    assert len(adds) == 3 + 8 + 36 + 3


def test_what_the_slides_get_wrong_is_put_right(client: TestClient) -> None:
    wrong = {fact["claim"] for fact in client.get("/api/lecture-facts").json() if not fact["holds"]}
    assert any("VGG won" in claim for claim in wrong)
    assert any("96 MB" in claim for claim in wrong)
    assert any("224 × 224" in claim for claim in wrong)
