"""Practice: words to swipe, and the file that the swipes are recorded in: a person's own data, on their own disk."""

from __future__ import annotations

import errno
import heapq
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import platformdirs

if TYPE_CHECKING:
    from engine import Grid, Language, Lexicon, Swipe

MIN_LETTERS = 2
"""A word of one letter is tapped."""
N_COMMON_WORDS = 300
"""How many words of the lexicon are shown if no sentence can be swiped on the grid."""
N_CANDIDATES = 4
"""How many candidates are recorded."""
RECORDED_WITH = "Keyglide keyboard"


@dataclass(frozen=True)
class Prompt:
    """A word to swipe."""

    sentence: str
    position: int
    """of the word among the words of the sentence, from 0"""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words as the sentence has them, with punctuation."""
        return tuple(self.sentence.split())

    @property
    def word(self) -> str:
        """The word as it is swiped and recorded: its letters in lower case."""
        return letters_of(self.words[self.position])


@dataclass(frozen=True)
class _Recorded:
    """A line that was added to the file."""

    start: int
    """offset in the file"""
    turn: int
    """the turn of its prompt"""
    recognised: bool


def letters_of(word: str) -> str:
    """What is swiped of a word: its letters in lower case."""
    return "".join(filter(str.isalpha, word.lower()))


def swipes_path() -> Path:
    """The file that swipes are recorded in, in the system's folder for data."""
    return platformdirs.user_data_path("keyglide") / "swipes.jsonl"


def prompts_for(language: Language, grid: Grid, lexicon: Lexicon | None, own: Sequence[str] = ()) -> tuple[str, ...]:
    """What can be swiped on a grid: of a person's own sentences; without them the language's, or else the lexicon's commonest words."""
    on_grid = {*grid.aliases, *(key.label for key in grid.letter_keys)}

    def can_be_swiped(sentence: str) -> bool:
        return on_grid.issuperset(letters_of(sentence))

    sentences = tuple(filter(can_be_swiped, own or language.prompts))
    if sentences or own or lexicon is None:
        return sentences
    long_enough = (item for item in lexicon.key_sequences() if len(item[0]) >= MIN_LETTERS and can_be_swiped(item[0]))
    common = heapq.nlargest(N_COMMON_WORDS, long_enough, key=lambda item: item[1])
    return tuple(lexicon.forms(sequence)[0] for sequence, _ in common)


class Practice:
    """Goes through the words of some prompts, and records how they are swiped."""

    def __init__(self, path: Path, prompts: Sequence[str], seed: int | None = None) -> None:
        """path: where swipes are recorded; the file is created with the first one. Without a seed the order of the prompts is random."""
        self.path = path
        sentences = Random(seed).sample(prompts, len(prompts))
        every_word = [Prompt(sentence, position) for sentence in sentences for position in range(len(sentence.split()))]
        self._prompts = [prompt for prompt in every_word if len(prompt.word) >= MIN_LETTERS]
        self._turn = 0
        self._recorded: list[_Recorded] = []
        self._end = 0
        """the file's size after the last line"""

    @property
    def turn(self) -> int:
        """How many words came before the one that is shown."""
        return self._turn

    @property
    def prompt(self) -> Prompt | None:
        """The word to swipe now; None if there are no prompts."""
        return self.prompt_at(self._turn) if self._prompts else None

    def prompt_at(self, turn: int) -> Prompt:
        """The word of that turn; after the last word comes the first one again."""
        return self._prompts[turn % len(self._prompts)]

    @property
    def n_recorded(self) -> int:
        """How many swipes were recorded and not undone."""
        return len(self._recorded)

    @property
    def n_recognised(self) -> int:
        """For how many of them the first candidate was the word."""
        return sum(recorded.recognised for recorded in self._recorded)

    def next(self) -> None:
        """Goes on to the next word."""
        self._turn += 1

    def record(self, turn: int, swipe: Swipe, grid: Grid, candidates: Sequence[str] | None) -> bool:
        """Adds the swipe of that turn's word to the file; returns whether the first candidate is the word.

        candidates: best first; None if the swipe could not be decoded.
        Raises: OSError if the file cannot be written; it is left unchanged.
        """
        from engine.swipe_file import append_line  # late: the engine takes a third of a second to import

        prompt = self.prompt_at(turn)
        best = candidates[0] if candidates else ""
        recognised = _keys(letters_of(best), grid) == _keys(prompt.word, grid)
        start, self._end = append_line(self.path, _as_json(prompt, swipe, grid, candidates))
        self._recorded.append(_Recorded(start, turn, recognised))
        return recognised

    def undo_last(self) -> None:
        """Removes the last line of this practice from the file, and goes back to its word. Does nothing if there is none.

        Raises: OSError if the file cannot be written, or another program has changed it since.
        """
        if not self._recorded:
            return
        last = self._recorded[-1]
        with self.path.open("r+b") as file:
            if file.seek(0, os.SEEK_END) != self._end:
                raise OSError(errno.EBUSY, "another program has changed the file: remove the line there", str(self.path))
            file.truncate(last.start)
        self._recorded.pop()
        self._turn, self._end = last.turn, last.start


def _keys(letters: str, grid: Grid) -> str:
    """The letters of the keys that these letters are swiped on."""
    return "".join(grid.aliases.get(letter, letter) for letter in letters)


def _as_json(prompt: Prompt, swipe: Swipe, grid: Grid, candidates: Sequence[str] | None) -> dict[str, Any]:
    """The line for a swipe, as the engine and the training read it."""
    from engine.swipe_file import SwipeRecord, as_json, reference_to

    return {
        **as_json(SwipeRecord("", swipe, prompt.word, reference_to(grid)), grid),
        "sentence": prompt.sentence,
        "position": prompt.position,
        "candidates": None if candidates is None else list(candidates[:N_CANDIDATES]),
        "recorded_with": RECORDED_WITH,
    }
