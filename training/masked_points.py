"""Points of swipes to hide and to predict: what an encoder can learn from swipes whose words nobody knows."""

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
from engine.swipe import Swipe
from training import kernels
from training.batches import Augmentation, Stretch
from training.model_config import ModelConfig, columns_read
from training.network import SwipeNetwork
from training.swipe_data import SwipeData

N_SPANS = 2
SHORTEST, LONGEST = 5 / 64, 10 / 64
"""Of a scored span, as a share of the points: together a sixth to a third of them. Measured on 3,000 swipes of How We Swipe's
training part: the straight line across misses by 0.3 to 0.5 keys, the smooth curve by half of it."""
VISIBLE = 2
"""Points at the least before, between and behind the spans: the smooth curve leaves and arrives as they do."""
N_TARGETS = 3
"""of a point: x and y in keys from the straight line across its span, and the log of the time since the point before it,
from that of the span's mean. So they are the same numbers, near zero, for every embedding, scaling and choice of columns, also
for a model that is told no places, and a network that has learned nothing is as good as the line."""
Span = tuple[int, int]
"""the first hidden point, and the first visible one behind"""


class MaskedBatch(NamedTuple):
    trajectory: Tensor
    """(B, N, F)"""
    key_distances: Tensor
    """(B, N, K)"""
    hidden: Tensor
    """(B, N), bool: what the network does not see"""
    scored: Tensor
    """(B, N), bool: what it predicts. The columns of the visible points tell nothing of it"""
    targets: Tensor
    """(B, N, N_TARGETS), 0 at visible points"""
    curve_errors: Tensor
    """(B, N): keys from the smooth curve across the span"""


@dataclass(frozen=True)
class Masking:
    """How points are hidden: spans of them, far too long to be guessed from the points around."""

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


def hide(points: npt.NDArray[np.float64], span: Span) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(targets (n, N_TARGETS), distances (n,) in keys from the smooth curve) of a span's n points.

    points: (3, N), x and y in keys, t in milliseconds. The curve is the cubic that goes through the visible points at both
    ends as fast as the swipe comes and goes there.
    """
    start, stop = span
    whole = points[:, start - 1 : stop + 1]
    leaves, arrives = points[:, start - 1] - points[:, start - 2], points[:, stop + 1] - points[:, stop]
    n_steps = stop - start + 1
    u = np.arange(1, n_steps) / n_steps
    way = whole[:, -1] - whole[:, 0]
    missed = whole[:, 1:-1] - whole[:, :1] - np.outer(way, u)
    bend = np.outer(n_steps * leaves - way, u * (1 - u) ** 2) - np.outer(n_steps * arrives - way, u * u * (1 - u))
    gaps = np.log1p(np.diff(whole[2, :-1])) - np.log1p(way[2] / n_steps)
    return np.stack([missed[0], missed[1], gaps], axis=1), np.hypot(*(missed - bend)[:2])


class MaskingCollator:
    """Swipes -> a MaskedBatch of one grid and model."""

    def __init__(self, config: ModelConfig, grid: Grid) -> None:
        """Raises: ValueError, as `masking_of`."""
        self._masking = masking_of(config)
        self._extract = FeatureExtractor(config.features, grid, config.alphabet)
        self._units = np.array([[grid.key_width], [grid.key_height], [1.0]])

    def __call__(self, swipes: list[Swipe], random: np.random.Generator) -> MaskedBatch:
        features = [self._extract(swipe) for swipe in swipes]
        shape, reach = (len(swipes), self._masking.n_points), self._masking.reach
        hidden, scored = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
        targets, curve_errors = np.zeros((*shape, N_TARGETS), dtype=np.float32), np.zeros(shape, dtype=np.float32)
        for row, one in enumerate(features):
            for start, stop in self._masking.draw(random):
                hidden[row, start:stop] = True
                scored[row, start + reach : stop - reach] = True
                targets[row, start:stop], curve_errors[row, start:stop] = hide(one.points / self._units, (start, stop))
        return MaskedBatch(
            torch.from_numpy(np.stack([one.trajectory for one in features])),
            torch.from_numpy(np.stack([one.key_distances for one in features])),
            *(torch.from_numpy(array) for array in (hidden, scored, targets, curve_errors)),
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
        self.head = nn.Linear(width, 2 * N_TARGETS)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, batch: MaskedBatch) -> Tensor:
        """(B, N, N_TARGETS) float32; each of the encoder's frames predicts the two points it stands for."""

        def without_hidden(_module: nn.Module, _inputs: tuple[Tensor, ...], embedded: Tensor) -> Tensor:
            return torch.where(batch.hidden[..., None], self.unknown, embedded)

        with self.network.embedding.register_forward_hook(without_hidden):
            frames = self.network.frames(batch.trajectory, batch.key_distances)
        predicted: Tensor = self.head(frames).float()
        return predicted.reshape(*batch.hidden.shape, N_TARGETS)


class Errors(NamedTuple):
    """Means over the scored points."""

    loss: Tensor
    place: Tensor
    """distance in keys between the point and its prediction"""
    line: Tensor
    """of the straight line across the span, as place"""
    curve: Tensor
    """of the smooth curve, as place"""
    gap: Tensor
    """of the log of the time since the point before"""
    even_gap: Tensor
    """of the same time for every point of the span, as gap"""


def errors_of(predicted: Tensor, batch: MaskedBatch) -> Errors:
    """predicted: (B, N, N_TARGETS). The loss is quadratic up to half a key, then linear: where a swipe turns may be anyone's guess."""
    predicted, targets = predicted[batch.scored], batch.targets[batch.scored]
    loss = F.smooth_l1_loss(predicted, targets, beta=0.5)
    missed = predicted - targets
    return Errors(
        loss,
        missed[:, :2].norm(dim=1).mean(),
        targets[:, :2].norm(dim=1).mean(),
        batch.curve_errors[batch.scored].mean(),
        missed[:, 2].abs().mean(),
        targets[:, 2].abs().mean(),
    )
