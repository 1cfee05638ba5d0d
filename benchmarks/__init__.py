"""Measures the engine's speed and size, one stage per file, on one thread, however many NumPy's libraries would start."""

import os

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""What the libraries read when they are loaded, so no module of this package loads them before the next line."""

os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
