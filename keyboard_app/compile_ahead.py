"""`python -m keyboard_app.compile_ahead SETTINGS`: compiles and keeps what the recognizer of these settings needs.

The keyboard runs this in a process of its own at its first start. Until it is done, swipes are read without the compiler.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from threading import Thread

from engine import Swipe
from keyboard_app.open_files import open_grid, open_recognizer
from keyboard_app.settings import Settings

NICENESS = 10
"""The keyboard comes first."""


def start(settings: Settings, done: Callable[[], None]) -> None:
    """Compiles in another process, and calls `done` on a thread of its own once that has worked."""
    Thread(target=_run, args=(settings, done), name="compiling", daemon=True).start()


def _run(settings: Settings, done: Callable[[], None]) -> None:
    command = [sys.executable, "-m", "keyboard_app.compile_ahead", json.dumps(asdict(settings))]
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)  # noqa: PTH100
    finished = subprocess.run(command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, check=False)
    if finished.returncode == 0:
        done()


def main() -> int:
    os.nice(NICENESS)
    settings = Settings(**json.loads(sys.argv[1]))
    grid = open_grid(settings).grid
    recognizer = open_recognizer(settings, grid, lambda _: None)
    keys = grid.letter_keys[0], grid.letter_keys[-1]
    recognizer.recognize(Swipe.from_points([key.centre_x for key in keys], [key.centre_y for key in keys], [0.0, 200.0]), before="so")
    return 0


if __name__ == "__main__":
    sys.exit(main())
