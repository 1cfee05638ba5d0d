"""The tests. They are the same on every machine: what differs from one to the next is set here, before anything else is imported."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

HOME = tempfile.mkdtemp(prefix="keyglide-tests-")
"""An empty home of this process and of those that it starts: no settings, caches or recordings of the person who runs the tests."""
FOREIGN = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "DBUS_SESSION_BUS_ADDRESS", "LANGUAGE", "MPLCONFIGDIR", "PYTHONHASHSEED")
"""What the desktop or the shell may have set. The tests' own windows are drawn offscreen; tests.support.pointer opens a display."""
SAME = {
    "HOME": HOME,
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "COLUMNS": "140",  # argparse and pytest wrap their text to it
    # one thread each: two wait for each other where the machine is busy, and a sum in another order is another sum
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"),
}

for name in [*FOREIGN, *(name for name in os.environ if name.startswith("XDG_"))]:
    os.environ.pop(name, None)
os.environ.update(SAME)
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
