"""Hides points of swipes and predicts them: what an encoder can learn from swipes whose words are unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import IterableDataset, get_worker_info

from engine.features import FeatureExtractor
from engine.grid import Grid
from engine.key_distances import KeyDistances
from engine.swipe import Swipe
from training.config import ModelConfig, columns_read
from training.data import kernels
from training.data.batches import Augmentation, Stretch
from training.data.swipe_data import SwipeData
from training.model.network import SwipeNetwork

N_SPANS = 2
SHORTEST, LONGEST = 5 / 64, 10 / 64
"""Of a scored span, as a share of the points: together a sixth to a third of them. Measured on 3,000 swipes of How We Swipe's
training part: the straight line across misses by 0.3 to 0.5 keys, the smooth curve by half of it."""
VISIBLE = 2
"""Points at the least before, between and behind the spans: the smooth curve leaves and arrives as they do."""
SHARPNESS = 6.0
"""What is predicted is softmax(- SHARPNESS d) over the keys, d the distances in key radii. It is the same for every embedding,
scaling and choice of columns, as the batch always has the distances, and it speaks of keys, as the words will. Measured, one run
each: after 250 steps of the preset "study" and 200 of training.train, 31 % of the words held out were right, letter for letter;
where place beside the straight line and time of each point were predicted instead, 5 %; without pre-training, 12 %."""
Span = tuple[int, int]
"""the first hidden point, and the first visible one behind"""
Places = npt.NDArray[np.float64]
"""(2, n): x, y in grid units"""


class MaskedBatch(NamedTuple):
    trajectory: Tensor
    """(B, N, F)"""
    key_distances: Tensor
    """(B, N, K)"""
    hidden: Tensor
    """(B, N), bool: what the network does not see"""
    scored: Tensor
    """(B, N), bool: what it predicts. The columns of the visible points tell nothing of it"""
    line_keys: Tensor
    """(B, N): the nearest key where a straight line goes across the span; of a visible point its own"""
    curve_keys: Tensor
    """(B, N): the same of a smooth curve"""


@dataclass(frozen=True)
class Masking:
    """How points are hidden: in spans, too long for the points around to tell which way the swipe took."""

    n_points: int
    reach: int
    """how many points away the differences among the columns look: so many more are hidden at both ends of a span"""

    def __post_init__(self) -> None:
        least = N_SPANS * (self.longest + 2 * self.reach) + VISIBLE * (N_SPANS + 1)
        if self.n_points < least:
            raise ValueError(f"masking hides up to {least} of a swipe's points, got n_points {self.n_points}: give the features more")

    @property
    def shortest(self) -> int:
        return max(1, round(SHORTEST * self.n_points))

    @property
    def longest(self) -> int:
        return max(1, round(LONGEST * self.n_points))

    def draw(self, random: np.random.Generator) -> list[Span]:
        """The spans of one swipe, in their order."""
        lengths = random.integers(self.shortest, self.longest + 1, N_SPANS) + 2 * self.reach
        free = self.n_points - lengths.sum() - VISIBLE * (N_SPANS + 1)
        before = np.sort(random.integers(0, free + 1, N_SPANS)) + VISIBLE * np.arange(1, N_SPANS + 1)
        stops = before + np.cumsum(lengths)
        return [(int(stop - length), int(stop)) for stop, length in zip(stops, lengths, strict=True)]


def masking_of(config: ModelConfig) -> Masking:
    """Raises: ValueError where the model reads too few points."""
    return Masking(config.features.n_points, reach=2 if {"ax", "ay"} & set(columns_read(config)) else 1)


def interpolate(places: Places, spans: list[Span]) -> tuple[Places, Places]:
    """The places (2, N) with straight lines, and with smooth curves, in place of the spans.

    A curve is the cubic that goes through the visible points at both ends as fast as the swipe comes and goes there.
    """
    line, curve = places.copy(), places.copy()
    for start, stop in spans:
        n_steps = stop - start + 1
        u = np.arange(1, n_steps) / n_steps
        before, behind = places[:, start - 1], places[:, stop]
        leaves, arrives = n_steps * (before - places[:, start - 2]), n_steps * (places[:, stop + 1] - behind)
        way = behind - before
        line[:, start:stop] = before[:, None] + np.outer(way, u)
        bend = np.outer(leaves - way, u * (1 - u) ** 2) - np.outer(arrives - way, u * u * (1 - u))
        curve[:, start:stop] = line[:, start:stop] + bend
    return line, curve


class MaskingCollator:
    """Swipes -> a MaskedBatch of one grid and model."""

    def __init__(self, config: ModelConfig, grid: Grid) -> None:
        """Raises: ValueError, as `masking_of`."""
        self._masking = masking_of(config)
        self._extract = FeatureExtractor(config.features, grid, config.alphabet)
        self._key_distances = KeyDistances(grid, config.alphabet)

    def __call__(self, swipes: list[Swipe], random: np.random.Generator) -> MaskedBatch:
        features = [self._extract(swipe) for swipe in swipes]
        reach, shape = self._masking.reach, (len(swipes), self._masking.n_points)
        hidden, scored = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
        guessed_keys = np.empty((2, *shape), dtype=np.int64)
        for row, one in enumerate(features):
            spans = self._masking.draw(random)
            for start, stop in spans:
                hidden[row, start:stop] = True
                scored[row, start + reach : stop - reach] = True
            for guess, places in enumerate(interpolate(one.points[:2], spans)):
                guessed_keys[guess, row] = self._key_distances.look_up(places).argmin(axis=1)
        return MaskedBatch(
            torch.from_numpy(np.stack([one.trajectory for one in features])),
            torch.from_numpy(np.stack([one.key_distances for one in features])),
            *(torch.from_numpy(array) for array in (hidden, scored, *guessed_keys)),
        )


class MaskedBatches(IterableDataset[MaskedBatch]):
    """Batches first_step..n_steps of swipes drawn at random and augmented; the same seed, the same batches."""

    def __init__(self, data: SwipeData, collator: MaskingCollator, augment: Augmentation, stretch: Stretch) -> None:
        self._data, self._collator, self._augment, self._stretch = data, collator, augment, stretch

    def __iter__(self) -> Iterator[MaskedBatch]:
        worker = get_worker_info()
        number, n_workers = (worker.id, worker.num_workers) if worker else (0, 1)
        stretch = self._stretch
        random = np.random.default_rng((stretch.seed, stretch.rank, number, stretch.first_step))
        kernels.seed(int(random.integers(2**31)))
        for _ in range(stretch.first_step, stretch.n_steps)[number::n_workers]:
            drawn = random.integers(len(self._data), size=stretch.batch_size)
            yield self._collator([self._augment(self._data.swipe(index), random) for index in drawn], random)


class MaskedPointPrediction(nn.Module):
    """A swipe network of which some points' embeddings are hidden, and a head that predicts these points.

    The network itself knows nothing of it, and what it exports stays as it was: where a point is hidden, a learned vector
    takes the place of its embedding, by a hook. Ignorance is a vector of its own, since zeros in the columns mean the middle
    of the keys. The head is one layer, thrown away later: what it reads, the encoder has to say.
    """

    def __init__(self, network: SwipeNetwork) -> None:
        super().__init__()
        self.network, width = network, network.config.width
        self.unknown = nn.Parameter(0.1 * torch.randn(width))
        self.head = nn.Linear(width, 2 * network.config.n_letters)

    def forward(self, batch: MaskedBatch) -> Tensor:
        """Logits (B, N, K) of the keys, float32; each of the encoder's frames predicts the two points it stands for."""

        def without_hidden(_module: nn.Module, _inputs: tuple[Tensor, ...], embedded: Tensor) -> Tensor:
            return torch.where(batch.hidden[..., None], self.unknown, embedded)

        with self.network.embedding.register_forward_hook(without_hidden):
            frames = self.network.frames(batch.trajectory, batch.key_distances)
        predicted: Tensor = self.head(frames).float()
        return predicted.reshape(batch.key_distances.shape)


class Score(NamedTuple):
    """Means over the scored points."""

    loss: Tensor
    """divergence of the predicted nearness of the keys from the true one: 0 is perfect"""
    keys: Tensor
    """share whose nearest key was predicted as the nearest"""
    line_keys: Tensor
    """share whose nearest key is the straight line's, too"""
    curve_keys: Tensor
    """the same of the smooth curve"""


def score(logits: Tensor, batch: MaskedBatch) -> Score:
    """logits: (B, N, K)"""
    logits, distances = logits[batch.scored], batch.key_distances[batch.scored]
    nearness = (-SHARPNESS * distances).log_softmax(dim=-1)
    loss = F.kl_div(logits.log_softmax(dim=-1), nearness, reduction="batchmean", log_target=True)
    guesses = torch.stack([logits.argmax(dim=-1), batch.line_keys[batch.scored], batch.curve_keys[batch.scored]], dim=1)
    right = distances.gather(1, guesses) == distances.amin(dim=1, keepdim=True)  # letters may share a key
    return Score(loss, *right.float().mean(dim=0))
