"""Every compiled function of the benchmarks: SHARK2's template matching, and other ways to get the distances to the keys.

As engine/kernels.py: arrays in, arrays out.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from engine.jit import njit

FAST = {"reassoc", "nsz", "contract"}
"""It lets the compiler vectorise sums over points, because their order does not matter."""
NO_WORD = -1


class Templates(NamedTuple):
    """The ideal traces of W words, ordered by (first key, last key), then by descending prior, then by node. In key widths."""

    points: Any
    """int16 (W, 2, N): x and y of equidistant points, in units of `unit`"""
    unit: float
    """key widths per step of `points`"""
    normal: Any
    """float32 (W, 3): centroid x, y and 1 / size, as `normal_form`"""
    log_prior: Any
    """float32 (W,)"""
    node: Any
    """uint32 (W,): where the word ends in the lexicon's trie"""
    first_word: Any
    """int64 (K * K + 1,): words first_word[i * K + j] .. first_word[i * K + j + 1] - 1 go from key i to key j"""


class SwipeTrace(NamedTuple):
    """One swipe, in key widths."""

    points: Any
    """float32 (2, N), equidistant"""
    boxes: Any
    """float32 (4, N), as `boxes_around`"""
    normal: Any
    """float32 (3,), as Templates.normal"""
    end_distance: Any
    """float64 (2, K): of the first and the last point to each key centre"""


class Weights(NamedTuple):
    """What shark2.Shark2Options says, for the kernels. Distances in key widths, the shape's in box sides."""

    alpha: Any
    """float32 (N,): weight of each point in the location channel; the sum is 1"""
    least_alpha: Any
    """float32 (N,): the least weight of a pair that the elastic match may make with the point; all 0 with a tunnel"""
    location_scale: float
    shape_scale: float
    start_scale: float
    end_scale: float
    power: float
    """of the penalties of location and shape: (distance / scale) ** power / power"""
    prune_radius: float
    tunnel_radius: float
    """0: no tunnel"""
    band: int
    """points by which the elastic match may run ahead or behind; 0: proportional"""


# --- templates ---


@njit
def spell_nodes(first_child: Any, token: Any, nodes: Any) -> Any:
    """The letters on the way to each of W nodes of a trie in breadth-first order: uint8 (W, longest), and lengths int64 (W,).

    nodes: int64 (W,).
    """
    parent = np.zeros(len(token), dtype=np.int64)
    depth = np.zeros(len(token), dtype=np.int64)
    for node in range(len(token)):
        for child in range(np.int64(first_child[node]), np.int64(first_child[node + 1])):
            parent[child] = node
            depth[child] = depth[node] + 1
    lengths = depth[nodes]
    letters = np.zeros((len(nodes), np.max(lengths)), dtype=np.uint8)
    for word in range(len(nodes)):
        at = nodes[word]
        for place in range(lengths[word] - 1, -1, -1):
            letters[word, place] = token[at]
            at = parent[at]
    return letters, lengths


@njit
def equidistant(x: Any, y: Any, n_points: int) -> Any:
    """Points at even steps of arc length along a polyline, float32 (2, n_points). x, y: float64 (n,), n >= 1.

    Without length (one key, however often): the same point n_points times.
    """
    n = len(x)
    length = 0.0
    for i in range(1, n):
        length += np.hypot(x[i] - x[i - 1], y[i] - y[i - 1])
    points = np.empty((2, n_points), dtype=np.float32)
    right, behind = 0, 0.0
    span = 0.0
    for j in range(n_points):
        target = length * j / (n_points - 1)
        while right < n - 1 and (right == 0 or behind + span < target):
            behind += span
            right += 1
            span = np.hypot(x[right] - x[right - 1], y[right] - y[right - 1])
        share = min(max((target - behind) / span, 0.0), 1.0) if span > 0 else 0.0
        left = max(right - 1, 0)
        points[0, j] = x[left] + share * (x[right] - x[left])
        points[1, j] = y[left] + share * (y[right] - y[left])
    return points


@njit
def normal_form(points: Any) -> Any:
    """How the shape channel moves and scales points (2, N): float32 (3,): the centroid's x and y, and 1 / size.

    The size is the longer side of the box around them, at least a key width: the tremor on a single key has no shape.
    """
    normal = np.empty(3, dtype=np.float32)
    size = 1.0
    for axis in range(2):
        low, high, total = np.inf, -np.inf, 0.0
        for i in range(points.shape[1]):
            value = np.float64(points[axis, i])
            low, high, total = min(low, value), max(high, value), total + value
        normal[axis] = total / points.shape[1]
        size = max(size, high - low)
    normal[2] = 1.0 / size
    return normal


@njit
def ideal_traces(letters: Any, lengths: Any, centres: Any, n_points: int, unit: float) -> Any:
    """Templates.points and Templates.normal of words. letters, lengths: as `spell_nodes`; centres: (K, 2), key widths."""
    traces = np.empty((len(lengths), 2, n_points), dtype=np.int16)
    normals = np.empty((len(lengths), 3), dtype=np.float32)
    for word in range(len(lengths)):
        x, y = np.empty(lengths[word]), np.empty(lengths[word])
        for place in range(lengths[word]):
            x[place] = centres[letters[word, place], 0]
            y[place] = centres[letters[word, place], 1]
        points = equidistant(x, y, n_points)
        for axis in range(2):
            for i in range(n_points):
                traces[word, axis, i] = np.int16(np.rint(points[axis, i] / unit))
                points[axis, i] = traces[word, axis, i] * unit
        normals[word] = normal_form(points)
    return traces, normals


# --- channels ---


@partial(njit, fastmath=FAST)
def rigid_distances(swipe: Any, templates: Any, word: int, weights: Any) -> Any:
    """Three float32: the shape distance (box sides), a lower bound of the elastic location distance, and an upper one.

    The upper bound matches point by point. The lower one is the distance of each of the template's points to the box
    around the swipe's points that it may be matched with (Keogh's), key widths.
    """
    points, boxes, normal = swipe.points, swipe.boxes, swipe.normal
    trace, own, unit = templates.points[word], templates.normal[word], np.float32(templates.unit)
    shift_x = own[0] * own[2] - normal[0] * normal[2]
    shift_y = own[1] * own[2] - normal[1] * normal[2]
    shape, lower, upper = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for i in range(points.shape[1]):
        x, y = np.float32(trace[0, i]) * unit, np.float32(trace[1, i]) * unit
        dx, dy = points[0, i] - x, points[1, i] - y
        upper += weights.alpha[i] * np.sqrt(dx * dx + dy * dy)
        dx = points[0, i] * normal[2] - x * own[2] + shift_x
        dy = points[1, i] * normal[2] - y * own[2] + shift_y
        shape += np.sqrt(dx * dx + dy * dy)
        dx = max(np.float32(0.0), max(boxes[0, i] - x, x - boxes[1, i]))
        dy = max(np.float32(0.0), max(boxes[2, i] - y, y - boxes[3, i]))
        lower += weights.least_alpha[i] * np.sqrt(dx * dx + dy * dy)
    return shape / np.float32(points.shape[1]), lower, upper


@njit
def boxes_around(points: Any, band: int) -> Any:
    """Around each of N points the box of all that are at most `band` places away: low x, high x, low y, high y; (4, N)."""
    n = points.shape[1]
    boxes = np.empty((4, n), dtype=np.float32)
    for i in range(n):
        near = points[:, max(i - band, 0) : i + band + 1]
        for axis in range(2):
            boxes[2 * axis, i] = near[axis].min()
            boxes[2 * axis + 1, i] = near[axis].max()
    return boxes


@njit
def elastic_distance(swipe: Any, trace: Any, weights: Any, limit: float, rows: Any) -> float:
    """The location distance by the best monotone match of points to points, key widths, or inf where it exceeds `limit`.

    trace: float32 (2, N). Dynamic time warping: each pair of matched points, at most `band` places apart, adds its
    distance times the mean of the two alphas. rows: scratch, float32 (2, 2 * band + 3).
    """
    points, alpha, band = swipe.points, weights.alpha, weights.band
    n = points.shape[1]
    rows[:] = np.inf
    before, row = rows[0], rows[1]  # of points i - 1 and i; place j - i + band + 1 is the trace's point j
    before[band + 1] = 0.0
    for i in range(n):
        x, y, weight = points[0, i], points[1, i], np.float32(0.5) * alpha[i]
        least, reached = np.float32(np.inf), np.float32(np.inf)
        for j in range(max(i - band, 0), min(i + band + 1, n)):
            at = j - i + band + 1
            dx, dy = x - trace[0, j], y - trace[1, j]
            cost = (weight + np.float32(0.5) * alpha[j]) * np.sqrt(dx * dx + dy * dy)
            reached = min(reached, min(before[at], before[at + 1])) + cost
            row[at] = reached
            least = min(least, reached)
        if least > limit:
            return np.inf
        before, row = row, before
    return np.float64(before[band + 1])


@njit
def is_inside(points: Any, others: Any, radius: float) -> bool:
    """Whether each of the points (2, N) has one of the others (2, M) within the radius."""
    for i in range(points.shape[1]):
        found = False
        for j in range(others.shape[1]):
            dx, dy = points[0, i] - others[0, j], points[1, i] - others[1, j]
            if dx * dx + dy * dy <= radius * radius:
                found = True
                break
        if not found:
            return False
    return True


@njit
def location_penalty(swipe: Any, trace: Any, weights: Any, rigid: float, limit: float, rows: Any) -> Any:
    """The penalty of the location channel, or inf where it exceeds `limit`.

    trace: float32 (2, N), key widths; rigid: its distance point by point; rows: as `elastic_distance`.
    """
    radius = weights.tunnel_radius
    if radius > 0 and is_inside(swipe.points, trace, radius) and is_inside(trace, swipe.points, radius):
        return 0.0
    if weights.band == 0:
        return penalty(rigid, weights.location_scale, weights.power)
    farthest = weights.location_scale * (weights.power * limit) ** (1.0 / weights.power)
    distance = elastic_distance(swipe, trace, weights, farthest, rows)
    return penalty(distance, weights.location_scale, weights.power)


@njit
def penalty(distance: float, scale: float, power: float) -> Any:
    """Nats, 0 at distance 0: a Gaussian's with power 2, a Laplace distribution's with power 1."""
    nats: float = (distance / scale) ** power / power
    return nats


@njit
def below(score: float) -> float:
    """A little less than a score: a bound of it may be off by that much, through float32 and sums in another order."""
    return score - 1e-3 - 1e-4 * abs(score)


# --- search ---


@njit
def insert(scores: Any, words: Any, score: float, word: int) -> None:
    """Puts a word among the best, in place: by descending score, then by ascending word; the last one drops out."""
    at = len(scores)
    while at > 0 and (score > scores[at - 1] or (score == scores[at - 1] and word < words[at - 1])):
        at -= 1
    for later in range(len(scores) - 1, at, -1):
        scores[later], words[later] = scores[later - 1], words[later - 1]
    if at < len(scores):
        scores[at], words[at] = score, word


@njit
def surviving_pairs(templates: Any, swipe: Any, weights: Any) -> Any:
    """The pairs of keys, i * K + j, that have words and lie within the radius of the swipe's ends: int64 (n,), and the
    penalties of those ends, float64 (n,), ascending.

    Where there is none, the radius grows to the nearest pair that has words: something always survives.
    """
    n_keys = swipe.end_distance.shape[1]
    farther, penalties = np.full(n_keys * n_keys, np.inf), np.empty(n_keys * n_keys)
    for pair in range(n_keys * n_keys):
        start, end = swipe.end_distance[0, pair // n_keys], swipe.end_distance[1, pair % n_keys]
        if templates.first_word[pair + 1] > templates.first_word[pair]:
            farther[pair] = max(start, end)
        penalties[pair] = penalty(start, weights.start_scale, 2.0) + penalty(end, weights.end_scale, 2.0)
    pairs = np.flatnonzero(farther <= max(weights.prune_radius, farther.min()))
    pairs = pairs[np.argsort(penalties[pairs], kind="mergesort")]
    return pairs, penalties[pairs]


@njit
def bound_scores(templates: Any, swipe: Any, weights: Any, n_best: int) -> Any:
    """The words that may be among the best n, int64 (n,); for each a score that it cannot exceed, its score without the
    location channel, and its distance point by point, float64 (3, n); and a score that the best n surely reach.
    """
    pairs, penalties = surviving_pairs(templates, swipe, weights)
    n_words = (templates.first_word[pairs + 1] - templates.first_word[pairs]).sum()
    words, bounds = np.empty(n_words, dtype=np.int64), np.empty((3, n_words))
    reached, reached_by = np.full(n_best, -np.inf), np.full(n_best, NO_WORD)
    n_kept = 0
    for pair, ends in zip(pairs, penalties):  # noqa: B905 (numba has no strict)
        for word in range(templates.first_word[pair], templates.first_word[pair + 1]):
            score = templates.log_prior[word] - ends
            if score < below(reached[-1]):
                break  # the pair's other words are rarer
            shape, lower, upper = rigid_distances(swipe, templates, word, weights)
            score -= penalty(shape, weights.shape_scale, weights.power)
            bound = score - penalty(lower, weights.location_scale, weights.power)
            if bound < below(reached[-1]):
                continue
            insert(reached, reached_by, score - penalty(upper, weights.location_scale, weights.power), word)
            words[n_kept] = word
            bounds[0, n_kept], bounds[1, n_kept], bounds[2, n_kept] = bound, score, upper
            n_kept += 1
    return words[:n_kept], bounds[:, :n_kept], reached[-1]


@njit
def best_matches(templates: Any, swipe: Any, weights: Any, n_best: int) -> Any:
    """The best n words for a swipe, int64 (n_best,), and their scores, float64 (n_best,), descending.

    score = log prior - penalties of the first point, the last point, the shape and the location. Ties: the lowest word.
    NO_WORD and -inf where fewer words survive.
    """
    candidates, bounds, reached = bound_scores(templates, swipe, weights, n_best)
    best_words, best_scores = np.full(n_best, NO_WORD), np.full(n_best, -np.inf)
    trace, unit = np.empty_like(swipe.points), np.float32(templates.unit)
    rows = np.empty((2, 2 * weights.band + 3), dtype=np.float32)
    promising = np.flatnonzero(bounds[0] >= below(reached))
    for i in promising[np.argsort(-bounds[0, promising])]:
        floor = below(max(reached, best_scores[-1]))
        if bounds[0, i] < floor:
            break
        for axis in range(2):
            for point in range(trace.shape[1]):
                trace[axis, point] = templates.points[candidates[i], axis, point] * unit
        location = location_penalty(swipe, trace, weights, bounds[2, i], bounds[1, i] - floor, rows)
        insert(best_scores, best_words, bounds[1, i] - location, candidates[i])
    return best_words, best_scores


# --- the distances to the keys, other ways ---


@njit
def compute_key_distances(points: Any, centres: Any, unit: float) -> Any:
    """Distances of points to key centres, float32 (N, K), in `unit`s. points: float64 (>= 2, N); centres: float64 (K, 2)."""
    n, n_keys = points.shape[1], len(centres)
    out = np.empty((n, n_keys), dtype=np.float32)
    for i in range(n):
        for k in range(n_keys):
            out[i, k] = np.sqrt((points[0, i] - centres[k, 0]) ** 2 + (points[1, i] - centres[k, 1]) ** 2) / unit
    return out


@njit
def read_key_distances(points: Any, table: Any) -> Any:
    """The same from a table, float32 (height, width, K), of points at whole grid units. Outside the grid its edge counts."""
    n, n_keys = points.shape[1], table.shape[2]
    out = np.empty((n, n_keys), dtype=np.float32)
    for i in range(n):
        column = min(max(np.int64(np.floor(points[0, i] + 0.5)), 0), table.shape[1] - 1)
        row = min(max(np.int64(np.floor(points[1, i] + 0.5)), 0), table.shape[0] - 1)
        for k in range(n_keys):
            out[i, k] = table[row, column, k]
    return out
