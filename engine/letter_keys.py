"""Where a grid has the letters of an alphabet, as the key-reading network takes it: in keys, whatever the grid's units."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engine.grid import Grid


class LetterKeys(NamedTuple):
    """The keys of an alphabet's K letters, and what turns grid units into keys: (units - middle) / size."""

    places: npt.NDArray[np.float32]
    """(K, 4): x, y, w, h in keys (key widths across, key heights down), from the middle; letters on the same key have the same place"""
    middle: npt.NDArray[np.float64]
    """(2,) in grid units, of the box around the key centres"""
    size: npt.NDArray[np.float64]
    """(2,) in grid units, the width and height of a key"""


def letter_keys(grid: Grid, alphabet: str) -> LetterKeys:
    """The keys of the letters, in the order of the alphabet. Raises: ValueError where a letter has no key."""
    keys = [grid.letter_key(letter) for letter in alphabet]
    size = np.array([grid.key_width, grid.key_height])
    centres = np.array([(key.centre_x, key.centre_y) for key in keys])
    sizes = np.array([(key.w, key.h) for key in keys])
    middle = (centres.min(axis=0) + centres.max(axis=0)) / 2
    places = np.concatenate([(centres - middle) / size, sizes / size], axis=1)
    return LetterKeys(places.astype(np.float32), middle, size)
