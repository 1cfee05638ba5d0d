"""How long the path of a swipe is against the polyline through its word's keys, and which swipes are out of the ordinary.

People cut corners of long words and wander about in short ones, so a ratio is judged among those of polylines of like length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.grid import Grid
from engine.lexicon import key_sequence
from training.data.swipe_data import SwipeData

Floats = npt.NDArray[np.float64]

MAX_BANDS = 12
"""of polyline lengths, with equally many swipes in each"""
LEAST_IN_BAND = 100
"""Swipes. Fewer data have fewer bands."""
TOLERANCE = 4.0
"""How many deviations the logarithm of a typical ratio may lie from its band's median. The deviation is 1.4826 times the median
absolute one, as the normal distribution has it. Measured on How We Swipe's train: 2.6 % of the swipes lie further off, from 1.8 to
4.1 % of a band; the collection's own test calls 64 % of them unclean, and 5 % of the others."""
LEAST_DEVIATION = 0.05
"""of the logarithm, where a band's swipes are all alike"""
SHORTEST_RATIO = 1e-3
"""taken for the ratio of a finger that did not move: a logarithm needs one above 0"""


@dataclass(frozen=True, eq=False)
class PathLengths:
    """The lengths of n swipes, in key widths."""

    path: Floats
    """(n,)"""
    polyline: Floats
    """(n,): between the centres of the word's keys; 0 for a word on one key ("a", "mm"), NaN for one that the grid cannot type"""

    @classmethod
    def of(cls, data: SwipeData, grid: Grid, alphabet: str) -> PathLengths:
        """Raises: ValueError where a letter of the alphabet has no key."""
        points = data.points[:2].astype(np.float64)
        way = np.append(0.0, np.cumsum(np.hypot(*np.diff(points))))
        # the way from a swipe's last point to the next one's first lies between its end and the next one's start
        path = way[data.offsets[1:] - 1] - way[data.offsets[:-1]]
        words, index = np.unique(data.words, return_inverse=True)
        centres = grid.centres(alphabet)
        polylines = np.array([_polyline(key_sequence(word, alphabet), alphabet, centres) for word in words.tolist()])
        return cls(path / grid.key_width, polylines[index] / grid.key_width)

    @property
    def has_polyline(self) -> npt.NDArray[np.bool_]:
        """(n,), whether there is a length to compare the path with"""
        return self.polyline > 0

    @property
    def ratio(self) -> Floats:
        """(n,): path / polyline, NaN where there is no polyline."""
        ratio: Floats = np.divide(self.path, self.polyline, out=np.full(len(self.path), np.nan), where=self.has_polyline)
        return ratio


@dataclass(frozen=True, eq=False)
class Limits:
    """The typical ratios of each of b bands of polyline lengths."""

    edges: Floats
    """(b - 1,), rising, key widths: band i goes from edges[i - 1] to below edges[i]"""
    low: Floats
    """(b,)"""
    median: Floats
    """(b,)"""
    high: Floats
    """(b,)"""

    @classmethod
    def of(cls, lengths: PathLengths) -> Limits:
        """Derived from these swipes: the median of each band's logarithms, and TOLERANCE deviations to either side."""
        polyline, ratio = lengths.polyline[lengths.has_polyline], lengths.ratio[lengths.has_polyline]
        if not len(ratio):
            return cls(np.empty(0), np.zeros(1), np.ones(1), np.full(1, np.inf))
        n_bands = int(np.clip(len(ratio) // LEAST_IN_BAND, 1, MAX_BANDS))
        edges = np.unique(np.quantile(polyline, np.arange(1, n_bands) / n_bands, method="inverted_cdf"))
        edges = edges[edges > polyline.min()]  # each edge is a swipe's, so no band is empty
        band, logs = np.searchsorted(edges, polyline, side="right"), np.log(np.maximum(ratio, SHORTEST_RATIO))
        bands = [logs[band == number] for number in range(len(edges) + 1)]
        median = np.array([np.median(one) for one in bands])
        deviation = np.array([1.4826 * np.median(np.abs(one - middle)) for one, middle in zip(bands, median, strict=True)])
        reach = TOLERANCE * np.maximum(deviation, LEAST_DEVIATION)
        return cls(edges, np.exp(median - reach), np.exp(median), np.exp(median + reach))

    def typical(self, lengths: PathLengths) -> npt.NDArray[np.bool_]:
        """(n,): whether the ratio lies within its band's limits. Without a polyline nothing speaks against a swipe: True."""
        band = np.searchsorted(self.edges, lengths.polyline, side="right").clip(max=len(self.edges))  # NaN sorts last
        ratio = np.maximum(lengths.ratio, SHORTEST_RATIO)
        within: npt.NDArray[np.bool_] = (self.low[band] <= ratio) & (ratio <= self.high[band])
        return within | ~lengths.has_polyline


def typical(data: SwipeData, grid: Grid, alphabet: str) -> npt.NDArray[np.bool_]:
    """(n,): whether each swipe's path is about as long as those of the other swipes of polylines of like length.

    Swipes of words on one key, and of words that cannot be typed on the grid, have no polyline and are typical. A filter for
    training; what judges a model is not to be cleaned. Raises: ValueError where a letter of the alphabet has no key.
    """
    lengths = PathLengths.of(data, grid, alphabet)
    return Limits.of(lengths).typical(lengths)


def _polyline(sequence: str | None, alphabet: str, centres: Floats) -> float:
    """Grid units; NaN without a sequence."""
    if sequence is None:
        return np.nan
    return float(np.hypot(*np.diff(centres[[alphabet.index(letter) for letter in sequence]], axis=0).T).sum())
