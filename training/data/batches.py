"""Training batches: real swipes, augmented, mixed with synthetic ones of every word of the lexicon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info

from engine.features import FeatureExtractor
from engine.grid import Grid
from engine.lexicon import Lexicon
from engine.swipe import Swipe
from training.augment.pipeline import OnGrid
from training.augment.pipelines import preset_pipeline
from training.config import Mixture, ModelConfig
from training.data import kernels
from training.data.impossible import ImpossibleLetters
from training.data.path_length import typical
from training.data.swipe_data import SwipeData
from training.data.synthesis import build_segment_bank, to_symbols

IGNORED = -100
"""The target of the places after a word's EOS; the losses ignore it."""
POOL = 8
"""Batches that are drawn together and divided by word length, so that short words are not padded to the length of long ones."""


class Batch(NamedTuple):
    trajectory: Tensor
    """(B, N, F)"""
    key_distances: Tensor
    """(B, N, K)"""
    tokens: Tensor
    """(B, T): BOS, letters, filled up with EOS"""
    targets: Tensor
    """(B, T): letters, EOS, filled up with IGNORED"""
    impossible: Tensor | None = None
    """(B, T, V): what the lexicon forbids at each place, if the loss is to know; False after EOS"""


class Collator:
    """(swipe, word) pairs -> a Batch of one grid and model."""

    def __init__(self, config: ModelConfig, grid: Grid, lexicon: Lexicon | None = None) -> None:
        """lexicon: to mark the letters that it forbids. Raises: ValueError if the grid or the lexicon has another alphabet."""
        self._config = config
        self._impossible = ImpossibleLetters(lexicon, config.alphabet) if lexicon else None
        self._extract = FeatureExtractor(config.features, grid, config.alphabet)

    def __call__(self, swipes: list[Swipe], words: list[str]) -> Batch:
        features = [self._extract(swipe) for swipe in swipes]
        length = max(len(word) for word in words) + 1
        tokens = np.full((len(words), length), self._config.eos, dtype=np.int64)
        targets = np.full((len(words), length), IGNORED, dtype=np.int64)
        tokens[:, 0] = self._config.bos
        for row, word in enumerate(words):
            letters = [self._config.alphabet.index(letter) for letter in word]
            tokens[row, 1 : len(word) + 1] = letters
            targets[row, : len(word) + 1] = [*letters, self._config.eos]
        return Batch(
            torch.from_numpy(np.stack([one.trajectory for one in features])),
            torch.from_numpy(np.stack([one.key_distances for one in features])),
            torch.from_numpy(tokens),
            torch.from_numpy(targets),
            self._mask(words, length),
        )

    def _mask(self, words: list[str], length: int) -> Tensor | None:
        """(B, length, V), see Batch."""
        if self._impossible is None:
            return None
        mask = torch.zeros(len(words), length, self._config.n_letters + 1, dtype=torch.bool)
        for row, word in zip(mask, words, strict=True):
            row[: len(word) + 1] = torch.from_numpy(self._impossible(word))
        return mask


class Draw(NamedTuple):
    """A training sample that has been drawn but not made."""

    word: str
    synthetic: bool
    row: int
    """among the lexicon's words if it is synthetic, else among the real swipes"""


class Augmentation:
    """Swipe -> a random variant, by the transforms of the mixture."""

    def __init__(self, grid: Grid, mixture: Mixture) -> None:
        self._transform = None if mixture.transforms == "none" else OnGrid(preset_pipeline(mixture.transforms), grid)

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        return self._transform(swipe, random) if self._transform else swipe


class SwipeSource:
    """Draws words, and makes a swipe for each: a real one, or one spliced from pieces of real ones; augmented."""

    def __init__(self, data: SwipeData, words: dict[str, float], grid: Grid, alphabet: str, mixture: Mixture) -> None:
        """words: key sequence -> frequency, of the synthetic swipes. Raises: ValueError, as `build_segment_bank`."""
        if mixture.path_outliers == "drop":
            data = data.select(np.flatnonzero(typical(data, grid, alphabet)))
        self._data, self._mixture, self._augment = data, mixture, Augmentation(grid, mixture)
        self._bank = build_segment_bank(data, grid, alphabet)
        symbols = {word: to_symbols(word, alphabet) for word in words}
        self._words = [word for word in words if len(symbols[word]) > 1]
        self._symbols = [symbols[word] for word in self._words]
        frequency = np.array([words[word] for word in self._words])
        self._word_shares = np.cumsum(frequency**mixture.synthetic_power)
        _, index, counts = np.unique(data.words, return_inverse=True, return_counts=True)
        self._real_shares = np.cumsum(counts[index] ** mixture.real_power)

    def draw(self, n: int, progress: float, random: np.random.Generator) -> list[Draw]:
        """n samples. progress: how much of the training is over, 0 to 1."""
        start, end = self._mixture.synthetic_start, self._mixture.synthetic_end
        synthetic = random.random(n) < start + (end - start) * progress
        index = np.where(synthetic, _draw(self._word_shares, n, random), _draw(self._real_shares, n, random))
        return [Draw(self._words[i] if s else str(self._data.words[i]), bool(s), int(i)) for s, i in zip(synthetic, index, strict=True)]

    def swipe(self, draw: Draw, random: np.random.Generator) -> Swipe:
        """The swipe of a sample. random: of the transforms; splicing draws from what kernels.seed was given."""
        swipe = Swipe(*kernels.splice(self._bank, self._symbols[draw.row])) if draw.synthetic else self._data.swipe(draw.row)
        return self._augment(swipe, random)


@dataclass(frozen=True)
class Stretch:
    """The part of a training that one process makes batches for."""

    batch_size: int
    n_steps: int
    """of the whole training"""
    first_step: int = 0
    seed: int = 0
    rank: int = 0
    """number of the process"""


class TrainingBatches(IterableDataset[Batch]):
    """Batches first_step..n_steps, shared out among the process's data workers; the same seed, the same batches."""

    def __init__(self, source: SwipeSource, collator: Collator, stretch: Stretch) -> None:
        self._source, self._collator, self._stretch = source, collator, stretch

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        number, n_workers = (worker.id, worker.num_workers) if worker else (0, 1)
        stretch = self._stretch
        random = np.random.default_rng((stretch.seed, stretch.rank, number, stretch.first_step))
        kernels.seed(int(random.integers(2**31)))
        steps = range(stretch.first_step, stretch.n_steps)[number::n_workers]
        for start in range(0, len(steps), POOL):
            yield from self._pool(steps[start : start + POOL], random)

    def _pool(self, steps: range, random: np.random.Generator) -> Iterator[Batch]:
        size = self._stretch.batch_size
        draws = self._source.draw(size * len(steps), steps.start / self._stretch.n_steps, random)
        draws.sort(key=lambda draw: len(draw.word))
        for batch in random.permutation(len(steps)):
            rows = draws[batch * size : (batch + 1) * size]
            yield self._collator([self._source.swipe(row, random) for row in rows], [row.word for row in rows])


def _draw(cumulative: npt.NDArray[np.float64], size: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    drawn: npt.NDArray[np.int64] = np.searchsorted(cumulative, random.random(size) * cumulative[-1], side="right")
    return drawn


def validation_batches(data: SwipeData, collator: Collator, batch_size: int) -> list[Batch]:
    """All swipes once, unchanged, sorted by word length."""
    by_length = np.argsort([len(word) for word in data.words], kind="stable")
    groups = np.split(by_length, range(batch_size, len(by_length), batch_size))
    return [collator([data.swipe(i) for i in group], [str(data.words[i]) for i in group]) for group in groups]
