"""How far a grid is from those that a model was trained on, and in what: so that nobody wonders why the words are wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.grid import Grid, median
from engine.key_places import KeyPlaces

FAR = 0.15
"""Mean distance in keys from the places that a model knows its letters by, from which words suffer: AZERTY is 0.24 from QWERTY."""
COUNTS = (20, 46)
"""The fewest and most keys with letters on the keyboards that key readers are trained on."""
SPACING = (0.85, 1.25)
"""Distance of a key from its nearest neighbour there, in keys, the median of a keyboard: below, keys overlap; above, there are gaps."""
SHAPE = (0.8, 4.6)
"""Width of the keys with letters, in keys, for one of their height. From the eight by four keys to three long rows."""
SIZES = 1.5
"""Widest or highest key in typical ones."""


@dataclass(frozen=True)
class GridDistance:
    """How strange a grid is to a model."""

    distance: float
    """0 for a grid like those of training, 1 for one that is as far beyond them as is sure to do harm; has no upper bound"""
    reasons: tuple[str, ...]
    """what is strange about it, as ends of a sentence; none for a grid like those of training"""

    def warning(self, grid: Grid) -> str:
        """A sentence for people; "" for a grid that is not strange."""
        because = "; ".join(self.reasons)
        return (
            f"the model was trained on other keyboards than '{grid.name}', so that more words will be wrong: {because}" if because else ""
        )


def distance_by_letters(grid: Grid, alphabet: str, learnt: Iterable[Grid]) -> GridDistance:
    """For a model that knows an alphabet's letters by their places on the grids that it learnt; without any of these, 0."""
    here = _places(grid, alphabet)
    others = [(float(np.linalg.norm(here - _places(other, alphabet), axis=1).mean()), other.name) for other in learnt]
    if not others:
        return GridDistance(0.0, ())
    keys, name = min(others)
    reason = f"its letters lie {keys:.1f} keys from where '{name}' has them, on average"
    return GridDistance(keys / FAR, (reason,) if keys > FAR else ())


def _places(grid: Grid, alphabet: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """(letters, 2): the centre of each letter's key, in keys."""
    places = KeyPlaces.on(grid, alphabet)
    return places.keys[places.key_of, :2]


def distance_by_keys(places: KeyPlaces) -> GridDistance:
    """For a model that reads keys wherever they lie, and has seen many keyboards, but not any. Source: training.key_reader.layouts."""
    n_keys = len(places)
    centres, sizes = places.keys[:, :2].astype(float), places.keys[:, 2:].astype(float)
    width, height = np.ptp(centres, axis=0) + 1
    found = [_beyond(n_keys, COUNTS, f"it has {n_keys} keys with letters, training had {COUNTS[0]} to {COUNTS[1]}")]
    if n_keys > 1:
        apart = np.linalg.norm(centres[:, None] - centres[None], axis=2)
        nearest = median(np.sort(apart, axis=1)[:, 1].tolist())
        found.append(_beyond(nearest, SPACING, f"neighbouring keys are {nearest:.2f} keys apart, in training about 1"))
        shape = float(width / height)
        found.append(_beyond(shape, SHAPE, f"its letters take {width:.1f} keys by {height:.1f}, in training {SHAPE[0]} to {SHAPE[1]} to 1"))
    largest = float(sizes.max())
    found.append(_beyond(largest, (0.0, SIZES), f"its largest key is {largest:.1f} times as large as most, in training all were alike"))
    return GridDistance(sum(beyond for beyond, _ in found), tuple(reason for beyond, reason in found if beyond))


def _beyond(value: float, usual: tuple[float, float], reason: str) -> tuple[float, str]:
    """How far a value is outside the usual ones, in shares of the limit that it crosses; and why that matters."""
    least, most = usual
    return max(least / value - 1 if value else 0.0, value / most - 1, 0.0), reason
