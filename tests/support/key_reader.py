"""A small key reader with random weights, and inputs for it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from export.key_reader.bundle import SEARCH, write_bundle
from training.key_reader.checkpoint import Checkpoint
from training.key_reader.config import KeyReaderConfig, Mixture, OptimizerConfig
from training.key_reader.network import KeyReader
from training.key_reader.optimizer import STATE

SMALL = KeyReaderConfig(
    n_points=16,
    point_width=12,
    width=16,
    feed_forward_width=24,
    n_heads=2,
    n_encoder_layers=2,
    n_decoder_layers=2,
    key_width=8,
    max_letters=12,
)


class Inputs(NamedTuple):
    """Of KeyReader.forward, for two swipes."""

    trajectory: Tensor
    keys: Tensor
    present: Tensor
    tokens: Tensor
    seen: Tensor


def small_network() -> KeyReader:
    torch.manual_seed(4)
    return KeyReader(SMALL).eval()


def random_inputs(n_keys: int, length: int, seed: int = 5) -> Inputs:
    random = torch.Generator().manual_seed(seed)
    keys = torch.cat([2 * torch.randn(2, n_keys, 2, generator=random), torch.ones(2, n_keys, 2)], dim=-1)
    tokens = torch.randint(n_keys, (2, length + 1), generator=random)
    tokens[:, 0] = n_keys
    trajectory = torch.randn(2, SMALL.n_points, SMALL.n_columns, generator=random)
    return Inputs(trajectory, keys, torch.ones(2, n_keys, dtype=torch.bool), tokens, torch.ones(2))


def write_key_bundle(folder: Path) -> Path:
    """The small network as a bundle in fp32."""
    parameters = torch.cat([p.detach().flatten() for p in small_network().parameters()])
    weights = dict.fromkeys(STATE, parameters) | {"counts": torch.zeros(2, dtype=torch.int64)}
    checkpoint = Checkpoint(SMALL, Mixture(), OptimizerConfig(), weights, ("no command",))
    write_bundle(checkpoint, folder, SEARCH, {}, [], "fp32")
    return folder
