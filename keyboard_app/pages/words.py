"""The page of the person's words and pairs of words: search and add with one field, copy them into a file and back, wipe them."""

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
    from engine.words.pairs import PairGain

COPY = "keyglide-words.json"
"""The name of the copy."""
SURE = "This forgets all your words and pairs of words, in every language, for good. Tap Wipe again to do it."
OFF = "Your words are switched off: switch them on in Settings."
PAIRS_OFF = "Learn word pairs is switched off, so these do not count: switch it on in Settings."
WORDS, PAIRS = "words", "pairs"
"""What can be listed."""


class WordRow(ButtonBehavior, BoxLayout):
    """One word. It tells its page when it is tapped."""

    text = StringProperty("")
    detail = StringProperty("")
    page = ObjectProperty(None, allownone=True, rebind=True)


class WordsPage(Screen):
    """Lists the person's words, or pairs. Dispatches `on_back`, `on_import`, `on_export`; when one is tapped, `on_word(word)` or
    `on_pair(first, second)`."""

    grid = ObjectProperty()
    """engine.Grid"""
    message = StringProperty("")
    query = StringProperty("")
    """what is searched for, and can be added"""
    cursor = NumericProperty(0)
    shift = ObjectProperty(Shift.OFF)
    shown = StringProperty(WORDS)
    """what is listed"""
    rows = ListProperty()
    """(word or pair, what is known of it) of those that the query is in"""
    total = NumericProperty(0)
    """how many words and pairs there are in all"""
    keyboard_height = NumericProperty(320.0)
    """px"""

    __events__ = ("on_back", "on_word", "on_pair", "on_import", "on_export")

    def __init__(self, own_words: OwnWords, worker: RecognitionWorker, **properties: object) -> None:
        load_kv(Path(__file__).with_suffix(".kv"))
        self._own_words = own_words
        self._words: list[tuple[PersonalWord, float]] = []
        self._pairs: list[PairGain] = []
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

    def on_pair(self, first: str, second: str) -> None:
        """That pair was tapped."""

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
        """Lists the words and pairs as they are now."""
        if self._own_words.enabled:
            self._ask()
        else:
            self._show([])
            self._show_pairs([])
            self.say(OFF)

    def show_kind(self, kind: str) -> None:
        """Lists words or pairs."""
        self.shown = kind
        if kind == PAIRS and self._own_words.enabled and not self._own_words.pairs:
            self.say(PAIRS_OFF)
        elif self.message == PAIRS_OFF:
            self.say("")
        self.ids.rows.scroll_y = 1
        self._searched()

    def tapped(self, text: str) -> None:
        """That row was tapped."""
        if self.shown == WORDS:
            self.dispatch("on_word", text)
        else:
            first, _, second = text.rpartition(" ")  # no word has a space in it
            self.dispatch("on_pair", first, second)

    def say(self, message: str) -> None:
        self.message = message

    def add(self) -> None:
        """Adds what stands in the field, if it is a word."""
        if self.shown == PAIRS:
            return
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
            self._ask()

    def _ask(self) -> None:
        self._own_words.list_words(self._show, self.say)
        self._own_words.list_pairs(self._show_pairs, self.say)

    def _show(self, words: list[tuple[PersonalWord, float]]) -> None:
        self._words, self.total = words, len(words) + len(self._pairs)
        self._searched()

    def _show_pairs(self, pairs: list[PairGain]) -> None:
        self._pairs, self.total = pairs, len(self._words) + len(pairs)
        self._searched()

    def _searched(self) -> None:
        self.query, self.cursor, self.shift = self._field.text, self._field.cursor, self.session.shift
        if self.session.notice:
            self.say(self.session.notice)
        wanted = self.query.strip().casefold()
        if self.shown == WORDS:
            rows = ((one.word, _described(one, weight)) for one, weight in self._words)
        else:
            rows = ((f"{first} {second}".strip(), _described_pair(first, weight)) for first, second, weight in self._pairs)
        self.rows = [(text, detail) for text, detail in rows if wanted in text.casefold()]

    def _fit(self, *_: object) -> None:
        self.keyboard_height = keyboard_area(*self.size).height


def _described(one: PersonalWord, weight: float) -> str:
    if one.kind == "blocked":
        return "never offered"
    return ", ".join(filter(None, ("added" if one.kind == "added" else "", _times("used", weight)))) or "fading"


def _described_pair(first: str, weight: float) -> str:
    if not first:
        return f"begins about {weight:.0f} sentences" if weight >= 1.5 else "begins a sentence" if weight >= 0.5 else "fading"
    return _times("written", weight) or "fading"


def _times(what: str, weight: float) -> str:
    return f"{what} about {weight:.0f} times" if weight >= 1.5 else f"{what} once" if weight >= 0.5 else ""
