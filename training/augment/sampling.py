"""Transforms that add or remove points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.swipe import Swipe
from training.augment.transform import Amounts

LEAST_POINTS = 12
"""Swipes with fewer points keep all of them."""
MOST_POINTS = 10_000
"""A resampled swipe has at most this many: one that takes hours is sampled more slowly than asked."""


@dataclass(frozen=True)
class Resample(Amounts):
    """The points of another screen: evenly spread in time, interpolated, at a rate drawn evenly on a logarithmic scale.

    The first and last point stay. A swipe that takes no time is left alone.
    """

    low_hz: float = 30.0
    high_hz: float = 125.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_at_most("low_hz", self.low_hz, self.high_hz)
        if self.low_hz < 1:
            raise ValueError(f"Resample: low_hz is {self.low_hz}, expected at least 1")

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        start, end = swipe.t[0], swipe.t[-1]
        if end <= start:
            return swipe
        interval = 1000.0 / np.exp(random.uniform(np.log(self.low_hz), np.log(self.high_hz)))
        interval = max(interval, (end - start) / (MOST_POINTS - 1))
        inner = start + interval * np.arange(1, int((end - start) / interval) + 1)
        t = np.concatenate([[start], inner[inner < end], [end]])
        x, y = np.interp(t, swipe.t, swipe.x), np.interp(t, swipe.t, swipe.y)
        x[0], y[0] = swipe.x[0], swipe.y[0]  # where several points share the first time, it takes the last of them
        return Swipe(x, y, t)


@dataclass(frozen=True)
class DropSamples(Amounts):
    """Loses points here and there, never the first or the last."""

    share: float = 0.1
    """of the points, on average"""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_at_most("share", self.share, 1.0)

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        if len(swipe) < LEAST_POINTS:
            return swipe
        keep = random.random(len(swipe)) >= self.share
        keep[[0, -1]] = True
        return kept(swipe, keep)


@dataclass(frozen=True)
class DropStretch(Amounts):
    """A pause in the events, as in browsers: loses two or more points in a row, never the first or the last."""

    share: float = 0.125
    """of the points, at most; no more than 0.5"""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_at_most("share", self.share, 0.5)

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        n = len(swipe)
        if n < LEAST_POINTS or self.share == 0:
            return swipe
        width = int(random.integers(2, max(3, int(n * self.share))))
        start = int(random.integers(1, n - width - 1))
        keep = np.ones(n, dtype=np.bool_)
        keep[start : start + width] = False
        return kept(swipe, keep)


@dataclass(frozen=True)
class KeepEvery(Amounts):
    """Keeps one point in `step`, and the last: a slower touch screen."""

    step: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.step < 1:
            raise ValueError(f"KeepEvery: step is {self.step}, expected at least 1")

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        if len(swipe) < LEAST_POINTS:
            return swipe
        keep = np.arange(len(swipe)) % self.step == 0
        keep[-1] = True
        return kept(swipe, keep)


@dataclass(frozen=True)
class CutEnds(Amounts):
    """A finger that comes down late and lifts early: loses the points of the first and last milliseconds, but keeps at least two."""

    most: float = 25.0
    """milliseconds: the loss at each end is drawn between 0 and this"""

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        late, early = random.uniform(0.0, self.most, 2)
        passed = swipe.t - swipe.t[0]
        keep = (passed >= late) & (passed <= passed[-1] - early)
        if keep.sum() < 2:
            return swipe
        cut = kept(swipe, keep)
        return Swipe(cut.x, cut.y, cut.t - cut.t[0] + swipe.t[0])


def kept(swipe: Swipe, keep: npt.NDArray[np.bool_]) -> Swipe:
    """The marked points of the swipe."""
    return Swipe(swipe.x[keep], swipe.y[keep], swipe.t[keep])
