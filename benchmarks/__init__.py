"""Speed and size of the engine, measured: one stage per file. On one thread, whatever NumPy's libraries would start."""

import os

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""What the libraries read when they are loaded, which no module of this package does before this line."""

os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
