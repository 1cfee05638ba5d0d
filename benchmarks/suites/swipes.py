"""Made-up swipes, the same on every machine: the suites use them if no recordings are named.

They go from key to key as a hand does, slowest at the keys, not quite through their centres, and trembling. They are for timing: about
as much work as recorded ones (measured: bench_swipe), and easier to read.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from engine.grid import Grid
from engine.lexicon import Lexicon
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord

SAMPLE_MS = 16
LEG_MS = 110
"""from a key to the next, in addition to what the distance takes"""
MS_PER_KEY = 45
"""for each key width of distance"""
DWELL_MS = 140
"""at a key that is meant twice"""
OFF_CENTRE = 0.22
"""standard deviation of the place where a key is touched, in key widths"""
TREMBLE = 0.02
"""of every point, in key widths"""
N_COMMON = 3_000
"""words of a length that count as common"""


def made_up_swipe(word: str, grid: Grid, rng: np.random.Generator) -> Swipe:
    """A swipe of the word's letters; a word of one letter stays on its key."""
    keys = [grid.letter_key(letter) for letter in (word if len(word) > 1 else 2 * word)]
    stops = np.array([(key.centre_x, key.centre_y) for key in keys])
    stops += rng.normal(0, OFF_CENTRE * grid.key_width, stops.shape)
    lengths = np.hypot(*np.diff(stops, axis=0).T) / grid.key_width
    twice = np.array([before == after for before, after in pairwise(keys)])
    durations = np.where(twice, DWELL_MS, LEG_MS + MS_PER_KEY * lengths)
    times = np.concatenate(([0.0], np.cumsum(durations)))
    t = np.arange(0.0, times[-1] + SAMPLE_MS, SAMPLE_MS)
    leg = np.clip(np.searchsorted(times, t, side="right") - 1, 0, len(durations) - 1)
    share = np.clip((t - times[leg]) / durations[leg], 0.0, 1.0)
    share = share**3 * (10 - 15 * share + 6 * share**2)  # least jerk
    points = stops[leg] + share[:, None] * (stops[leg + 1] - stops[leg])
    points += rng.normal(0, TREMBLE * grid.key_width, points.shape)
    return Swipe.from_points(points[:, 0], points[:, 1], t)


def traced_in(swipe: Swipe, n_points: int, duration_ms: float) -> Swipe:
    """The same trace with so many points, in so much time."""
    t = np.linspace(swipe.t[0], swipe.t[-1], n_points)
    x, y = (np.interp(t, swipe.t, values) for values in (swipe.x, swipe.y))
    return Swipe.from_points(x, y, np.linspace(0.0, duration_ms, n_points))


def made_up_record(word: str, grid: Grid, seed: int) -> SwipeRecord:
    return SwipeRecord(f"made up of '{word}'", made_up_swipe(word, grid, np.random.default_rng(seed)), word, None)


def made_up_records(lexicon: Lexicon, grid: Grid, n_swipes: int) -> list[SwipeRecord]:
    """Swipes of words drawn by their priors."""
    sequences, log_priors = zip(*lexicon.key_sequences(), strict=True)
    shares = np.exp(np.array(log_priors))
    words = np.random.default_rng(0).choice(np.array(sequences), n_swipes, p=shares / shares.sum())
    return [made_up_record(word, grid, seed) for seed, word in enumerate(words.tolist())]


def common_words(lexicon: Lexicon) -> dict[int, list[str]]:
    """By number of letters: the N_COMMON most frequent key sequences, or as many as there are, the commonest first."""
    by_length: dict[int, list[str]] = {}
    for sequence, _ in sorted(lexicon.key_sequences(), key=lambda word: (-word[1], word[0])):
        words = by_length.setdefault(len(sequence), [])
        if len(words) < N_COMMON:
            words.append(sequence)
    return by_length


def made_up_records_of(words: list[str], grid: Grid, n_swipes: int) -> list[SwipeRecord]:
    """Swipes of n of the words, evenly spread over them."""
    spread = np.linspace(0, len(words) - 1, n_swipes).round().astype(int)
    return [made_up_record(words[i], grid, seed) for seed, i in enumerate(spread)]
