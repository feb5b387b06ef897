"""Why a class wins and what a channel looks for, over REST."""

import base64
import io
import json
from typing import Any

import httpx2
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save
from starlette.testclient import TestClient

from app.core.activations.looks import trained
from app.core.attributions.questions import EACH
from app.core.pictures.images import IMAGES, picture
from app.core.pictures.preparation import prepared
from app.workers.pool import RUNS_EACH

SHARE = 3 * RUNS_EACH // 2  # of the places, what one address may have
SQUEEZENET = {"model": "squeezenet1_1"}
CAT = SQUEEZENET | {"image": "chelsea"}
COFFEE = SQUEEZENET | {"image": "coffee"}
OWN = {
    "source": "nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 5))",
    "input": [3, 12, 12],
}


def ask(client: TestClient, path: str, **question: Any) -> dict[str, Any]:
    response = client.post(f"/api/{path}", json=question)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


def refusal(response: httpx2.Response) -> dict[str, Any]:
    assert response.status_code == 422, response.text
    problem: dict[str, Any] = response.json()
    assert set(problem) == {"message", "where", "suggestion"}
    return problem


def pixels(address: str) -> Any:
    head, _, text = address.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def test_every_method_of_the_table_answers(client: TestClient) -> None:
    rows = client.get("/api/attributions").json()
    assert {"saliency", "occlusion", "grad-cam", "guided-backprop"} <= {row["name"] for row in rows}
    for row in rows:
        question = CAT | {"method": row["name"], "stride": 64, "patch": 64}
        answer = ask(client, "attributions", **question)
        assert {word: answer[word] for word in row if word != "name"} == {
            word: row[word] for word in row if word != "name"
        }
        grid = np.array(answer["grid"])
        assert answer["extent"] == [227, 227]
        assert answer["reach"] == pytest.approx(np.quantile(np.abs(grid), 0.995), rel=1e-4)
        assert answer["target"]["name"] == "Egyptian cat"
        assert answer["target"]["name"] in answer["sentence"]
        assert (answer["picture"] is not None) == (row["name"] == "guided-backprop")
        assert row["signed"] or grid.min() >= 0


def test_the_cat_is_seen_in_its_face(client: TestClient) -> None:
    """Chelsea's face fills the photo; what is beside and below it is blanket."""
    for target in (281, 285):  # tabby, Egyptian cat
        answer = ask(client, "attributions", **CAT, method="grad-cam", target=target)
        grid = np.array(answer["grid"])
        assert grid.shape == (14, 14)
        assert answer["layer"] == "classifier.2"
        row, column = (int(at) * 227 / 14 for at in np.unravel_index(grid.argmax(), grid.shape))
        assert 40 < row < 200
        assert 20 < column < 190
        assert grid[11:, 10:].mean() < 0.35 * grid[2:11, 2:12].mean()


def test_without_its_cup_it_is_less_of_an_espresso(client: TestClient) -> None:
    at_cup = ask(client, "occlusion", **COFFEE, row=90, column=110, patch=90)
    beside = ask(client, "occlusion", **COFFEE, row=200, column=20, patch=40)
    assert at_cup["target"]["name"] == "espresso"
    assert at_cup["target"]["probability"] > 0.9
    assert at_cup["drop"] > 0.5
    assert abs(beside["drop"]) < 0.1
    before, after = at_cup["target"]["probability"], at_cup["probability"]
    assert at_cup["drop"] == pytest.approx(before - after)
    assert sum(row["probability"] for row in at_cup["top"]) <= 1


def test_a_patch_suits_the_picture(client: TestClient) -> None:
    digit = {"model": "digits", "image": "digit-3"}
    answer = ask(client, "attributions", **digit, method="occlusion")
    assert "With 7 × 7 pixels about" in answer["sentence"]
    assert np.shape(answer["grid"]) == (len(answer["rows"]), len(answer["columns"]))
    assert len(answer["rows"]) >= 10


def test_dragging_a_patch_agrees_with_the_grid(client: TestClient) -> None:
    question = COFFEE | {"patch": 50}
    answer = ask(client, "attributions", **question, method="occlusion", stride=64)
    assert np.array(answer["grid"]).shape == (4, 4) == (len(answer["rows"]), len(answer["columns"]))
    for i, j in ((0, 0), (1, 2), (3, 1)):
        place = {"row": answer["rows"][i], "column": answer["columns"][j]}
        one = ask(client, "occlusion", **question, **place)
        assert one["drop"] == pytest.approx(answer["grid"][i][j], abs=1e-5)


def test_a_network_of_ones_own_and_an_upload(client: TestClient) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "png")
    address = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    answer = ask(client, "attributions", **OWN, image=address, method="grad-cam", target=3, seed=4)
    assert np.array(answer["grid"]).shape == (10, 10)
    assert answer["target"]["name"] == "class 3"


@pytest.mark.parametrize(
    ("path", "question", "field"),
    [
        ("attributions", CAT | {"method": "gradcam"}, "method"),
        ("attributions", CAT | {"method": "grad-cam", "layer": "flatten"}, "layer"),
        ("attributions", CAT | {"method": "grad-cam", "layer": "features.99"}, "layer"),
        ("attributions", CAT | {"method": "saliency", "target": 1000}, "target"),
        ("attributions", CAT | {"method": "occlusion", "stride": 1}, "stride"),
        ("attributions", CAT | {"method": "occlusion", "patch": 0}, "patch"),
        ("occlusion", CAT | {"row": 227, "column": 0}, "row"),
        ("top-patches", SQUEEZENET | {"layer": "features.0", "channel": 64}, "channel"),
        ("top-patches", SQUEEZENET | {"layer": "features", "channel": 0}, "layer"),
        ("top-patches", {"architecture": "vgg16", "layer": "features.0", "channel": 0}, ""),
        ("optimised-input", SQUEEZENET | {"layer": "features.0", "channel": 64}, "channel"),
        ("optimised-input", SQUEEZENET | {"layer": "flatten", "channel": 1, "steps": 1}, "steps"),
    ],
)  # fmt: skip
def test_mistakes_are_told_where_they_are(
    client: TestClient, path: str, question: dict[str, Any], field: str
) -> None:
    problem = refusal(client.post(f"/api/{path}", json=question))
    assert not field or problem["where"]["field"] == field, problem


# What a channel looks for


def test_top_patches_are_the_largest_values_by_torch_alone(client: TestClient) -> None:
    question = SQUEEZENET | {"layer": "features.9.concat", "channel": 3}
    answer = ask(client, "top-patches", **question)
    patches = answer["patches"]
    assert len(patches) == 9
    values = [patch["value"] for patch in patches]
    assert values == sorted(values, reverse=True)
    images = [patch["image"] for patch in patches]
    assert max(map(images.count, images)) <= 3
    model = trained("squeezenet1_1")
    at = model.network.position("features.9.concat")
    largest = max(
        float(model.activations(torch.from_numpy(whole(name))[None])[at][0, 3].max())
        for name in ("chelsea", "coffee", "astronaut", "grass")
    )
    assert values[0] >= 0.9 * largest  # and perhaps more on a part of a photo
    assert images[0] == "chelsea"  # this channel answers to eyes
    for patch in patches:
        shape = [patch[axis][1] - patch[axis][0] + 1 for axis in ("rows", "columns")]
        assert list(pixels(patch["patch"]).shape) == [*shape, 3]
        assert pixels(patch["deconvnet"]).shape == pixels(patch["patch"]).shape
        assert pixels(patch["deconvnet"]).std() > 0


def whole(name: str) -> Any:
    return prepared(picture(name), "photo", (3, 227, 227))


def test_a_vectors_number_sees_the_whole_picture(client: TestClient) -> None:
    answer = ask(client, "top-patches", **SQUEEZENET, layer="flatten", channel=285, count=2)
    for patch in answer["patches"]:
        assert (patch["image"], patch["unit"], patch["rows"]) == ("chelsea", [], [0, 226])


def test_top_patches_of_a_network_of_ones_own(client: TestClient) -> None:
    answer = ask(client, "top-patches", **OWN, seed=2, layer="1", channel=3)
    values = [patch["value"] for patch in answer["patches"]]
    assert 1 <= len(values) <= 9
    assert min(values) > 0
    assert values == sorted(values, reverse=True)
    assert all(patch["label"] == IMAGES[patch["image"]].says for patch in answer["patches"])


# The optimised input


def frames(client: TestClient, **query: Any) -> list[tuple[str, dict[str, Any]]]:
    return events_of(client.get("/api/optimised-input/frames", params=query))


def events_of(response: Any) -> list[tuple[str, dict[str, Any]]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in response.text.strip().split("\n\n"):
        name, data, *_ = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_frames_come_as_events_and_all_at_once_the_same(client: TestClient) -> None:
    query = SQUEEZENET | {"layer": "features.3.concat", "channel": 3, "steps": 4 * EACH, "seed": 1}
    *events, last = frames(client, **query)
    assert last == ("done", {})
    assert {name for name, _ in events} == {"frame"}
    told = [frame for _, frame in events]
    assert [frame["step"] for frame in told] == [0, EACH, 2 * EACH, 3 * EACH, 4 * EACH]
    assert told[-1]["value"] > 3 * told[0]["value"]
    assert pixels(told[-1]["picture"]).shape == (60, 60, 3)
    assert ask(client, "optimised-input", **query)["frames"] == told
    other = ask(client, "optimised-input", **query | {"seed": 2})["frames"]
    assert other[-1]["picture"] != told[-1]["picture"]


def test_weights_of_ones_own_climb_frame_by_frame(client: TestClient) -> None:
    own = {"source": "nn.Conv2d(1, 1, 1)", "input": [1, 8, 8], "layer": "0", "channel": 0}
    question = own | {"steps": EACH, "weights": weights({"0.weight": [[[[3]]]], "0.bias": [2]})}
    response = client.post(
        "/api/optimised-input", json=question, headers={"Accept": "text/event-stream"}
    )
    (_, first), *_, last = events_of(response)
    assert 2 < first["value"] < 5  # gray by 3, and 2
    assert last == ("done", {})
    assert ask(client, "optimised-input", **question)["frames"][0] == first


def weights(arrays: dict[str, Any]) -> str:
    saved = save({name: np.array(array, np.float32) for name, array in arrays.items()})
    return base64.b64encode(saved).decode()


def test_a_problem_is_an_event(client: TestClient) -> None:
    (event,) = frames(client, **SQUEEZENET, layer="features.0", channel=64)
    assert event[0] == "problem"
    assert event[1]["where"] == {"field": "channel"}
    response = client.get("/api/optimised-input/frames", params={"layer": "a", "channel": "x"})
    assert refusal(response)["where"] == {"field": "channel"}


def test_a_network_in_the_link(client: TestClient) -> None:
    query = {"source": OWN["source"], "input": "3,12,12", "layer": "3", "channel": 2, "steps": 8}
    events = frames(client, **query)
    assert [name for name, _ in events] == ["frame", "frame", "frame", "done"]
    assert events[-2][1]["value"] > events[0][1]["value"]


def test_a_run_beyond_the_share_waits_in_line_and_leaving_makes_room(live_server: str) -> None:
    address = f"{live_server}/api/optimised-input/frames"
    query = SQUEEZENET | {"layer": "features.12.concat", "channel": 2, "steps": 512}
    short = query | {"layer": "features.0", "steps": 4}
    with httpx2.Client(timeout=60) as visitor:
        asked = visitor.build_request("GET", address, params=query)
        runs = [visitor.send(asked, stream=True) for _ in range(SHARE)]
        with visitor.stream("GET", address, params=short) as last:
            told = last.iter_lines()
            assert next(told) == "event: waiting"
            assert json.loads(next(told).removeprefix("data: "))["ahead"] == 1
            whole = visitor.post(f"{live_server}/api/optimised-input", json=short)
            assert whole.status_code == 503
            assert whole.headers["retry-after"]
            for run in runs:
                run.close()
            *_, name, data, end = told
        assert (name, data, end) == ("event: done", "data: {}", "")


def test_a_long_climb_is_refused_as_a_whole(client: TestClient) -> None:
    question = SQUEEZENET | {"layer": "features.12.concat", "channel": 2}

    def whole(steps: int) -> httpx2.Response:
        return client.post("/api/optimised-input", json=question | {"steps": steps})

    problem = refusal(whole(512))
    assert problem["where"] == {"field": "steps"}
    assert "text/event-stream" in problem["message"]
    fewer = int(problem["message"].split("ask for ")[1].split()[0])
    assert refusal(whole(fewer + 1))["where"] == {"field": "steps"}
    assert whole(fewer).status_code == 200
