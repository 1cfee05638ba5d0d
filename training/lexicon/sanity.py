"""A sanity figure for a new language: swipes that a steady hand might make of its commonest words, read back."""

from __future__ import annotations

import heapq
import math

import numpy as np
import numpy.typing as npt

from engine import SwipeRecognizer
from engine.lexicon import Lexicon
from engine.swipe import Swipe

MS_PER_POINT = 1000 / 60
PAUSE_MS = 80.0
"""How long the finger rests on a doubled letter."""
KEYS_PER_SECOND = 6.0
"""How fast the finger moves on average, in key widths."""
SCATTER = 0.12
"""How far from the centre of a key the finger aims, in key widths (standard deviation)."""


def common_words(lexicon: Lexicon, n: int) -> list[str]:
    """The n most frequent key sequences of at least two letters."""
    return [word for word, _ in heapq.nlargest(n, ((w, p) for w, p in lexicon.key_sequences() if len(w) > 1), key=lambda item: item[1])]


def draw_swipe(centres: npt.NDArray[np.float64], key_width: float, random: np.random.Generator) -> Swipe:
    """A swipe through the centres (L, 2) of a word's keys: minimum-jerk legs between aims that scatter around them.

    Source: Flash and Hogan 1985 (The coordination of arm movements).
    """
    aims = centres + random.normal(0, SCATTER * key_width, centres.shape)
    points, times, now = [aims[0]], [0.0], 0.0
    for start, stop, repeated in zip(aims[:-1], aims[1:], (centres[:-1] == centres[1:]).all(1), strict=True):
        distance = float(np.hypot(*(stop - start)))
        duration = PAUSE_MS if repeated else 60 + 1000 * distance / key_width / KEYS_PER_SECOND * 0.6
        n_steps = max(2, math.ceil(duration / MS_PER_POINT))
        for share in np.linspace(0, 1, n_steps + 1)[1:]:
            points.append(start + (stop - start) * (10 * share**3 - 15 * share**4 + 6 * share**5))
            times.append(now + duration * share)
        now += duration
    if len(points) == 1:
        points, times = [aims[0], aims[0] + 1], [0.0, MS_PER_POINT]
    x, y = np.array(points).T
    return Swipe.from_points(x, y, times)


def read_back(recognizer: SwipeRecognizer, n: int, seed: int = 0) -> tuple[int, int, int]:
    """(swipes, how many were read right, how many have the word among the first four) of the n commonest words.

    Words that share their keys with a commoner one (ё on е) count as right where any of them is read.
    """
    random = np.random.default_rng(seed)
    grid, lexicon = recognizer.grid, recognizer.lexicon
    words = common_words(lexicon, n)
    first = four = 0
    for word in words:
        keys = [grid.letter_key(letter) for letter in word]
        centres = np.array([(key.centre_x, key.centre_y) for key in keys])
        swipe = draw_swipe(centres, float(np.median([key.w for key in grid.letter_keys])), random)
        found = [[grid.letter_key(letter) for letter in candidate.key_sequence] for candidate in recognizer.recognize(swipe)[:4]]
        first += found[:1] == [keys]
        four += keys in found
    return len(words), first, four
