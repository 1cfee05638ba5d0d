"""Where the keys of an alphabet's letters lie, as a network that reads keys takes them: it knows no letters, and no grid units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.grid import Grid


@dataclass(frozen=True, eq=False)
class KeyPlaces:
    """The keys that an alphabet's letters lie on, each once: two letters may share a key (ё on е).

    They come from top to bottom, and from left to right where they are equally high. So a network always adds them in this order, and
    what it says of a letter does not depend on the order of the alphabet, to the last bit.

    Coordinates are in keys, key widths across and key heights down, from the middle of the box around the key centres. So neither the
    grid's size nor the height of its rows is left in them.
    """

    keys: npt.NDArray[np.float32]
    """(K, 4): x, y, w, h"""
    key_of: npt.NDArray[np.int64]
    """(letters of the alphabet,): the row of each letter's key"""
    middle: npt.NDArray[np.float64]
    """(2,), grid units"""
    size: npt.NDArray[np.float64]
    """(2,): width and height of a key, grid units"""

    @classmethod
    def on(cls, grid: Grid, alphabet: str) -> KeyPlaces:
        """Raises: ValueError where a letter of the alphabet has no key."""
        keys, key_of = grid.keys_of(alphabet)
        size = np.array([grid.key_width, grid.key_height])
        centres = np.array([(key.centre_x, key.centre_y) for key in keys])
        middle = (centres.min(axis=0) + centres.max(axis=0)) / 2
        sizes = np.array([(key.w, key.h) for key in keys])
        places = np.concatenate([(centres - middle) / size, sizes / size], axis=1).astype(np.float32)
        order = np.lexsort((places[:, 0], places[:, 1]))
        return cls(places[order], order.argsort()[key_of], middle, size)

    def __len__(self) -> int:
        """K"""
        return len(self.keys)
