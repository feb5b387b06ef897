"""Pictures with a wrong label, and those with the greatest loss."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from app.core.experiments import mislabelled
from app.core.experiments.mislabelled import MISLABELLED_PICTURES, PLAN, MislabelledSettings, State
from app.core.training.classifiers import losses, scored

SETTINGS = MislabelledSettings(each=30, share=0.2, epochs=4, seed=5)


def states(settings: MislabelledSettings) -> list[State]:
    found = [mislabelled.begin(settings)]
    for step in range(1, settings.epochs + 1):
        found.append(mislabelled.advance(settings, found[-1], step))
    return found


@pytest.mark.parametrize("data", mislabelled.NAMES)
def test_as_many_labels_as_were_asked_for_are_those_of_another_class(data: Any) -> None:
    settings = SETTINGS.model_copy(update={"data": data})
    given, true = mislabelled.given(settings), mislabelled.true(settings)
    other = np.flatnonzero(given.y != true.y)
    assert sorted(mislabelled.changed(settings)) == other.tolist()
    assert len(other) == 60
    assert set(given.y) <= set(range(10))
    np.testing.assert_array_equal(given.x, true.x)
    control = mislabelled.control(settings)
    np.testing.assert_array_equal(mislabelled.given(control).y, true.y)


def test_losses_are_torchs_for_each_picture_alone() -> None:
    data = mislabelled.given(SETTINGS)
    net = states(SETTINGS)[2].net
    found = losses(PLAN, net, data)
    w1, b1, w2, b2 = map(torch.from_numpy, net.parts)
    for i in (0, 7, 299):
        hidden = torch.relu(w1 @ torch.from_numpy(data.x[i]) + b1)
        logits = w2 @ hidden + b2
        alone = functional.cross_entropy(logits[None], torch.tensor(data.y[i : i + 1]))
        assert found[i] == pytest.approx(alone.item(), rel=1e-4)
    assert found.mean() == pytest.approx(scored(PLAN, net, data).loss, rel=1e-5)


@pytest.mark.parametrize("by", ["loss now", "mean so far"])
def test_the_list_has_the_greatest_losses_and_says_which_labels_were_changed(by: Any) -> None:
    settings = SETTINGS.model_copy(update={"by": by})
    data, true = mislabelled.given(settings), mislabelled.true(settings)
    rows = [losses(PLAN, state.net, data) for state in states(settings)[1:]]
    wanted = np.mean(rows, 0) if by == "mean so far" else rows[-1]
    top = np.argsort(-wanted, kind="stable")[:15]
    end = MISLABELLED_PICTURES.frames(settings)[-1]["run"]
    shown: Any = end["shown"]
    assert end["facts"]["mislabelled of the 15"] == (data.y[top] != true.y[top]).sum()
    for place, i in enumerate(top[: mislabelled.DRAWN]):
        assert shown["pixels"][place] == (data.x[i] * 255).round().tolist()
        assert shown["given"][place] == mislabelled.NAMES["digits"][data.y[i]]
        assert shown["right"][place] == (data.y[i] == true.y[i])


def test_what_nobody_has_learned_is_said_and_what_is_found_is_compared_with_chance() -> None:
    frames = MISLABELLED_PICTURES.frames(MislabelledSettings(seed=1, epochs=3))
    first, last = frames[0]["diagnosis"]["sentence"], frames[-1]["diagnosis"]["sentence"]
    assert "Nothing is learned yet" in first
    assert "by chance it would be 5" in last
