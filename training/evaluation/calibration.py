"""Whether the probability of the best candidate can be believed, and what holding back improbable words would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.evaluation.metrics import Interval, bootstrap_interval

N_BINS = 10
"""of equal width, from 0 to 1"""
TRIED = (0.1, 0.2, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""least probabilities in a report"""


@dataclass(frozen=True)
class Bin:
    """The swipes whose best candidate's probability lies in one range."""

    low: float
    high: float
    n_swipes: int
    """at least one"""
    probability: float
    """the mean of theirs"""
    share_right: float
    """of how many of them it is the word that was meant"""
    interval: Interval
    """of share_right"""


@dataclass(frozen=True)
class Calibration:
    """How well probabilities and shares agree."""

    bins: tuple[Bin, ...]
    """rising; only those with a swipe"""

    @property
    def error(self) -> float:
        """The expected calibration error: |probability - share_right|, each bin by its number of swipes.

        Source: Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks, ICML 2017.
        """
        return sum(one.n_swipes * abs(one.probability - one.share_right) for one in self.bins) / sum(one.n_swipes for one in self.bins)


def calibrate(probability: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], people: npt.NDArray[np.str_]) -> Calibration:
    """probability: (n,), of each swipe's best candidate, 0 where there is none; right: (n,); people: (n,), whose each is; n > 0."""
    number = np.minimum((probability * N_BINS).astype(np.int64), N_BINS - 1)
    bins = []
    for one in np.unique(number).tolist():
        rows = np.flatnonzero(number == one)
        hits = right[rows].astype(np.float64)
        interval = bootstrap_interval(hits, people[rows])
        bins.append(Bin(one / N_BINS, (one + 1) / N_BINS, len(rows), float(probability[rows].mean()), float(hits.mean()), interval))
    return Calibration(tuple(bins))


@dataclass(frozen=True)
class Threshold:
    """What becomes of the best words if those that are less probable than this are held back. Shares, 0 to 1."""

    least_probability: float
    held_back: float
    """of all swipes"""
    wrong_avoided: float
    """of the swipes whose best word is wrong, or that have none"""
    right_held_back: float
    """of those whose best word is right"""
    right_offered: float
    """of the swipes held back, those whose word is among the first four candidates"""


def thresholds(probability: npt.NDArray[np.float64], ranks: Sequence[int | None]) -> list[Threshold]:
    """What each of TRIED does. probability: (n,), as for `calibrate`; ranks: n, from 0, None for a miss; n > 0."""
    right, offered = (np.array([rank is not None and rank < top for rank in ranks]) for top in (1, 4))
    found = []
    for least in TRIED:
        held = probability < least
        found.append(Threshold(least, _share(held), _share(held[~right]), _share(held[right]), _share(offered[held])))
    return found


def _share(flags: npt.NDArray[np.bool_]) -> float:
    """0 for none."""
    return float(flags.mean()) if len(flags) else 0.0
