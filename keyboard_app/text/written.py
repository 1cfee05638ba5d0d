"""The words that were swiped, with what else each may be: kept so that an older word can still be corrected."""

from __future__ import annotations

from dataclasses import dataclass, replace

from keyboard_app.text.rules import CLOSING, in_word
from keyboard_app.text.sink import Edit

N_KEPT = 200
"""So many words can still be corrected; the oldest are forgotten first."""
N_BEHIND = 2
"""A word is still offered for correction when so many spaces and closing marks have been written after it."""


@dataclass(frozen=True)
class Written:
    """A word in the text, and what else it may be."""

    start: int
    """offset of the word"""
    word: str
    choices: tuple[str, ...]
    """as they would be written, best first"""

    @property
    def end(self) -> int:
        return self.start + len(self.word)

    def chosen(self, index: int) -> Written:
        """The word with one of its choices in its place, and offered instead. Raises: IndexError."""
        if not 0 <= index < len(self.choices):
            raise IndexError(f"there is no choice {index} among the {len(self.choices)} offered: choose one of `choices`")
        choices = (*self.choices[:index], self.word, *self.choices[index + 1 :])
        return Written(self.start, self.choices[index], choices)


WrittenWords = tuple[Written, ...]
"""In the order in which they were written, N_KEPT at most."""


def add_word(words: WrittenWords, word: Written) -> WrittenWords:
    """The words with one more, in the place of those that it covers."""
    apart = [other for other in words if other.end <= word.start or other.start >= word.end]
    return (*apart[1 - N_KEPT :], word) if len(apart) >= N_KEPT else (*apart, word)


def after_edit(words: WrittenWords, edit: Edit) -> WrittenWords:
    """The words where they are after an edit; those that it changed are gone."""
    end, shift = edit.start + len(edit.removed), len(edit.inserted) - len(edit.removed)
    if all(word.end <= edit.start for word in words):
        return words
    return tuple(
        word if word.end <= edit.start else replace(word, start=word.start + shift)
        for word in words
        if word.end <= edit.start or word.start >= end
    )


def shifted(words: WrittenWords, by: int) -> WrittenWords:
    """The words, each that far to the right: in a text that begins elsewhere. Those that are not there any more are never found."""
    return tuple(replace(word, start=word.start + by) for word in words if word.start + by >= 0)


def word_at(words: WrittenWords, text: str, offset: int) -> Written | None:
    """The word that the offset is in or at an end of, or that only a space or closing marks part from it; None for none.

    Of two words, the one that ends there.
    """
    within = [word for word in words if word.start <= offset <= word.end and _stands(word, text)]
    if within:
        return min(within, key=lambda word: word.start)
    before = [word for word in words if 0 < offset - word.end <= N_BEHIND and _closes(text[word.end : offset]) and _stands(word, text)]
    return max(before, key=lambda word: word.end, default=None)


def _stands(word: Written, text: str) -> bool:
    """Whether the text still has that word there: nothing was written on to it."""
    return text[word.start : word.end] == word.word and not in_word(text, word.start) and not in_word(text, word.end)


def _closes(between: str) -> bool:
    return all(character == " " or character in CLOSING for character in between)
