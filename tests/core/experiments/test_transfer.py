"""Transfer: what is carried is the source's, what is frozen stays, how far the rest has moved."""

import numpy as np
import pytest

from app.core.experiments import transfer, transfer_depth
from app.core.experiments.transfer import LAYERS, TRANSFER, TransferSettings
from app.core.experiments.transfer_depth import TRANSFER_DEPTH


@pytest.mark.parametrize(("carried", "frozen"), [(4, 0), (4, 4), (2, 2), (0, 3)])
def test_frozen_layers_are_the_sources_to_the_bit_after_training(carried: int, frozen: int) -> None:
    settings = TransferSettings(carried=carried, frozen=frozen, each=2, steps=20)
    began = transfer.begin(settings)
    state = transfer.learned(began, 2, frozen, 3, settings.seed)
    given = transfer.source(settings.source)
    for name, part in state.parts.items():
        place = transfer.layer(name)
        assert (began.parts[name] is given[name]) == (place < carried)
        assert (part.tobytes() == began.parts[name].tobytes()) == (place < frozen), name
    far = transfer.moved(began, state)
    assert [size == 0 for size in far] == [i < frozen for i in range(len(LAYERS))]
    shown = transfer.look(settings, state, 1).shown["layers"]
    assert [layer["frozen"] for layer in shown] == [i < frozen for i in range(5)]
    assert [layer["carried"] for layer in shown] == [i < carried for i in range(5)]


def test_a_source_knows_its_own_task() -> None:
    from app.core.training.digits import of_classes
    from app.core.training.modules import scored, start

    for name, (kind, classes) in transfer.SOURCES.items():
        state = start(transfer.network(classes), 0)._replace(parts=transfer.source(name))
        own = of_classes(kind, tuple(range(classes)), 20, seed=0)
        assert scored(transfer.network(classes), state, own).right > 0.75


def test_without_a_layer_carried_all_depths_begin_from_scratch() -> None:
    settings = TRANSFER_DEPTH.settings(each=2, steps=20)
    first = transfer_depth.advance(settings, None, 0)
    same = transfer_depth.began(settings.model_copy(update={"source": "the same digits"}), 2)
    for name, part in same.parts.items():
        own = first.frozen.parts[name]
        assert np.array_equal(part, own) == (transfer.layer(name) < 2)


def test_the_sentence_has_the_numbers_of_the_chart() -> None:
    frames = TRANSFER.frames(TRANSFER.settings(each=2, steps=20))
    last = frames[-1]
    right = last["run"]["validation"]
    assert right is not None
    assert f"{100 * right:.3g} %" in last["diagnosis"]["sentence"]
