"""Text that people wrote: how its words are written, and those that word lists split at the apostrophe."""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*['\u2019]?")
ENDS_SENTENCE = re.compile(r"[.!?:\u2026]")
"""Between two words: the second one has a capital in any case."""
SEEN = 3
"""Times that a word must stand within sentences before its casing counts."""
SHARE = 0.05
"""A written form counts from this share of its word on."""


@dataclass
class TextForms:
    """What a text says of its words."""

    within: dict[str, Counter[str]] = field(default_factory=dict)
    """case-folded word -> written form -> times within a sentence"""
    joined: Counter[str] = field(default_factory=Counter)
    """case-folded word with an apostrophe inside -> times"""
    n_words: int = 0

    @classmethod
    def read(cls, paths: Iterable[Path]) -> TextForms:
        """Of texts with a sentence a line, plain or .gz. Raises: OSError, UnicodeDecodeError."""
        text = cls()
        for path in paths:
            for line in tqdm(_lines(path), desc=path.name, unit=" lines", disable=None):
                text.add(line)
        return text

    def add(self, line: str) -> None:
        line = unicodedata.normalize("NFC", line).replace("\u2019", "'")
        end = None
        for match in WORD.finditer(line):
            word = match[0].removesuffix("'")
            self.n_words += 1
            if "'" in word:
                self.joined[word.lower()] += 1
            if end is not None and not ENDS_SENTENCE.search(line, end, match.start()):
                self.within.setdefault(word.lower(), Counter())[word] += 1
            end = match.end()

    def forms(self, word: str) -> tuple[str, ...]:
        """How a case-folded word is written within sentences, the commonest first; nothing where the text has it too rarely."""
        times = self.within.get(word)
        if times is None or times.total() < SEEN:
            return ()
        return tuple(form for form, n in times.most_common() if n >= SHARE * times.total())

    def frequencies(self, known: Iterable[str]) -> dict[str, float]:
        """Frequency of each word with an apostrophe inside that is not among those known, and that the text has SEEN times."""
        lacking = self.joined.keys() - set(known)
        return {word: self.joined[word] / self.n_words for word in sorted(lacking) if self.joined[word] >= SEEN}


def _lines(path: Path) -> Iterator[str]:
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from file
    else:
        with path.open(encoding="utf-8") as file:
            yield from file
