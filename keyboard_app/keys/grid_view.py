"""Draws the keys of a page on one canvas."""

from __future__ import annotations

import math

from kivy.clock import Clock
from kivy.graphics import ClearBuffers, ClearColor, Color, Fbo, InstructionGroup, Rectangle, Translate
from kivy.properties import BooleanProperty, DictProperty, ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from engine import Key
from keyboard_app.keys.key_face import KeyFace, Sizes
from keyboard_app.keys.layout import KeyLayout
from keyboard_app.keys.symbol_pages import next_page_label
from keyboard_app.style.theme import LIGHT
from keyboard_app.text.shift import Shift


class GridView(Widget):
    """Draws the keys where the layout puts them in the window, on a board that fills the widget.

    All keys are drawn once into a texture, and again only when layout, shift or theme change. A frame shows the texture, and
    on top of it the few keys that are pressed. Source: measured on a machine without a GPU, where drawing the shapes of all
    keys took four to ten times as long per frame.
    """

    layout_of_keys = ObjectProperty(None, allownone=True)
    """KeyLayout | None"""
    theme = ObjectProperty(LIGHT)
    shift = ObjectProperty(Shift.OFF)
    """the case that letters are shown in"""
    dotless = BooleanProperty(False)
    """whether the capital of i is İ"""
    pressed = ObjectProperty(frozenset())
    """frozenset[Key]: the keys that are shown pressed"""
    hints = DictProperty()
    """label of a key -> what its corner shows: the first thing that a long press offers"""
    space_label = StringProperty()
    """what the space bar shows: the language, or the grid's name"""
    letters_label = StringProperty("ABC")
    """what the key back to the letters shows"""

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self._faces: dict[Key, KeyFace] = {}
        self._pressed: dict[Key, KeyFace] = {}
        self._board_colour, self._shift_to_window = ClearColor(*self.theme.board), Translate()
        self._keys, self._pressed_keys = InstructionGroup(), InstructionGroup()
        self._drawing = Fbo(size=(1, 1))
        for part in (self._board_colour, ClearBuffers(), self._shift_to_window, self._keys):
            self._drawing.add(part)
        self._picture = Rectangle()
        for part in (self._drawing, Color(), self._picture, self._pressed_keys):
            self.canvas.add(part)
        draw_soon = Clock.create_trigger(self._draw, -1)  # before the next frame, once for all changes until then
        for name in ("layout_of_keys", "hints", "space_label", "letters_label", "pos", "size"):
            self.fbind(name, draw_soon)
        self.fbind("shift", self._show)
        self.fbind("dotless", self._show)
        self.fbind("theme", self._colour)
        self.fbind("pressed", self._press)
        draw_soon()

    def _draw(self, _dt: float) -> None:
        left, bottom = math.floor(self.x), math.floor(self.y)  # whole pixels, or everything is blurred
        size = max(1, math.ceil(self.right) - left), max(1, math.ceil(self.top) - bottom)
        if self._drawing.size != size:
            self._drawing.size = size
        self._picture.pos, self._picture.size, self._picture.texture = (left, bottom), size, self._drawing.texture
        self._drawing.texture.min_filter = self._drawing.texture.mag_filter = "nearest"  # pixel for pixel, in half of the time
        self._shift_to_window.xy = -left, -bottom
        self._keys.clear()
        self._faces = {} if self.layout_of_keys is None else self._faces_on(self.layout_of_keys)
        for face in self._faces.values():
            self._keys.add(face.group)
        self._press()
        self._show()

    def _faces_on(self, layout: KeyLayout) -> dict[Key, KeyFace]:
        """The keys of the layout, still without content and colours."""
        sizes = Sizes.of(layout)
        next_page = next_page_label([placed.key for placed in layout.keys])
        captions = {"toNumberState": next_page, "toLetters": self.letters_label, "space": self.space_label}
        faces = {}
        for placed in layout.keys:
            action = placed.key.action or ""
            faces[placed.key] = KeyFace(placed, sizes, captions.get(action, action), self.hints.get(placed.key.label, ""))
        return faces

    def _press(self, *_: object) -> None:
        """Draws just the pressed keys, on top of the picture of all keys."""
        self._pressed_keys.clear()
        self._pressed = {key: self._faces[key].copy() for key in self.pressed if key in self._faces}
        for face in self._pressed.values():
            self._pressed_keys.add(face.group)
            face.show(self.shift, self.dotless)
            face.colour(self.theme, self.shift, True)

    def _show(self, *_: object) -> None:
        for face in (*self._faces.values(), *self._pressed.values()):
            face.show(self.shift, self.dotless)
        self._colour()

    def _colour(self, *_: object) -> None:
        self._board_colour.rgba = self.theme.board
        for face in self._faces.values():
            face.colour(self.theme, self.shift, False)
        for face in self._pressed.values():
            face.colour(self.theme, self.shift, True)
