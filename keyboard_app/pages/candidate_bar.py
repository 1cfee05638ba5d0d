"""The bar above the keys: the other words that a swipe may have meant, or a notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.input.motionevent import MotionEvent
from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from keyboard_app.pages.text_touches import LONG_PRESS_MS
from keyboard_app.style.lettering import label_of
from keyboard_app.style.theme import LIGHT, Colour

HEIGHT_DP = 48
WORD_DP = (18, 17, 16, 15, 14, 13)
"""font sizes of the words: the first at which all fit is used; if none is small enough, the longest words are shortened"""
PADDING_DP = 8
"""left and right of a text"""
SMALLEST_CELL_DP = 48
"""width that a thumb can hit; words that do not have this much room are not shown"""
LARGEST_CELL_DP = 160
"""with more width, short words would be too far apart"""
NOTICE_DP = 14
"""font size of a notice"""


def cell_widths(needs: Sequence[float], room: float) -> list[float]:
    """Widths that add up to `room`, as equal as possible: all get what they need, or, if that is too much, the widest are cut."""
    enough = sum(needs) <= room
    widths = list(needs)
    left = room
    for n_left, place in zip(range(len(needs), 0, -1), sorted(range(len(needs)), key=needs.__getitem__, reverse=enough), strict=True):
        share = left / n_left
        widths[place] = max(needs[place], share) if enough else min(needs[place], share)
        left -= widths[place]
    return widths


class CandidateBar(Widget):
    """Words side by side, each at least as wide as a thumb. Dispatches `on_choose(index)` when one is tapped, `on_hold(index)` when held.

    A notice replaces the words for as long as there is one. Everything is drawn on one canvas.
    """

    choices = ObjectProperty(())
    """tuple[str, ...], best first"""
    notice = StringProperty("")
    theme = ObjectProperty(LIGHT)
    unit = NumericProperty(1.0)
    """px per dp"""
    column = NumericProperty(0.0)
    """px that the words share, in the middle; 0: as much as they need"""
    least_height = NumericProperty(HEIGHT_DP)
    """px that the bar needs: more than usual for a notice of several lines"""

    __events__ = ("on_choose", "on_hold")

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self._edges: list[float] = []
        """px from the left end of the bar: where cell i begins, and where the last one ends"""
        self._pressed: int | None = None
        draw = Clock.create_trigger(self._draw, -1)
        self._hold = Clock.create_trigger(self._held, LONG_PRESS_MS / 1000)
        for name in ("choices", "notice", "theme", "unit", "size", "pos", "column"):
            self.fbind(name, draw)
        self.fbind("choices", self._let_go)
        self.fbind("notice", self._let_go)
        self._draw_soon = draw
        draw()

    def on_choose(self, index: int) -> None:
        """choices[index] was tapped."""

    def on_hold(self, index: int) -> None:
        """choices[index] was held for LONG_PRESS_MS."""

    @property
    def cells(self) -> range:
        """The choices that are shown."""
        return range(len(self._edges) - 1)

    def cell_center(self, index: int) -> tuple[float, float]:
        """The centre of choices[index], in the coordinates of the bar's parent. Raises: IndexError if it is not shown."""
        left, right = self._edges[index], self._edges[index + 1]
        return self.x + (left + right) / 2, self.center_y

    # --- touches ---

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        index = self._cell_at(touch)
        if index is not None and self._pressed is None:
            touch.ud[self] = index
            self._press(index)
            self._hold()
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        if self in touch.ud and self._pressed is not None and self._cell_at(touch) != touch.ud[self]:
            self._press(None)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        index = touch.ud.get(self)
        if index is not None and index == self._pressed:
            self._press(None)
            if self._cell_at(touch) == index:
                self.dispatch("on_choose", index)
        return True

    def _cell_at(self, touch: MotionEvent) -> int | None:
        if not self.collide_point(*touch.pos):
            return None
        x = touch.x - self.x
        return next((index for index in range(len(self._edges) - 1) if self._edges[index] <= x < self._edges[index + 1]), None)

    def _held(self, *_: object) -> None:
        if (index := self._pressed) is not None:
            self._press(None)
            self.dispatch("on_hold", index)

    def _press(self, index: int | None) -> None:
        self._pressed = index
        if index is None:
            self._hold.cancel()
        self._draw_soon()

    def _let_go(self, *_: object) -> None:
        """Other words have come under a finger that is down: it chooses none of them."""
        self._pressed = None
        self._hold.cancel()
        self._edges = []

    # --- drawing ---

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        self._edges = []
        with self.canvas:
            Color(*(self.theme.notice if self.notice else self.theme.bar))
            Rectangle(pos=self.pos, size=self.size)
        if self.notice:
            return self._draw_notice()
        self.least_height = HEIGHT_DP * self.unit
        if self.choices:
            self._draw_words()
        return None

    def _draw_notice(self) -> None:
        padding = 2 * PADDING_DP * self.unit
        room = max(1, self.width - padding)
        label = label_of(self.notice, NOTICE_DP * self.unit, text_size=(room, None), halign="center")
        label.refresh()
        self.least_height = max(HEIGHT_DP * self.unit, label.texture.height + padding)
        self._place(label.texture, self.center_x, self.theme.notice_text)

    def _draw_words(self) -> None:
        shown = self.choices[: max(1, int(self.width // (SMALLEST_CELL_DP * self.unit)))]
        padding = 2 * PADDING_DP * self.unit
        for size in WORD_DP:
            textures = [self._word(word, size) for word in shown]
            needs = [texture.width + padding for texture in textures]
            if sum(needs) <= self.width:
                break
        room = min(self.width, max(sum(needs), self.column or LARGEST_CELL_DP * self.unit * len(shown)))
        self._edges = [(self.width - room) / 2]
        for place, width in enumerate(cell_widths(needs, room)):
            fits = needs[place] <= width
            self._draw_cell(place, textures[place] if fits else self._word(shown[place], size, width - padding), width)

    def _draw_cell(self, place: int, texture: Texture, width: float) -> None:
        left = self._edges[-1]
        self._edges.append(left + width)
        with self.canvas:
            if place == self._pressed:
                Color(*self.theme.pressed)
                Rectangle(pos=(self.x + left, self.y), size=(width, self.height))
            if place:
                Color(*self.theme.line)
                Rectangle(pos=(self.x + left, self.y + 0.25 * self.height), size=(max(1, self.unit), 0.5 * self.height))
        colour = self.theme.pressed_text if place == self._pressed else self.theme.bar_text
        self._place(texture, self.x + left + width / 2, colour)

    def _word(self, word: str, size_dp: float, width: float | None = None) -> Texture:
        """The word as a picture, at most `width` px wide if that is given: then the middle is left out."""
        fit: dict[str, Any] = {} if width is None else {"text_size": (max(width, 1), None), "shorten": True, "halign": "center"}
        label = label_of(word, size_dp * self.unit, **fit)
        label.refresh()
        return label.texture

    def _place(self, texture: Texture, center_x: float, colour: Colour) -> None:
        """Draws a text on whole pixels, or it would be blurred."""
        with self.canvas:
            Color(*colour)
            Rectangle(
                texture=texture,
                pos=(round(center_x - texture.width / 2), round(self.center_y - texture.height / 2)),
                size=texture.size,
            )
