"""Shows a text, its cursor and its selection: breaks it into lines, scrolls, says where it is touched. The writer does the writing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Rectangle, SmoothEllipse, StencilPop, StencilPush, StencilUnUse, StencilUse
from kivy.graphics.texture import Texture
from kivy.input import MotionEvent
from kivy.properties import ColorProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from keyboard_app.pages.text_touches import LONG_PRESS_MS, Gesture, Spot, TextTouch
from keyboard_app.style.lettering import is_usual, label_of, width_of
from keyboard_app.text.laid_text import LaidText
from keyboard_app.text.visual_order import visual_text
from keyboard_app.touch.clock import clock_ms

BLINK_S = 0.55
"""The cursor is shown for this long, and then hidden for as long."""
N_BLINKS = 18
"""Then the cursor stays, about ten seconds after the last change, so that nothing has to be drawn while nobody writes."""
LINE_SPACING = 1.25
"""Height of a line, in heights of its letters."""
HANDLE = 0.3
"""Radius of the handles at both ends of a selection, in line heights."""
REACH = 0.9
"""A touch this close to a handle, in line heights, drags it."""
WHEEL_LINES = 3
"""Lines per notch of the mouse wheel."""
N_TEXTURES = 200
"""How many lines are kept as pictures: more than a window shows."""


class TextView(Widget):
    """A text, its cursor and its selection.

    Dispatches `on_place(offset)` when the text is tapped, `on_word(offset)` when a word is to be selected (two taps, a long press),
    and `on_select(anchor, offset)` when a finger or the mouse selects.
    """

    text = StringProperty("")
    cursor = NumericProperty(0)
    """offset in the text"""
    selection = ListProperty([0, 0])
    """start and end of what is selected; the same offset twice for nothing"""
    underlined = ListProperty([0, 0])
    """start and end of the word that the candidates are for; the same"""
    hint = StringProperty("")
    """shown if there is no text"""
    font_size = NumericProperty(18.0)
    color = ColorProperty("black")
    hint_color = ColorProperty("grey")
    cursor_color = ColorProperty("blue")
    selection_color = ColorProperty("lightblue")
    padding = NumericProperty(0.0)
    """px, above and below the text"""
    margin = NumericProperty(0.0)
    """px, left and right of it; a tap there is a tap on the line beside"""
    scroll = NumericProperty(0.0)
    """px of the text that are above the upper edge"""

    __events__ = ("on_place", "on_word", "on_select")

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self._laid: LaidText | None = None
        """the lines of the text; None if they must be found again"""
        self._cursor_shows, self._n_blinks = True, 0
        self._follow = Clock.create_trigger(self._follow_cursor, -1)
        self._redraw = Clock.create_trigger(self._draw, -1)
        for name in ("text", "font_size", "width", "margin"):
            self.fbind(name, self._break_anew)
        for name in ("cursor", "height", "padding"):
            self.fbind(name, self._follow)
        self._touched: TextTouch | None = None
        """the last touch"""
        self._anchor = 0
        """the end of the selection that stays while the other is dragged"""
        drawn = ("pos", "size", "color", "hint_color", "cursor_color", "selection_color", "hint", "scroll", "selection", "underlined")
        for name in drawn:
            self.fbind(name, self._redraw)
        self._set_font()
        self.fbind("font_size", self._set_font)
        self._blinking = Clock.schedule_interval(self._blink, BLINK_S)

    def on_place(self, offset: int) -> None:
        """The text was tapped there."""

    def on_word(self, offset: int) -> None:
        """The word there is to be selected."""

    def on_select(self, anchor: int, offset: int) -> None:
        """The text between the two is to be selected; the cursor goes to the second."""

    @property
    def line_height(self) -> float:
        """px"""
        return float(round(self._letter_height * LINE_SPACING))

    @property
    def highest_scroll(self) -> float:
        """px; with this, the last line is at the lower edge."""
        room = float(self.height - 2 * self.padding)
        return max(0.0, len(self._lines.lines) * self.line_height - room)

    def line_above(self, offset: int, n_lines: int) -> int:
        """The offset that is as far to the right as this one, n lines up, or down if negative."""
        at = self._lines.row_of(offset)
        target = at - n_lines
        if not 0 <= target < len(self._lines.lines):
            return 0 if target < 0 else len(self.text)
        return self._offset_in(target, self._lines.x_of(at, offset))

    def line_ends(self, offset: int) -> tuple[int, int]:
        """Where Home and End put the cursor."""
        at = self._lines.row_of(offset)
        return self._lines.lines[at].start, self._last_offset(at)

    def runs_left(self, offset: int) -> bool:
        """Whether the text there runs from right to left, as Hebrew does."""
        return self._lines.runs_left(self._lines.row_of(offset))

    def cursor_place(self, offset: int) -> tuple[float, float]:
        """Where the cursor is at that offset: x, and y of its lower end."""
        at = self._lines.row_of(offset)
        x = self.x + self.margin + self._lines.x_of(at, offset)
        return min(max(x, self.x + self.margin), self.right - self.margin), self._line_bottom(at)

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        if "button" in touch.profile and touch.button.startswith("scroll"):
            notch = WHEEL_LINES * self.line_height * (1 if touch.button == "scrollup" else -1)
            self._scroll_to(self.scroll + notch)
            return True
        touch.grab(self)
        touch.ud["scroll_before"] = self.scroll
        spot = Spot(touch.x, touch.y, clock_ms(touch.time_start))
        can_scroll = self.highest_scroll > 0
        self._touched = touch.ud[self] = TextTouch(spot, self._touched, self.line_height, "button" in touch.profile, can_scroll)
        self._anchor = self.offset_at(*touch.pos)
        if (held := self._handle_at(touch)) is not None:
            self._touched.gesture, self._anchor = Gesture.SELECT, held
        elif self._touched.gesture is Gesture.WORD:
            self._select_word(touch)
        self._resting = Clock.schedule_once(lambda _: self._rest(touch), LONG_PRESS_MS / 1000)
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        match touch.ud[self].move(*touch.pos):
            case Gesture.SCROLL:
                self._scroll_to(touch.ud["scroll_before"] + touch.y - touch.oy)
            case Gesture.SELECT:
                self.dispatch("on_select", self._anchor, self.offset_at(*touch.pos))
            case Gesture.WORD:
                offset, (start, end) = self.offset_at(*touch.pos), touch.ud.get("word", self.selection)
                if not start <= offset <= end:
                    self.dispatch("on_select", end if offset < start else start, offset)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._resting.cancel()
        if touch.ud[self].gesture is Gesture.TAP:
            self.dispatch("on_place", self.offset_at(*touch.pos))
        return True

    def offset_at(self, x: float, y: float) -> int:
        """The offset in the text that is nearest to a point of the window, px."""
        row = int((self.top - self.padding + self.scroll - y) // self.line_height)
        return self._offset_in(min(max(row, 0), len(self._lines.lines) - 1), x - self.x - self.margin)

    def _rest(self, touch: MotionEvent) -> None:
        if touch.ud[self].rest():
            self._select_word(touch)

    def _select_word(self, touch: MotionEvent) -> None:
        self.dispatch("on_word", self.offset_at(*touch.pos))
        touch.ud["word"] = tuple(self.selection)

    def _handle_at(self, touch: MotionEvent) -> int | None:
        """The other end of the selection, if the touch is on a handle of it."""
        start, end = self.selection
        if start == end or "button" in touch.profile:
            return None
        for near, far in ((start, end), (end, start)):
            x, bottom = self.cursor_place(near)
            if math.hypot(touch.x - x, touch.y - bottom + HANDLE * self.line_height) < REACH * self.line_height:
                return int(far)
        return None

    def _scroll_to(self, scroll: float) -> None:
        self.scroll = min(max(scroll, 0.0), self.highest_scroll)

    def _offset_in(self, row: int, x: float) -> int:
        return min(self._lines.offset_at(row, x), self._last_offset(row))

    def _last_offset(self, row: int) -> int:
        """The last offset at which the cursor is on that line: at a soft break, before the space that ends the line."""
        lines = self._lines.lines
        line = lines[row]
        soft = row + 1 < len(lines) and lines[row + 1].start == line.end
        return max(line.start, line.end - 1) if soft else line.end

    def _set_font(self, *_: object) -> None:
        label = CoreLabel(font_size=self.font_size)
        self._letter_height = label.get_extents("Ay")[1]
        size = self.font_size

        def measure(text: str) -> float:
            return float(label.get_extents(_shown(text))[0] if is_usual(text) else width_of(_shown(text), size))

        self._measure = lru_cache(maxsize=20_000)(measure)
        self._texture = lru_cache(maxsize=N_TEXTURES)(self._render)
        self._break_anew()

    def _render(self, text: str) -> Texture:
        label = label_of(_shown(text), self.font_size, ordered=True)
        label.refresh()
        return label.texture

    @property
    def _lines(self) -> LaidText:
        if self._laid is None:
            self._laid = LaidText(self.text, max(1.0, self.width - 2 * self.margin), self._measure)
        return self._laid

    def _break_anew(self, *_: object) -> None:
        self._laid = None
        self._follow()

    def _follow_cursor(self, *_: object) -> None:
        """Scrolls just enough to show the cursor, and shows it at once."""
        top = self._lines.row_of(min(int(self.cursor), len(self.text))) * self.line_height
        room = self.height - 2 * self.padding - self.line_height
        self._scroll_to(min(max(self.scroll, top - max(room, 0.0)), top))
        self._cursor_shows, self._n_blinks = True, 0
        self._blinking.cancel()
        self._blinking()
        self._redraw()

    def _blink(self, *_: object) -> None:
        if self.get_root_window():
            self._n_blinks += 1
            self._cursor_shows = self._n_blinks > N_BLINKS or not self._cursor_shows
            self._redraw()
        if self._n_blinks > N_BLINKS:
            self._blinking.cancel()

    def _line_bottom(self, row: int) -> float:
        return float(self.top - self.padding + self.scroll - (row + 1) * self.line_height)

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        if min(self.size) <= 0:
            return
        with self.canvas:
            StencilPush()
            Rectangle(pos=self.pos, size=self.size)
            StencilUse()
            self._draw_selection()
            if self.text:
                self._draw_lines()
            elif self.hint:
                Color(*self.hint_color)
                self._draw_line(visual_text(self.hint), 0, 2 * max(2.0, round(self.font_size / 9)))  # beside the cursor
            if self.selection[0] != self.selection[1]:
                self._draw_handles()
            elif self._cursor_shows:
                self._draw_cursor()
            StencilUnUse()
            Rectangle(pos=self.pos, size=self.size)
            StencilPop()

    def _draw_lines(self) -> None:
        Color(*self.color)
        first = max(0, int((self.scroll - self.padding) // self.line_height))
        last = int((self.scroll + self.height) // self.line_height) + 1
        for row in range(first, min(last, len(self._lines.lines))):
            if shown := self._lines.shown(row):
                self._draw_line(shown, row, self._lines.indent(row))

    def _draw_selection(self) -> None:
        """The selection behind the text, and a line under the word that the candidates are for."""
        Color(*self.selection_color)
        for x, bottom, width in self._spans(*self.selection):
            Rectangle(pos=(x, bottom), size=(width, self.line_height))
        Color(*self.cursor_color)
        thickness = max(1.0, round(self.font_size / 12))
        for x, bottom, width in self._spans(*self.underlined):
            Rectangle(pos=(x, bottom + thickness), size=(width, thickness))

    def _draw_handles(self) -> None:
        Color(*self.cursor_color)
        radius = HANDLE * self.line_height
        for offset in self.selection:
            x, bottom = self.cursor_place(min(int(offset), len(self.text)))
            SmoothEllipse(pos=(x - radius, bottom - 1.6 * radius), size=(2 * radius, 2 * radius))

    def _spans(self, start: int, end: int) -> Iterator[tuple[float, float, float]]:
        """Left edge, lower edge and width of a part of the text on each of its lines, px."""
        for row, line in enumerate(self._lines.lines):
            first, last = max(start, line.start), min(end, line.end)
            if first < last or (start < line.end + 1 <= end and start != end):
                *spans, (left, right) = self._lines.spans(row, first, max(first, last))
                is_on = end > line.end  # shows that a line break is selected
                for one, other in (*spans, (left, right + (is_on and 0.3 * self.line_height))):
                    yield round(self.x + self.margin + one), round(self._line_bottom(row)), round(other - one)

    def _draw_line(self, text: str, row: int, indent: float) -> None:
        texture = self._texture(text)
        bottom = self._line_bottom(row) + (self.line_height - texture.height) / 2
        Rectangle(texture=texture, size=texture.size, pos=(round(self.x + self.margin + indent), round(bottom)))

    def _draw_cursor(self) -> None:
        Color(*self.cursor_color)
        x, bottom = self.cursor_place(min(int(self.cursor), len(self.text)))
        thickness = max(2.0, round(self.font_size / 9))
        Rectangle(pos=(round(x - thickness / 2), round(bottom)), size=(thickness, self.line_height))


def _shown(text: str) -> str:
    """The text with spaces for tabs, which fonts do not have."""
    return text.replace("\t", "    ")
