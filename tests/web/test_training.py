"""Experiments over REST: the table, a run as events and at once, and their page."""

import html
import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.core.experiments.table import EXPERIMENTS, measured
from app.core.figures import FIGURES
from app.core.links import link

SHORT = {"degree": 3, "points": 12, "seed": 5}


def events(text: str) -> list[tuple[str, Any]]:
    return [
        (name, json.loads(data))
        for name, data in re.findall(r"event: (.*)\ndata: (.*)\n(?:id: \d+\n)?\n", text)
    ]


def test_the_table_has_every_experiment_with_its_claims_as_measured(client: TestClient) -> None:
    rows = client.get("/api/experiments").json()
    assert [row["name"] for row in rows] == list(EXPERIMENTS)
    for row in rows:
        assert row["settings"]
        assert row["claims"]
        for claim in row["claims"]:
            assert claim["seeds"] >= 20
            assert 0 <= claim["held"] <= claim["seeds"]


def test_a_run_is_a_link_and_its_frames_are_the_same_as_events_and_at_once(
    client: TestClient,
) -> None:
    told = events(client.get("/api/experiments/overfitting/frames", params=SHORT).text)
    *frames, last = told
    assert last == ("done", {})
    whole = client.post("/api/experiments/overfitting", json=SHORT).json()["frames"]
    assert [frame for _, frame in frames] == whole
    assert [frame["step"] for frame in whole] == [0, 1, 2, 3]
    assert len(whole[0]["data"]["run"]["points"]) == 12
    posted = client.post(
        "/api/experiments/overfitting", json=SHORT, headers={"accept": "text/event-stream"}
    )
    assert events(posted.text) == told


def test_a_connection_that_comes_back_goes_on_after_the_last_frame_it_had(
    client: TestClient,
) -> None:
    path, plain = "/api/experiments/overfitting", {"accept": "text/event-stream"}
    whole = client.post(path, json=SHORT, headers=plain).text
    assert [int(number) for number in re.findall(r"^id: (\d+)$", whole, re.M)] == [1, 2, 3, 4]
    for last in range(5):
        rest = client.post(path, json=SHORT, headers=plain | {"last-event-id": str(last)}).text
        assert events(rest) == events(whole)[last:]


@pytest.mark.parametrize("number", ["", "-1", "1.5", "two", "\u00b2", "9" * 10])
def test_a_number_of_no_frame_is_refused(client: TestClient, number: str) -> None:
    headers = {"last-event-id": number.encode()}
    refused = client.get("/api/experiments/overfitting/frames", params=SHORT, headers=headers)
    assert refused.status_code == 422
    assert refused.json()["where"] == {"field": "Last-Event-ID"}


@pytest.mark.parametrize(
    ("link", "field"),
    [
        ({"degree": "99"}, "degree"),
        ({"points": "many"}, "points"),
        ({"noise": "NaN"}, "noise"),
        ({"penalty": "1e999"}, "penalty"),
    ],
)
def test_a_setting_beyond_its_bounds_is_refused_with_its_name(
    client: TestClient, link: dict[str, str], field: str
) -> None:
    for path in ("/api/experiments/overfitting/frames", "/training"):
        refused = client.get(path, params=link)
        assert refused.status_code == 422
        assert field in refused.text


def test_an_unknown_experiment_is_not_found_and_its_page_says_which_is_near(
    client: TestClient,
) -> None:
    assert client.get("/api/experiments/overfiting/frames").status_code == 404
    page = client.get("/training?experiment=overfiting")
    assert page.status_code == 422
    assert "did you mean `overfitting`?" in html.unescape(page.text)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_page_reads_without_a_script(client: TestClient, name: str) -> None:
    page = html.unescape(client.get(f"/training?experiment={name}&seed=3").text)
    row = EXPERIMENTS[name]
    assert row.says in page
    for claim in row.claims:
        assert claim.says in page
    first = measured()[name][0]["first"]
    assert f"Measured on the seeds {first} to {first + 19}" in page
    assert row.unwritten in page
    assert row.never in page
    assert f"/training?experiment={name}" in page
    assert re.search(r"Seed</th><td>3<", page)


@pytest.mark.parametrize(
    ("format", "media_type", "start"),
    [
        ("pytorch", "text/x-python; charset=utf-8", '"""Two classes in a plane.'),
        ("notebook", "application/x-ipynb+json", "{"),
    ],
)
def test_a_run_is_exported(client: TestClient, format: str, media_type: str, start: str) -> None:
    asked = {"experiment": "classifier-2d", "settings": {"seed": 7}, "format": format}
    response = client.post("/api/experiments/export", json=asked)
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.text.startswith(start)
    assert "SEED = 7" in response.text
    row = next(row for row in client.get("/api/experiments").json() if row["name"] == "outliers")
    assert not row["script"]
    refused = client.post("/api/experiments/export", json={**asked, "experiment": "outliers"})
    assert refused.status_code == 422
    assert refused.json()["message"].startswith(row["unscripted"])
    assert refused.json()["where"] == {"field": "experiment"}


def test_the_page_of_a_step_reads_without_a_script(client: TestClient) -> None:
    asked = {"data": "moons", "units": 3, "batch": 5, "step": 30, "weight": "w2_1_3"}
    page = html.unescape(client.get("/training/step", params=asked).text)
    answer = client.post("/api/training-step", json=asked).json()
    for moment in answer["moments"]:
        assert moment["sentence"] in page
    assert answer["expression"]["link"] in page


@pytest.mark.parametrize("wrong", [{"step": 600}, {"sample": 5}, {"weight": "w4_1_1"}])
def test_a_step_that_a_run_has_not_is_refused_with_its_place(
    client: TestClient, wrong: dict[str, Any]
) -> None:
    asked = {"batch": 5, **wrong}
    refused = client.post("/api/training-step", json=asked)
    assert refused.status_code == 422
    assert refused.json()["where"] == {"field": next(iter(wrong))}
    page = client.get("/training/step", params=asked)
    assert page.status_code == 422
    assert html.escape(refused.json()["message"], quote=False) in page.text


def test_what_can_be_looked_into_has_the_door_and_all_else_says_why(client: TestClient) -> None:
    for row in client.get("/api/experiments").json():
        assert (row["inside"] is None) != (row["closed"] is None)
        asked = {"experiment": row["name"]}
        if row["closed"] is None:
            assert row["inside"] == "/training/step"
            continue
        refused = client.post("/api/training-step", json=asked)
        assert refused.status_code == 422
        assert refused.json()["message"] == row["closed"]
        for path in ("/training", "/training/step"):
            assert row["closed"] in html.unescape(client.get(path, params=asked).text)


def test_a_step_of_any_experiment_is_a_link(client: TestClient) -> None:
    question = {"experiment": "samples-a-weight", "points": 12, "dropped": 0.5, "step": 30}
    network = {
        "input": [2],
        "layers": [{"layer": {"type": "Linear", "in_features": 2, "out_features": 2}}],
    }
    own = {"experiment": "your-network", "data": "moons", "network": network, "step": 7}
    digits = {"experiment": "your-network", "data": "digits", "step": 3, "weight": "w1_2_1_3_1"}
    for asked in (question, own, digits):
        query = link(FIGURES["training-step"], asked)
        page = html.unescape(client.get(f"/training/step?{query}").text)
        for moment in client.post("/api/training-step", json=asked).json()["moments"]:
            assert moment["sentence"] in page
