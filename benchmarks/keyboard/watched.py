"""The keyboard as people start it, which also notes how long each of its frames took to draw.

    python -m benchmarks.keyboard.watched FRAMES.json [OPTIONS OF THE KEYBOARD]

benchmarks.keyboard.into starts it, and ends it by SIGTERM.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from keyboard_app import __main__ as keyboard
from keyboard_app.style import kivy_setup


class Watch:
    """Notes the milliseconds from the beginning of each frame's drawing until it was given to the screen."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._frames: list[float] = []
        self._began_s = 0.0
        self._prepare = kivy_setup.prepare
        signal.signal(signal.SIGTERM, self._end)

    def prepare(self, *args: Any, **options: Any) -> None:
        self._prepare(*args, **options)
        from kivy.core.window import Window

        clear, flip = Window.clear, Window.flip

        def begin_and_clear() -> None:  # before all that is drawn, and before what an overlay draws alone
            self._began_s = time.perf_counter()
            clear()

        def flip_and_note() -> None:
            flip()
            self._frames.append(1000 * (time.perf_counter() - self._began_s))

        Window.clear, Window.flip = begin_and_clear, flip_and_note

    def _end(self, *_: object) -> None:
        self._out.write_text(json.dumps(self._frames), encoding="utf-8")
        os._exit(0)


def main() -> None:
    watch = Watch(Path(sys.argv.pop(1)))
    keyboard.prepare = watch.prepare  # type: ignore[attr-defined]
    sys.exit(keyboard.main())


if __name__ == "__main__":
    main()
