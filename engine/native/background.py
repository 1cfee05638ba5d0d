"""Compiles kernels beside a running engine, which reads swipes as plain Python meanwhile."""

from __future__ import annotations

import os
import sys
from threading import Lock, Thread

from engine import jit
from engine.native import place

NICENESS = 15
"""The engine comes first."""
_lock = Lock()
_started = False


def compile_if_missing() -> None:
    """Starts to compile, in another process, if nothing has been compiled for this processor. The first kernel that is called does this.

    As soon as that is done, kernels run as compiled. The process goes on if this one ends: then the next start is a fast one.
    """
    global _started
    if not jit.lacks_compiled():
        return
    with _lock:
        if not _started:
            _started = True
            Thread(target=_compile, name="compiling", daemon=True).start()


def _compile() -> None:
    import subprocess  # late: hardly any process comes here

    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)  # noqa: PTH100
    command = [sys.executable, "-m", "engine.native.build", "--nice", str(NICENESS)]
    nowhere = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": paths}, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
        )
    except OSError:  # there is no such program, or no memory for it: plain Python gives the same
        return
    if process.wait() == 0:
        jit.use("ahead")
    elif place.failed():
        jit.use("jit")
