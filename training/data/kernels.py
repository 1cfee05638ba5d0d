"""Every compiled function of the training: aligning and splicing swipes. As engine/kernels.py: arrays in, arrays out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.jit import njit

NO_SYMBOL = -1
N_CANDIDATES = 12
"""Segments drawn at random for each gap; the one that fits best is taken."""


NOTICED_DISPLACEMENT, NOTICED_JUMP = 54 / 108, 40 / 108
"""Key widths: what a segment's keys may lie apart otherwise than the word's, and what its end may miss the next one's start by."""
STANDSTILL = 0.2 / 108
"""Key widths a millisecond: slower swipes are not told apart by their direction."""


class SegmentArrays(NamedTuple):
    """All segments between two consecutive letters of real swipes (training/data/synthesis.py), for the kernels.

    A symbol is a letter's index, plus K where the letter is doubled.
    """

    points: Any
    """float32 (3, P): x, y, t of the swipes"""
    first: Any
    """int64 (G,): a segment's first point"""
    last: Any
    """int64 (G,): its last point, shared with the next segment of its swipe"""
    symbols: Any
    """int16 (G, 4): the symbols before, at its start, at its end, after; NO_SYMBOL beyond the word"""
    velocity: Any
    """float32 (G, 2, 2): units per millisecond at its start and at its end"""
    candidates: Any
    """int32 (C,): segments by gap"""
    candidate_offsets: Any
    """int64 (gaps + 1,): see `gap_index`"""
    centres: Any
    """float64 (2 K, 2): where each symbol's key is"""
    key_width: float
    """in grid units"""


@njit
def seed(value: int) -> None:
    """Seeds the random numbers of the compiled functions (numba keeps its own)."""
    np.random.seed(value)


@njit
def gap_index(start: int, end: int, is_first: bool, is_last: bool, n_symbols: int) -> int:
    """The number of the gap from one symbol to the next, at the start or end of a word or inside."""
    return ((start * n_symbols + end) * 2 + is_first) * 2 + is_last


@njit
def align(x: Any, y: Any, centres: Any) -> Any:
    """Which point of the swipe belongs to which letter: int64 (L,), rising, from the first point to the last.

    x, y: (n,), n >= L; centres: (L, 2). Least sum of squared distances to the key centres, by dynamic programming.
    """
    n, n_letters = len(x), len(centres)
    best = np.full((n_letters, n), np.inf)
    came_from = np.zeros((n_letters, n), dtype=np.int64)
    best[0, 0] = 0.0
    for letter in range(1, n_letters):
        least, at = np.inf, 0
        for i in range(letter, n):
            if best[letter - 1, i - 1] < least:
                least, at = best[letter - 1, i - 1], i - 1
            dx, dy = x[i] - centres[letter, 0], y[i] - centres[letter, 1]
            best[letter, i] = least + dx * dx + dy * dy
            came_from[letter, i] = at
    anchors = np.empty(n_letters, dtype=np.int64)
    anchors[n_letters - 1] = n - 1
    for letter in range(n_letters - 1, 0, -1):
        anchors[letter - 1] = came_from[letter, anchors[letter]]
    return anchors


@njit
def direction(centres: Any, start: int, end: int) -> Any:
    """Unit vector from one symbol's key to another's; zero beyond the word or on the same key."""
    if start == NO_SYMBOL or end == NO_SYMBOL:
        return 0.0, 0.0
    dx, dy = centres[end, 0] - centres[start, 0], centres[end, 1] - centres[start, 1]
    length = np.hypot(dx, dy)
    return (dx / length, dy / length) if length > 0 else (0.0, 0.0)


@njit
def misfit(bank: Any, segment: int, word: Any, gap: int, previous: int) -> Any:
    """How badly a segment suits the gap after letter `gap` of a word, following the segment `previous` (-1: none).

    It compares the segment's neighbours with the word's (the shape of a corner depends on where the finger comes from and goes to),
    its displacement, and the jumps of place and velocity at the joint. Each term is about 1 where the difference becomes noticeable.
    """
    centres, n_letters = bank.centres, len(bank.centres) // 2
    before, start, end, after = bank.symbols[segment]
    want_before = word[gap - 1] if gap > 0 else NO_SYMBOL
    want_after = word[gap + 2] if gap + 2 < len(word) else NO_SYMBOL
    cost = 0.0
    if before != want_before:
        ax, ay = direction(centres, before, start)
        bx, by = direction(centres, want_before, word[gap])
        cost += np.hypot(ax - bx, ay - by)
    if after != want_after:
        ax, ay = direction(centres, end, after)
        bx, by = direction(centres, word[gap + 1], want_after)
        cost += np.hypot(ax - bx, ay - by)
    cost += (start >= n_letters) != (word[gap] >= n_letters)
    cost += (end >= n_letters) != (word[gap + 1] >= n_letters)
    dx = centres[end, 0] - centres[start, 0] - centres[word[gap + 1], 0] + centres[word[gap], 0]
    dy = centres[end, 1] - centres[start, 1] - centres[word[gap + 1], 1] + centres[word[gap], 1]
    cost += np.hypot(dx, dy) / (NOTICED_DISPLACEMENT * bank.key_width)
    if previous >= 0:
        at, joint = bank.first[segment], bank.last[previous]
        joint_symbol = bank.symbols[previous, 2]
        ox = bank.points[0, at] - centres[start, 0] - bank.points[0, joint] + centres[joint_symbol, 0]
        oy = bank.points[1, at] - centres[start, 1] - bank.points[1, joint] + centres[joint_symbol, 1]
        cost += np.hypot(ox, oy) / (NOTICED_JUMP * bank.key_width)
        vx = bank.velocity[segment, 0, 0] - bank.velocity[previous, 1, 0]
        vy = bank.velocity[segment, 0, 1] - bank.velocity[previous, 1, 1]
        speed = np.hypot(bank.velocity[segment, 0, 0], bank.velocity[segment, 0, 1])
        speed += np.hypot(bank.velocity[previous, 1, 0], bank.velocity[previous, 1, 1])
        cost += 2.0 * np.hypot(vx, vy) / (speed + STANDSTILL * bank.key_width)
    return cost


@njit
def choose_segments(bank: Any, word: Any) -> Any:
    """A segment for each gap of a word, int64 (L - 1,): the best fitting of a few drawn at random, left to right."""
    n_symbols = len(bank.centres)
    chosen = np.empty(len(word) - 1, dtype=np.int64)
    previous = -1
    for gap in range(len(chosen)):
        index = gap_index(word[gap], word[gap + 1], gap == 0, gap == len(chosen) - 1, n_symbols)
        low, high = bank.candidate_offsets[index], bank.candidate_offsets[index + 1]
        least, best = np.inf, -1
        goes_on = previous >= 0 and previous + 1 < len(bank.first) and bank.first[previous + 1] == bank.last[previous]
        if goes_on and np.random.random() < 0.5:  # its swipe may go on as this word does
            least, best = misfit(bank, previous + 1, word, gap, previous), previous + 1
        for _ in range(N_CANDIDATES):
            segment = bank.candidates[np.random.randint(low, high)]
            cost = misfit(bank, segment, word, gap, previous)
            if cost < least:
                least, best = cost, segment
        chosen[gap] = best
        previous = best
    return chosen


@njit
def joints(bank: Any, word: Any, chosen: Any) -> Any:
    """Where the new swipe passes each letter, float64 (L, 2): as far from its key as the segments' own ends from theirs.

    At a joint the segment before and the one behind it differ; one of the two is taken at random.
    """
    places = np.empty((len(word), 2))
    for letter in range(len(word)):
        behind = letter < len(chosen) and (letter == 0 or np.random.random() < 0.5)
        segment = chosen[letter] if behind else chosen[letter - 1]
        point = bank.first[segment] if behind else bank.last[segment]
        symbol = bank.symbols[segment, 1] if behind else bank.symbols[segment, 2]
        for axis in range(2):
            places[letter, axis] = bank.points[axis, point] - bank.centres[symbol, axis] + bank.centres[word[letter], axis]
    return places


@njit
def sheared(points: Any, start: Any, end: Any) -> Any:
    """The points float64 (3, n), moved and sheared along their arc length so that they lead from start to end, (2,) each."""
    n = points.shape[1]
    arc = np.zeros(n)
    for i in range(1, n):
        arc[i] = arc[i - 1] + np.hypot(points[0, i] - points[0, i - 1], points[1, i] - points[1, i - 1])
    out = np.empty((3, n))
    out[2] = points[2]
    for axis in range(2):
        shift = start[axis] - points[axis, 0]
        shear = end[axis] - points[axis, n - 1] - shift
        out[axis] = points[axis] + shift + shear * arc / (arc[n - 1] + 1e-9)
    return out


@njit
def splice(bank: Any, word: Any) -> Any:
    """A new swipe for a word of L >= 2 symbols, no two equal in a row, from segments of real swipes: float64 (3, n)."""
    chosen = choose_segments(bank, word)
    places = joints(bank, word, chosen)
    n = 1
    for segment in chosen:
        n += bank.last[segment] - bank.first[segment]
    out = np.empty((3, n))
    at, time = 0, 0.0
    for gap in range(len(chosen)):
        first, last = bank.first[chosen[gap]], bank.last[chosen[gap]]
        piece = sheared(bank.points[:, first : last + 1].astype(np.float64), places[gap], places[gap + 1])
        piece[2] += time - piece[2, 0]
        out[:, at : at + piece.shape[1]] = piece  # its first point is the last of the piece before
        at += last - first
        time = out[2, at]
    return out
