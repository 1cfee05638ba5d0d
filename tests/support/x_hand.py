"""A hand on an X display, by XTest: it drags over the keys of the dock, and knows to the millisecond when it let go."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from Xlib import X
from Xlib.display import Display
from Xlib.ext import xtest

from tests.support.pointer import PRESS_S, SAMPLE_MS, Places


class XHand:
    """Presses and drags, at pixels of the screen."""

    def __init__(self, display_name: str) -> None:
        self._display = Display(display_name)
        self.lifted_s = 0.0
        """when it last let go, by the monotonic clock"""

    def drag(self, path: Places, before_lift: Callable[[], None] = lambda: None) -> None:
        self._move(path[0])
        time.sleep(PRESS_S)
        self._button(X.ButtonPress)
        for place in path[1:]:
            time.sleep(SAMPLE_MS / 1000)
            self._move(place)
        before_lift()
        self.lifted_s = time.monotonic()
        self._button(X.ButtonRelease)
        time.sleep(PRESS_S)

    def click(self, x: float, y: float) -> None:
        self.drag(np.array([(x, y)]))

    def close(self) -> None:
        self._display.close()

    def _move(self, place: Any) -> None:
        x, y = (round(float(value)) for value in place)
        xtest.fake_input(self._display, X.MotionNotify, x=x, y=y)
        self._display.sync()

    def _button(self, kind: int) -> None:
        xtest.fake_input(self._display, kind, 1)
        self._display.sync()
