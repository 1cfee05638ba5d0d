"""A fresh process that starts the engine step by step, when it is told to."""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType
from typing import Literal, get_args

Step = Literal["import", "load", "swipe"]
STEPS: tuple[Step, ...] = get_args(Step)
CHILD = """
import json, sys
def steps():
    import engine
    yield "imported"
    recognizer = engine.SwipeRecognizer.load()
    yield "loaded"
    x, y, t = json.loads(sys.argv[1])
    yield recognizer.recognize(engine.Swipe.from_points(x, y, t))[0].key_sequence
done = steps()
print("ready", flush=True)
for _ in sys.stdin:
    print(next(done), flush=True)
"""
"""Nothing but Python before the first step, so it is not a module that imports more."""


class FreshProcess:
    """One process in which the engine is imported, then loaded, then decodes a first swipe."""

    def __init__(self, points: tuple[list[float], list[float], list[float]]) -> None:
        """points: x, y, t of the swipe."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", CHILD, json.dumps(points)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._read()

    def __enter__(self) -> FreshProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.end()

    def take_step(self) -> str:
        """Takes the next of STEPS; returns "imported", "loaded", or the key sequence of the swipe's best candidate.

        Raises: ValueError where the process ends instead; it says why on standard error.
        """
        assert self._process.stdin
        self._process.stdin.write("\n")
        return self._read()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _read(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise ValueError(f"a fresh process that imports the engine ended with {self._process.wait()}: see its message above")
        return line.strip()
