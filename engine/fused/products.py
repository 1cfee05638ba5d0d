"""Products of matrices in tiles of 8 rows and 32 columns, as Python stands for them where nothing is compiled.

What is compiled is in `engine.fused.instructions`: numba takes it in place of these functions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ROWS, COLUMNS = 8, 32
"""Of a tile."""
GROUP = 4
"""Bytes that a processor multiplies and adds up in one instruction."""


def multiply_bytes(  # noqa: PLR0913
    values: Any, row: int, weights: Any, at: int, starts: Any, scales: Any, biases: Any, column: int, out: Any, out_column: int
) -> None:
    """A tile of `out`, float32: (values @ weights + starts) * scales + biases, from `row` and `out_column` on.

    values: uint8 (n, D), D a multiple of GROUP. weights: int8, from -64 to 64; the tile's begin at `at`: (D / GROUP, COLUMNS, GROUP).
    starts, int32, scales and biases, float32: of the columns; the tile's begin at `column`.
    """
    depth = values.shape[1]
    tile = weights[at : at + depth * COLUMNS].reshape(-1, COLUMNS, GROUP).transpose(0, 2, 1).reshape(depth, COLUMNS)
    here = slice(column, column + COLUMNS)
    sums = values[row : row + ROWS].astype(np.int32) @ tile.astype(np.int32) + starts[here]
    out[row : row + ROWS, out_column : out_column + COLUMNS] = sums.astype(np.float32) * scales[here] + biases[here]


def multiply_floats(  # noqa: PLR0913
    left: Any, row: int, column: int, right: Any, right_row: int, right_column: int, depth: int, out: Any, out_row: int, out_column: int
) -> None:
    """Adds to a tile of `out` the product of ROWS rows of `left` and COLUMNS columns of `right`. All are float32.

    row, column; right_row, right_column; out_row, out_column: where each begins. depth: how many products each sum has.
    """
    a, b = left[row : row + ROWS, column : column + depth], right[right_row : right_row + depth, right_column : right_column + COLUMNS]
    out[out_row : out_row + ROWS, out_column : out_column + COLUMNS] += a @ b


def has_instruction() -> bool:
    """Whether the processor that this is compiled for multiplies GROUP bytes at once."""
    return False


def to_the_power_of_two(exponent: Any) -> Any:
    """2 to the power of an int32 from -126 to 127, as float32."""
    return np.ldexp(np.float32(1.0), exponent)


def flat(x: Any) -> Any:
    """All items of a contiguous array, in a row: a loop over them has no ends of rows, where a processor would take them one by one."""
    return x.reshape(-1)
