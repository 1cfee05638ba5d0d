"""What fingers and the mouse mean on a text: placing the cursor, selecting, scrolling. Without Kivy."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from math import hypot

DOUBLE_TAP_MS = 400.0
"""A second tap this soon selects the word."""
LONG_PRESS_MS = 500.0
"""A finger that rests this long selects the word."""
DRAG = 0.4
"""Line heights that a finger must move to select or to scroll, instead of placing the cursor."""
DOUBLE_TAP_TRAVEL = 1.5
"""Line heights between the two taps, at most."""


class Gesture(enum.Enum):
    """What a touch means so far."""

    TAP = "tap"
    WORD = "word"
    """it selects the word, and dragging goes on from there"""
    SELECT = "select"
    SCROLL = "scroll"


@dataclass(frozen=True)
class Spot:
    """A point of the text, px, and when it was touched."""

    x: float
    y: float
    t_ms: float


class TextTouch:
    """One touch. Times are milliseconds on any clock that never goes back."""

    def __init__(self, start: Spot, before: TextTouch | None, line_height: float, is_mouse: bool, can_scroll: bool) -> None:
        """before: the last touch. A finger that moves up or down scrolls if that can be done; a mouse, which has a wheel, selects."""
        self.start = start
        self._line_height = line_height
        self._scrolls = can_scroll and not is_mouse
        near = before is not None and hypot(before.start.x - start.x, before.start.y - start.y) < DOUBLE_TAP_TRAVEL * line_height
        is_double = before is not None and near and before.gesture is Gesture.TAP and start.t_ms - before.start.t_ms < DOUBLE_TAP_MS
        self.gesture: Gesture = Gesture.WORD if is_double else Gesture.TAP

    def move(self, x: float, y: float) -> Gesture:
        """The touch is there now."""
        across, along = abs(x - self.start.x), abs(y - self.start.y)
        if self.gesture is Gesture.TAP and max(across, along) > DRAG * self._line_height:
            self.gesture = Gesture.SCROLL if self._scrolls and along > across else Gesture.SELECT
        return self.gesture

    def rest(self) -> bool:
        """The touch has lasted for LONG_PRESS_MS. Returns whether it is a long press: it selects the word."""
        if self.gesture is not Gesture.TAP:
            return False
        self.gesture = Gesture.WORD
        return True
