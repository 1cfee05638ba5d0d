"""Every compiled function of the engine.

They stand in one file because numba's on-disk cache cannot see an edit in another. They take arrays and return arrays:
no validation, no exceptions, no strings. Where numba is absent (Android) the same functions run as plain Python.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

try:
    from numba import njit
except ImportError:

    def njit(**_options: Any) -> Callable[[Any], Any]:  # type: ignore[no-redef]
        """The function itself: numba is not installed."""
        return lambda function: function


# --- features ---


@njit(cache=True, nogil=True)
def resample(x: Any, y: Any, t: Any, n_points: int) -> Any:
    """`n_points` points along a swipe, evenly spaced in the mean of elapsed time and arc length.

    x, y, t: float64 (n,). Returns float64 (4, n_points): x, y, t, and the time between the two recorded points around.
    Dwelling at a key (a double letter) and moving fast both keep their share of the points.
    """
    n = len(x)
    progress = np.zeros(n)
    for i in range(1, n):
        progress[i] = progress[i - 1] + np.hypot(x[i] - x[i - 1], y[i] - y[i - 1])
    length, duration = progress[n - 1], t[n - 1] - t[0]
    for i in range(n):
        by_length = progress[i] / length if length > 0 else i / (n - 1)
        by_time = (t[i] - t[0]) / duration if duration > 0 else i / (n - 1)
        progress[i] = 0.5 * (by_length + by_time)
    points = np.empty((4, n_points))
    right = 1
    for j in range(n_points):
        target = j / (n_points - 1)
        while right < n - 1 and progress[right] < target:
            right += 1
        span = progress[right] - progress[right - 1]
        share = (target - progress[right - 1]) / span if span > 0 else 0.0
        share = min(max(share, 0.0), 1.0)
        points[0, j] = x[right - 1] + share * (x[right] - x[right - 1])
        points[1, j] = y[right - 1] + share * (y[right] - y[right - 1])
        points[2, j] = t[right - 1] + share * (t[right] - t[right - 1])
        points[3, j] = t[right] - t[right - 1]
    return points


@njit(cache=True, nogil=True)
def trajectory_features(points: Any, origin: Any, key_size: Any) -> Any:
    """The network's view of resampled points, float32 (N, 7): x, y, dx, dy, log dt, log speed, log gap.

    points: (4, N) of `resample`; origin, key_size: float64 (2,), grid units. Differences are central; coordinates are
    in keys, times in milliseconds. The constants bring each column near zero mean and unit variance.
    """
    n = points.shape[1]
    out = np.empty((n, 7), dtype=np.float32)
    for i in range(n):
        before, after = max(i - 1, 0), min(i + 1, n - 1)
        dx = (points[0, after] - points[0, before]) / (key_size[0] * (after - before))
        dy = (points[1, after] - points[1, before]) / (key_size[1] * (after - before))
        dt = (points[2, after] - points[2, before]) / (after - before)
        out[i, 0] = (points[0, i] - origin[0]) / key_size[0] / 3.0
        out[i, 1] = (points[1, i] - origin[1]) / key_size[1]
        out[i, 2] = 4.0 * dx
        out[i, 3] = 4.0 * dy
        out[i, 4] = np.log(dt + 1.0) - 2.7
        out[i, 5] = 0.5 * (np.log(np.hypot(dx, dy) / (dt + 1.0) + 1e-4) + 6.0)
        out[i, 6] = np.log(points[3, i] + 1.0) - 2.8
    return out


@njit(cache=True, nogil=True)
def look_up_key_distances(points: Any, centres: Any, cell: float, unit: float, slot_cells: Any, slot_rows: Any) -> Any:
    """Distances of points to key centres by a direct-mapped hash table, float32 (N, K), in `unit`s.

    points: float64 (>= 2, N); centres: float64 (K, 2). A point is rounded to a cell of the plane; slot_cells int64
    (slots, 2) says which cell's distances slot_rows float32 (slots, K) hold. A miss computes and replaces. The result
    depends on the cell alone, never on what the table held.
    """
    n, n_keys = points.shape[1], len(centres)
    mask = len(slot_cells) - 1
    out = np.empty((n, n_keys), dtype=np.float32)
    for i in range(n):
        column = np.int64(np.floor(points[0, i] / cell + 0.5))
        row = np.int64(np.floor(points[1, i] / cell + 0.5))
        slot = ((column * 73856093) ^ (row * 19349663)) & mask
        if slot_cells[slot, 0] != column or slot_cells[slot, 1] != row:
            slot_cells[slot, 0] = column
            slot_cells[slot, 1] = row
            for k in range(n_keys):
                slot_rows[slot, k] = np.hypot(column * cell - centres[k, 0], row * cell - centres[k, 1]) / unit
        for k in range(n_keys):
            out[i, k] = slot_rows[slot, k]
    return out


# --- beam search ---


@njit(cache=True, nogil=True)
def finish(trie: Any, prior_scale: float, nodes: Any, scores: Any, log_probs: Any, leaders: Any) -> Any:
    """The scores of the words that end at live hypotheses, and the best of all so far.

    trie, prior_scale, nodes, scores, log_probs: as `expand`. leaders: float64 (n_best,), the best finished scores before, descending.
    Returns float64 (B,), -inf where no word ends, and the new leaders.
    """
    finished = np.full(len(nodes), -np.inf)
    leaders = leaders.copy()
    for b in range(len(nodes)):
        prior = trie.word_prior[nodes[b]]
        if prior > 0:
            finished[b] = scores[b] + log_probs[b, log_probs.shape[1] - 1] - prior_scale * (np.float64(prior) - 1.0)
        rank = len(leaders)
        while rank > 0 and finished[b] > leaders[rank - 1]:
            rank -= 1
        for later in range(len(leaders) - 1, rank, -1):
            leaders[later] = leaders[later - 1]
        if rank < len(leaders):
            leaders[rank] = finished[b]
    return finished, leaders


@njit(cache=True, nogil=True)
def expand(  # noqa: PLR0913
    trie: Any, prior_scale: float, nodes: Any, scores: Any, log_probs: Any, leaders: Any, beam_width: int, margin: float
) -> Any:
    """One step of the search: the words that end here, and the best continuations that the trie allows.

    trie: lexicon.Trie; prior_scale: nats per stored prior step. Live hypotheses: nodes int64 (B,), scores float64 (B,),
    log_probs float64 (B, V) of what follows them, the end of the word last. leaders: as `finish`.
    Returns the finished scores and the leaders of `finish`, and of each continuation its parent (row of B), token, node
    (int64) and score (float64), at most beam_width of them, by descending bound: score plus the best prior at or below
    the node. Dropped are bounds that cannot beat the last leader or are more than `margin` below the best of all.
    Ties: lowest parent, then lowest token.
    """
    finished, leaders = finish(trie, prior_scale, nodes, scores, log_probs, leaders)
    bounds = np.empty(beam_width)
    parents = np.empty(beam_width, dtype=np.int64)
    children = np.empty(beam_width, dtype=np.int64)
    best, n_kept = leaders[0], 0
    floor = leaders[-1]
    for b in range(len(nodes)):
        for child in range(np.int64(trie.first_child[nodes[b]]), np.int64(trie.first_child[nodes[b] + 1])):
            reached = scores[b] + log_probs[b, trie.token[child]]
            bound = reached - prior_scale * (np.float64(trie.best_prior[child]) - 1.0)
            if not (bound > floor and bound >= best - margin):  # best may still rise: the last word is below
                continue
            best = max(best, bound)
            at = min(n_kept, beam_width - 1)
            n_kept = at + 1
            while at > 0 and bounds[at - 1] < bound:
                bounds[at], parents[at], children[at] = bounds[at - 1], parents[at - 1], children[at - 1]
                at -= 1
            bounds[at], parents[at], children[at] = bound, b, child
            if n_kept == beam_width:
                floor = max(floor, bounds[n_kept - 1])
    while n_kept > 0 and bounds[n_kept - 1] < best - margin:
        n_kept -= 1
    parents, children = parents[:n_kept], children[:n_kept]
    tokens, reached_scores = np.empty(n_kept, dtype=np.int64), np.empty(n_kept)
    for i in range(n_kept):
        tokens[i] = trie.token[children[i]]
        reached_scores[i] = scores[parents[i]] + log_probs[parents[i], tokens[i]]
    return finished, leaders, parents, tokens, children, reached_scores


# --- CTC ---


@njit(cache=True, nogil=True)
def align_letters(aligned: Any, last_letters: Any, frame_probs: Any, parents: Any, tokens: Any) -> Any:
    """The CTC alignments of C continuations: prefix parents[c] with the letter tokens[c] behind it.

    aligned float64 (S + 1, 2, B), last_letters int64 (B,), frame_probs float64 (S, K + 1): as ctc.CtcPrefixes; parents,
    tokens: int64 (C,). Returns float64 (S + 1, 2, C).
    """
    n_frames, blank = len(frame_probs), frame_probs.shape[1] - 1
    extended = np.zeros((n_frames + 1, 2, len(parents)))
    for c in range(len(parents)):
        parent, token = parents[c], tokens[c]
        repeats = last_letters[parent] == token
        letter, after = 0.0, 0.0
        for frame in range(n_frames):
            before = aligned[frame, 1, parent] + (0.0 if repeats else aligned[frame, 0, parent])
            after = (after + letter) * frame_probs[frame, blank]
            letter = (letter + before) * frame_probs[frame, token]
            extended[frame + 1, 0, c] = letter
            extended[frame + 1, 1, c] = after
    return extended
