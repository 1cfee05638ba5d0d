"""Fingers on a touch screen, as SDL itself reports them, reach the widgets."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
from kivy.base import EventLoop
from kivy.core.window import Window
from kivy.core.window.window_sdl2 import SDL2MotionEventProvider
from kivy.input.motionevent import MotionEvent
from kivy.uix.widget import Widget

from keyboard_app.style.sdl_touch import deliver_fingers
from tests.support.window_driver import open_window

DOWN, UP, MOTION = 0x700, 0x701, 0x702
"""SDL_FINGERDOWN, SDL_FINGERUP, SDL_FINGERMOTION"""


class FingerEvent(ctypes.Structure):
    """SDL_TouchFingerEvent, padded to the size of SDL_Event."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("timestamp", ctypes.c_uint32),
        ("touch_id", ctypes.c_int64),
        ("finger_id", ctypes.c_int64),
        ("x", ctypes.c_float),
        ("y", ctypes.c_float),
        ("dx", ctypes.c_float),
        ("dy", ctypes.c_float),
        ("pressure", ctypes.c_float),
        ("window_id", ctypes.c_uint32),
        ("padding", ctypes.c_uint8 * 16),
    )


def push(kind: int, finger: int, x: float, y: float) -> None:
    """Puts a touch into SDL's queue; x and y in shares of the window, y downwards."""
    maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    path = next(line.split()[-1] for line in maps.splitlines() if "libSDL2-2" in line)
    event = FingerEvent(type=kind, touch_id=1, finger_id=finger, x=x, y=y, pressure=1.0)
    assert ctypes.CDLL(path).SDL_PushEvent(ctypes.byref(event)) == 1


class Recorded(Widget):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, object, float, float]] = []

    def note(self, what: str, touch: MotionEvent) -> None:
        self.seen.append((what, touch.id, touch.x, touch.y))

    def on_touch_down(self, touch: MotionEvent) -> None:
        self.note("down", touch)

    def on_touch_move(self, touch: MotionEvent) -> None:
        self.note("move", touch)

    def on_touch_up(self, touch: MotionEvent) -> None:
        self.note("up", touch)


def test_two_fingers_of_a_touch_screen_reach_the_widget() -> None:
    deliver_fingers(Window)
    deliver_fingers(Window)  # each event still comes once
    with open_window(Recorded, (401, 301)) as driver:
        EventLoop.add_input_provider(SDL2MotionEventProvider("sdl", ""), auto_remove=True)
        push(DOWN, 7, 0.25, 0.25)
        push(DOWN, 8, 0.5, 1.0)
        driver.frames(2)
        push(MOTION, 7, 0.5, 0.5)
        driver.frames(2)
        push(UP, 8, 0.5, 1.0)
        push(UP, 7, 0.5, 0.5)
        driver.frames(2)
    kinds = [(what, finger) for what, finger, _, _ in driver.root.seen]
    first, second = kinds[0][1], kinds[1][1]
    assert kinds == [("down", first), ("down", second), ("move", first), ("up", second), ("up", first)]
    assert [(x, y) for _, _, x, y in driver.root.seen] == [
        pytest.approx(place) for place in ((100, 225), (200, 0), (200, 150), (200, 0), (200, 150))
    ]
