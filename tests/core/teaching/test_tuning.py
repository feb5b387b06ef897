"""The last modules trained on: every weight as a bare torch loop has it, what lies below untouched
to the bit, and bounded before the work begins."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from app.core.activations.looks import trained
from app.core.errors import Problem
from app.core.mistakes import validated
from app.core.networks import models
from app.core.pictures.images import PHOTOS
from app.core.teaching import heads, tuning
from app.core.teaching.answers import teach
from app.core.teaching.features import KINDS, MODEL
from app.core.teaching.lesson import taught
from app.core.teaching.pictures import inputs
from app.core.teaching.questions import FIRST, MOST_TUNED, TeachQuestion, photos
from app.core.teaching.witnesses import STEPPED, lesson

torch.set_num_threads(1)
SMALL = {"classes": FIRST["classes"][:2]}


def asked(**change: Any) -> TeachQuestion:
    return validated(TeachQuestion, SMALL | change)


class Fire(nn.Module):
    """SqueezeNet's module, as its paper draws it."""

    def __init__(self, given: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(given, 64, 1)
        self.expand1x1 = nn.Conv2d(64, 256, 1)
        self.expand3x3 = nn.Conv2d(64, 256, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.squeeze(x))
        return torch.cat((self.expand1x1(x), self.expand3x3(x)), 1).relu()


@pytest.mark.parametrize("modules", [1, 2])
def test_every_weight_is_that_of_a_bare_torch_loop(modules: int) -> None:
    question = asked()
    model, labels = trained(MODEL), np.asarray(question.labels)
    pictures = inputs(question)
    head = heads.learned(KINDS["trained"].compute(pictures, 0).means, labels, 2)
    given = tuning.below(model, pictures, modules)
    found = tuning.tuned(model, given, labels, head, modules)

    kept = models.weights(MODEL)
    fires = nn.Sequential(*(Fire(384 if number == 11 else 512) for number in (11, 12)[-modules:]))
    for number, fire in zip((11, 12)[-modules:], fires, strict=True):
        start = f"features.{number}."
        own = {name.removeprefix(start): part for name, part in kept.items() if start in name}
        fire.load_state_dict({name: torch.tensor(part) for name, part in own.items()})
    layer = nn.Linear(512, 2)
    layer.weight.data, layer.bias.data = (
        torch.tensor(part, dtype=torch.float32) for part in (head.weights, head.bias)
    )
    mean, deviation = (
        torch.tensor(part).float() for part in (head.scale.mean, head.scale.deviation)
    )
    sgd = torch.optim.SGD([*fires.parameters(), *layer.parameters()], lr=0.003, momentum=0.9)
    x = given.contiguous()
    for _ in range(10):
        sgd.zero_grad()
        scores = layer((fires(x).mean((2, 3)) - mean) / deviation)
        loss = functional.cross_entropy(scores, torch.tensor(labels))
        (loss + heads.PENALTY / 2 * layer.weight.square().sum()).backward()
        sgd.step()
    theirs = {
        f"features.{number}.{name}": part
        for number, fire in zip((11, 12)[-modules:], fires, strict=True)
        for name, part in fire.named_parameters()
    }
    assert theirs.keys() == found.parts.keys()
    for name, part in theirs.items():
        moved = (found.parts[name] - torch.tensor(kept[name])).norm()
        assert moved > 0, name
        assert (part.detach() - found.parts[name]).norm() < 1e-3 * moved, name
    np.testing.assert_allclose(found.head.weights, layer.weight.detach(), atol=1e-5)
    np.testing.assert_allclose(found.head.bias, layer.bias.detach(), atol=1e-5)
    assert found.after < found.before


def test_what_lies_below_and_the_model_itself_stay_to_the_bit() -> None:
    before = {name: part.clone() for name, part in trained(MODEL).state_dict().items()}
    assert all(
        torch.equal(before[name], torch.tensor(part))
        for name, part in models.weights(MODEL).items()
    )
    first, second = (teach(asked(modules=2)) for _ in range(2))
    after = trained(MODEL).state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], part) for name, part in after.items())
    assert first == second
    free = tuning.of(trained(MODEL), 1)
    assert {name.rpartition(".")[0] for name in free} == {
        f"features.12.{part}" for part in ("squeeze", "expand1x1", "expand3x3")
    }


def test_with_it_stand_the_head_alone_and_the_controls_as_they_were() -> None:
    alone, deeper = teach(asked()), teach(asked(modules=1))
    assert alone["tuning"] is None
    assert [row["name"] for row in deeper["heads"]] == ["tuned", "trained", "untrained", "pixels"]
    assert deeper["heads"][1:] == alone["heads"]
    told = deeper["tuning"]
    assert told
    assert told["after"] < told["before"]
    [module] = told["modules"]
    assert (module["name"], module["parameters"]) == ("features.12", 197_184)
    assert 0 < module["moved"] < 0.01
    assert (
        " by networks, their last module trained too, that had not seen them; "
        in deeper["sentence"]
    )
    for row in deeper["pictures"]:
        for each in row:
            assert each["places"] + each["bias"] == pytest.approx(each["margin"], abs=1e-6)


def test_a_second_path_finds_the_same_scores() -> None:
    found = lesson(asked(modules=2))
    assert all(each["agrees"] for each in found), found
    assert STEPPED in {each["by"] for each in found}
    assert STEPPED not in {each["by"] for each in lesson(asked())}


def test_a_second_path_would_notice_a_step_less(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "STEPS", tuning.STEPS - 1)
    [own] = [each for each in lesson(asked(modules=1)) if each["by"] == STEPPED]
    assert not own["agrees"]


@pytest.mark.parametrize(("each", "modules"), [(12, 1), (6, 2)])
def test_as_many_pictures_as_take_seconds_are_taken(each: int, modules: int) -> None:
    question = photos(PHOTOS[:5], each)
    assert validated(TeachQuestion, question | {"modules": modules}).modules == modules
    with pytest.raises(
        Problem, match=f"may be {MOST_TUNED} at most: with {modules} module"
    ) as found:
        validated(TeachQuestion, photos(PHOTOS[:5], each + 1) | {"modules": modules})
    assert found.value.told["where"] == {"field": "modules"}


@pytest.mark.parametrize("modules", [-1, 3, 1.5, True, "1"])
def test_other_numbers_of_modules_are_refused(modules: Any) -> None:
    with pytest.raises(Problem) as found:
        asked(modules=modules)
    assert found.value.told["where"] == {"field": "modules"}


def test_what_ends_worse_than_a_guess_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tuning, "RATE", 3.0)
    with pytest.raises(Problem, match="worse than a guess's") as found:
        taught(asked(modules=1))
    assert found.value.told["where"] == {"field": "modules"}


def test_what_is_trained_is_small() -> None:
    numbers = sum(part.numel() for name, part in trained(MODEL).state_dict().items()
                  if name in tuning.of(trained(MODEL), 2))  # fmt: skip
    assert 4 * numbers < 1.6e6
