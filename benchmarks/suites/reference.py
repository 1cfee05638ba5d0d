"""Three works of fixed size that are timed next to everything else.

A machine's speed changes from hour to hour, and machines differ; the time of a stage divided by that of a work, taken a
moment apart, changes much less. Three, because machines differ in what they are good at: products of matrices (the
graphs), the interpreter (the search), and compiled code full of branches (the kernels).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from time import perf_counter_ns

import numpy as np
import numpy.typing as npt

WIDTH = 128
"""of the matrices: 2.1 million multiply-adds"""
N_TURNS = 700
"""of the interpreter's loop"""

_MATRIX = np.random.default_rng(0).standard_normal((WIDTH, WIDTH), dtype=np.float32)
_PRODUCT = np.empty_like(_MATRIX)
_LETTERS = np.random.default_rng(0).choice(np.frombuffer(b"etaoin shrdlu", dtype=np.uint8), 4096).tobytes()


def multiply_matrices() -> None:
    np.matmul(_MATRIX, _MATRIX, out=_PRODUCT)


def interpret() -> None:
    sums: dict[int, int] = {}
    for i in range(N_TURNS):
        key = i % 61
        sums[key] = sums.get(key, 0) + i


def compress() -> None:
    zlib.compress(_LETTERS, 1)


WORKS: dict[str, Callable[[], None]] = {"matrix": multiply_matrices, "interpreter": interpret, "compiled": compress}


def time_works(n_repeats: int = 1) -> npt.NDArray[np.float64]:
    """Seconds that each of WORKS takes now, (n_works,): the mean of n_repeats, taken in turns.

    Each runs once before, untimed, so that it does not matter what the stage before left in the caches. Measured: without
    that a product took 1.3 times as long.
    """
    for work in WORKS.values():
        work()
    seconds = np.empty((n_repeats, len(WORKS)))
    for turn in range(n_repeats):
        for i, work in enumerate(WORKS.values()):
            start = perf_counter_ns()
            work()
            seconds[turn, i] = (perf_counter_ns() - start) / 1e9
    means: npt.NDArray[np.float64] = seconds.mean(axis=0)
    return means
