"""A swipe on the keys: its points, how far it has come, and the decoder's attention."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Line, Point, Rectangle, SmoothEllipse, SmoothLine
from kivy.graphics.texture import Texture
from kivy.properties import NumericProperty, ObjectProperty
from kivy.uix.widget import Widget

from keyboard_app.harness.attention import Attention
from keyboard_app.harness.replay import Replay
from keyboard_app.keys.layout import KeyLayout
from keyboard_app.style.theme import LIGHT, Colour, Theme, rgb

ATTENTION: dict[str, Colour] = {"light": rgb("D0103A"), "dark": rgb("FFB43C")}
"""The colour of the densest frames, by the name of the theme; the less attention, the more transparent."""
THIN, THICK = 1.2, 2.6
"""Widths of the line: the whole swipe, and the part that has come, dp."""
DOT = 1.7
"""Radius of a recorded point, dp."""
FRAME, FRAME_GROWS = 3.0, 6.0
"""Radius of a frame without attention, and how much larger the densest is, dp."""
LETTER = 12.0
"""Font size of the letters in the densest frames, dp."""
FINGER = 11.0
"""Radius of the ring around the finger, dp."""
FAINTEST = 0.04
"""Frames below this density are not drawn."""


class TraceView(Widget):
    """Draws in the window's coordinates, to which `layout_of_keys` converts grid units."""

    layout_of_keys = ObjectProperty(None, allownone=True)
    """KeyLayout | None"""
    replay = ObjectProperty(None, allownone=True)
    """Replay | None"""
    attention = ObjectProperty(None, allownone=True)
    """Attention | None, for the whole swipe; frames are drawn as they come"""
    theme = ObjectProperty(LIGHT)
    unit = NumericProperty(1.0)
    """px per dp"""

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        draw_soon = Clock.create_trigger(self._draw, -1)
        for name in ("layout_of_keys", "replay", "attention", "theme", "unit"):
            self.fbind(name, draw_soon)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        layout, replay, theme = self.layout_of_keys, self.replay, self.theme
        if layout is None or replay is None:
            return
        with self.canvas:
            self._draw_trace(layout, replay, theme)
            if self.attention is not None:
                self._draw_attention(layout, self.attention.come(replay.time_ms), ATTENTION[theme.name])
            self._draw_finger(layout.to_px(*replay.finger), theme)

    def _draw_trace(self, layout: KeyLayout, replay: Replay, theme: Theme) -> None:
        points = [place for x, y in zip(replay.swipe.x, replay.swipe.y, strict=True) for place in layout.to_px(float(x), float(y))]
        come = points[: 2 * replay.n_come]
        Color(*theme.trail[:3], 0.35)
        Line(points=points, width=THIN * self.unit, cap="round", joint="round")
        Color(*theme.trail[:3], 0.75)
        if replay.n_come > 1:
            SmoothLine(points=come, width=THICK * self.unit, cap="round", joint="round")
        Color(*theme.text)
        Point(points=come, pointsize=DOT * self.unit)

    def _draw_attention(self, layout: KeyLayout, attention: Attention, colour: Colour) -> None:
        """Draws the densest frames last, so that no others cover them."""
        for frame in np.argsort(attention.density, kind="stable"):
            density = float(attention.density[frame])
            if density < FAINTEST:
                continue
            x, y = layout.to_px(float(attention.x[frame]), float(attention.y[frame]))
            radius = (FRAME + FRAME_GROWS * density) * self.unit
            Color(*colour[:3], density)
            SmoothEllipse(pos=(x - radius, y - radius), size=(2 * radius, 2 * radius))
            if density == 1:
                self._write(attention.letters[frame], (x, y))

    def _write(self, letters: str, place: tuple[float, float]) -> None:
        """Writes letters on the colour of a dense frame."""
        texture = _written(letters, LETTER * self.unit)
        width, height = texture.size
        Color(*self.theme.background)
        Rectangle(texture=texture, pos=(place[0] - width / 2, place[1] - height / 2), size=(width, height))

    def _draw_finger(self, place: tuple[float, float], theme: Theme) -> None:
        Color(*theme.text)
        SmoothLine(circle=(*place, FINGER * self.unit), width=THIN * self.unit)


@lru_cache(maxsize=64)
def _written(letters: str, font_size: float) -> Texture:
    """The letters in white, made once for all frames of a replay."""
    label = CoreLabel(text=letters, font_size=font_size, bold=True)
    label.refresh()
    return label.texture
