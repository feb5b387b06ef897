"""Classes of one's own over REST and on their page; nothing that was sent is kept."""

import base64
import html
import io
import logging
from typing import Any

import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from app.core.teaching.questions import FIRST


def plain(colour: str, size: int) -> str:
    file = io.BytesIO()
    Image.new("RGB", (size, size), colour).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def own(*colours: str) -> dict[str, Any]:
    classes = [
        {"name": f"my {colour}", "pictures": [plain(colour, 9 + i) for i in range(5)]}
        for colour in colours
    ]
    return {"classes": classes}


def test_uploads_are_taught_and_nothing_of_them_is_kept_or_logged(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    app: Any = client.app
    assert isinstance(app, FastAPI)
    with caplog.at_level(logging.DEBUG):
        before = dict(app.state.answers.answers)
        response = client.post("/api/teach", json=own("teal", "orange"))
        checked = client.post(
            "/api/check", json={"figure": "teach", "question": own("teal", "red")}
        )
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["heads"][0]["right"] == 10
    assert checked.json()["agrees"], checked.text
    assert "data:" not in response.text
    assert app.state.answers.answers == before
    assert "my teal" not in caplog.text
    assert "base64" not in caplog.text


def test_a_picture_that_cannot_be_read_is_told_with_its_place(client: TestClient) -> None:
    question = own("teal", "orange")
    question["classes"][1]["pictures"][2] = "data:image/png;base64,AAAA"
    response = client.post("/api/teach", json=question)
    assert response.status_code == 422
    assert response.json()["where"] == {"field": "classes.1.pictures.2"}
    assert response.json()["message"].startswith("Picture 3 of `my orange`: ")


def test_the_page_reads_without_a_script_and_may_ask_for_the_camera(client: TestClient) -> None:
    page = client.get("/training/teach")
    assert page.status_code == 200
    assert "camera=(self)" in page.headers["permissions-policy"]
    assert "SqueezeNet, untrained</th>" in page.text
    wrong = client.get('/training/teach?classes=[{"name":"a","pictures":["digit-1"]}]')
    assert wrong.status_code == 422
    assert "`classes.0.pictures`" in html.unescape(wrong.text) or "`classes`" in html.unescape(
        wrong.text
    )


def test_a_cut_of_a_photo_is_a_picture_of_its_own(client: TestClient) -> None:
    cuts = [client.get(f"/api/cuts/coffee/{i}?size=32") for i in (0, 1)]
    for cut in cuts:
        assert cut.status_code == 200
        assert Image.open(io.BytesIO(cut.content)).size == (32, 32)
    assert cuts[0].content != cuts[1].content
    for path in ("coffee/40", "coffe/3", "digit-1/3"):
        assert client.get(f"/api/cuts/{path}").status_code == 422


def test_the_lab_leads_to_it(client: TestClient) -> None:
    assert "/training/teach" in client.get("/training").text
    for rest in ("", "seed=3&projector=1"):
        there = client.get(f"/training?experiment=teach&{rest}").url
        assert (there.path, there.query.decode()) == ("/training/teach", rest)
    assert client.post("/api/teach", json=FIRST).status_code == 200
