"""Recorded and synthetic swipes in, a trained network out: data, loop, evaluation, ensembles, reports."""

import os

import platformdirs

# Lightning's metrics import matplotlib, which lists the machine's fonts in a file: in our folder, not in one of its own.
os.environ.setdefault("MPLCONFIGDIR", str(platformdirs.user_cache_path("keyglide") / "matplotlib"))
