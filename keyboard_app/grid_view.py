"""The keys of a page, drawn on one canvas."""

from __future__ import annotations

from collections.abc import Iterable

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.properties import DictProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from engine import Key
from keyboard_app.key_face import KeyFace, Sizes
from keyboard_app.key_layout import KeyLayout
from keyboard_app.shift import Shift
from keyboard_app.symbol_pages import next_page_label
from keyboard_app.theme import LIGHT, Theme


class GridView(Widget):
    """Draws the keys where their layout places them in the window, on a board that fills the widget.

    Only what changed is drawn anew: a key that is pressed or let go gets other colours, shift changes the letters, a new
    layout (another page or another size) everything.
    """

    layout_of_keys = ObjectProperty(None, allownone=True)
    """KeyLayout | None"""
    theme = ObjectProperty(LIGHT)
    shift = ObjectProperty(Shift.OFF)
    """the case that the letters are shown in"""
    pressed = ObjectProperty(frozenset())
    """frozenset[Key]: the keys under tapping fingers"""
    hints = DictProperty()
    """label -> what a long press of its key gives, shown in the corner"""
    space_label = StringProperty()
    """what stands on the space bar: the grid's name"""
    letters_label = StringProperty("ABC")
    """what stands on the key that leads back to the letters"""

    def __init__(self, **properties: object) -> None:
        self._faces: dict[Key, KeyFace] = {}
        self._pressed: frozenset[Key] = frozenset()
        self._board_colour = Color(*self.theme.board)
        super().__init__(**properties)
        self._board = Rectangle(pos=self.pos, size=self.size)
        self.canvas.before.add(self._board_colour)
        self.canvas.before.add(self._board)
        self.bind(pos=self._place_board, size=self._place_board)
        draw_soon = Clock.create_trigger(self._draw, -1)  # before the next frame, once for all that changes before it
        for name in ("layout_of_keys", "hints", "space_label", "letters_label"):
            self.fbind(name, draw_soon)
        draw_soon()

    def on_theme(self, _view: Widget, theme: Theme) -> None:
        self._board_colour.rgba = theme.board
        self._colour(self._faces)

    def on_shift(self, _view: Widget, shift: Shift) -> None:
        for face in self._faces.values():
            face.show(shift)
        self._colour(self._faces)

    def on_pressed(self, _view: Widget, pressed: frozenset[Key]) -> None:
        changed = self._pressed ^ pressed
        self._pressed = frozenset(pressed)
        self._colour(key for key in changed if key in self._faces)

    def _place_board(self, *_: object) -> None:
        self._board.pos, self._board.size = self.pos, self.size

    def _draw(self, _dt: float) -> None:
        self.canvas.clear()
        layout: KeyLayout | None = self.layout_of_keys
        if layout is None:
            self._faces = {}
            return
        sizes = Sizes.of(layout)
        captions = {
            "toNumberState": next_page_label([placed.key for placed in layout.keys]),
            "toLetters": self.letters_label,
            "space": self.space_label,
        }
        self._faces = {}
        for placed in layout.keys:
            key = placed.key
            caption = captions.get(key.action or "", key.action or "")
            self._faces[key] = KeyFace(placed, sizes, caption, self.hints.get(key.label, ""))
        for face in self._faces.values():
            self.canvas.add(face.group)
            face.show(self.shift)
        self._colour(self._faces)

    def _colour(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._faces[key].colour(self.theme, self.shift, key in self._pressed)
