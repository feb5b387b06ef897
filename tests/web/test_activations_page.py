"""/activations: what stands in the page before any script has run."""

import asyncio
import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.workers.pool import Busy


def written(html: str, name: str, named: str = "id") -> Any:
    start = f'<script type="application/json" {named}="{name}">'
    found = re.search(rf"{start}(.*?)</script>", html, re.S)
    assert found
    return json.loads(found[1])


def test_the_first_answer_is_in_the_page(client: TestClient) -> None:
    html = client.get("/activations").text
    answer = written(html, "answer")
    assert answer["classes"][0]["name"] == "espresso"
    assert "espresso: 9" in html
    asked = client.post("/api/activations", json=written(html, "question") | {"top": 10}).json()
    asked.pop("maps")
    assert answer == asked
    assert len(written(html, "models")[0]["classes"]) == 1000
    assert {"name", "says", "kind"} == set(written(html, "images")[0])


def test_a_link_says_what_is_looked_at(client: TestClient) -> None:
    html = client.get("/activations?image=chelsea&target=281&of=loss").text
    assert written(html, "question") == {
        "model": "squeezenet1_1",
        "image": "chelsea",
        "target": 281,
        "of": "loss",
    }
    assert written(html, "answer")["target"]["name"] == "tabby"


def test_a_network_of_ones_own(client: TestClient) -> None:
    source = "nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))"
    page = client.get("/activations", params={"source": source, "input": "3,8,8", "seed": 3})
    answer = written(page.text, "answer")
    assert page.status_code == 200
    assert [row["shape"] for row in answer["layers"]][-1] == [5]
    assert answer["classes"][0]["name"].startswith("class ")


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("?image=coffe", "did you mean `coffee`"),
        ("?model=squeezenet", "no model `squeezenet`"),
        ("?target=x", "`target` in this link is a whole number"),
        ("?target=1000", "1000"),
        ("?of=cost", "of"),
        ("?network=A", "network"),
    ],
)
def test_a_mistake_in_a_link_is_said(client: TestClient, link: str, sentence: str) -> None:
    page = client.get(f"/activations{link}")
    assert page.status_code == 422
    assert sentence in written(page.text, "problem")["message"]


async def refused(*_: Any, **__: Any) -> bytes:
    raise Busy


async def endless(*_: Any, **__: Any) -> bytes:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.mark.parametrize("path", ["/activations?target=7", "/embed/activations?target=7"])
@pytest.mark.parametrize("busy", [refused, endless])
def test_a_busy_server_sends_the_page_without_an_answer(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, busy: Any, path: str
) -> None:
    monkeypatch.setattr("app.web.answering.run", busy)
    monkeypatch.setattr("app.web.answering.PAGE_SECONDS", 0.05)
    page = client.get(path)  # which nobody has asked before
    assert page.status_code == 200
    if path.startswith("/embed"):
        first = written(page.text, "first", "data-part")
        assert first["answer"] is first["problem"] is None
    else:
        assert written(page.text, "answer") is written(page.text, "problem") is None


def test_only_two_pages_may_ask_for_the_camera(client: TestClient) -> None:
    def policy(path: str) -> str:
        return client.get(path).headers["permissions-policy"]

    assert policy("/activations").startswith("camera=(self), geolocation=()")
    assert policy("/training/teach").startswith("camera=(self), geolocation=()")
    for path in ("/network", "/training", "/embed/teach", "/lessons/transfer"):
        assert policy(path).startswith("camera=(), geolocation=()")
    assert policy("/api/images").startswith("camera=()")
