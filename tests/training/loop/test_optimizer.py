"""AdamW with float32 masters against torch's own."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from training.config import LossConfig
from training.loop.lightning_module import learning_rate_factor
from training.loop.optimizer import AVERAGE_EVERY, MasterAdamW


def networks(dtype: torch.dtype) -> tuple[nn.Linear, nn.Linear]:
    torch.manual_seed(0)
    one = nn.Linear(4, 3)
    other = nn.Linear(4, 3)
    other.load_state_dict(one.state_dict())
    return one.to(dtype), other


def take_steps(network: nn.Module, optimizer: torch.optim.Optimizer, n: int, clip: bool) -> None:
    dtype = next(network.parameters()).dtype
    for step in range(n):
        torch.manual_seed(step)
        inputs = torch.randn(8, 4).to(dtype)
        optimizer.zero_grad()
        network(inputs).float().square().sum().backward()
        if clip:
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()


def test_in_float32_it_is_adamw_with_clipped_gradients() -> None:
    ours, theirs = networks(torch.float32)
    take_steps(ours, MasterAdamW(ours, lr=0.01, weight_decay=0.1, average=0.9), 12, clip=False)
    groups: list[dict[str, Any]] = [{"params": [theirs.weight]}, {"params": [theirs.bias], "weight_decay": 0.0}]
    take_steps(theirs, torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.98), weight_decay=0.1), 12, clip=True)
    torch.testing.assert_close(ours.weight, theirs.weight)
    torch.testing.assert_close(ours.bias, theirs.bias)


def test_updates_too_small_for_bfloat16_add_up() -> None:
    ours, _ = networks(torch.bfloat16)
    optimizer = MasterAdamW(ours, lr=1e-6, weight_decay=0.0, average=0.9)
    before = [master.detach().clone() for master in optimizer.masters]
    take_steps(ours, optimizer, 50, clip=False)
    moved = [(master - old).abs() for master, old in zip(optimizer.masters, before, strict=True)]
    assert all((change > 5e-6).all() and (change < 1e-4).all() for change in moved)
    for live, master in zip(ours.parameters(), optimizer.masters, strict=True):
        torch.testing.assert_close(live, master.to(torch.bfloat16))


def test_the_average_is_that_of_the_masters() -> None:
    ours, _ = networks(torch.float32)
    optimizer = MasterAdamW(ours, lr=0.01, weight_decay=0.0, average=0.5)
    expected = ours.weight.detach().clone()
    for n in range(1, 9):
        take_steps(ours, optimizer, 1, clip=False)
        if n % AVERAGE_EVERY == 0:
            decay = min(0.5**AVERAGE_EVERY, n / (n + 10 * AVERAGE_EVERY))
            expected = decay * expected + (1 - decay) * ours.weight.detach()
    torch.testing.assert_close(optimizer.averages[0], expected)


def test_its_state_resumes_exactly() -> None:
    one, other = networks(torch.float32)
    first = MasterAdamW(one, lr=0.01, weight_decay=0.1, average=0.9)
    take_steps(one, first, 5, clip=False)
    second = MasterAdamW(other, lr=0.5, weight_decay=0.1, average=0.9)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    take_steps(one, first, 5, clip=False)
    take_steps(other, second, 5, clip=False)
    assert torch.equal(one.weight, other.weight)
    assert all(torch.equal(a, b) for a, b in zip(first.averages, second.averages, strict=True))


def test_the_learning_rate_rises_stays_and_falls() -> None:
    config = LossConfig(warm_up_steps=10, decay_share=0.4)
    factors = [learning_rate_factor(step, 100, config) for step in range(101)]
    assert factors[0] == 0.1 and factors[9:60] == [1.0] * 51
    assert factors[60:] == sorted(factors[60:], reverse=True)
    assert abs(factors[80] - 0.505) < 1e-9 and abs(factors[100] - 0.01) < 1e-9
