"""Whether the probability of the best candidate can be believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.evaluation.metrics import Interval, bootstrap_interval

N_BINS = 10
"""of equal width, from 0 to 1"""


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


def probabilities(scores: Sequence[float]) -> list[float]:
    """The softmax of the scores of candidates, which are log probabilities with their priors, best first.

    It equals Candidate.probability if these are all hypotheses that the search finished.
    """
    shares = [math.exp(score - scores[0]) for score in scores]
    return [share / sum(shares) for share in shares]


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
