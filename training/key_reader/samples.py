"""Training batches of the key reader: real swipes and spliced ones, each with its own keys, transformed together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.grid import Grid
from engine.kernels import resample, trajectory_features
from engine.key_places import KeyPlaces
from training.data.swipe_data import SwipeData
from training.key_reader import kernels
from training.key_reader.config import KeyReaderConfig, Mixture
from training.key_reader.kernels import Segments
from training.key_reader.layouts import Places, TaughtLanguage, any_keys
from training.key_reader.segments import collapse

IGNORED = -100
"""Target of the places after a word's end; the losses skip it."""
AWAY = 50.0
"""Where the keys lie that fill up a batch, in keys; no point sees them."""
POOL = 8
"""Batches that are drawn together and cut by word length, so that short words are not padded to the length of long ones."""
TIME_SHARE = 0.5
"""As in engine.features, sampling "mixed"."""


class Batch(NamedTuple):
    """B training samples."""

    trajectory: Tensor
    """(B, N, F)"""
    keys: Tensor
    """(B, K, 4): x, y, w, h; K is that of the largest keyboard"""
    present: Tensor
    """(B, K): whether the keyboard has that key"""
    tokens: Tensor
    """(B, T): K for the start, then keys, filled up with K"""
    targets: Tensor
    """(B, T): keys, then K for the end, filled up with IGNORED"""
    n_letters: Tensor
    """(B,)"""
    real: Tensor
    """(B,): whether a person swiped it"""


class Recorded(NamedTuple):
    """Real swipes on one grid, in keys from the middle of its keys."""

    data: SwipeData
    keys: Places
    """(K, 4)"""
    words: list[list[int]]
    """the keys of each swipe's word"""


def record(data: SwipeData, grid: Grid, alphabet: str) -> Recorded:
    """The swipes in keys. Raises: ValueError where the grid lacks a letter, or the alphabet lacks a word's letter."""
    places, points = KeyPlaces.on(grid, alphabet), data.points.copy()
    points[:2] = (points[:2] - places.middle[:, None]) / places.size[:, None]
    index = dict(zip(alphabet, places.key_of.tolist(), strict=True))
    if unknown := sorted({letter for word in set(data.words.tolist()) for letter in word} - index.keys()):
        raise ValueError(f"the swipes' words have letters outside the alphabet '{alphabet}': {', '.join(map(repr, unknown))}")
    return Recorded(replace(data, points=points), places.keys, [[index[letter] for letter in word] for word in data.words.tolist()])


def left_out(word: str, share: float) -> bool:
    """Whether the word belongs to this share of all words, by its hash: the same words in every run."""
    return int(hashlib.sha256(word.encode()).hexdigest()[:8], 16) / 2**32 < share


class Draw(NamedTuple):
    """One training sample before it is made."""

    word: list[int]
    keys: Places
    recorded: int
    """the number of the recorded swipe; -1: it has to be spliced"""


class Source:
    """Draws words and makes a swipe for each. Batch i of a seed is always the same, whatever was made before it."""

    def __init__(
        self, recorded: Recorded, bank: Segments, languages: Sequence[TaughtLanguage], config: KeyReaderConfig, mixture: Mixture
    ) -> None:
        self._recorded, self._bank, self._config, self.mixture = recorded, bank, config, mixture
        self._languages = languages
        _, index, counts = np.unique(recorded.data.words, return_inverse=True, return_counts=True)
        self._shares = np.cumsum(counts[index].astype(np.float64) ** mixture.real_power)

    def draw(self, random: np.random.Generator) -> Draw:
        """The word and the keys of one sample."""
        if random.random() >= self.mixture.spliced:
            index = _pick(self._shares, random)
            return Draw(self._recorded.words[index], self._recorded.keys, index)
        if random.random() < self.mixture.pseudo:
            keys = any_keys(int(random.integers(20, 40)), random)
            return Draw(pseudo_word(len(keys), random), keys, -1)
        language = self._languages[int(random.integers(len(self._languages)))]
        word = language.words[_pick(language.shares, random)]
        at_home = random.random() < self.mixture.at_home
        keys = language.keys if at_home else any_keys(len(language.alphabet), random)
        return Draw([language.alphabet.index(letter) for letter in word], keys, -1)

    def batch(self, draws: Sequence[Draw], random: np.random.Generator) -> Batch:
        """The samples, each with its swipe and its keys where they ended up."""
        mixture, data = self.mixture, self._recorded.data
        batch = empty_batch([draw.word for draw in draws], [draw.keys for draw in draws], self._config)
        kernels.seed(int(random.integers(2**31)))
        for row, draw in enumerate(draws):
            word, doubled = collapse(draw.word)
            if random.random() < mixture.no_rest:
                doubled[:] = False
            is_real = draw.recorded >= 0
            swipe = swipe_points(data, draw.recorded) if is_real else np.empty((3, 0))
            warp = kernels.draw_warp(mixture.mirror, mixture.shear, mixture.bend)
            keys = batch.keys[row, : len(draw.keys)].numpy()
            points = kernels.make_sample(self._bank, swipe, keys, word, doubled, mixture.strength, warp)
            batch.trajectory[row] = torch.from_numpy(features(points, self._config.n_points))
            batch.real[row] = is_real
        return batch

    def pool(self, batch_size: int, seed: int, number: int, first: int = 0) -> Iterator[tuple[int, Batch]]:
        """The batches of a pool from the one with index `first` on, each with its number: the pool's number * POOL + its index."""
        random = np.random.default_rng((seed, number))
        draws = [self.draw(random) for _ in range(batch_size * POOL)]
        draws.sort(key=lambda draw: len(draw.word))
        for index, part in enumerate(random.permutation(POOL).tolist()):
            if index >= first:
                of_batch = np.random.default_rng((seed, number, index))
                yield number * POOL + index, self.batch(draws[part * batch_size : (part + 1) * batch_size], of_batch)


def features(points: npt.NDArray[np.float64], n_points: int) -> npt.NDArray[np.float32]:
    """The network's view of a swipe, (N, 7), as in engine.features. points (3, n), in keys from the middle of the keys."""
    resampled = resample(points[0], points[1], points[2], n_points, TIME_SHARE, 0.0)
    trajectory: npt.NDArray[np.float32] = trajectory_features(resampled, np.zeros(2), np.ones(2))
    return trajectory


def swipe_points(data: SwipeData, index: int) -> npt.NDArray[np.float64]:
    """(3, n): one swipe of the data."""
    return data.points[:, data.offsets[index] : data.offsets[index + 1]].astype(np.float64)


def pseudo_word(n_keys: int, random: np.random.Generator) -> list[int]:
    """Keys in no language's order, now and then one of them twice in a row."""
    word = random.integers(n_keys, size=min(2 + random.poisson(3.5), 14)).tolist()
    for place in range(1, len(word)):
        if random.random() < 0.05:
            word[place] = word[place - 1]
    return [int(key) for key in word if word.count(key) < 5] or [0]


def empty_batch(words: Sequence[Sequence[int]], keyboards: Sequence[Places], config: KeyReaderConfig) -> Batch:
    """A batch whose trajectories are zero. If there is one keyboard, it serves all words, and the batch's keys are (1, K, 4)."""
    n, n_keys, length = len(words), max(len(keys) for keys in keyboards), max(len(word) for word in words) + 1
    keys = np.full((len(keyboards), n_keys, 4), AWAY, dtype=np.float32)
    keys[..., 2:] = 1.0
    present = np.zeros((len(keyboards), n_keys), dtype=np.bool_)
    tokens = np.full((n, length), n_keys, dtype=np.int64)
    targets = np.full((n, length), IGNORED, dtype=np.int64)
    for row, places in enumerate(keyboards):
        keys[row, : len(places)], present[row, : len(places)] = places, True
    for row, word in enumerate(words):
        tokens[row, 1 : len(word) + 1] = word
        targets[row, : len(word) + 1] = [*word, n_keys]
    return Batch(
        torch.zeros(n, config.n_points, config.n_columns),
        torch.from_numpy(keys),
        torch.from_numpy(present),
        torch.from_numpy(tokens),
        torch.from_numpy(targets),
        torch.tensor([len(word) for word in words]),
        torch.ones(n, dtype=torch.bool),
    )


def plain_batches(recorded: Recorded, config: KeyReaderConfig, batch_size: int) -> Iterator[tuple[npt.NDArray[np.int64], Batch]]:
    """Every swipe once, unchanged, sorted by word length; with the swipes' numbers."""
    by_length = np.argsort([len(word) for word in recorded.words], kind="stable")
    for start in range(0, len(by_length), batch_size):
        rows = by_length[start : start + batch_size]
        batch = empty_batch([recorded.words[row] for row in rows], [recorded.keys] * len(rows), config)
        for place, row in enumerate(rows.tolist()):
            batch.trajectory[place] = torch.from_numpy(features(swipe_points(recorded.data, row), config.n_points))
        yield rows, batch


def _pick(cumulative: npt.NDArray[np.float64], random: np.random.Generator) -> int:
    return int(np.searchsorted(cumulative, random.random() * cumulative[-1], side="right"))
