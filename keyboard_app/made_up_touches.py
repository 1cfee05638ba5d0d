"""Kivy's window as the presses reach it that an open menu has swallowed."""

from __future__ import annotations

import time
from collections.abc import Callable

from kivy.clock import Clock
from kivy.core.window import Window

from keyboard_app.dock.swallowed import Kind
from keyboard_app.dock.x11_dock import X11Dock
from keyboard_app.style.surface_touch import SurfaceTouches

FINGER = -1


class MadeUpTouches:
    """A `Touching`."""

    def __init__(self, dock: X11Dock) -> None:
        self._dock = dock
        self._touches = SurfaceTouches()
        self._begun_s = float("-inf")
        Window.bind(on_touch_down=self._note)

    def has_touch_since(self, seconds: float) -> bool:
        return self._begun_s >= seconds

    def touch(self, kind: Kind, at: tuple[float, float]) -> None:
        self._touches.touch(kind, FINGER, at, (self._dock.place.width, self._dock.place.height))

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        def two_frames_more(_: float) -> None:
            Clock.schedule_once(lambda _: Clock.schedule_once(lambda _: call()))

        Clock.schedule_once(two_frames_more, seconds)

    def _note(self, *_: object) -> None:
        self._begun_s = time.monotonic()
