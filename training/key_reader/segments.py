"""Pieces of real swipes, filed by where their keys lie: swipes for any word on any keys are spliced from them.

As in training.data.synthesis, but nothing here knows a letter: a piece is filed by how far apart its two keys lie, in keys, and is
chosen by where the keys before and after it lie. So a Russian word is spliced on Russian keys from pieces of English swipes on qwerty.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from training.data.kernels import align
from training.data.swipe_data import SwipeData
from training.key_reader import kernels
from training.key_reader.kernels import N_GAPS, REACH_X, REACH_Y, Segments

MAX_MISS = 1.2
"""Keys: a swipe is not cut where a letter's point is further from its key."""
MIN_CANDIDATES = 32
"""A gap with fewer segments of its own borrows from the gaps whose displacement is nearest."""


def collapse(word: Sequence[int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The word's keys with each run of a key collapsed into one, and whether it was a run."""
    runs = [(key, len(list(run))) for key, run in itertools.groupby(word)]
    return np.array([key for key, _ in runs], dtype=np.int64), np.array([n > 1 for _, n in runs], dtype=np.bool_)


def cut(data: SwipeData, words: Sequence[Sequence[int]], places: npt.NDArray[np.float64]) -> Segments:
    """The segments of all swipes that trace their word. data: in keys; words: the keys of each; places (K, 2).

    Raises: ValueError where no swipe traces its word.
    """
    columns: list[list[npt.NDArray[np.generic]]] = [[] for _ in range(8)]
    for index in tqdm(range(len(data)), desc="cutting swipes", disable=not sys.stderr.isatty()):
        word, doubled = collapse(words[index])
        begin, stop = data.offsets[index], data.offsets[index + 1]
        if not data.clean[index] or not 2 <= len(word) <= stop - begin:
            continue
        x, y, t = data.points[:, begin:stop]
        at = places[word]
        anchors = align(x, y, at)
        if np.hypot(x[anchors] - at[:, 0], y[anchors] - at[:, 1]).max() > MAX_MISS:
            continue
        early, late = np.maximum(anchors - 2, 0), np.minimum(anchors + 2, len(x) - 1)
        elapsed = np.maximum(t[late] - t[early], 1.0)
        velocity = np.stack([(x[late] - x[early]) / elapsed, (y[late] - y[early]) / elapsed], axis=1)
        steps = np.diff(at, axis=0)
        steps /= np.hypot(*steps.T)[:, None]
        around = np.concatenate([np.zeros((1, 2)), steps, np.zeros((1, 2))])
        one = (anchors[:-1] + begin, anchors[1:] + begin, at[:-1], at[1:], around[:-2], around[2:])
        pair = (np.stack([doubled[:-1], doubled[1:]], axis=1), np.stack([velocity[:-1], velocity[1:]], axis=1))
        for column, value in zip(columns, (*one, *pair), strict=True):
            column.append(value)
    if not columns[0]:
        raise ValueError(f"no swipe among the {len(data)} given traces its word: nothing to make synthetic swipes of")
    first, last, start, end, before, after, twice, velocity = (np.concatenate(column) for column in columns)
    candidates, offsets = _by_gap(end - start, np.logical_not(before.any(axis=1)), np.logical_not(after.any(axis=1)))
    start, end, before, after, velocity = (value.astype(np.float32) for value in (start, end, before, after, velocity))
    return Segments(data.points, first, last, start, end, before, after, twice, velocity, candidates, offsets)


def _by_gap(
    displacement: npt.NDArray[np.float64], is_first: npt.NDArray[np.bool_], is_last: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """(segments by gap, offsets by `kernels.gap_index`): a gap's own, and where they are few, those of similar gaps too."""
    rows = zip(displacement.tolist(), is_first.tolist(), is_last.tolist(), strict=True)
    gap = np.array([kernels.gap_index(dx, dy, first, last) for (dx, dy), first, last in rows])
    order = np.argsort(gap, kind="stable").astype(np.int32)
    own = np.split(order, np.searchsorted(gap[order], np.arange(1, N_GAPS)))
    numbers = np.arange(N_GAPS)
    place = numbers // 4
    where = np.stack([(place // (2 * REACH_Y + 1) - REACH_X) / 2.0, place % (2 * REACH_Y + 1) - REACH_Y], axis=1)
    ends = np.stack([numbers // 2 % 2, numbers % 2], axis=1)
    filled = np.array([index for index in range(N_GAPS) if len(own[index])])
    lists = []
    for index in range(N_GAPS):
        found = own[index]
        if len(found) < MIN_CANDIDATES:
            distance = np.hypot(*(where[filled] - where[index]).T) + 2.0 * (ends[filled] != ends[index]).sum(axis=1)
            for other in filled[np.argsort(distance, kind="stable")]:
                if len(found) >= MIN_CANDIDATES:
                    break
                found = np.concatenate([found, own[other]]) if other != index else found
        lists.append(found)
    offsets = np.concatenate([[0], np.cumsum([len(found) for found in lists])])
    return np.concatenate(lists), offsets
