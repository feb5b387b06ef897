"""Classes of one's own: the head is the best there is, scores are sums over places, folds are fair,
and what is wrong with a picture is told with its class and number."""

import base64
import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from app.core.errors import Problem
from app.core.mistakes import validated
from app.core.teaching import heads, pictures
from app.core.teaching.answers import teach
from app.core.teaching.lesson import taught
from app.core.teaching.questions import FIRST, PRESETS, TeachQuestion, photos
from app.core.teaching.witnesses import lesson

torch.set_num_threads(1)
SMALL = {"classes": FIRST["classes"][:2]}


def data(image: Image.Image, kind: str = "PNG") -> str:
    file = io.BytesIO()
    image.save(file, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def plain(colour: str, size: int = 12) -> str:
    return data(Image.new("RGB", (size, size), colour))


def asked(**change: Any) -> TeachQuestion:
    return validated(TeachQuestion, SMALL | change)


def refusal(question: dict[str, Any]) -> Problem:
    with pytest.raises(Problem) as found:
        teach(validated(TeachQuestion, question))
    return found.value


def given(classes: int, features: int = 30, each: int = 9) -> tuple[Any, Any]:
    drawn = np.random.default_rng(classes)
    labels = np.repeat(np.arange(classes), each)
    return drawn.normal(size=(len(labels), features)) + labels[:, None] / 4, labels


# The head


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("features", [3, 30, 400])
def test_a_head_is_where_torch_finds_no_slope(classes: int, features: int) -> None:
    numbers, labels = given(classes, features)
    head = heads.learned(numbers, labels, classes)
    weights, bias = (torch.tensor(part, requires_grad=True) for part in (head.weights, head.bias))
    scores = torch.from_numpy(head.scale(numbers)) @ weights.T + bias
    loss = torch.nn.functional.cross_entropy(scores, torch.from_numpy(labels))
    loss = loss + heads.PENALTY / 2 * (weights**2).sum()
    for slope in torch.autograd.grad(loss, [weights, bias]):
        assert float(slope.abs().max()) < 1e-8


def test_pictures_that_are_all_alike_leave_nothing_but_how_many_there_are() -> None:
    labels = np.array([0] * 6 + [1] * 3)
    head = heads.learned(np.ones((9, 20)), labels, 2)
    assert not head.weights.any()
    shares = heads.softmax(head.scores(np.ones((1, 20))))[0]
    np.testing.assert_allclose(shares, [2 / 3, 1 / 3], rtol=1e-6)


def test_a_feature_that_hardly_varies_is_not_blown_up() -> None:
    numbers, labels = given(2)
    numbers[:, 0] = 1e-9 * numbers[:, 0]
    other = numbers[:1].copy()
    other[0, 0] = 1.0
    assert np.abs(heads.learned(numbers, labels, 2).scale(other)).max() < 100


# The folds


def test_each_class_is_dealt_out_evenly_and_the_seed_shuffles() -> None:
    labels = [0] * 7 + [1] * 5 + [2] * 40
    folds = heads.fold_of(labels, 3)
    for label in range(3):
        counts = np.bincount(folds[np.array(labels) == label], minlength=heads.FOLDS)
        assert counts.max() - counts.min() <= 1
    assert (folds == heads.fold_of(labels, 3)).all()
    assert (folds != heads.fold_of(labels, 4)).any()


def test_a_picture_is_named_by_a_head_that_has_not_seen_it() -> None:
    numbers, labels = given(2, 200, 5)
    folds = heads.fold_of(labels.tolist(), 0)
    for fold, head in enumerate(heads.held_out(numbers, labels, 2, folds)):
        changed = numbers.copy()
        changed[folds == fold] += 100.0
        again = heads.held_out(changed, labels, 2, folds)[fold]
        np.testing.assert_array_equal(head.weights, again.weights)


def test_nothing_is_learned_of_chance() -> None:
    """With as many features as here each head knows its own pictures by heart."""
    drawn = np.random.default_rng(0)
    numbers, labels = drawn.normal(size=(200, 512)), np.repeat([0, 1], 100)
    folds = heads.fold_of(labels.tolist(), 0)
    right = 0
    for fold, head in enumerate(heads.held_out(numbers, labels, 2, folds)):
        held = folds == fold
        right += int((head.scores(numbers[held]).argmax(axis=1) == labels[held]).sum())
    whole = heads.learned(numbers, labels, 2)
    assert (whole.scores(numbers).argmax(axis=1) == labels).all()
    assert 70 <= right <= 130


# The answer


@pytest.fixture(scope="module")
def answer() -> Any:
    return teach(validated(TeachQuestion, FIRST))


def test_the_margin_is_what_all_places_give_and_the_bias(answer: Any) -> None:
    for row in answer["pictures"]:
        for each in row:
            total = each["bias"] + np.sum(each["shares"])
            assert total == pytest.approx(each["margin"], abs=1e-9)
            assert each["places"] == pytest.approx(np.sum(each["shares"]), abs=1e-12)
            scores = each["scores"]
            assert scores[each["taken"]] - scores[each["against"]] == each["margin"] >= 0
            assert each["against"] != each["taken"]
            assert sum(each["probabilities"]) == pytest.approx(1)


def test_what_is_counted_is_what_the_pictures_say(answer: Any) -> None:
    rows = [each["right"] for row in answer["pictures"] for each in row]
    first = answer["heads"][0]
    assert sum(rows) == first["right"] == np.trace(first["confusion"])
    for i, row in enumerate(answer["pictures"]):
        taken = [each["taken"] for each in row]
        assert np.bincount(taken, minlength=5).tolist() == first["confusion"][i]
        assert all(each["right"] == (each["taken"] == i) for each in row)
        assert all(each["right"] or each["against"] == i for each in row)
    for head in answer["heads"]:
        assert np.sum(head["confusion"]) == answer["of"] == sum(answer["counts"])


def test_the_sentence_counts_all_three_heads(answer: Any) -> None:
    for head in answer["heads"]:
        assert str(head["right"]) in answer["sentence"]


@pytest.mark.parametrize("preset", [question for _, question in PRESETS])
def test_every_preset_has_its_numbers_by_torch_too(preset: dict[str, Any]) -> None:
    for found in lesson(validated(TeachQuestion, preset)):
        assert found["agrees"], found
        assert found["compared"]


def test_uploads_are_taught_as_what_ships_is() -> None:
    own = [
        {"name": "red", "pictures": [plain("red", 10 + i) for i in range(5)]},
        {"name": "blue", "pictures": [plain("blue", 10 + i) for i in range(5)]},
    ]
    question = asked(classes=own)
    assert question.private
    assert not asked().private
    found = teach(question)
    assert [head["right"] for head in found["heads"]] == [10, 10, 10]


def test_a_transparent_drawing_and_a_gray_one_are_pictures() -> None:
    clear = data(Image.new("RGBA", (30, 40), (0, 0, 0, 0)))
    gray = data(Image.new("L", (7, 7), 20), "JPEG")
    own = [{"name": "a", "pictures": [clear] * 5}, {"name": "b", "pictures": [gray] * 5}]
    assert taught(asked(classes=own))[2].taken.tolist() == [0] * 5 + [1] * 5


# The pictures


def test_a_cut_is_the_same_each_time_and_another_one_by_another_number() -> None:
    one, other = pictures.cut_of("coffee", "3"), pictures.cut_of("coffee", "4")
    np.testing.assert_array_equal(one, pictures.cut_of("coffee", "3"))
    assert one.shape != other.shape or (one != other).any()
    assert one.shape[1] == one.shape[2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("data:image/png;base64,AAAA", "no PNG, JPEG or WebP"),
        ("data:image/png;base64,!!!", "base64"),
        ("data:text/html;base64,AAAA", "data:image/png;base64"),
        (plain("red")[: 22 + 56], "damaged or cut off"),
        ("digit-600", "no image `digit-600`"),
        ("coffee/40", "numbered from 0 to 39"),
        ("coffee/x", "numbered from 0 to 39"),
        ("coffe/3", "no photo `coffe`"),
    ],
)
def test_a_picture_that_cannot_be_read_is_told_with_its_class_and_number(
    text: str, says: str
) -> None:
    classes = [dict(each) for each in SMALL["classes"]]
    classes[1]["pictures"] = [*classes[1]["pictures"][:4], text]
    found = refusal({"classes": classes})
    assert found.message.startswith("Picture 5 of `five`: ")
    assert says in found.message
    assert found.where == {"field": "classes.1.pictures.4"}


def test_a_picture_with_more_pixels_than_are_looked_at_is_refused() -> None:
    classes = [SMALL["classes"][0], {"name": "b", "pictures": [plain("red", 1100)] * 5}]
    assert "1 million are the most" in refusal({"classes": classes}).message


SOME = [f"digit-{i}" for i in range(5)]


@pytest.mark.parametrize(
    ("classes", "field"),
    [
        ([("a", SOME)], "classes"),
        ([(f"{i}", SOME) for i in range(6)], "classes"),
        ([("a", SOME), ("b", [])], "classes.1.pictures"),
        ([("a", SOME), ("b", SOME[:4])], "classes.1.pictures"),
        ([("a", SOME * 9), ("b", SOME)], "classes.0.pictures"),
        ([("a", SOME), (" A ", SOME)], "classes"),
        ([("a", SOME), ("", SOME)], "classes.1.name"),
        ([("a", SOME), ("  ", SOME)], "classes"),
        ([("a", SOME), ("b" * 41, SOME)], "classes.1.name"),
        ([("a", SOME), ("b", [*SOME, ""])], "classes.1.pictures.5"),
    ],
)
def test_too_few_or_too_many_and_names_alike_are_refused_with_the_place(
    classes: list[tuple[str, list[str]]], field: str
) -> None:
    named = [{"name": name, "pictures": each} for name, each in classes]
    assert refusal({"classes": named}).where == {"field": field}


def test_photos_are_told_apart_best_by_what_was_trained() -> None:
    question = photos(("coffee", "chelsea", "rocket", "brick", "retina"), 10)
    right = {head["name"]: head["right"] for head in teach(asked(**question))["heads"]}
    assert right["trained"] >= 45
    assert right["trained"] > right["pixels"]
