"""The page about one word, or pair of words: why it was offered, never to offer it again, to forget what was learnt about it."""

from __future__ import annotations

from typing import Any

from kivy.properties import StringProperty

from keyboard_app.pages.choose import ChoosePage
from keyboard_app.pages.folder import Choice
from keyboard_app.session.own_words import OwnWords
from keyboard_app.session.typing_session import TypingSession

WHY = "Why this word?"
OFF = "Your words are switched off: switch them on in Settings."


class WordPage(ChoosePage):
    """What can be done about a word. Dispatches `on_back`."""

    came_from = StringProperty("write")
    """the page to go back to"""

    def __init__(self, own_words: OwnWords, session: TypingSession, **properties: object) -> None:
        super().__init__(**properties)
        self._own_words, self._session = own_words, session
        self._word, self._pair = "", ("", "")

    def ask_about(self, word: str, came_from: str) -> None:
        """Shows what can be done about that word."""
        self.title, self.came_from, self.message = word, came_from, ""
        self._word = self._session.plain(word) if came_from == "write" else word
        source = self._session.source_of(word)
        why = [Choice(WHY, "why")] if source is not None else []
        rows = [*why, Choice("Never offer it", "block"), Choice("Forget what was learnt about it", "forget")]
        self.choices = [*rows, Choice("Offer it: add it to what can be swiped", "add")]

    def ask_about_pair(self, first: str, second: str) -> None:
        """Shows what can be done about a pair from the page of words. first: "" for the beginning of a sentence."""
        self.title, self.came_from, self.message = f"{first} {second}".strip(), "words", ""
        self._pair = first, second
        self.choices = [Choice("Forget it", "forget_pair")]

    def tapped(self, value: str) -> None:
        """Does it, and says what came of it."""
        word, own = self._word, self._own_words
        if value == "why":
            self._explain()
        elif not own.enabled:
            self._say(OFF)
        elif value == "forget_pair":
            own.forget_pair(*self._pair, self._say)
        else:
            acts: dict[str, Any] = {"block": own.block, "forget": own.forget, "add": own.add}
            acts[value](word, self._say)

    def _explain(self) -> None:
        source = self._session.source_of(self.title)
        if source is not None:
            self._own_words.explain(source, self._say)

    def _say(self, message: str) -> None:
        self.message = message
