"""Deep convolutional nets against torch's own modules."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from app.core.training.convolutional import CHANNELS, Plan, start, trained
from app.core.training.digits import CLASSES, SIDE, digits

GIVEN = digits(20, seed=1)


class Net(nn.Module):
    """The same net, of torch's layers."""

    def __init__(self, plan: Plan, parts: list[torch.Tensor]) -> None:
        super().__init__()
        self.skip = plan.skip
        convolutions, norms = [], []
        for i in range(plan.convolutions):
            layer = nn.Conv2d(1 if i == 0 else CHANNELS, CHANNELS, 3, 1 + (i == 0), 1, bias=False)
            norm = nn.BatchNorm2d(CHANNELS)
            layer.weight.data, norm.weight.data, norm.bias.data = parts[3 * i : 3 * i + 3]
            convolutions.append(layer)
            norms.append(norm)
        self.convolutions, self.norms = nn.ModuleList(convolutions), nn.ModuleList(norms)
        self.head = nn.Linear(CHANNELS, CLASSES)
        self.head.weight.data, self.head.bias.data = parts[-2:]

    def forward(self, x: torch.Tensor) -> Any:
        x = torch.relu(self.norms[0](self.convolutions[0](x)))
        for i in range(1, len(self.norms), 2):
            given = x
            x = torch.relu(self.norms[i](self.convolutions[i](x)))
            x = self.norms[i + 1](self.convolutions[i + 1](x))
            x = torch.relu(x + given) if self.skip else torch.relu(x)
        return self.head(x.mean((2, 3)))


@pytest.mark.parametrize("skip", [False, True])
def test_every_step_is_torchs(skip: bool) -> None:
    plan = Plan(6, skip)
    state = start(plan, seed=2)
    net = Net(plan, [torch.from_numpy(part.copy()) for part in state.parts])
    stepper = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    x, y = torch.from_numpy(GIVEN.x).reshape(-1, 1, SIDE, SIDE), torch.from_numpy(GIVEN.y)
    for _ in range(4):
        stepper.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()  # type: ignore[no-untyped-call]
        stepper.step()
        state = trained(plan, state, GIVEN, 0.05, 20, 1, seed=2)
        assert state.loss == pytest.approx(float(loss.detach()), rel=1e-4)
    np.testing.assert_allclose(state.parts[-2], net.head.weight.detach().numpy(), atol=1e-4)
    weights = net.convolutions[0].weight
    assert isinstance(weights, nn.Parameter)
    assert weights.grad is not None
    assert state.gradients[0] == pytest.approx(float(weights.grad.norm()), rel=1e-2)


def test_no_step_measures_and_changes_nothing() -> None:
    plan = Plan(6, True)
    state = start(plan, 0)
    looked = trained(plan, state, GIVEN, 0.05, 20, 0, seed=0)
    assert looked.step == 0
    assert looked.loss > 0
    assert all((a == b).all() for a, b in zip(state.parts, looked.parts, strict=True))
