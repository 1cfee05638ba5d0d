"""Practice: words to swipe, and the file that the swipes are recorded in: a person's own data, on their own disk."""

from __future__ import annotations

import errno
import heapq
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import platformdirs

if TYPE_CHECKING:
    from engine import Grid, Key, Lexicon, Swipe

MIN_LETTERS = 2
"""A word of one letter is tapped."""
N_COMMON_WORDS = 300
"""Words of a lexicon that serve where no sentence can be swiped on the grid."""
N_CANDIDATES = 4
"""Candidates that are recorded."""
RECORDED_WITH = "Keyglide keyboard"


@dataclass(frozen=True)
class Prompt:
    """A word to swipe."""

    sentence: str
    position: int
    """of the word among the words of the sentence, from 0"""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The sentence's words as it writes them, with punctuation."""
        return tuple(self.sentence.split())

    @property
    def word(self) -> str:
        """The word as it is swiped and recorded: its letters, small."""
        return letters_of(self.words[self.position])


@dataclass(frozen=True)
class _Recorded:
    """A line that was put into the file."""

    start: int
    """offset in the file"""
    turn: int
    """when its prompt was"""
    recognised: bool


def letters_of(word: str) -> str:
    """What is swiped of a word: its letters, small."""
    return "".join(filter(str.isalpha, word.lower()))


def swipes_path() -> Path:
    """Where swipes are recorded: in the platform's folder for data."""
    return platformdirs.user_data_path("keyglide") / "swipes.jsonl"


def prompts_for(grid: Grid, lexicon: Lexicon | None) -> tuple[str, ...]:
    """What can be swiped on a grid: our sentences in its alphabet; where there are none, the lexicon's commonest words, or nothing."""
    on_grid = {*grid.aliases, *(key.label for key in grid.letter_keys)}

    def can_be_swiped(sentence: str) -> bool:
        return on_grid.issuperset(letters_of(sentence))

    ours = Path(__file__).with_name("prompts.txt").read_text(encoding="utf-8").splitlines()
    sentences = tuple(filter(can_be_swiped, ours))
    if sentences or lexicon is None:
        return sentences
    long_enough = (item for item in lexicon.key_sequences() if len(item[0]) >= MIN_LETTERS and can_be_swiped(item[0]))
    common = heapq.nlargest(N_COMMON_WORDS, long_enough, key=lambda item: item[1])
    return tuple(lexicon.forms(sequence)[0] for sequence, _ in common)


class Practice:
    """One after the other the words of some prompts, and the record of how they were swiped."""

    def __init__(self, path: Path, prompts: Sequence[str], seed: int | None = None) -> None:
        """path: where swipes are recorded, made when there is one. Without a seed the prompts' order is another one every time."""
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
        """Counts the words that were shown."""
        return self._turn

    @property
    def prompt(self) -> Prompt | None:
        """The word to swipe now; None where there are no prompts."""
        return self._prompt_at(self._turn) if self._prompts else None

    @property
    def n_recorded(self) -> int:
        """Lines that were recorded, and not undone."""
        return len(self._recorded)

    @property
    def n_recognised(self) -> int:
        """How many of them had their word as the first candidate."""
        return sum(recorded.recognised for recorded in self._recorded)

    def next(self) -> None:
        """Goes on to the next word."""
        self._turn += 1

    def record(self, turn: int, swipe: Swipe, grid: Grid, candidates: Sequence[str] | None) -> bool:
        """Adds the swipe of that turn's word to the file; whether its word is the first candidate.

        candidates: best first; None where the swipe was not read.
        Raises: OSError where the file cannot be written; it is then as it was.
        """
        prompt = self._prompt_at(turn)
        best = candidates[0] if candidates else ""
        recognised = _keys(letters_of(best), grid) == _keys(prompt.word, grid)
        line = json.dumps(_as_json(prompt, swipe, grid, candidates), ensure_ascii=False, separators=(",", ":"))
        start = self._append(f"{line}\n".encode())
        self._recorded.append(_Recorded(start, turn, recognised))
        return recognised

    def undo_last(self) -> None:
        """Takes the last line of this practice out of the file, and goes back to its word. Does nothing where there is none.

        Raises: OSError where the file cannot be written, or was changed by somebody else since.
        """
        if not self._recorded:
            return
        last = self._recorded[-1]
        with self.path.open("r+b") as file:
            if file.seek(0, os.SEEK_END) != self._end:
                raise OSError(errno.EBUSY, "another program wrote to the file: take the line out there", str(self.path))
            file.truncate(last.start)
        self._recorded.pop()
        self._turn, self._end = last.turn, last.start

    def _prompt_at(self, turn: int) -> Prompt:
        return self._prompts[turn % len(self._prompts)]

    def _append(self, line: bytes) -> int:
        """Where the line begins. One that was cut off before it, by a crash, stays a line of its own."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b", buffering=0) as file:
            start = file.seek(0, os.SEEK_END)
            if start:
                file.seek(-1, os.SEEK_END)
                line = line if file.read(1) == b"\n" else b"\n" + line
            if file.write(line) != len(line):
                file.truncate(start)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        self._end = start + len(line)
        return start


def _keys(letters: str, grid: Grid) -> str:
    """The letters on whose keys these letters are swiped."""
    return "".join(grid.aliases.get(letter, letter) for letter in letters)


def _as_json(prompt: Prompt, swipe: Swipe, grid: Grid, candidates: Sequence[str] | None) -> dict[str, Any]:
    """The line of a swipe, as engine.decode and the training read it. Coordinates keep tenths of a grid unit and of a ms."""
    curve = {name: [round(float(value), 1) for value in getattr(swipe, name)] for name in "xyt"}
    return {
        "word": prompt.word,
        "curve": {**curve, "grid_name": grid.name, **_geometry(grid)},
        "sentence": prompt.sentence,
        "position": prompt.position,
        "candidates": None if candidates is None else list(candidates[:N_CANDIDATES]),
        "recorded_with": RECORDED_WITH,
    }


def _geometry(grid: Grid) -> dict[str, Any]:
    """The whole grid, where its name alone would not say which it is."""
    if _own_grids().get(grid.name) == grid:
        return {}
    keys = [{**_meaning(key), "hitbox": {"x": key.x, "y": key.y, "w": key.w, "h": key.h}} for key in grid.keys]
    return {"grid": {"width": grid.width, "height": grid.height, "keys": keys, "aliases": dict(grid.aliases)}}


def _meaning(key: Key) -> dict[str, str | None]:
    return {"action": key.action} if key.label is None else {"label": key.label}


@cache
def _own_grids() -> dict[str, Grid]:
    from engine import load_grids  # late: numba takes a third of a second

    return load_grids()
