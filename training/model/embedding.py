"""The swipe point embeddings: what the network takes in of each point, before its first layer.

All are one linear layer on columns of the trajectory and on one or two numbers per key, so that they differ in these alone.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.features import Column
from training.config import KeyCentres, ModelConfig, columns_read

REACH, SLOPE = 4.0, 1.8
"""The nearness of a key is sigmoid(REACH - SLOPE d). Source: the predecessor."""
START_PRECISION = 2.0
"""One over the deviation in keys with which the keys' gaussians start."""


def n_inputs(config: ModelConfig) -> int:
    """How many numbers of a point the linear layer takes."""
    n_per_key = 2 if config.embedding == "soft_distances" else 1
    return len(columns_read(config)) + n_per_key * config.n_letters


class KeyDensities(nn.Module):
    """(..., F) -> (..., K): the density of each key's normal distribution at the point's x and y, in keys.

    The places come from the trajectory, so the engine hands over no further input. The centres of the keys are the
    config's, and what is trained is the offset of each mean from them: an offset of a tenth of a key survives rounding to
    bfloat16, as a place ten keys away would not. The covariance is given
    by the Cholesky factor of its inverse, (a 0; b c), which stays a valid one whatever the three numbers are. Nothing is
    computed of parameters alone: the exporter would fold it, and export.restore not find them.
    """

    centre_x: Tensor
    centre_y: Tensor

    def __init__(self, centres: KeyCentres, columns: tuple[Column, ...]) -> None:
        super().__init__()
        self.x_at, self.y_at = columns.index("x"), columns.index("y")
        x, y = torch.tensor(centres, dtype=torch.float32).T.contiguous()
        self.register_buffer("centre_x", x, persistent=False)
        self.register_buffer("centre_y", y, persistent=False)
        self.offset_x, self.offset_y = nn.Parameter(torch.zeros(len(x))), nn.Parameter(torch.zeros(len(x)))
        self.a = nn.Parameter(torch.full((len(x),), START_PRECISION))
        self.b = nn.Parameter(torch.zeros(len(x)))
        self.c = nn.Parameter(torch.full((len(x),), START_PRECISION))

    def forward(self, trajectory: Tensor) -> Tensor:
        x = 3.0 * trajectory[..., self.x_at : self.x_at + 1]  # kernels.trajectory_features divides it by 3
        y = trajectory[..., self.y_at : self.y_at + 1]
        across, down = x - self.centre_x - self.offset_x, y - self.centre_y - self.offset_y
        u, v = across * self.a, across * self.b + down * self.c
        return (torch.exp(-0.5 * (u * u + v * v)) * self.a * self.c).abs() / (2 * math.pi)


class SwipePointEmbedding(nn.Module):
    """(trajectory (B, N, F), key_distances (B, N, K) in key radii) -> (B, N, D)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.kind, self.weighting, self.n_letters = config.embedding, config.weighting, config.n_letters
        columns = columns_read(config)
        self.taken = None if columns == config.features.columns else [config.features.columns.index(column) for column in columns]
        self.linear = nn.Linear(n_inputs(config), config.width)
        if self.kind == "trainable_weighted":
            self.reach = nn.Parameter(torch.full((config.n_letters,), REACH))
            self.slope = nn.Parameter(torch.full((config.n_letters,), SLOPE))
        if self.kind == "trainable_gaussian":
            self.densities = KeyDensities(config.key_centres, config.features.columns)

    def forward(self, trajectory: Tensor, key_distances: Tensor) -> Tensor:
        columns = [trajectory] if self.taken is None else [trajectory[..., at : at + 1] for at in self.taken]
        inputs = torch.cat([*columns, *self.per_key(trajectory, key_distances)], dim=-1)
        embedded: Tensor = self.linear(inputs.to(self.linear.weight.dtype))
        return embedded

    def per_key(self, trajectory: Tensor, key_distances: Tensor) -> list[Tensor]:
        """What the linear layer reads of the keys, one or two of (B, N, K)."""
        match self.kind:
            case "soft_distances":
                return [torch.sigmoid(REACH - SLOPE * key_distances), torch.exp(-2.0 * key_distances * key_distances)]
            case "weighted":
                return [self.weigh(key_distances)]
            case "google_2015" | "indiswipe" | "phrase_swipe" | "nearest":
                return [F.one_hot(key_distances.argmin(dim=-1), self.n_letters).to(key_distances.dtype)]
            case "trainable_weighted":
                return [torch.sigmoid(self.reach - self.slope * key_distances)]
            case "trainable_gaussian":
                return [self.densities(trajectory)]
            case "distances":
                return [key_distances]

    def weigh(self, key_distances: Tensor) -> Tensor:
        """Distances -> weights, both (B, N, K); also far from all keys the normalised ones add up to 1."""
        match self.weighting:
            case "sigmoid":
                return torch.sigmoid(REACH - SLOPE * key_distances)
            case "softmax":
                return torch.softmax(-SLOPE * key_distances, dim=-1)
            case "normalised":
                log_weights = -F.softplus(SLOPE * key_distances - REACH)  # logsigmoid, which the exporter makes log(0) far away
                return torch.softmax(log_weights, dim=-1)
