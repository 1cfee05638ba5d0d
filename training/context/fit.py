"""Trains a context network on encoded texts, with a held-out figure as it goes."""

from __future__ import annotations

import copy
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from training.context.batches import Batch, EncodedText, held_out_batches, say_nothing, training_batches
from training.context.network import ContextNetwork
from training.context.vocabulary import FIRST_CLASS, START


@dataclass(frozen=True)
class FitOptions:
    """How to train."""

    passes: float = 2.0
    batch_words: int = 4096
    n_negatives: int = 1024
    """rows that a batch shares as the wrong answers"""
    learning_rate: float = 2e-3
    """at its highest, from where it falls in a straight line"""
    warm_up: int = 100
    normaliser: float = 0.1
    """weight of the squared log normaliser in the loss: logits are then log probabilities without summing over all words"""
    nothing: float = 0.08
    """share of pieces made of words that do not hang together"""
    minutes: float | None = None
    """how long to train, instead of passes"""
    averaged: float = 0.998
    """share that the average of the weights keeps of itself at a batch: the average is what comes out"""
    seed: int = 1


@dataclass(frozen=True)
class HeldOut:
    """How well a network foretells held-out words."""

    n_words: int
    perplexity: float
    """of words in the vocabulary; an unknown word counts as its class"""
    among_3: float
    """share of words among the three most probable words; an unknown word never is"""

    def __str__(self) -> str:
        return f"perplexity {self.perplexity:.1f}, among three {self.among_3:.2%} over {self.n_words:,} words"


class Negatives:
    """Draws wrong answers by their frequency to the power of 0.75."""

    def __init__(self, frequencies: npt.NDArray[np.float64]) -> None:
        shares = np.asarray(frequencies) ** 0.75
        shares[START] = 0.0
        self.cumulated = np.cumsum(shares / shares.sum())
        self.log_shares = torch.log(torch.tensor(np.maximum(shares / shares.sum(), 1e-12), dtype=torch.float32))

    def draw(self, n: int, rng: np.random.Generator) -> Tensor:
        return torch.from_numpy(np.minimum(np.searchsorted(self.cumulated, rng.random(n)), len(self.cumulated) - 1))


def sampled_loss(
    network: ContextNetwork, inputs: Tensor, targets: Tensor, negatives: Tensor, log_shares: Tensor, normaliser: float
) -> Tensor:
    """The mean of minus the log probability of the targets, its normaliser estimated from the negatives, plus its penalty."""
    queries = network.queries(network.states(inputs)).reshape(-1, network.config.width)
    flat = targets.reshape(-1)
    own = (queries.float() * network.looked_up(flat)).sum(dim=1) + network.bias[flat]
    others = (queries @ network.looked_up(negatives).T).float() + (
        network.bias[negatives] - log_shares[negatives] - math.log(len(negatives))
    )
    others = others.masked_fill(flat[:, None] == negatives[None], -math.inf)
    log_normaliser = torch.logaddexp(own, torch.logsumexp(others, dim=1))
    return (log_normaliser - own).mean() + normaliser * log_normaliser.square().mean()


@torch.no_grad()
def evaluate(network: ContextNetwork, batches: Sequence[Batch]) -> HeldOut:
    """Over all words, by the whole softmax."""
    loss, hits, total = 0.0, 0, 0
    with torch.autocast("cpu", torch.bfloat16):
        for batch in batches:
            inputs, targets = torch.from_numpy(batch.inputs.astype(np.int64)), torch.from_numpy(batch.targets.astype(np.int64))
            logits = network.logits(inputs).float().reshape(len(targets.reshape(-1)), -1)
            logits[:, START] = -math.inf
            loss += float(F.cross_entropy(logits, targets.reshape(-1), reduction="sum"))
            logits[:, : network.config.first_word] = -math.inf
            hits += int((logits.topk(3, dim=1).indices == targets.reshape(-1, 1)).sum())
            total += targets.numel()
    return HeldOut(total, math.exp(loss / total), hits / total)


def fit(
    network: ContextNetwork,
    texts: Sequence[EncodedText],
    weights: Sequence[float],
    frequencies: npt.NDArray[np.float64],
    options: FitOptions,
    checkpoint: Path | None = None,
) -> ContextNetwork:
    """Trains the network in place, and returns the average of its weights over the last batches.

    With a checkpoint: goes on from it where there is one, and keeps it up to date. Raises: ValueError where the loss is no
    longer a number.
    """
    training = _Training(network, frequencies, options)
    training.resume(checkpoint)
    words_of_a_pass = sum(weight * len(text.rows) for text, weight in zip(texts, weights, strict=True))
    total = max(1, int(options.passes * words_of_a_pass / options.batch_words))
    held_out = {text.name: list(held_out_batches(text))[:6] for text in texts if text.name.startswith(SHOWN)}
    losses: list[float] = []
    shows = sys.stderr.isatty()
    with tqdm(total=total, initial=training.step, desc="training", unit=" batches", disable=not shows) as progress:
        while training.done(total) < 1.0:
            rng = np.random.default_rng((options.seed, training.step))
            for batch in training_batches(texts, weights, options.batch_words, rng):
                losses.append(training.learn(batch, training.done(total), rng))
                progress.update()
                ends = training.done(total) >= 1.0
                if training.step % 500 == 0 or ends:
                    figures = "; ".join(f"{name.partition('.')[0]} {evaluate(training.averaged, some)}" for name, some in held_out.items())
                    print(
                        f"batch {training.step:,}, {training.done(total):.0%}, loss {np.mean(losses[-500:]):.3f}; {figures}",
                        file=sys.stderr,
                        flush=True,
                    )
                    training.save(checkpoint)
                if ends:
                    break
    return training.averaged


SHOWN = ("chitchat", "tatoeba")


class _Training:
    """A network with its optimizer and its average."""

    def __init__(self, network: ContextNetwork, frequencies: npt.NDArray[np.float64], options: FitOptions) -> None:
        self.network, self.options, self.step = network, options, 0
        self.averaged = copy.deepcopy(network).requires_grad_(False)
        self.negatives = Negatives(frequencies)
        self.optimizer = torch.optim.Adam(network.parameters(), lr=options.learning_rate, betas=(0.9, 0.99), fused=True)
        self.frequencies, self.flat = np.cumsum(frequencies), np.cumsum(_flattened(frequencies))
        self.began, self.minutes_before = time.monotonic(), 0.0

    def done(self, total: int) -> float:
        """The share of the training that is behind, 0 to 1."""
        return self.step / total if self.options.minutes is None else self._minutes / self.options.minutes

    @property
    def _minutes(self) -> float:
        return self.minutes_before + (time.monotonic() - self.began) / 60

    def learn(self, batch: Batch, done: float, rng: np.random.Generator) -> float:
        """One step. Raises: ValueError where the loss is no longer a number."""
        options = self.options
        batch = say_nothing(batch, options.nothing, self.frequencies, self.flat, rng)
        for group in self.optimizer.param_groups:
            group["lr"] = options.learning_rate * min((self.step % 1_000_000 + 1) / options.warm_up, 1.0) * max(1 - done, 0.01)
        inputs, targets = torch.from_numpy(batch.inputs.astype(np.int64)), torch.from_numpy(batch.targets.astype(np.int64))
        with torch.autocast("cpu", torch.bfloat16):
            drawn = self.negatives.draw(options.n_negatives, rng)
            loss = sampled_loss(self.network, inputs, targets, drawn, self.negatives.log_shares, options.normaliser)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        keep = min(options.averaged, 1 - 1 / (1 + self.step / 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.averaged.parameters()), list(self.network.parameters()), 1 - keep)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise ValueError(f"the loss is {value} at batch {self.step}: lower the learning rate")
        return value

    def resume(self, checkpoint: Path | None) -> None:
        if checkpoint is None or not checkpoint.exists():
            return
        saved = torch.load(checkpoint, weights_only=True)
        self.network.load_state_dict(saved["trained"])
        self.averaged.load_state_dict(saved["network"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step, self.minutes_before = int(saved["step"]), float(saved["minutes"])

    def save(self, checkpoint: Path | None) -> None:
        if checkpoint is None:
            return
        partial = checkpoint.with_suffix(".partial")
        content = {"network": self.averaged.state_dict(), "trained": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        torch.save({**content, "step": self.step, "minutes": self._minutes, "config": asdict(self.network.config)}, partial)
        partial.replace(checkpoint)


def _flattened(frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    flat = np.asarray(frequencies) ** 0.4
    flat[:FIRST_CLASS] = 0.0
    shares: npt.NDArray[np.float64] = flat / flat.sum()
    return shares
