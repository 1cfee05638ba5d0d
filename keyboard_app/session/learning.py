"""What the keyboard learns from writing: which words the person picks, types by taps, takes back and restores.

It compares the text before and after each change, and knows nothing of what made it. Nothing is learnt from a password field.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from keyboard_app.text.rules import LOOK_BACK, of_word, starts_sentence, word_around
from keyboard_app.text.writer import Writer
from keyboard_app.text.written import Written

if TYPE_CHECKING:
    from engine.words.use import Use


@dataclass(frozen=True)
class Moment:
    """The text at one moment."""

    text: str
    cursor: int
    word: Written | None
    """the swiped word at the cursor or just before it"""

    @classmethod
    def of(cls, writer: Writer) -> Moment:
        return cls(writer.text, writer.cursor, writer.correctable)

    def still_has(self, word: Written) -> bool:
        return self.text[word.start : word.end] == word.word

    @property
    def ends_in_word(self) -> bool:
        """Whether a letter stands right before the cursor."""
        return self.cursor > 0 and _is_letter(self.text[self.cursor - 1])


@dataclass(frozen=True)
class Used:
    """A use of a word, in the case in which it stands in a lexicon."""

    word: str
    use: Use


class Learner:
    """Sees the uses of words in the changes of a text."""

    def __init__(self) -> None:
        self._tapped_from: int | None = None
        """where the word begins whose letters have all been tapped, up to the cursor"""
        self._taken_back: Written | None = None
        """the swiped word that was removed last"""

    def see(self, before: Moment, writer: Writer) -> list[Used]:
        """The uses that one change of the writer's text makes."""
        after = Moment.of(writer)
        uses = self._swiped(before, after) if after.text != before.text else []
        typed = self._typed(before, after)
        if typed is not None:
            uses.append((typed, "tapped"))
        return [Used(plain(writer, word), use) for word, use in uses]

    def _swiped(self, before: Moment, after: Moment) -> list[tuple[Written, Use]]:
        """A swiped word was replaced with another candidate, removed, or brought back."""
        old, new = before.word, after.word
        if old is not None and new is not None and old.start == new.start and old.word != new.word:
            picked = new.word in old.choices
            return [(old, "taken back"), (new, "picked")] if picked else [(old, "taken back")]
        removed = len(before.text) - len(after.text)
        if old is not None and not after.still_has(old) and removed <= len(old.word) + 1:
            self._taken_back = old
            return [(old, "taken back")]
        if new is not None and new != old and self._taken_back is not None and not before.still_has(new):
            restored = (new.start, new.word) == (self._taken_back.start, self._taken_back.word)
            self._taken_back = None
            return [(new, "picked")] if restored else []
        return []

    def _typed(self, before: Moment, after: Moment) -> Written | None:
        """The word of two letters or more that was typed letter by letter, once something else is written behind it."""
        start = self._tapped_from
        grown = len(after.text) - len(before.text)
        if grown >= 1 and after.ends_in_word and after.cursor - before.cursor == grown <= 2:
            if after.cursor < 2 or not _is_letter(after.text[after.cursor - 2]):  # it begins a word
                self._tapped_from = after.cursor - 1
            return None
        if start is not None and grown < 0 and start < after.cursor < before.cursor:
            return None  # a letter of it was removed
        self._tapped_from = None
        if start is None or grown < 1 or not before.ends_in_word or after.ends_in_word:
            return None
        first, end = word_around(after.text, min(start, len(after.text)))
        return Written(first, after.text[first:end], ()) if first == start and first + 1 < end < after.cursor else None


def _is_letter(character: str) -> bool:
    """Whether a word goes on with it: don't is one word."""
    return of_word(character) or character in "'’"


def plain(writer: Writer, word: Written) -> str:
    """The word as a lexicon has it: without the capital that only its place in the sentence gives it."""
    forms = writer.vocabulary.forms(word.word)
    small = next((form for form in forms if form.lower() == form == word.word.lower()), None)
    at_start = starts_sentence(writer.text[max(0, word.start - LOOK_BACK) : word.start], writer.options.abbreviations)
    if word.word in forms and not (at_start and small):
        return word.word
    if small is not None:
        return small
    same = next((form for form in forms if form.casefold() == word.word.casefold()), None)
    if same is not None:
        return same
    return word.word.lower() if at_start and word.word == word.word.capitalize() else word.word
