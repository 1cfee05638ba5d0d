"""The network of a context model: a GRU over words, whose rows serve as input and as output."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ContextConfig:
    """The sizes of a network."""

    n_rows: int
    first_word: int
    """rows before it are no words but classes"""
    width: int = 128
    """of a row"""
    hidden: int = 256
    """of the state"""


LEVELS = 7
"""A weight of a row is stored as a whole number from -8 to 7 times the row's scale."""
SHRINK = 0.9
"""The scale as a share of the one at which the largest weight just fits: clipping it makes all others finer."""


def row_scale(rows: Tensor) -> Tensor:
    """(..., width) -> (..., 1): the scale at which a row is stored."""
    return rows.abs().amax(dim=-1, keepdim=True).clamp(min=1e-6) * (SHRINK / LEVELS)


def stored(rows: Tensor) -> Tensor:
    """The rows as they will be stored, in four bits a weight. Gradients pass through as if nothing had happened."""
    scale = row_scale(rows)
    rounded = torch.clamp(torch.round(rows / scale), -LEVELS - 1, LEVELS) * scale
    return rows + (rounded - rows).detach()


class ContextNetwork(nn.Module):
    """What may follow the words so far. Logits are nearly log probabilities: training keeps their normaliser near 1."""

    def __init__(self, config: ContextConfig, frequencies: npt.NDArray[np.float64]) -> None:
        """frequencies: (n_rows,), the shares of the rows in the text, 0 for what is never written."""
        super().__init__()
        self.config = config
        self.rounds = True
        """whether rows count as they will be stored; False where they come from a file and stay as they are"""
        self.rows = nn.Embedding(config.n_rows, config.width)
        self.cell = nn.GRU(config.width, config.hidden, batch_first=True)
        self.project = nn.Linear(config.hidden, config.width)
        nn.init.normal_(self.rows.weight, std=0.1)
        nn.init.zeros_(self.project.bias)
        self.bias = nn.Parameter(torch.log(torch.tensor(np.maximum(frequencies, 1e-9), dtype=torch.float32)))

    def looked_up(self, words: Tensor) -> Tensor:
        """(...) -> (..., width): the rows of words, as they will be stored."""
        return stored(self.rows(words)) if self.rounds else self.rows(words)

    def states(self, words: Tensor) -> Tensor:
        """words (B, T), the first one usually START -> (B, T, hidden), what is known after each."""
        states: Tensor = self.cell(self.looked_up(words))[0]
        return states

    def queries(self, states: Tensor) -> Tensor:
        """(..., hidden) -> (..., width): what a row is multiplied with."""
        queries: Tensor = self.project(states)
        return queries

    def logits(self, words: Tensor) -> Tensor:
        """(B, T) -> (B, T, n_rows): of the word after each."""
        rows = stored(self.rows.weight) if self.rounds else self.rows.weight
        return self.queries(self.states(words)) @ rows.T + self.bias


def widened(network: ContextNetwork, hidden: int) -> ContextNetwork:
    """A network with more units in its state that computes the same: what is known stays, and the new units are yet unheard.

    Source: Chen et al. 2016 (Net2Net), with new units drawn at random instead of copied.
    """
    old = network.config.hidden
    wider = ContextNetwork(replace(network.config, hidden=hidden), np.ones(network.config.n_rows))
    with torch.no_grad():
        wider.rows.weight.copy_(network.rows.weight)
        wider.bias.copy_(network.bias)
        wider.project.bias.copy_(network.project.bias)
        wider.project.weight.zero_()[:, :old] = network.project.weight
        before, after = dict(network.cell.named_parameters()), dict(wider.cell.named_parameters())
        for gate in range(3):
            new, known = slice(gate * hidden, gate * hidden + old), slice(gate * old, (gate + 1) * old)
            after["weight_hh_l0"][new] = 0.0
            after["weight_hh_l0"][new, :old] = before["weight_hh_l0"][known]
            for name in ("weight_ih_l0", "bias_ih_l0", "bias_hh_l0"):
                after[name][new] = before[name][known]
    return wider
