"""The letter of a tapped key, large above it, where the finger does not hide it."""

from __future__ import annotations

from kivy.graphics import Color, Rectangle, SmoothRoundedRectangle
from kivy.properties import BooleanProperty, ObjectProperty
from kivy.uix.widget import Widget

from keyboard_app.keys.key_face import Sizes, text_texture
from keyboard_app.keys.layout import KeyLayout, PlacedKey
from keyboard_app.style.theme import LIGHT
from keyboard_app.text.shift import Shift

LETTER = 1.35
"""Font size, in font sizes of the key."""
WIDTH = 1.25
"""In widths of the key."""
RISE = 0.92
"""From the key's lower edge to the popup's, in heights of the key."""


class KeyPopups(Widget):
    """Shows the letters of the pressed keys. Actions, which are wide or have icons, are left out."""

    theme = ObjectProperty(LIGHT)
    shift = ObjectProperty(Shift.OFF)
    dotless = BooleanProperty(False)
    """whether the capital of i is İ"""
    pressed = ObjectProperty(frozenset())
    """frozenset[Key]"""
    layout_of_keys = ObjectProperty(None, allownone=True)
    """KeyLayout | None"""

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        for name in ("theme", "pressed", "layout_of_keys"):
            self.fbind(name, self._draw)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        layout: KeyLayout | None = self.layout_of_keys
        if layout is None:
            return
        sizes = Sizes.of(layout)
        for placed in layout.keys:
            if placed.key.label is not None and placed.key in self.pressed:
                self._draw_popup(placed, sizes, layout)

    def _draw_popup(self, placed: PlacedKey, sizes: Sizes, layout: KeyLayout) -> None:
        width, height = WIDTH * placed.w, placed.h
        right = layout.area.x + layout.area.width
        left = min(max(placed.centre[0] - width / 2, layout.area.x), right - width)
        bottom = placed.y + RISE * placed.h
        texture = text_texture(self.shift.letter(placed.key.label or "", self.dotless), round(LETTER * sizes.letter))
        with self.canvas:
            Color(*self.theme.shadow)
            SmoothRoundedRectangle(pos=(left - 1, bottom - 2), size=(width + 2, height + 3), radius=[2 * sizes.radius])
            Color(*self.theme.key)
            SmoothRoundedRectangle(pos=(left, bottom), size=(width, height), radius=[2 * sizes.radius])
            Color(*self.theme.key_text)
            pos = round(left + (width - texture.width) / 2), round(bottom + (height - texture.height) / 2)
            Rectangle(texture=texture, pos=pos, size=texture.size)
