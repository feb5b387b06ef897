"""POST /api/convolution, its steps, /api/window, and the page that has the first answer in it."""

import json
import re
from typing import Any

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from app.core.convolutions.answers import ConvolutionAnswer
from app.core.convolutions.tellings import StepsAnswer


def ask(client: TestClient, route: str, question: dict[str, Any]) -> Any:
    response = client.post(f"/api/{route}", json=question)
    assert response.status_code == 200, response.text
    return response.json()


def refused(client: TestClient, route: str, question: dict[str, Any]) -> Any:
    response = client.post(f"/api/{route}", json=question)
    assert response.status_code == 422, response.text
    return response.json()


def written(html: str, name: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', html, re.S)
    assert found
    return json.loads(found[1])


def test_the_lecture_s_convolution(client: TestClient) -> None:
    answer = ask(client, "convolution", {"cells": [[0, 13, 12]]})
    assert answer["shapes"]["output"] == [6, 28, 28]
    assert answer["parameters"]["count"] == 456
    cell = answer["cells"][0]
    assert cell["value"] == answer["output"][0][13][12]
    assert len(cell["products"]) == 3


def test_every_example_of_the_schema_works(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for name, route in (
        ("ConvolutionQuestion", "convolution"),
        ("StepsQuestion", "convolution/steps"),
        ("WindowQuestion", "window"),
    ):
        for example in schemas[name]["examples"]:
            ask(client, route, example)


@pytest.mark.parametrize("layer", ["Conv2d", "MaxPool2d", "AvgPool2d", "Linear"])
def test_answers_keep_to_their_schema(client: TestClient, layer: str) -> None:
    question = {"layer": layer, "cells": [[0, 0, 0]]}
    answer = ask(client, "convolution", question)
    TypeAdapter(ConvolutionAnswer).validate_python(answer)
    for first in (0, answer["track"]["forward"], answer["track"]["count"] - 1):
        told = ask(client, "convolution/steps", {**question, "first": first, "count": 3})
        TypeAdapter(StepsAnswer).validate_python(told)
        assert told["first"] == first


def test_a_fully_connected_layer_beside_it(client: TestClient) -> None:
    """The same as the layer itself, and as the plain sum over the flat input."""
    beside = ask(client, "convolution", {"seed": 3})["connected"]
    linear = ask(client, "convolution", {"layer": "Linear", "seed": 3})

    def flat(volume: Any) -> list[float]:
        return [entry for plane in volume for row in plane for entry in row]

    x = flat(linear["input"])
    assert beside["inputs"] == len(x) == 3072
    assert beside["x"] == {"first": x[:4], "last": x[-2:]}
    assert beside["parameters"] == linear["parameters"]["count"] == 30_730
    assert beside["latex"] == linear["parameters"]["latex"]
    assert len(beside["rows"]) == 10
    for row, weights, [[value]] in zip(
        beside["rows"], linear["weights"], linear["output"], strict=True
    ):
        w = flat(weights)
        assert row == {"first": w[:4], "last": w[-2:], "value": value}
        assert value == sum(left * right for left, right in zip(x, w, strict=True))


def test_a_fully_connected_layer_only_where_it_can_stand(client: TestClient) -> None:
    assert ask(client, "convolution", {"layer": "MaxPool2d"})["connected"] is None
    assert ask(client, "convolution", {"layer": "Linear"})["connected"] is None
    large = {"shape": [3, 64, 64], "filters": 1, "kernel_size": 3}
    assert ask(client, "convolution", large)["connected"] is None
    small = {"input": [[1, 2], [3, 4]], "kernel_size": 1, "filters": 1}
    beside = ask(client, "convolution", small)["connected"]
    assert beside["x"] == {"first": [1, 2, 3, 4], "last": []}


def test_a_large_one_is_answered_by_a_worker(client: TestClient) -> None:
    question = {"shape": [3, 64, 64], "filters": 12, "kernel_size": 9}
    assert ask(client, "convolution", question)["shapes"]["output"] == [12, 56, 56]


def test_windows(client: TestClient) -> None:
    answer = ask(client, "window", {"input": 32, "kernel": 5})
    assert answer["output"] == [28]
    assert answer["fits"] is True
    odd = ask(client, "window", {"input": [7, 9], "kernel": 3, "stride": 3})
    assert odd["output"] == [2, 3]
    assert odd["axes"][0]["fraction"] == "7/3"
    assert [rule["output"] for rule in odd["axes"][0]["conventions"]] == [2, 3, None]
    problem = refused(client, "window", {"input": 3, "kernel": 5})
    assert problem["where"] == {"field": "kernel"}
    assert "padding 1" in problem["message"]


def test_filters(client: TestClient) -> None:
    names = {row["name"] for row in client.get("/api/filters").json()}
    assert {"edges", "sobel x", "blur", "sharpen", "emboss", "identity"} <= names


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({"kernel_size": 33}, "kernel_size"),
        ({"kernel_size": 0}, "kernel_size"),
        ({"layer": "Conv3d"}, "layer"),
        ({"colour": 1}, "colour"),
        ({"bias": [1]}, "bias"),
        ({"input": "nothing"}, "input"),
    ],
)
def test_refusals_name_the_field(client: TestClient, question: dict[str, Any], field: str) -> None:
    assert refused(client, "convolution", question)["where"]["field"] == field


@pytest.mark.parametrize("number", ["NaN", "1e999", "-Infinity"])
def test_only_numbers_are_numbers(client: TestClient, number: str) -> None:
    for body in (f'{{"bias": {number}}}', f'{{"input": [[[{number}]]], "kernel_size": 1}}'):
        headers = {"content-type": "application/json"}
        response = client.post("/api/convolution", content=body, headers=headers)
        assert response.status_code == 422


def test_the_page_has_its_answer_in_it(client: TestClient) -> None:
    html = client.get("/convolution").text
    answer = written(html, "answer")
    assert answer["shapes"]["output"] == [6, 28, 28]
    assert answer["cells"][0]["cell"] == written(html, "cell") == [0, 13, 12]
    # Readable without a script: the sentence and the numbers.
    assert answer["cells"][0]["sentence"] in html
    assert "<caption>Products</caption>" in html
    assert "456 parameters" in html


def test_a_link_is_the_whole_setting(client: TestClient) -> None:
    link = {"layer": "MaxPool2d", "input": "numbers", "kernel_size": "3", "cell": "1,1,0"}
    html = client.get("/convolution", params=link).text
    assert written(html, "question") == {
        "layer": "MaxPool2d",
        "input": "numbers",
        "kernel_size": 3,
    }
    assert written(html, "cell") == [1, 1, 0]
    hand = {"input": "numbers", "weights": "[[[1,0],[0,1]]]", "kernel_size": "2"}
    answer = written(client.get("/convolution", params=hand).text, "answer")
    assert answer["filters"] == [{"name": "by hand", "says": "Weights that were given."}]


@pytest.mark.parametrize(
    ("link", "question"),
    [
        ({"layer": "MaxPool2d", "filters": "6", "weights": "blur", "padding": "1"},
         {"layer": "MaxPool2d", "padding": 1}),
        ({"layer": "AvgPool2d", "dilation": "2"}, {"layer": "AvgPool2d"}),
        ({"layer": "Linear", "kernel_size": "3", "filters": "4"},
         {"layer": "Linear", "filters": 4}),
        ({"input": "[[1,2],[3,4]]", "kernel_size": "1", "shape": "[3,9,9]"},
         {"input": [[1, 2], [3, 4]], "kernel_size": 1}),
    ],
)  # fmt: skip
def test_what_a_layer_does_not_have_is_left_out_of_a_link(
    client: TestClient, link: dict[str, str], question: dict[str, Any]
) -> None:
    answer = client.get("/convolution", params=link)
    assert answer.status_code == 200
    assert written(answer.text, "question") == question


def test_a_wrong_link_says_what_is_wrong(client: TestClient) -> None:
    response = client.get("/convolution", params={"kernel_size": "99"})
    assert response.status_code == 422
    assert written(response.text, "problem")["where"] == {"field": "kernel_size"}
    response = client.get("/convolution", params={"input": "<script>alert(1)</script>"})
    assert response.status_code == 422
    assert "<script>alert" not in response.text
    assert client.get("/convolution", params={"cell": "a,b", "nothing": "1"}).status_code == 200
