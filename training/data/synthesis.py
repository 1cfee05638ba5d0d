"""New swipes of any word, spliced from segments of real ones.

A recorded swipe is cut at the points that belong to its letters. A word is made as speech synthesis by unit selection
makes one: for each pair of letters, segments of real swipes between those keys (or keys that lie alike), chosen for fitting
context and for meeting without a jump of place or velocity. So the speed profile, the cut corners, the overshoot, the dwelling on
double letters and the touches below the keys are people's own.
"""

from __future__ import annotations

import itertools
import sys

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from engine.grid import Grid
from training.data import kernels
from training.data.kernels import NO_SYMBOL, SegmentArrays
from training.data.swipe_data import SwipeData

MAX_MISS = 1.2
"""A swipe is not cut where a letter's point is further from its key than this many key widths."""
MIN_CANDIDATES = 24
"""A gap with fewer segments of its own borrows from the gaps whose displacement is nearest."""


def to_symbols(word: str, alphabet: str) -> npt.NDArray[np.int16]:
    """The word's letters as symbols: runs of a letter collapse into one, doubled: index + K.

    Raises: ValueError for a letter that is not in the alphabet.
    """
    runs = [(alphabet.index(letter), len(list(run))) for letter, run in itertools.groupby(word)]
    return np.array([letter + (len(alphabet) if n > 1 else 0) for letter, n in runs], dtype=np.int16)


def build_segment_bank(data: SwipeData, grid: Grid, alphabet: str) -> SegmentArrays:
    """The segments of all swipes that trace their word, ready for `kernels.splice`.

    Raises: ValueError where no swipe traces its word, or a word has a letter outside the alphabet.
    """
    centres = np.tile(grid.centres(alphabet), (2, 1))
    first, last, symbols, velocity = [], [], [], []
    for index in tqdm(range(len(data)), desc="cutting swipes", disable=not sys.stderr.isatty()):
        word = to_symbols(data.words[index], alphabet)
        start, stop = data.offsets[index], data.offsets[index + 1]
        if not data.clean[index] or not 2 <= len(word) <= stop - start:
            continue
        x, y, t = data.points[:, start:stop]
        anchors = kernels.align(x, y, centres[word])
        misses = np.hypot(x[anchors] - centres[word, 0], y[anchors] - centres[word, 1])
        if misses.max() > MAX_MISS * grid.key_width:
            continue
        before, after = np.maximum(anchors - 2, 0), np.minimum(anchors + 2, len(x) - 1)
        elapsed = np.maximum(t[after] - t[before], 1.0)
        at_letters = np.stack([(x[after] - x[before]) / elapsed, (y[after] - y[before]) / elapsed], axis=1)
        padded = np.concatenate([[NO_SYMBOL], word, [NO_SYMBOL]])
        first.append(anchors[:-1] + start)
        last.append(anchors[1:] + start)
        symbols.append(np.stack([padded[k : k + len(word) - 1] for k in range(4)], axis=1))
        velocity.append(np.stack([at_letters[:-1], at_letters[1:]], axis=1))
    if not symbols:
        raise ValueError(f"no swipe among the {len(data)} given traces its word: nothing to make synthetic swipes of")
    all_symbols = np.concatenate(symbols).astype(np.int16)
    candidates, offsets = _candidates_by_gap(all_symbols, centres, grid.key_width)
    return SegmentArrays(
        data.points,
        np.concatenate(first),
        np.concatenate(last),
        all_symbols,
        np.concatenate(velocity).astype(np.float32),
        candidates,
        offsets,
        centres,
        grid.key_width,
    )


def _candidates_by_gap(
    symbols: npt.NDArray[np.int16], centres: npt.NDArray[np.float64], key_width: float
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """(segments by gap, offsets by `kernels.gap_index`): a gap's own, and where they are few those of like gaps."""
    n_symbols = len(centres)
    n_gaps = n_symbols * n_symbols * 4
    before, start, end, after = symbols.astype(np.int64).T
    gap = ((start * n_symbols + end) * 2 + (before == NO_SYMBOL)) * 2 + (after == NO_SYMBOL)
    by_gap = np.argsort(gap, kind="stable").astype(np.int32)
    own = np.split(by_gap, np.searchsorted(gap[by_gap], np.arange(1, n_gaps)))
    pairs = np.arange(n_gaps) // 4
    displacement = centres[pairs % n_symbols] - centres[pairs // n_symbols]
    doubled = np.stack([pairs // n_symbols >= n_symbols // 2, pairs % n_symbols >= n_symbols // 2], axis=1)
    ends = np.stack([np.arange(n_gaps) // 2 % 2, np.arange(n_gaps) % 2], axis=1)
    counts = np.array([len(segments) for segments in own])
    lists = []
    for index in range(n_gaps):
        found = own[index]
        if len(found) < MIN_CANDIDATES:
            others = np.flatnonzero(counts)
            distance = np.hypot(*(displacement[others] - displacement[index]).T) / key_width
            distance += 0.7 * (doubled[others] != doubled[index]).sum(axis=1)
            distance += 2.0 * (ends[others] != ends[index]).sum(axis=1)
            for other in others[np.argsort(distance, kind="stable")]:
                if len(found) >= MIN_CANDIDATES:
                    break
                found = np.concatenate([found, own[other]]) if other != index else found
        lists.append(found)
    offsets = np.concatenate([[0], np.cumsum([len(found) for found in lists])])
    return np.concatenate(lists), offsets
