"""The distance from any point to the key of each letter, looked up in a hash table of bounded size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine import kernels
from engine.grid import Grid

CELL = 0.0125
"""Side of a cell in key widths. A point is at most 0.71 cells from its cell's middle: 0.9 % of a key width."""
MAX_BYTES = 2**20
"""A table's bound: 8,192 cells of the English alphabet. One entry per unit square would take 72 MB on a grid of 1080 x 640."""
NO_CELL = np.iinfo(np.int64).min


class KeyDistances:
    """A direct-mapped hash table from cells of the plane, inside the keys or out, to distances.

    It starts empty and fills up as points are looked up; a new cell replaces what its slot held. Use it from one thread at a time.
    """

    def __init__(self, grid: Grid, alphabet: str) -> None:
        """Raises: ValueError where the grid has no key for a letter of the alphabet."""
        self._centres = grid.centres(alphabet)
        self._cell = CELL * grid.key_width
        self._unit = grid.key_radius
        slots = 1 << int(np.log2(MAX_BYTES // (16 + 4 * len(alphabet))))
        self._slot_cells = np.full((slots, 2), NO_CELL, dtype=np.int64)
        self._slot_rows = np.zeros((slots, len(alphabet)), dtype=np.float32)

    @property
    def n_bytes(self) -> int:
        return self._slot_cells.nbytes + self._slot_rows.nbytes

    def look_up(self, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        """Distances (N, K) in key radii, columns in the order of the alphabet. points: (2 or more, N), grid units."""
        distances: npt.NDArray[np.float32] = kernels.look_up_key_distances(
            points, self._centres, self._cell, self._unit, self._slot_cells, self._slot_rows
        )
        return distances
