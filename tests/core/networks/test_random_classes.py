"""300 random classes, which torch runs: sizes, parameters, multiply-adds and numbers agree."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from app.core.networks.answers import network_answer
from app.core.networks.torch_code import reading
from app.core.networks.torch_network import TorchNetwork
from tests.core.networks.random_classes import Writer

torch.set_num_threads(1)


def made(source: str) -> nn.Module:
    """What torch makes of a text of these tests."""
    names: dict[str, Any] = {}
    exec(source, names)
    model = names["model"]
    assert isinstance(model, nn.Module)
    return model.eval()


def agree(seed: int) -> None:
    writer = Writer(seed)
    source = writer.text()
    found = reading(source, writer.input)
    answer = network_answer(found.network)
    assert answer["problem"] is None, source
    model = made(source)
    generator = torch.Generator().manual_seed(seed)
    for tensor in model.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator) * 0.6 - 0.2)
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.abs_().add_(0.1)
    image = torch.randn(1, *writer.input, generator=generator)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        expected = model(image.clone())
    assert answer["output"] == tuple(expected.shape[1:])
    used = {name for row in answer["rows"] for name in [row["name"]]}
    left = {e.text for e in found.overlooked}
    parameters = sum(p.numel() for n, p in model.named_parameters() if n.rpartition(".")[0] in used)
    assert answer["parameters"] == parameters, source
    idle = [n for n, _ in model.named_parameters() if n.rpartition(".")[0] not in used]
    assert not idle or left, source
    if not idle:
        assert 2 * answer["macs"] == counter.get_total_flops(), source
    state = {n: t for n, t in model.state_dict().items() if n.rpartition(".")[0] in used}
    ours = TorchNetwork.holding(found.network, state)
    with torch.no_grad():
        given = ours(image)
    torch.testing.assert_close(given, expected, rtol=1e-3, atol=1e-4, msg=lambda m: m + source)


@pytest.mark.parametrize("tens", range(30))
def test_random_classes_are_read_as_torch_runs_them(tens: int) -> None:
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed)
