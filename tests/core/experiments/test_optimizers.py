"""The four optimisers against torch's own."""

import numpy as np
import pytest
import torch

from app.core.experiments import optimizers
from app.core.experiments.optimizers import FLAT, STEEP, OptimizersSettings

STEPS = 1_000
TORCH = {
    "SGD": lambda w, rate: torch.optim.SGD(w, rate),
    "momentum": lambda w, rate: torch.optim.SGD(w, rate, momentum=0.9),
    "RMSprop": lambda w, rate: torch.optim.RMSprop(w, rate),
    "Adam": lambda w, rate: torch.optim.Adam(w, rate),
}


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize(("angle", "seed"), [(0, 0), (45, 3)])
def test_after_a_thousand_steps_each_is_torchs(name: str, angle: int, seed: int) -> None:
    settings = OptimizersSettings(angle=angle, seed=seed, rate=0.02, steps=STEPS)
    state = optimizers.begin(settings)
    place = list(optimizers.WAYS).index(name)
    w = torch.tensor(state.w[place], requires_grad=True)
    turn = torch.from_numpy(optimizers.turned(angle))
    curvature = torch.tensor([FLAT, STEEP], dtype=torch.float64)
    stepper = TORCH[name]([w], 0.02)
    last = STEPS // optimizers.each(settings)
    for step in range(1, last + 1):
        state = optimizers.advance(settings, state, step)
    for _ in range(state.step):
        stepper.zero_grad()
        (0.5 * (curvature * (turn @ w) ** 2).sum()).backward()  # type: ignore[no-untyped-call]
        stepper.step()
    np.testing.assert_allclose(state.w[place], w.detach().numpy(), rtol=1e-9, atol=1e-12)
    assert state.step >= 900


def test_the_start_is_one_place_of_the_ravine_however_it_is_turned() -> None:
    for seed in (0, 4):
        losses = [
            optimizers.loss(optimizers.first(settings), settings.angle)
            for settings in (OptimizersSettings(angle=angle, seed=seed) for angle in (0, 30, 90))
        ]
        assert losses == pytest.approx([losses[0]] * 3)


def test_what_leaves_all_bounds_is_told_with_its_name() -> None:
    settings = OptimizersSettings(angle=0, rate=2.0, steps=1_200)
    frames = optimizers.OPTIMIZERS.frames(settings)
    assert frames[-1]["stopped"]
    assert "SGD" in frames[-1]["stopped"]
