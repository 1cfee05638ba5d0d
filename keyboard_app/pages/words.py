"""The page of the person's words: search and add with one field, copy them into a file and back, wipe them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kivy.properties import ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import Screen

from keyboard_app.keys.keyboard import Keyboard  # noqa: F401  named in words.kv
from keyboard_app.keys.layout import keyboard_area
from keyboard_app.pages.physical_keys import PhysicalKeys
from keyboard_app.pages.text_view import TextView  # noqa: F401  named in words.kv
from keyboard_app.session.own_words import OwnWords
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.session.worker import RecognitionWorker
from keyboard_app.style.widgets import load_kv
from keyboard_app.text.shift import Shift
from keyboard_app.text.sink import OwnField
from keyboard_app.text.writer import Writer, WritingOptions

if TYPE_CHECKING:
    from engine import PersonalWord

COPY = "keyglide-words.json"
"""The name of the copy."""
SURE = "This forgets all your words, in every language, for good. Tap Wipe again to do it."
OFF = "Your words are switched off: switch them on in Settings."


class WordRow(ButtonBehavior, BoxLayout):
    """One word. It tells its page when it is tapped."""

    text = StringProperty("")
    detail = StringProperty("")
    page = ObjectProperty(None, allownone=True, rebind=True)


class WordsPage(Screen):
    """Lists the person's words. Dispatches `on_back`, `on_word(word)` when one is tapped, `on_import` and `on_export`."""

    grid = ObjectProperty()
    """engine.Grid"""
    message = StringProperty("")
    query = StringProperty("")
    """what is searched for, and can be added"""
    cursor = NumericProperty(0)
    shift = ObjectProperty(Shift.OFF)
    rows = ListProperty()
    """(word, what is known of it) of those that the query is in"""
    total = NumericProperty(0)
    """how many words there are in all"""
    keyboard_height = NumericProperty(320.0)
    """px"""

    __events__ = ("on_back", "on_word", "on_import", "on_export")

    def __init__(self, own_words: OwnWords, worker: RecognitionWorker, **properties: object) -> None:
        load_kv(Path(__file__).with_suffix(".kv"))
        self._own_words = own_words
        self._words: list[tuple[PersonalWord, float]] = []
        self._sure = False
        self._field = OwnField()
        self.session = TypingSession(Writer(WritingOptions(capitals=False, spaces=False), sink=self._field), worker, 1.0)
        self.session.show_previews = False
        super().__init__(**properties)
        self._keys = PhysicalKeys(self.session, self.ids.query)
        self.bind(size=self._fit)
        self.session.use_key_width(self.grid.key_width)
        self.session.subscribe(self._searched)

    def on_back(self) -> None:
        """The back button was tapped."""

    def on_word(self, word: str) -> None:
        """That word was tapped."""

    def on_import(self) -> None:
        """The person wants to choose a file with words."""

    def on_export(self) -> None:
        """The person wants to choose a folder for a copy."""

    def on_enter(self) -> None:
        self._keys.listen()
        self.refresh()

    def on_leave(self) -> None:
        self._keys.release()
        self._sure = False

    def refresh(self) -> None:
        """Lists the words as they are now."""
        if self._own_words.enabled:
            self._own_words.list_words(self._show, self.say)
        else:
            self._show([])
            self.say(OFF)

    def say(self, message: str) -> None:
        self.message = message

    def add(self) -> None:
        """Adds what stands in the field."""
        self._own_words.add(self.query.strip(), self._done)
        self.session.edit(Writer.clear)

    def import_(self, file: Path) -> None:
        self._own_words.import_(file, self._done)

    def export(self, folder: Path) -> None:
        self._own_words.export(folder / COPY, self._done)

    def wipe(self) -> None:
        """Forgets all words when it is asked for the second time."""
        if self._sure:
            self._own_words.wipe(self._done)
        else:
            self.say(SURE)
        self._sure = not self._sure

    def act(self, action: str) -> None:
        """Does what an action key says; enter adds the word."""
        if action == "enter":
            self.add()
        elif action in ("backspace", "shift"):
            self.session.action(action)

    def _done(self, message: str) -> None:
        self.say(message)
        if self._own_words.enabled:
            self._own_words.list_words(self._show, self.say)

    def _show(self, words: list[tuple[PersonalWord, float]]) -> None:
        self._words, self.total = words, len(words)
        self._searched()

    def _searched(self) -> None:
        self.query, self.cursor, self.shift = self._field.text, self._field.cursor, self.session.shift
        if self.session.notice:
            self.say(self.session.notice)
        wanted = self.query.strip().casefold()
        self.rows = [(one.word, _described(one, weight)) for one, weight in self._words if wanted in one.word.casefold()]

    def _fit(self, *_: object) -> None:
        self.keyboard_height = keyboard_area(*self.size).height


def _described(one: PersonalWord, weight: float) -> str:
    if one.kind == "blocked":
        return "never offered"
    used = f"used about {weight:.0f} times" if weight >= 1.5 else "used once" if weight >= 0.5 else ""
    return ", ".join(filter(None, ("added" if one.kind == "added" else "", used))) or "fading"
