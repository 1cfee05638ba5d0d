"""What the pointer and the fingers of a Wayland seat do on our surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

LEFT_BUTTON = 0x110
POINTER, TOUCH = 1, 4
"""capabilities of a seat"""
MOUSE = -1
"""the number of the pointer among the fingers"""
TouchKind = Literal["begin", "update", "end"]
OnTouch = Callable[[TouchKind, int, float, float], None]
"""Told on the connection's thread: what a finger does, which finger it is, and where, from the surface's top left corner."""


class SeatTouches:
    """Tells of the pressed pointer and of fingers. Its own methods are called on the connection's thread."""

    def __init__(self, seat: Any, on_touch: OnTouch) -> None:
        self._on_touch = on_touch
        self.at: dict[int, tuple[float, float]] = {}
        """where each finger is that is down"""
        self._pressed = False
        self._mouse = 0.0, 0.0
        self._devices: list[Any] = []
        """the pointer and the touch screen: pywayland forgets what nobody holds"""
        seat.dispatcher["capabilities"] = self._capabilities

    def _capabilities(self, seat: Any, capabilities: int) -> None:
        if capabilities & POINTER:
            pointer = seat.get_pointer()
            self._devices.append(pointer)
            for name in ("enter", "motion", "button", "leave"):
                pointer.dispatcher[name] = getattr(self, f"_pointer_{name}")
        if capabilities & TOUCH:  # to ask for it without that ends the connection
            touch = seat.get_touch()
            self._devices.append(touch)
            for name in ("down", "motion", "up", "cancel"):
                touch.dispatcher[name] = getattr(self, f"_touch_{name}")

    def _tell(self, kind: TouchKind, finger: int, x: float, y: float) -> None:
        self.at[finger] = x, y
        self._on_touch(kind, finger, x, y)
        if kind == "end":
            del self.at[finger]

    def _pointer_enter(self, _: object, __: int, ___: object, x: float, y: float) -> None:
        self._mouse = float(x), float(y)

    def _pointer_motion(self, _: object, __: int, x: float, y: float) -> None:
        self._mouse = float(x), float(y)
        if self._pressed:
            self._tell("update", MOUSE, *self._mouse)

    def _pointer_button(self, _: object, __: int, ___: int, button: int, state: int) -> None:
        if button == LEFT_BUTTON:
            self._pressed = bool(state)
            self._tell("begin" if state else "end", MOUSE, *self._mouse)

    def _pointer_leave(self, _: object, __: int, ___: object) -> None:
        if self._pressed:
            self._pressed = False
            self._tell("end", MOUSE, *self._mouse)

    def _touch_down(self, _: object, __: int, ___: int, ____: object, finger: int, x: float, y: float) -> None:
        self._tell("begin", finger, float(x), float(y))

    def _touch_motion(self, _: object, __: int, finger: int, x: float, y: float) -> None:
        self._tell("update", finger, float(x), float(y))

    def _touch_up(self, _: object, __: int, ___: int, finger: int) -> None:
        if finger in self.at:
            self._tell("end", finger, *self.at[finger])

    def _touch_cancel(self, _: object) -> None:
        for finger in [finger for finger in self.at if finger != MOUSE]:
            self._tell("end", finger, *self.at[finger])
