"""The optimizer: Muon on the layers' matrices, Adam on the rest, on float32 weights that several processes share.

Each process computes the gradient of its own batch, with weights that may be a step old, and applies it under a lock. No process waits
for another's batch, so a core that is half taken by other work slows down nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from training.key_reader.config import OptimizerConfig

NEWTON_SCHULZ = (3.4445, -4.775, 2.0315)
"""Source: Jordan et al. 2024, Muon."""
STATE = ("master", "average", "first", "second", "counts")
"""The tensors that change."""
ADAM = (0.9, 0.98)
MOMENTUM = 0.95
"""of Muon, with Nesterov's look ahead"""


def orthogonal(stack: Tensor) -> Tensor:
    """(n, a, b) with its singular values brought near 1, by five steps of Newton and Schulz in bfloat16."""
    x = stack.bfloat16()
    turned = x.shape[1] > x.shape[2]
    if turned:
        x = x.transpose(1, 2)
    x = x / (x.float().square().sum(dim=(1, 2), keepdim=True).sqrt() + 1e-7).bfloat16()
    a, b, c = NEWTON_SCHULZ
    for _ in range(5):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return (x.transpose(1, 2) if turned else x).float()


class SharedWeights:
    """A network's float32 weights, their averages and the optimizer's state, each a flat tensor in shared memory."""

    def __init__(self, network: nn.Module, config: OptimizerConfig) -> None:
        self.config = config
        flat = torch.cat([p.detach().float().flatten() for p in network.parameters()])
        self.master, self.average = flat.clone().share_memory_(), flat.clone().share_memory_()
        self.first, self.second = torch.zeros_like(flat).share_memory_(), torch.zeros_like(flat).share_memory_()
        self.counts = torch.zeros(2, dtype=torch.int64).share_memory_()
        """steps and samples so far"""
        self.spans: list[tuple[int, torch.Size, bool]] = []
        """of each parameter: where it begins, its shape, and whether Muon moves it"""
        at = 0
        for name, p in network.named_parameters():
            layers = name.startswith(("encoder.", "decoder.", "join"))
            self.spans.append((at, p.shape, config.muon and layers and p.ndim == 2))
            at += p.numel()
        self.by_shape: dict[torch.Size, list[int]] = {}
        for begin, shape, by_muon in self.spans:
            if by_muon:
                self.by_shape.setdefault(shape, []).append(begin)
        self.adam = torch.ones(at, dtype=torch.bool)
        self.decayed = torch.zeros(at)
        for begin, shape, by_muon in self.spans:
            stop = begin + shape.numel()
            self.adam[begin:stop] = not by_muon
            self.decayed[begin:stop] = len(shape) > 1
        self.adam_at = self.adam.nonzero()[:, 0]

    @property
    def step(self) -> int:
        """Steps so far."""
        return int(self.counts[0])

    @property
    def n_samples(self) -> int:
        """Samples so far."""
        return int(self.counts[1])

    def read(self, network: nn.Module, averaged: bool = False) -> None:
        """Writes the weights into the network, rounded to its own type."""
        source = self.average if averaged else self.master
        with torch.no_grad():
            for (begin, shape, _), p in zip(self.spans, network.parameters(), strict=True):
                p.copy_(source[begin : begin + shape.numel()].view(shape))

    @torch.no_grad()
    def direction(self, network: nn.Module) -> Tensor:
        """The network's gradient, flat float32, clipped. Raises: FloatingPointError if it is not finite."""
        gradient = torch.cat([p.grad.float().flatten() if p.grad is not None else torch.zeros(p.numel()) for p in network.parameters()])
        norm = gradient.norm()
        if not torch.isfinite(norm):
            raise FloatingPointError(f"the norm of the gradient is {norm.item()} at step {self.step}")
        clipped: Tensor = gradient * (self.config.clip / (norm + 1e-6)).clamp(max=1.0)
        return clipped

    @torch.no_grad()
    def move(self, gradient: Tensor, factor: float, n_samples: int) -> None:
        """One step. factor: of the learning rate. To be called by one process at a time."""
        config, rate = self.config, self.config.learning_rate * factor
        self.counts += torch.tensor([1, n_samples])
        step = self.step
        self.master.mul_(1.0 - rate * config.weight_decay * self.decayed)
        at, own = self.adam_at, gradient[self.adam_at]
        first = self.first[at].lerp_(own, 1 - ADAM[0])
        second = self.second[at].mul_(ADAM[1]).addcmul_(own, own, value=1 - ADAM[1])
        self.first[at], self.second[at] = first, second
        moved = (first / (1 - ADAM[0] ** step)) / ((second / (1 - ADAM[1] ** step)).sqrt() + 1e-8)
        self.master.index_add_(0, at, moved, alpha=-rate)
        for shape, begins in self.by_shape.items():
            self._move_matrices(gradient, shape, begins, rate)
        self.average.lerp_(self.master, 1.0 - min(config.average, (step + 1) / (step + 20)))

    def _move_matrices(self, gradient: Tensor, shape: torch.Size, begins: Sequence[int], rate: float) -> None:
        """Muon's step of all matrices of a shape, which begin there in the flat tensors."""
        n = shape.numel()
        own = torch.stack([gradient[begin : begin + n] for begin in begins])
        momentum = torch.stack([self.first[begin : begin + n] for begin in begins]).lerp_(own, 1 - MOMENTUM)
        update = orthogonal(torch.lerp(own, momentum, MOMENTUM).view(-1, *shape)).flatten(1)
        scale = 0.2 * max(shape) ** 0.5
        for begin, row, kept in zip(begins, update, momentum, strict=True):
            self.first[begin : begin + n] = kept
            self.master[begin : begin + n].add_(row, alpha=-rate * scale)

    def state(self) -> dict[str, Tensor]:
        """Copies of all tensors that change, by name."""
        return {name: getattr(self, name).clone() for name in STATE}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """The inverse of `state`."""
        for name in STATE:
            getattr(self, name).copy_(state[name])

    def start_from(self, weights: Tensor) -> None:
        """Puts other weights, flat, in the place of the first ones."""
        self.master.copy_(weights)
        self.average.copy_(weights)
