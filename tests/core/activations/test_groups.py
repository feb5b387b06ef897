"""Layers that are looked at as one."""

import pytest

from app.core.activations.answers import activations
from app.core.activations.questions import ActivationsQuestion


@pytest.mark.parametrize(("model", "image"), [("squeezenet1_1", "coffee"), ("digits", "digit-3")])
def test_ends_are_the_last_of_each_group_as_an_answer_tells_them(model: str, image: str) -> None:
    question = ActivationsQuestion.model_validate(
        {"model": model, "image": image, "layers": "ends", "encoding": "uint8", "thumbnail": 4}
    )
    answer, maps = activations(question)
    last: dict[str, str] = {}
    for row in answer["layers"]:
        last[row["follows"] or row["name"]] = row["name"]
    moved = {row["name"] for row in answer["layers"] if row["type"] in ("Concat", "Flatten")}
    wanted = [end for head, end in last.items() if head not in moved]
    assert [name.split(":")[0] for name in maps if name.endswith(":activation")] == wanted
    assert len(wanted) < len(answer["layers"])
