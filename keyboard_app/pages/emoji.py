"""The emoji page: all emoji, and a search that is tapped or swiped on the keys below."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.label import Label
from kivy.uix.screenmanager import Screen

from engine import language_of
from keyboard_app.keys.keyboard import Keyboard  # noqa: F401  named in emoji.kv
from keyboard_app.keys.layout import complete, fit, keyboard_area
from keyboard_app.session.emoji_list import search
from keyboard_app.session.worker import Failure
from keyboard_app.style.lettering import marked_up
from keyboard_app.style.widgets import load_kv

if TYPE_CHECKING:
    from engine import Recognition, Swipe


LOW, LOW_KEYS = 0.6, 0.52
"""A window lower than this, in its widths, has little room for emoji; and its keys' share of it."""


class EmojiCell(ButtonBehavior, Label):
    """One emoji. It tells its page when it is tapped."""

    emoji = StringProperty("")
    page = ObjectProperty(None, allownone=True)

    def on_emoji(self, _: Label, emoji: str) -> None:
        self.markup, self.text = True, marked_up(emoji)


class EmojiPage(Screen):
    """Shows emoji to choose from. Dispatches `on_choose(emoji)` and `on_back`."""

    worker = ObjectProperty()
    """RecognitionWorker"""
    grid = ObjectProperty()
    """engine.Grid"""
    query = StringProperty("")
    found = ListProperty()
    """the emoji whose names fit the query"""
    keyboard_height = NumericProperty(320.0)
    """px"""
    is_low = BooleanProperty(False)
    """whether the window is as low as a dock: then the query stands in the title"""
    column = NumericProperty(360.0)
    """px: as wide as the keys"""

    __events__ = ("on_choose", "on_back")

    def __init__(self, **properties: object) -> None:
        load_kv(Path(__file__).with_suffix(".kv"))
        super().__init__(**properties)
        self.bind(query=self._search, size=self._fit, grid=self._fit)
        self._search()

    def on_choose(self, emoji: str) -> None:
        """That emoji was tapped."""

    def on_back(self) -> None:
        """The back button was tapped."""

    def key(self, label: str) -> None:
        self.query += label

    def act(self, action: str) -> None:
        """Does what an action key says."""
        if action == "backspace":
            self.query = self.query[:-1]
        elif action == "space" and self.query:
            self.query += " "
        elif action == "enter" and self.found:
            self.dispatch("on_choose", self.found[0])

    def swiped(self, swipe: Swipe) -> None:
        """Searches for the swiped word."""
        self.worker.recognize(swipe, self._read)

    def _read(self, outcome: Recognition | Failure) -> None:
        if not isinstance(outcome, Failure) and outcome.candidates:
            self.query = f"{self.query.rpartition(' ')[0]} {outcome.candidates[0].word}".lstrip()

    def _search(self, *_: object) -> None:
        self.found = [emoji.text for emoji in search(self.query, language_of(self.grid).code)]
        self.ids.cells.scroll_y = 1

    def _fit(self, *_: object) -> None:
        area = keyboard_area(*self.size)
        self.is_low = self.height < LOW * self.width
        if self.is_low:
            area = replace(area, height=LOW_KEYS * self.height)
        self.keyboard_height = area.height
        if min(self.size) > 0 and self.grid is not None:
            self.column = fit((), self.grid.width, complete(self.grid)[1], area).area.width
