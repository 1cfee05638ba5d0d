"""The words before recorded swipes: what their people had been asked to write so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.lexicon import Lexicon, key_sequence
from engine.swipe_file import SwipeRecord, read_good_swipes

ContextSource = Literal["none", "true", "recognised"]
"""Whether the words before count, and whether as they were meant or as they were recognised."""


@dataclass(frozen=True)
class Place:
    """Where a swipe's word stands."""

    user: str
    sentence: tuple[str, ...] | None
    """the words of the sentence, or those before the swipe alone; None where nothing is known of them"""
    position: int
    """how many of them stand before the swipe"""


def load_places(path: Path) -> list[Place]:
    """The places of the swipes in a file, in its order. Raises: ValueError, OSError as `read_good_swipes`."""
    return [_place(record) for record in read_good_swipes(path)]


def _place(record: SwipeRecord) -> Place:
    user, before, sentence = str(record.fields.get("user", "")), record.before, record.fields.get("sentence")
    if before is None:
        return Place(user, None, 0)
    whole = before if isinstance(record.fields.get("before"), str) else str(sentence)
    return Place(user, tuple(whole.split()), len(before.split()))


class SentenceSoFar:
    """The text before each of a person's swipes, the swipes taken in their order."""

    def __init__(self, places: Sequence[Place], lexicon: Lexicon, source: ContextSource) -> None:
        self._places, self._lexicon, self.source = places, lexicon, source
        self._recognised: dict[tuple[str, tuple[str, ...]], dict[int, str]] = {}

    def before(self, row: int) -> str | None:
        """The words before a swipe as one writes them; None where nothing is known of them, or they do not count."""
        place = self._places[row]
        if self.source == "none" or place.sentence is None:
            return None
        words = list(enumerate(place.sentence[: place.position]))
        if self.source == "recognised":
            found = self._recognised.get((place.user, place.sentence), {})
            return " ".join(found.get(number) or self._written(word) for number, word in words)
        return " ".join(self._written(word) for _, word in words)

    def keep(self, row: int, word: str | None) -> None:
        """Remembers what a swipe was recognised as."""
        place = self._places[row]
        if word is not None and place.sentence is not None:
            self._recognised.setdefault((place.user, place.sentence), {})[place.position] = word

    def _written(self, word: str) -> str:
        """The commonest written form of a word that the data have without apostrophes and capitals."""
        sequence = key_sequence(word, self._lexicon.alphabet)
        node = self._lexicon.find(sequence) if sequence else None
        return word if node is None or word != sequence else self._lexicon.forms_of(node, word)[0]
