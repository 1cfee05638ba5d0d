"""A swipe that may have meant several words, none likely enough to be written: the person picks one, or swipes again. Never Kivy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keyboard_app.text.writer import Writer

LEAST_PROBABILITY = 0.3
"""A best word that is less probable is offered and not written, unless the person wants every word written. Measured on dev, without and
with the words before: of the wrong words this holds back 19 and 23 %, of the right ones 0.6 %; of what it holds back, four in five
are wrong. docs/benchmarks.md has other values."""


@dataclass(frozen=True)
class Unsure:
    """What a swipe may have meant, and where it was to be written."""

    words: tuple[str, ...]
    """best first, as a lexicon has them; never none"""
    shown: tuple[str, ...]
    """the same, as they would be written"""
    text_before: str

    @classmethod
    def of(cls, writer: Writer, words: Sequence[str]) -> Unsure:
        return cls(tuple(words), tuple(map(writer.as_written, words)), writer.text_before)

    def is_due(self, writer: Writer) -> bool:
        """Whether the text is still as it was."""
        return writer.text_before == self.text_before

    def picked(self, index: int) -> list[str]:
        """The words with words[index] first. Raises: IndexError."""
        word = self.words[index]
        return [word, *(other for other in self.words if other != word)]
