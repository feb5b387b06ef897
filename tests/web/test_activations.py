"""Looking at pictures over REST."""

import json
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load
from starlette.testclient import TestClient

from app.core.activations.answers import activations
from app.core.activations.questions import ActivationsQuestion
from app.core.drawing.png import png
from app.core.pictures.images import picture

COFFEE = {"model": "squeezenet1_1", "image": "coffee"}
TENSORS = {"accept": "application/vnd.safetensors"}


def look(client: TestClient, **question: Any) -> dict[str, Any]:
    response = client.post("/api/activations", json=COFFEE | question)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


@pytest.mark.parametrize(
    ("image", "names"),
    [("coffee", {"espresso"}), ("chelsea", {"Egyptian cat", "tabby", "tiger cat"})],
)
def test_photos_are_what_they_are(client: TestClient, image: str, names: set[str]) -> None:
    answer = look(client, image=image)
    assert answer["classes"][0]["name"] in names
    assert answer["target"]["index"] == answer["classes"][0]["index"]
    assert [step["layer"] for step in answer["steps"][:2]] == ["input", "features.0"]
    assert answer["steps"][-1] == {"pass": "backward", "layer": "input"}
    assert len(answer["steps"]) == 2 * len(answer["layers"])
    # 3x3 with stride 2, then pooled alike: 3, 3, 3 + 2 x 2
    seen = [row["receptive_field"]["size"] for row in answer["layers"][1:4]]
    assert seen == [[3, 3], [3, 3], [7, 7]]


def test_another_class_and_the_loss_can_be_asked_about(client: TestClient) -> None:
    answer = look(client, target=281, of="loss", top=3)
    assert answer["target"]["name"] == "tabby"
    assert len(answer["classes"]) == 3
    expected = -np.log(answer["target"]["probability"])
    assert answer["target"]["value"] == pytest.approx(expected, rel=1e-4)


def test_the_same_maps_come_as_json_and_as_tensors(client: TestClient) -> None:
    question = COFFEE | {
        "layers": ["classifier.1", "flatten"],
        "include": ["activation", "gradient"],
    }
    as_json = look(client, **question)
    response = client.post("/api/activations", json=question, headers=TENSORS)
    assert response.headers["content-type"] == "application/vnd.safetensors"
    tensors = load(response.content)
    size = int.from_bytes(response.content[:8], "little")
    metadata = json.loads(response.content[8 : 8 + size])["__metadata__"]
    maps = as_json.pop("maps")
    assert json.loads(metadata["answer"]) == as_json
    assert {name.partition(":")[0] for name in tensors} == set(maps)
    for name, tensor in tensors.items():
        layer, part = name.split(":")
        np.testing.assert_allclose(maps[layer][part], tensor, rtol=1e-6)


def test_bytes_have_their_scale_beside_them(client: TestClient) -> None:
    question = COFFEE | {"layers": ["features.0"], "encoding": "uint8", "thumbnail": 28}
    tensors = load(client.post("/api/activations", json=question, headers=TENSORS).content)
    bytes_, scale = tensors["features.0:activation"], tensors["features.0:activation:scale"]
    assert bytes_.dtype == np.uint8
    assert bytes_.shape == (64, 28, 28)
    exact = activations(ActivationsQuestion(**question | {"encoding": "float32"}))[1]
    back = (bytes_.astype(float) - 128) / 127 * scale[:, None, None]
    steps = np.abs(back - exact["features.0:activation"]) / scale[:, None, None] * 127
    assert steps.max() < 0.51


def test_a_layers_maps_have_one_scale_whatever_is_asked_of_them(client: TestClient) -> None:
    layer = "features.9.expand3x3_activation"
    question = COFFEE | {"layers": [layer], "include": ["activation", "gradient"]}
    exact = activations(ActivationsQuestion(**question))[1]
    asked = ({"thumbnail": 8}, {"thumbnail": 28, "channels": "strongest", "strongest": 8}, {})
    for part in question["include"]:
        sizes = np.abs(exact[f"{layer}:{part}"]).max((1, 2))
        lit = np.sort(sizes[sizes > 0])
        wanted = lit[int(0.9 * (len(lit) - 1))]
        for more in asked:
            body = question | {"encoding": "uint8"} | more
            answer = client.post("/api/activations", json=body, headers=TENSORS)
            assert answer.status_code == 200, answer.text
            tensors = load(answer.content)
            assert tensors[f"{layer}:{part}:reach"] == pytest.approx(wanted, rel=1e-6)


def test_activation_times_gradient(client: TestClient) -> None:
    question = {"layers": ["features.8"], "include": ["activation", "gradient", "product"]}
    maps = look(client, **question)["maps"]["features.8"]
    wanted = np.multiply(maps["activation"], maps["gradient"])
    np.testing.assert_allclose(maps["product"], wanted, rtol=1e-5, atol=1e-12)


def test_one_unit_is_explained(client: TestClient) -> None:
    place = {"layer": "features.3.squeeze", "channel": 3, "row": 20, "column": 21}
    unit = look(client, unit=place)["unit"]
    assert {word: unit[word] for word in place} == place
    conv, relu = unit["chain"]
    assert sum(conv["sums"]) + conv["bias"] == pytest.approx(conv["value"], rel=1e-5)
    assert relu["value"] == max(0, conv["value"])
    graph = client.post(
        "/api/expression",
        json={word: unit["expression"][word] for word in ("expression", "inputs")},
    ).json()
    nodes = {node["id"]: node for node in graph["nodes"]}
    for name, there in unit["expression"]["nodes"].items():
        assert nodes[name]["value"] == pytest.approx(there["value"], rel=1e-5)
        assert nodes[name]["gradient"] == pytest.approx(there["gradient"], rel=1e-5)


def test_the_first_screen_of_an_upload_is_that_of_its_pixels(client: TestClient) -> None:
    body = png(picture("coffee").astype(float))
    upload = client.post("/api/images", content=body, headers={"content-type": "image/png"})
    assert upload.status_code == 200, upload.text
    answer = upload.json()
    assert (answer["width"], answer["height"]) == (480, 320)
    found = look(client, image=answer["image"])
    assert found["classes"][0]["name"] == "espresso"
    assert found["image"] == {"name": None, "says": None}


def test_a_picture_in_a_form_is_read_as_the_same_alone(client: TestClient) -> None:
    body = png(picture("coffee").astype(float))
    alone = client.post("/api/images", content=body, headers={"content-type": "image/png"})
    form = client.post("/api/images", files={"file": ("x.png", body, "image/png")}, data={"a": "b"})
    assert form.status_code == 200, form.text
    assert form.json() == alone.json()
    none = client.post("/api/images", files={"file": (None, "text")})
    assert none.status_code == 422
    assert "no file in it" in none.json()["message"]
    two = [("file", ("x.png", body)), ("file", ("y.png", body))]
    assert "2 files" in client.post("/api/images", files=two).json()["message"]
    for sent in ({"content-type": "multipart/form-data"}, {"content-type": "text/plain"}, {}):
        wrong = client.post("/api/images", content=body, headers=sent)
        assert wrong.status_code in (415, 422)
        assert "curl" in wrong.json()["message"] or "boundary" in wrong.json()["message"]


def refused(client: TestClient, status: int = 422, **question: Any) -> dict[str, Any]:
    response = client.post("/api/activations", json=COFFEE | question)
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()
    return found


def test_mistakes_are_said_with_their_place(client: TestClient) -> None:
    assert refused(client, model="squeeze")["where"] == {"field": "model"}
    assert refused(client, image="cofee")["suggestion"] == "coffee"
    assert refused(client, target=1000)["where"] == {"field": "target"}
    assert refused(client, unit={"layer": "features.0", "channel": 64})["where"] == {
        "field": "unit.channel"
    }
    assert "no layer" in refused(client, layers=["features.1000"])["message"]
    assert "24 MB" in refused(client, 413, image="x" * 24_000_001)["message"]
    wrong = client.post("/api/images", content=b"GIF89a", headers={"content-type": "image/gif"})
    assert wrong.status_code == 415
    damaged = client.post("/api/images", content=b"\x89PNG", headers={"content-type": "image/png"})
    assert damaged.status_code == 422
    assert damaged.json()["where"] == {"field": "image"}


def test_the_tables(client: TestClient) -> None:
    models = {row["name"]: row for row in client.get("/api/models").json()}
    assert models["squeezenet1_1"]["parameters"] == 1_235_496
    assert len(models["squeezenet1_1"]["classes"]) == 1000
    images = {row["name"]: row for row in client.get("/api/images").json()}
    assert images["coffee"]["kind"] == "photo"
    for name in ("coffee", "camera", "digit-3", "garment-5"):
        response = client.get(f"/api/images/{name}", params={"size": 96})
        assert response.headers["content-type"] == "image/png"
        assert response.content[16:24] == bytes([0, 0, 0, 96] * 2)
