"""Whatever a question holds, little of it is read: few mistakes are noted, and one is told.

The questions are made from the API's own schema, so a route or a field that comes later is tried
too. What is bounded is the work, by what pydantic notes of it and how long the lists are that it
may read; never the time.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from starlette.testclient import TestClient

from app.core import mistakes
from app.core.errors import LONGEST, Problem, nearest
from app.core.networks.links import packed
from app.core.networks.network import MAX_LAYERS
from app.core.questions import counted
from app.main import create_app

SCHEMA = create_app().openapi()
PARTS = SCHEMA["components"]["schemas"]
# What pydantic may note of one question: some fields that are missing, some forms of a field.
HANDFUL = 24
LONG_ANSWER = 4_000  # bytes


def models(model: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for row in model.__subclasses__():
        yield row
        yield from models(row)


def questions() -> dict[str, type[BaseModel]]:
    """The question of each route that takes one as JSON."""
    known = {model.__name__: model for model in models() if model.__module__.startswith("app.")}
    bodies = {path: row["post"]["requestBody"]["content"].get("application/json")
              for path, row in SCHEMA["paths"].items() if "post" in row}  # fmt: skip
    return {path: known[body["schema"]["$ref"].rpartition("/")[2]]
            for path, body in bodies.items() if body}  # fmt: skip


QUESTIONS = questions()


def whole(part: Any) -> Any:
    """The part of the schema that is referred to."""
    return PARTS[part["$ref"].rpartition("/")[2]] if "$ref" in part else part


def forms(part: Any) -> list[Any]:
    """What a part may be, one by one."""
    part = whole(part)
    either = part.get("anyOf") or part.get("oneOf")
    return [form for one in either for form in forms(one)] if either else [part]


def least(part: Any) -> Any:
    """Something that a part may be."""
    part = forms(part)[0]
    if "default" in part or "const" in part or "enum" in part:
        return part.get("default", part.get("const", part.get("enum", [None])[0]))
    kind = part.get("type")
    if kind == "object":
        return {name: least(part["properties"][name]) for name in part.get("required", ())} | (
            {"type": least(part["properties"]["type"])} if "type" in part["properties"] else {}
        )
    if kind == "array":
        items = part.get("prefixItems") or [part.get("items", {})] * part.get("minItems", 0)
        return [least(item) for item in items]
    if kind == "string":
        return "a" * max(1, part.get("minLength", 1))
    return part.get("minimum", 1)


def around(part: Any) -> Iterator[tuple[str, Any]]:
    """Each place in a part, and a question around it: "network.layers.0.name", what to put there
    being called as a function."""
    for form in forms(part):
        if "properties" in form:
            for name, field in form["properties"].items():
                rest = least(form)
                yield name, lambda value, rest=rest, name=name: rest | {name: value}
                for place, inner in around(field):
                    yield (
                        f"{name}.{place}",
                        lambda value, rest=rest, name=name, inner=inner: (
                            rest | {name: inner(value)}
                        ),
                    )
        elif "items" in form:
            yield "0", lambda value: [value]
            for place, inner in around(form["items"]):
                yield f"0.{place}", lambda value, inner=inner: [inner(value)]


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


# Each is longer than any bound; where nothing bounds it, pydantic notes thousands of mistakes.
VALUES: dict[str, Any] = {
    "bad entries": ["!"] * 20_000,
    "good entries": ["a"] * 20_000,
    "numbers": [1] * 100_001,
    "empty lists": [[]] * 20_000,
    "pairs": [[1, 2]] * 60_000,
    "bad objects": [{"layer": {"type": "X"}, "id": 5, "cell": "!"}] * 7_500,
    "fields that nobody knows": {f"a{i}": "!" for i in range(10_000)},
    "lists in each other": nested(900),
    "a long text": "!" * 190_000,
    "words of two lengths": ["a"] * 200 + ["x" * 100_000],
    "a list for an object": [{}],
    "a large number": int("9" * 4_000),
}
ENCODED = {
    name: json.dumps(VALUES[name])
    for name in ("bad entries", "empty lists", "fields that nobody knows", "lists in each other",
                 "words of two lengths")
}  # fmt: skip
PLACES = {
    f"{path} {place}": (path, place, inner)
    for path, model in QUESTIONS.items()
    for place, inner in around(PARTS[model.__name__])
}
# The same layers and nodes are in many questions: those of one route stand for all.
SEEN: dict[tuple[str, str], str] = {}
for key, (path, place, _) in PLACES.items():
    SEEN.setdefault(
        (QUESTIONS[path].model_fields[place.split(".")[0]].description or key, place), key
    )


def test_the_schema_gives_places_to_try() -> None:
    assert len(QUESTIONS) > 20
    places = {key.partition(" ")[2] for key in PLACES}
    assert {"network.layers.0.layer.kernel_size", "expression.nodes.0.inputs.0", "upstream.cell.0",
            "unit.layer", "names.0", "weights", "seed"} <= places  # fmt: skip


@pytest.mark.parametrize("key", SEEN.values())
def test_few_mistakes_are_noted_whatever_a_field_holds(key: str) -> None:
    path, _, inner = PLACES[key]
    for name, value in VALUES.items():
        count, told = refusal(QUESTIONS[path], inner(value))
        assert count <= HANDFUL, name
        assert len(told["message"]) <= LONGEST + 1, name
        assert len(told["where"].get("field", "")) < LONGEST, name


def refusal(model: type[BaseModel], body: Any) -> tuple[int, dict[str, Any]]:
    """How many mistakes are noted of a question, and what is told of them; none, if a field may
    hold all this, such as the text of a picture."""
    nothing = {"message": "", "where": {}}
    try:
        model.model_validate(body)
    except ValidationError as error:
        mistake = mistakes.deepest(error.errors())
        place = {**mistake, "loc": ("body", *mistake["loc"])}
        return error.error_count(), mistakes.as_problem(place, body).told
    except Problem as problem:
        return 1, problem.told
    return 0, nothing


def test_no_list_of_a_question_is_read_without_bound() -> None:
    """Each list and table has a length, and ends at its first mistake."""

    def lists(part: Any) -> Iterator[Any]:
        if isinstance(part, dict):
            if part.get("type") in ("list", "tuple", "set", "dict"):
                yield part
            for name, inner in part.items():
                if name not in ("metadata", "serialization"):
                    yield from lists(inner)
        elif isinstance(part, list | tuple):
            for inner in part:
                yield from lists(inner)

    found = 0
    for path, model in QUESTIONS.items():
        for part in lists(model.__pydantic_core_schema__):
            fixed = part["type"] == "tuple" and "variadic_item_index" not in part
            free = (
                part["type"] == "list"
                and part.get("items_schema", {"type": "any"})["type"] == "any"
            )
            if fixed or free:
                continue  # of a length of its own; nothing in it is read
            found += 1
            assert part.get("max_length"), (path, part)
            assert part.get("fail_fast"), (path, part)
    assert found > 50


@pytest.mark.parametrize("path", QUESTIONS)
def test_hostile_bodies_are_refused_in_a_sentence(client: TestClient, path: str) -> None:
    example = whole(PARTS[QUESTIONS[path].__name__])["examples"][0]
    start = json.dumps(example).removesuffix("}")
    field, many = next(iter(example)), ENCODED["fields that nobody knows"]
    bodies = [f'{start}, "{field}": {text}}}' for text in ENCODED.values()]
    for body in (*bodies, f"{start}, {many[1:]}", many):
        answer = client.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code in (413, 422), (body[:200], answer.text[:300])
        assert len(answer.content) < LONG_ANSWER
        assert answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "body", "field", "says"),
    [
        ("/api/activations", {"layers": ["!"] * 200_000}, "layers.0", "should match"),
        ("/api/activations", {"layers": ["a"] * 200_000}, "layers", "2,000 are the most."),
        ("/api/network", {"network": {"input": [3, 8, 8], "layers": [{}] * 75_000}},
         "network.layers", "has 75,000 layers; 2,000 are the most."),
        ("/api/network", {"open": ["a"] * 60_000}, "open", "2,000 are the most."),
        ("/api/convolution", {"cells": [[0, 0, 0]] * 75_000}, "cells", "64 are the most."),
        ("/api/convolution", {"bias": [0] * 75_000}, "bias", "64 are the most."),
        ("/api/convolution", {"weights": [[]] * 75_000}, "weights", "64 are the most."),
        ("/api/convolution", {"upstream": [0] * 175_000}, "upstream", "more than 100,000"),
        ("/api/convolution", {"kernel_size": [1] * 75_000}, "kernel_size", "2 are the most."),
        ("/api/architectures/export", {"names": ["a"] * 60_000}, "names", "64 are the most."),
        ("/api/expression", {"expression": "x", "inputs": {f"a{i}": 1 for i in range(75_000)}},
         "inputs", "5,000 are the most."),
        ("/api/window", {f"a{i}": 1 for i in range(15_000)}, None,
         "has 15,002 fields; no question has more than 64."),
        ("/api/network", {"network": {f"a{i}": 1 for i in range(15_000)}}, "network",
         "has 15,000 fields"),
        ("/api/network", {"network": {"layers": [{"layer": {str(i): 1 for i in range(15_000)}}]}},
         "network.layers", "has at position 0 more fields than any layer"),
        ("/api/window", {"x" * 200_000: 1}, "x" * 80 + "…", "There is no field"),
    ],
)  # fmt: skip
def test_the_sentence_names_the_field_and_how_many_are_the_most(
    client: TestClient, path: str, body: dict[str, Any], field: str | None, says: str
) -> None:
    rest = {
        "/api/activations": {"image": "coffee"},
        "/api/architectures/export": {"format": "tikz"},
        "/api/window": {"input": 5, "kernel": 3},
    }
    answer = client.post(path, json=rest.get(path, {}) | body)
    assert answer.status_code == 422
    told = answer.json()
    assert told["where"] == ({"field": field} if field else {})
    assert says in told["message"]
    assert len(told["message"]) < 300


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"x": [[]] * 500_000}, "is an empty list and has no value"),
        ({"x": [1] * 900_000, "y": [1] * 900_000}, "has more than 100,000 entries"),
        ({"x": ["a"] * 200 + ["x" * 500_000]}, "must be a number or a nested list"),
        ({"x": nested(900)}, "nested deeper than 4"),
        ({"x": [1, [1] * 500_000]}, "must be a number or a nested list"),
        ({"x": {"a": 1}}, "must be a number or a nested list"),
    ],
    ids=["empty lists", "too many together", "words", "deep", "ragged", "an object"],
)
def test_inputs_are_counted_before_they_become_arrays(inputs: dict[str, Any], says: str) -> None:
    with pytest.raises(Problem, match=says) as caught:
        QUESTIONS["/api/expression"].model_validate({"expression": "x", "inputs": inputs})
    assert caught.value.where["input"] in inputs


def test_numbers_are_counted() -> None:
    assert counted(3, 10, 4) == 1
    assert counted([[1, 2, 3], [4.5, True, None]], 10, 2) == 6
    assert counted([], 10, 2) == counted([[], []], 10, 2) == 0
    assert counted([[[1] * 100] * 100] * 10, 100_000, 3) == 100_000
    for given in (
        [1] * 11,
        [[1] * 6] * 2,
        [[]] * 11,
        [[[1]]],
        [1, [1]],
        [[1], 1],
        ["a"],
        [{}],
        "a",
    ):
        with pytest.raises(ValueError, match=r"^(must be|has)"):
            counted(given, 10, 2)


def test_a_long_name_has_no_nearest_and_is_cut_in_a_sentence() -> None:
    assert nearest("sigmod", ["sigmoid"]) == "sigmoid"
    assert nearest("sigmoid" * 100_000, ["sigmoid"]) is None
    told = Problem(f"`@` has no `{'x' * 1_000_000}`; did you mean `sum`?").message
    assert told == f"`@` has no `{'x' * 80}…`; did you mean `sum`?"


# Links


def bad(count: int) -> dict[str, Any]:
    return {"input": [3, 8, 8], "layers": [{"layer": {"type": "X"}}] * count}


LINKS = {
    "40,000 bad layers": {"network": packed(bad(40_000))},
    "20,000 bad layers": {"network": packed(bad(20_000))},
    "as many as there may be, all of them bad": {"network": packed(bad(MAX_LAYERS))},
    "layers of 400 KB": {"network": packed({"input": [1], "layers": ["<" * 400_000]})},
    "a layer of many fields": {
        "network": packed({"input": [1], "layers": [{"layer": {str(i): 1 for i in range(5_000)}}]})
    },
    "an input of many sides": {"network": packed({"input": [1] * 200_000, "layers": []})},
    "a long source": {"packed_source": packed("nn.ReLU()," * 100_000)},
    "a source of 100 KB": {"packed_source": packed("<" * 100_000)},
    "many sides": {"source": "nn.ReLU()", "input": "1," * 10_000 + "1"},
}


@pytest.mark.parametrize("path", ["/network", "/activations", "/api/optimised-input/frames"])
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_short_link_is_no_long_page(client: TestClient, path: str, link: dict[str, str]) -> None:
    idle = len(client.get(path).content)
    answer = client.get(path, params=link | {"layer": "a", "channel": "0"})
    assert answer.status_code == 422
    assert len(answer.content) < idle + 200_000


def test_what_a_link_unfolds_to_is_told_with_its_field(client: TestClient) -> None:
    told = client.get(
        "/api/optimised-input/frames",
        params={"layer": "a", "channel": 0, "network": packed(bad(20_000))},
    ).json()
    assert told["message"] == "`network.layers` has 20,000 layers; 2,000 are the most."
    assert told["where"] == {"field": "network.layers"}


@pytest.mark.parametrize(
    ("path", "link"),
    [
        ("/", {"expression": "f = x", "inputs": json.dumps({"x": [[], 1] * 1_000})}),
        ("/", {"expression": "f = x", "inputs": "[" * 20_000}),
        ("/convolution", {"bias": json.dumps([0] * 8_000)}),
        ("/convolution", {"cells": json.dumps(["!"] * 4_000)}),
        ("/convolution", {"weights": json.dumps([0] * 8_000)}),
        ("/convolution", {"kernel_size": json.dumps([1] * 8_000)}),
        ("/convolution", {"upstream": json.dumps([[], 1] * 2_000)}),
    ],
)
def test_lists_in_a_link_are_bounded_as_in_a_body(
    client: TestClient, path: str, link: dict[str, str]
) -> None:
    answer = client.get(path, params=link)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
