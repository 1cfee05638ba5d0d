"""The timeline of a swipe: its points, the attention over time, and where the replay is. Touch it to go there."""

from __future__ import annotations

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle, SmoothRoundedRectangle
from kivy.input import MotionEvent
from kivy.properties import NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from engine import Swipe
from keyboard_app.harness.replay import Replay
from keyboard_app.harness.trace_view import ATTENTION, FAINTEST
from keyboard_app.style.theme import LIGHT

BAR, TICK, HEAD = 4.0, 1.0, 2.0
"""Widths of the bar of a frame, the tick of a point, and the play head, dp."""
TICKS = 0.16
"""Height of the ticks at the bottom, as a share of the height."""
SIDE = 8.0
"""Space at both ends, dp."""


class Timeline(Widget):
    """Time runs evenly from left to right."""

    replay = ObjectProperty(None, allownone=True)
    """Replay | None"""
    attention = ObjectProperty(None, allownone=True)
    """Attention | None"""
    theme = ObjectProperty(LIGHT)
    unit = NumericProperty(1.0)
    """px per dp"""

    __events__ = ("on_seek",)

    def __init__(self, **properties: object) -> None:
        self._drawn: Swipe | None = None
        self._head: Rectangle | None = None
        super().__init__(**properties)
        self._draw_soon = Clock.create_trigger(self._draw, -1)
        for name in ("attention", "theme", "unit", "pos", "size"):
            self.fbind(name, self._draw_soon)
        self.fbind("replay", self._follow)
        self._draw_soon()

    def on_seek(self, time_ms: float) -> None:
        """That time of the swipe was touched."""

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self.replay is None or not self.collide_point(*touch.pos) or touch.is_mouse_scrolling:
            return False
        touch.grab(self)
        self._seek(touch.x)
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        self._seek(touch.x)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        return True

    def _seek(self, x: float) -> None:
        if self.replay is not None:
            share = (x - self.x - SIDE * self.unit) / max(self.width - 2 * SIDE * self.unit, 1.0)
            self.dispatch("on_seek", share * self.replay.duration_ms)

    def x_of(self, time_ms: float) -> float:
        """Where that time of the swipe is, px."""
        share = time_ms / max(self.replay.duration_ms, 1e-9) if self.replay is not None else 0.0
        return float(self.x + SIDE * self.unit + share * (self.width - 2 * SIDE * self.unit))

    def _draw(self, *_: object) -> None:
        """Draws everything again."""
        self.canvas.clear()
        with self.canvas:
            Color(*self.theme.board)
            SmoothRoundedRectangle(pos=self.pos, size=self.size, radius=[6 * self.unit])
            if self.replay is None:
                return
            swipe, ticks = self.replay.swipe, TICKS * self.height
            Color(*self.theme.hint_text)
            for time in swipe.t - swipe.t[0]:
                self._bar(float(time), TICK, self.y, ticks)
            for time, density in self._dense():
                Color(*ATTENTION[self.theme.name][:3], density)
                self._bar(time, BAR, self.y + ticks, density * (self.height - 1.5 * ticks))
            Color(*self.theme.text)
            self._head = self._bar(self.replay.time_ms, HEAD, self.y, self.height)

    def _follow(self, _timeline: Widget, replay: Replay | None) -> None:
        """Moves only the head if it is still the same swipe, as in each frame of a replay; otherwise draws everything again."""
        swipe = replay.swipe if replay is not None else None
        if swipe is not self._drawn:
            self._drawn = swipe
            self._draw_soon()
        elif replay is not None and self._head is not None:
            self._head.pos = (self.x_of(replay.time_ms) - self._head.size[0] / 2, self.y)

    def _dense(self) -> list[tuple[float, float]]:
        """Times and densities of the frames that the decoder looked at."""
        if self.attention is None:
            return []
        both = zip(self.attention.time_ms.tolist(), self.attention.density.tolist(), strict=True)
        return [(time, density) for time, density in both if density >= FAINTEST]

    def _bar(self, time_ms: float, width: float, bottom: float, height: float) -> Rectangle:
        width = max(width * self.unit, 1.0)
        return Rectangle(pos=(self.x_of(time_ms) - width / 2, bottom), size=(width, height))
