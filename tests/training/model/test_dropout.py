"""Dropout is in the training alone, of every encoder, and by the share that was asked for."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from tests.support import random_network
from training.config import Encoder, LossConfig, ModelConfig
from training.loop.checkpoint import TrainingInfo
from training.loop.lightning_module import SwipeTraining, add_dropout
from training.model.network import FeedForward, SwipeNetwork


def outputs(network: SwipeNetwork) -> torch.Tensor:
    config = network.config
    torch.manual_seed(1)
    inputs = torch.rand(2, config.features.n_points, 7), torch.rand(2, config.features.n_points, config.n_letters)
    result: torch.Tensor = network(*inputs, torch.zeros(2, 3, dtype=torch.int64))[0]
    return result


@pytest.mark.parametrize("encoder", get_args(Encoder))
def test_dropout_changes_training_and_nothing_else(encoder: Encoder) -> None:
    config = ModelConfig("abc", encoder=encoder, width=12, feed_forward_width=20, n_heads=3, n_encoder_layers=2, n_decoder_layers=1)
    network = random_network.make(config)
    without, names = outputs(network), list(network.state_dict())
    add_dropout(network, 0.5)
    assert torch.equal(outputs(network), without)
    assert list(network.state_dict()) == names
    network.train()
    assert (outputs(network) - without).abs().max() > 0.1


def test_a_branch_loses_that_share_and_keeps_its_mean() -> None:
    torch.manual_seed(1)
    network = SwipeNetwork(random_network.CONFIG).train()
    branch = next(module for module in network.modules() if isinstance(module, FeedForward))
    x = torch.rand(4000, network.config.width)
    without = branch(x)
    add_dropout(network, 0.25)
    dropped = branch(x)
    assert (dropped == 0).float().mean().item() == pytest.approx(0.25, abs=0.02)
    torch.testing.assert_close(dropped[dropped != 0], without[dropped != 0] / 0.75)


def test_the_setting_reaches_the_network_that_trains_and_not_the_averaged_one() -> None:
    info = TrainingInfo("", "", "qwerty_en", 1, 0, 1)
    plain, dropping = (SwipeTraining(random_network.CONFIG, LossConfig(dropout=share), info, 1) for share in (0.0, 0.5))
    hooked = [sum(len(module._forward_hooks) for module in one.modules()) for one in (plain.network, dropping.network, dropping.averaged)]
    assert hooked[0] == hooked[2] == 0 < hooked[1]
    with pytest.raises(ValueError, match="dropout must be at least 0 and below 1, got 1"):
        LossConfig(dropout=1)
