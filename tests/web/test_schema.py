"""The OpenAPI schema holds: whatever is asked, the answer is one that the schema describes."""

from typing import Any

import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from app.core.expressions.evaluation import evaluate
from app.core.expressions.examples import EXAMPLES
from app.core.expressions.parsing import parse
from app.core.figures import FIGURES
from app.main import create_app
from tests.core.random_expressions import RandomExpression

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    # Of values at every place there are more in test_hostile_questions; here forms are tried.
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
ROUTES = (
    "/api/expression",
    "/api/gradient-check",
    "/api/expression/entry",
    "/api/expression/paths",
    "/api/expression/export",
)


SCHEMA = schemathesis.openapi.from_dict(create_app().openapi())
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
}
# Of a picture's bytes the schema can forbid nothing: see test_activations.
ASKING = {
    name: operation
    for name, operation in OPERATIONS.items()
    if name.startswith("POST") and name != "POST /api/images"
}


# Of a run that says nothing of its steps, few are as good as many.
STEPS = {
    f"POST /api{row.path}": {"steps": row.tried["steps"]}
    for row in FIGURES.values()
    if row.subject == "training" and "steps" in row.tried
}


def part(value: Any) -> bytes:
    """What a form carries of a value."""
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


def send(client: TestClient, case: schemathesis.Case) -> Any:
    """The case's request, sent to the app in this process."""
    request = case.as_transport_kwargs(base_url=str(client.base_url))
    known = {"method", "url", "headers", "cookies", "params", "json", "data", "files"}
    assert set(request) <= known
    assert not request["cookies"]
    headers = dict(request["headers"])
    body: dict[str, Any]
    if "json" in request:
        body = {"json": request["json"]}
    elif request.get("files"):  # a form: the client writes its boundary into the header itself
        headers.pop("Content-Type", None)
        files = [(name, (at, part(value), *kind)) for name, (at, value, *kind) in request["files"]]
        body = {"files": files, "data": request.get("data") or {}}
    else:
        body = {"content": request.get("data")}
    sent = client.build_request(
        request["method"], request["url"], params=request.get("params"), headers=headers, **body
    )
    sent.read()  # the checks look at it again
    return client.send(sent)


@pytest.mark.parametrize("name", OPERATIONS)
@BOUNDED
@given(data=st.data())
def test_what_the_schema_allows(client: TestClient, name: str, data: st.DataObject) -> None:
    case = data.draw(OPERATIONS[name].as_strategy(GenerationMode.POSITIVE))
    if name in STEPS and isinstance(case.body, dict):
        case.body = STEPS[name] | case.body
    case.validate_response(send(client, case), checks=CHECKS)


@pytest.mark.parametrize("name", ASKING)
@BOUNDED
@given(data=st.data())
def test_what_the_schema_forbids(client: TestClient, name: str, data: st.DataObject) -> None:
    case = data.draw(OPERATIONS[name].as_strategy(GenerationMode.NEGATIVE))
    response = send(client, case)
    case.validate_response(response, checks=CHECKS)
    assert response.status_code in (413, 422), case.as_curl_command()


def questions() -> list[dict[str, Any]]:
    """Questions that have an answer, scalar and tensor."""
    found = [
        {"expression": example.expression, "inputs": dict(example.inputs)}
        for example in EXAMPLES.values()
    ]
    for seed in range(20):
        expression = RandomExpression(seed, tensors=seed % 2 == 1)
        names = parse(expression.text).inputs
        inputs = {name: expression.inputs[name] for name in names}
        found.append({"expression": expression.text, "inputs": inputs})
    return found


@pytest.mark.parametrize("path", ROUTES)
def test_real_answers_are_as_the_schema_says(client: TestClient, path: str) -> None:
    operation = ASKING[f"POST {path}"]
    for question in questions():
        for fields in more_fields(path, question):
            case = operation.Case(body=question | fields, media_type="application/json")
            response = send(client, case)
            assert response.status_code == 200, response.text
            case.validate_response(response, checks=CHECKS)


def more_fields(path: str, question: dict[str, Any]) -> list[dict[str, Any]]:
    """What else a question to that route says."""
    if path.endswith("/expression"):
        return [
            {"layout": True},
            {"preview": 2},
            {"mistake": "overwrite"},
            {"mistake": "order", "layout": True, "preview": 100},
        ]
    if path.endswith("/export"):
        return [{"format": format} for format in ("pytorch", "latex", "svg", "json", "curl")]
    graph = parse(question["expression"])
    result = evaluate(graph, question["inputs"])
    if path.endswith("/entry"):
        return [
            {"node": node.id, "index": [0] * np.ndim(value)}
            for node, value in zip(graph.nodes, result.values, strict=True)
        ][-6:]
    if path.endswith("/paths"):
        scalar = all(local is not None for local in result.locals)
        scalar = scalar and not any(np.ndim(value) for value in result.values)
        return [{"node": name} for name in graph.inputs] if scalar else []
    return [{}]


def test_every_example_in_the_schema_has_an_answer(client: TestClient) -> None:
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    for path, name in zip(
        ROUTES,
        ("Play", "Pass", "Entry", "Paths", "Export"),
        strict=True,
    ):
        examples = schemas[f"{name}Question"]["examples"]
        assert examples
        for example in examples:
            response = client.post(path, json=example)
            assert response.status_code == 200, response.text
