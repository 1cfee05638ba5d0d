"""Touches that reach Kivy's window on other ways than SDL: from a Wayland surface, and from raw events of X11."""

from __future__ import annotations

from typing import Literal

from kivy.base import EventLoop
from kivy.input.motionevent import MotionEvent

from keyboard_app.style.rest import note_event


class SurfaceTouch(MotionEvent):
    """A finger, or the pressed pointer: x and y in shares of the window, y upwards."""

    def __init__(self, number: int, share: tuple[float, float]) -> None:
        super().__init__("surface", number, share, is_touch=True, type_id="touch")
        self.profile = ["pos"]

    def depack(self, args: tuple[float, float]) -> None:
        self.sx, self.sy = args
        super().depack(args)


class SurfaceTouches:
    """Gives them to Kivy."""

    def __init__(self) -> None:
        self._touches: dict[int, SurfaceTouch] = {}

    def touch(self, kind: Literal["begin", "update", "end"], finger: int, at: tuple[float, float], size: tuple[int, int]) -> None:
        """at: pixels from the top left corner of a window of that size, which may have other pixels than Kivy's."""
        note_event()
        share = at[0] / max(size[0] - 1, 1), 1 - at[1] / max(size[1] - 1, 1)
        if kind == "begin":
            self._touches[finger] = SurfaceTouch(finger, share)
        touch = self._touches.get(finger)
        if touch is None:
            return
        touch.move(share)
        if kind == "end":
            touch.update_time_end()
            del self._touches[finger]
        EventLoop.post_dispatch_input(kind, touch)
