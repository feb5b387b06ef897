"""A link says a question, and is read as the same question again, whatever the figure."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from app.core.errors import Problem
from app.core.figures import FIGURES, PARTS
from app.core.links import LONG, asked, link
from app.core.mistakes import validated
from app.core.networks.questions import RESIDUAL

CASES = [(row, example) for row in (*FIGURES.values(), *PARTS) for example in row.examples]
CODE = "nn.Sequential(" + "nn.ReLU(),\n" * LONG + ")"
GRAPH = {
    "nodes": [{"id": "x", "op": "input"}, {"id": "f", "op": "exp", "inputs": ["x"]}],
    "output": "f",
}
HARD: list[tuple[str, dict[str, Any]]] = [
    ("expression", {"expression": "2", "inputs": {}}),
    ("expression", {"expression": "{", "inputs": {"x": [[1.5, -2e-300]]}, "steps": False}),
    ("expression", {"expression": "x", "inputs": {}, "steps": 12, "preview": 0, "fill": True}),
    ("expression", {"expression": GRAPH, "inputs": {"x": 1}}),
    ("convolution", {"input": "true", "weights": ["box", [[1]]], "kernel_size": [1, 2]}),
    ("convolution", {"cells": [[0, 1, 1]], "near": [0, 1, 2], "shape": [1, 8, 8]}),
    ("convolution", {"bias": [1, 2], "upstream": {"cell": [0, 0, 0], "value": 2.5}}),
    ("network", RESIDUAL),
    ("network", {"source": CODE, "input": [3, 8, 8]}),
    ("network", {"architecture": "vgg16", "open": []}),
    ("network", {"architecture": "vgg16", "open": ["a", "b c", "ü&=,"]}),
    ("receptive-field", {"architecture": "vgg16", "layer": "features.29", "unit": [7, 7]}),
    ("gradient-sizes", {"blocks": 20, "residual": True, "batch_norm": False}),
    ("activations", {"model": "digits", "image": "digit-3", "layers": "all", "target": 0}),
    ("activations", {"model": "digits", "image": "digit-3", "layers": ["conv1"]}),
]


@pytest.mark.parametrize(("row", "example"), CASES, ids=lambda it: getattr(it, "name", ""))
def test_every_example_comes_back_from_its_link(row: Any, example: dict[str, Any]) -> None:
    for question in (example, validated(row.question, example)):
        found = asked(row, dict(parse_qsl(link(row, question), keep_blank_values=True)))
        assert validated(row.question, found) == validated(row.question, example)


@pytest.mark.parametrize(("name", "question"), HARD)
def test_no_kind_of_value_is_lost(name: str, question: dict[str, Any]) -> None:
    row = FIGURES[name]
    assert asked(row, dict(parse_qsl(link(row, question), keep_blank_values=True))) == question


def test_what_is_not_of_the_question_is_overlooked() -> None:
    found = asked(FIGURES["stack"], {"kernel_size": "7", "view": "field", "x": "1"})
    assert found == {"kernel_size": 7}


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        ("stack", {"kernel_size": "seven"}, "kernel_size"),
        ("receptive-field", {"unit": "1,x"}, "unit"),
        ("expression", {"expression": "x", "inputs": "{"}, "inputs"),
        ("network", {"packed_source": "%%%"}, "network"),
        ("network", {"network": "AAAA"}, "network"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(
    name: str, query: dict[str, str], field: str
) -> None:
    with pytest.raises(Problem) as found:
        asked(FIGURES[name], query)
    assert found.value.where == {"field": field}
    assert "in this link" in found.value.message


def test_names_that_links_had_once_still_work() -> None:
    assert asked(FIGURES["comparison"], {"compare": "alexnet,vgg16"}) == {
        "names": ["alexnet", "vgg16"]
    }
    assert asked(FIGURES["convolution"], {"cell": "0,3,4"}) == {"near": [0, 3, 4]}
