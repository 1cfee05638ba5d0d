"""How text becomes words for a context model. Training and run time share it."""

from __future__ import annotations

import re
from dataclasses import dataclass

APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'"})
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
"""Letters and digits with apostrophes between them. Hyphens part words; other marks are left out: nobody swipes them."""
SENTENCE_END = re.compile(r"[.!?…]+(?:[\"')\]]*)(?:\s|$)|\n")
NUMBER = "<number>"
"""Stands for whatever holds a digit."""
STRIDE_WORDS = 24
"""A sentence is looked at from one to two strides back: what is further back hardly matters. Its beginning moves a whole stride at
a time, so that what was computed for a text serves the same text with one word more."""
STRIDE_CHARACTERS = 1024
"""The same for the text."""


@dataclass(frozen=True)
class Sentence:
    """The words of a sentence, or of its beginning."""

    words: tuple[str, ...]
    """as written, NUMBER for what holds a digit"""
    is_whole: bool = True
    """whether the first word is the sentence's first"""

    @property
    def last(self) -> str | None:
        """The last word; "" at the beginning of a sentence, None where nothing is known of it."""
        return self.words[-1] if self.words else "" if self.is_whole else None


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence in the text, as written. Empty sentences are left out."""
    parts = (words_of(part) for part in SENTENCE_END.split(text.translate(APOSTROPHES)))
    return [words for words in parts if words]


def words_of(text: str) -> list[str]:
    """The words of a text whose apostrophes are straight ones."""
    return [NUMBER if holds_digit(word) else word for word in WORD.findall(text)]


def holds_digit(word: str) -> bool:
    return not word.isalpha() and any(character.isdigit() for character in word)


def unfinished_sentence(before: str) -> Sentence:
    """The words that stand in the same sentence before the end of the text `before`; none where a sentence has just ended.

    Of a long one only the end is kept, so that any length of text costs the same.
    """
    cut = _stride(len(before), STRIDE_CHARACTERS)
    text = before[cut:].translate(APOSTROPHES)
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    words = words_of(text[ends[-1] :] if ends else text[_whole_word(before, cut) - cut :])
    first = _stride(len(words), STRIDE_WORDS)
    return Sentence(tuple(words[first:]), not first and (not cut or bool(ends)))


def last_pair(text: str) -> tuple[str, str] | None:
    """The last two words of a text, "" for the first where the second begins its sentence; None where there are none, or numbers."""
    sentence = unfinished_sentence(text)
    if not sentence.words or (len(sentence.words) == 1 and not sentence.is_whole):
        return None
    pair = ("", *sentence.words)[-2:]
    return None if NUMBER in pair else (pair[0], pair[1])


def _stride(length: int, stride: int) -> int:
    """Where the kept end of something of this length begins: it has at least one stride, and less than two."""
    return max(0, (length // stride - 1) * stride)


def _whole_word(text: str, start: int) -> int:
    """The first position from `start` on that is not amid a word."""
    while 0 < start < len(text) and not text[start - 1].isspace():
        start += 1
    return start
