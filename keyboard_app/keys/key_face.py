"""Draws a key: its face with a shade below, and a letter, a word or an icon on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from kivy.graphics import Color, InstructionGroup, Rectangle, SmoothRoundedRectangle
from kivy.graphics.texture import Texture

from keyboard_app.keys import key_icons
from keyboard_app.keys.layout import KeyLayout, PlacedKey
from keyboard_app.style.icons import Icon, add_icon
from keyboard_app.style.lettering import label_of
from keyboard_app.style.theme import Theme
from keyboard_app.text.shift import Shift

ICONS = {"backspace": key_icons.BACKSPACE, "enter": key_icons.ENTER, "globe": key_icons.GLOBE}
SHIFT_ICONS = {Shift.OFF: key_icons.SHIFT, Shift.ONCE: key_icons.SHIFT_ONCE, Shift.LOCK: key_icons.SHIFT_LOCK}


@dataclass(frozen=True)
class Sizes:
    """The sizes in which the keys of a page are drawn, px."""

    gap_x: float
    """from the left or right edge of the hitbox to the face"""
    gap_y: float
    radius: float
    """of the corners"""
    shade: float
    """how much of the shade shows below the face"""
    letter: int
    """font size"""
    word: int
    """font size of an action's name"""
    hint: int
    """font size"""
    icon: int

    @classmethod
    def of(cls, layout: KeyLayout) -> Sizes:
        width, height = layout.key_width, layout.key_height
        letter = max(8, round(min(0.62 * width, 0.4 * height)))
        return cls(
            gap_x=max(1.0, round(0.06 * width)),
            gap_y=max(1.0, round(0.06 * height)),
            radius=max(2.0, 0.14 * min(width, height)),
            shade=max(1.0, round(0.025 * min(width, height))),
            letter=letter,
            word=max(8, round(0.62 * letter)),
            hint=max(8, round(0.45 * letter)),
            icon=round(0.9 * letter),
        )


@lru_cache(maxsize=256)
def text_texture(text: str, font_size: int) -> Texture:
    """The text in white, to be coloured by a Color drawn before it."""
    label = label_of(text, font_size)
    label.refresh()
    return label.texture


class KeyFace:
    """Draws one key into `group`. Colours are kept apart from shapes, because they change most often."""

    def __init__(self, placed: PlacedKey, sizes: Sizes, caption: str = "", hint: str = "") -> None:
        """caption: what an action without an icon shows. hint: the small text in the corner."""
        self.placed = placed
        self.group = InstructionGroup()
        self._sizes = sizes
        self._caption = caption
        self._hint = hint
        self._shade_colour, self._face_colour, self._ink, self._hint_ink = Color(), Color(), Color(), Color()
        self._content = InstructionGroup()
        left, right = round(placed.x + sizes.gap_x), round(placed.x + placed.w - sizes.gap_x)
        bottom, top = round(placed.y + sizes.gap_y), round(placed.y + placed.h - sizes.gap_y)
        self._box = (left, bottom, max(1, right - left), max(1, top - bottom))
        self._draw_box()
        self.group.add(self._ink)
        self.group.add(self._content)
        if hint:
            self._draw_hint(hint)

    def copy(self) -> KeyFace:
        """The same key in a group of its own, still without content and colours."""
        return KeyFace(self.placed, self._sizes, self._caption, self._hint)

    def show(self, shift: Shift, dotless: bool = False) -> None:
        """Draws the content again, in the case of `shift`. dotless: whether the capital of i is İ."""
        key = self.placed.key
        self._content.clear()
        icon = SHIFT_ICONS[shift] if key.action == "shift" else ICONS.get(key.action or "")
        if icon is not None:
            self._draw_icon(icon)
        elif key.label is not None:
            self._draw_text(shift.letter(key.label, dotless), self._sizes.letter)
        elif self._caption:
            self._draw_text(self._caption, self._sizes.word)

    def colour(self, theme: Theme, shift: Shift, pressed: bool) -> None:
        """Colours what has been drawn."""
        key = self.placed.key
        if pressed:
            face, ink = theme.pressed, theme.pressed_text
        elif key.action == "enter" or (key.action == "shift" and shift is Shift.LOCK):
            face, ink = theme.accent, theme.accent_text
        elif key.action == "space":
            face, ink = theme.key, theme.hint_text
        elif key.label is None:
            face, ink = theme.action_key, theme.action_text
        else:
            face, ink = theme.key, theme.key_text
        self._shade_colour.rgba, self._face_colour.rgba, self._ink.rgba = theme.shadow, face, ink
        self._hint_ink.rgba = theme.pressed_text if pressed else theme.hint_text

    def _draw_box(self) -> None:
        left, bottom, width, height = self._box
        radius = [min(self._sizes.radius, width / 2, height / 2)]
        self.group.add(self._shade_colour)
        self.group.add(SmoothRoundedRectangle(pos=(left, bottom - self._sizes.shade), size=(width, height), radius=radius))
        self.group.add(self._face_colour)
        self.group.add(SmoothRoundedRectangle(pos=(left, bottom), size=(width, height), radius=radius))

    def _draw_text(self, text: str, font_size: int) -> None:
        left, bottom, width, height = self._box
        texture = text_texture(text, font_size)
        scale = min(1.0, 0.94 * width / max(1, texture.width))
        if scale < 1:
            texture = text_texture(text, max(6, int(scale * font_size)))
        across, up = texture.size
        pos = (left + round((width - across) / 2), bottom + round((height - up) / 2))
        self._content.add(Rectangle(texture=texture, pos=pos, size=texture.size))

    def _draw_hint(self, hint: str) -> None:
        left, bottom, width, height = self._box
        texture = text_texture(hint, self._sizes.hint)
        aside, below = max(1, round(0.4 * self._sizes.radius)), round(0.15 * self._sizes.radius)
        pos = (left + width - texture.width - aside, bottom + height - texture.height - below)
        self.group.add(self._hint_ink)
        self.group.add(Rectangle(texture=texture, pos=pos, size=texture.size))

    def _draw_icon(self, icon: Icon) -> None:
        left, bottom, width, height = self._box
        side = min(self._sizes.icon, 0.8 * width, 0.8 * height)
        add_icon(self._content, icon, left + round((width - side) / 2), bottom + round((height - side) / 2), side)
