"""Slow twins: plain Python that says what the fast code must return."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.shark2.templates import Shark2Options
from engine.grid import Grid
from engine.kernels import UNRESTED
from engine.search_options import SearchOptions
from engine.trie import Trie

LogProbsOf = Callable[[str], Sequence[float]]

# --- lexicon ---


def build_trie(priors: Mapping[str, int], alphabet: str) -> tuple[list[int], list[int], list[int], list[int]]:
    """first_child, token, word_prior, best_prior of the trie of key sequences with stored priors, breadth first."""
    prefixes = {sequence[:length] for sequence in priors for length in range(len(sequence) + 1)}
    nodes = sorted(prefixes, key=lambda prefix: (len(prefix), [alphabet.index(letter) for letter in prefix]))
    children = [[other for other in nodes if len(other) == len(node) + 1 and other.startswith(node)] for node in nodes]
    first_child = [1 + sum(len(group) for group in children[:i]) for i in range(len(nodes) + 1)]
    token = [0, *(alphabet.index(node[-1]) for node in nodes[1:])]
    word_prior = [priors.get(node, 0) for node in nodes]
    best_prior = [min(prior for word, prior in priors.items() if word.startswith(node)) for node in nodes]
    return first_child, token, word_prior, best_prior


# --- grid ---


def shared_sides(one: Mapping[str, int], other: Mapping[str, int]) -> tuple[int, int]:
    """How many columns and rows of units two hitboxes of whole units share."""
    columns = set(range(one["x"], one["x"] + one["w"])) & set(range(other["x"], other["x"] + other["w"]))
    rows = set(range(one["y"], one["y"] + one["h"])) & set(range(other["y"], other["y"] + other["h"]))
    return len(columns), len(rows)


# --- features ---


def progress(x: Sequence[float], y: Sequence[float], t: Sequence[float], time_share: float = 0.5) -> list[float]:
    """How far along the swipe each point is, 0 to 1: a mean of its shares of the arc length and of the time."""
    last = len(x) - 1
    lengths = [0.0] + [math.dist((x[i], y[i]), (x[i + 1], y[i + 1])) for i in range(last)]
    arc = [sum(lengths[: i + 1]) for i in range(last + 1)]
    by_index = [i / last for i in range(last + 1)]
    by_length = [length / arc[-1] for length in arc] if arc[-1] > 0 else by_index
    by_time = [(time - t[0]) / (t[-1] - t[0]) for time in t] if t[-1] > t[0] else by_index
    return [(1 - time_share) * length + time_share * time for length, time in zip(by_length, by_time, strict=True)]


def resample(x: Sequence[float], y: Sequence[float], t: Sequence[float], n_points: int) -> npt.NDArray[np.float64]:
    """x, y, t (3, n_points) at even steps of `progress`."""
    steps = [j / (n_points - 1) for j in range(n_points)]
    along = progress(x, y, t)
    return np.array([np.interp(steps, along, values) for values in (x, y, t)])


def gaps(x: Sequence[float], y: Sequence[float], t: Sequence[float], n_points: int) -> list[set[float]]:
    """For each resampled point the time between the recorded points around it; several where it lies on one of them."""
    along = progress(x, y, t)
    return [
        {t[i + 1] - t[i] for i in range(len(t) - 1) if along[i] - 1e-9 <= j / (n_points - 1) <= along[i + 1] + 1e-9}
        for j in range(n_points)
    ]


def trajectory_features(
    points: npt.NDArray[np.float64], origin: tuple[float, float], key_size: tuple[float, float]
) -> npt.NDArray[np.float64]:
    """(N, 7) from (4, N), column by column."""
    x, y = (points[0] - origin[0]) / key_size[0], (points[1] - origin[1]) / key_size[1]
    neighbours = [(max(i - 1, 0), min(i + 1, len(x) - 1)) for i in range(len(x))]
    dx, dy, dt = (
        np.array([(values[after] - values[before]) / (after - before) for before, after in neighbours]) for values in (x, y, points[2])
    )
    speed = np.sqrt(dx**2 + dy**2) / (dt + 1)
    columns = [x / 3, y, 4 * dx, 4 * dy, np.log(dt + 1) - 2.7, (np.log(speed + 1e-4) + 6) / 2, np.log(points[3] + 1) - 2.8]
    return np.stack(columns, axis=1)


def resample_by_time(x: Sequence[float], y: Sequence[float], t: Sequence[float], n_points: int) -> npt.NDArray[np.float64]:
    """x, y, t (3, n_points) every 10 ms, the last point repeated; a longer swipe evenly over its time. It must take some time."""
    step = max(10.0, (t[-1] - t[0]) / (n_points - 1))
    times = [min(t[0] + j * step, t[-1]) for j in range(n_points)]
    return np.array([np.interp(times, t, values) for values in (x, y, t)])


def difference(values: Sequence[float], t: Sequence[float]) -> list[float]:
    """Central differences over time, at the ends one-sided; of times less than 1 ms apart as if it were 1 ms."""
    last = len(values) - 1
    pairs = [(max(i - 1, 0), min(i + 1, last)) for i in range(last + 1)]
    return [(values[after] - values[before]) / max(t[after] - t[before], 1.0) for before, after in pairs]


def time_derivatives(points: npt.NDArray[np.float64], key_size: tuple[float, float]) -> npt.NDArray[np.float64]:
    """(N, 5) from (3 or more, N), column by column."""
    t = points[2].tolist()
    vx, vy = (difference((points[axis] / key_size[axis]).tolist(), t) for axis in (0, 1))
    steep = [np.array(vx) / 0.02, np.array(vy) / 0.008, np.array(difference(vx, t)) / 7e-4, np.array(difference(vy, t)) / 3e-4]
    return np.stack([np.diff(points[2], prepend=points[2, 0]) / 25 - 1, *(np.clip(column, -10, 10) for column in steep)], axis=1)


def standardized(values: npt.NDArray[np.float64], axis: int) -> npt.NDArray[np.float64]:
    """Zero mean and unit variance along an axis; what varies by less than 0.001 is not stretched."""
    result: npt.NDArray[np.float64] = (values - values.mean(axis, keepdims=True)) / np.maximum(values.std(axis, keepdims=True), 1e-3)
    return result


def key_distances(points: npt.NDArray[np.float64], centres: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Exact distances (N, K) in grid units. points: (2 or more, N)."""
    return np.array([[math.dist((x, y), centre) for centre in centres] for x, y in points[:2].T])


# --- training ---


def least_alignment_cost(points: Sequence[tuple[float, float]], centres: Sequence[tuple[float, float]]) -> float:
    """Least sum of squared distances of letters 2..L to rising points; the first letter has the first point, the last the last."""
    between = itertools.combinations(range(1, len(points) - 1), len(centres) - 2)
    choices = ((*middle, len(points) - 1) for middle in between)
    return min(sum(math.dist(points[i], c) ** 2 for i, c in zip(choice, centres[1:], strict=True)) for choice in choices)


# --- beam search: twins of docs/SCORE.md ---

Continuation = tuple[float, int, int, int, float]
"""bound, parent, token, node, score"""


def expand(
    trie: Trie,
    prior_scale: float,
    live: Sequence[tuple[int, float]],
    log_probs: Sequence[Sequence[float]],
    leaders: Sequence[float],
    options: SearchOptions,
) -> tuple[list[float], list[float], list[Continuation]]:
    """Finished scores, new leaders, and all continuations that stay. live: node and score of each hypothesis."""
    first_child, token, word_prior, best_prior = (array.tolist() for array in trie[:4])
    finished = [
        score + row[-1] - prior_scale * (word_prior[node] - 1) if word_prior[node] else -math.inf
        for (node, score), row in zip(live, log_probs, strict=True)
    ]
    leaders = sorted([*leaders, *finished], reverse=True)[: len(leaders)]
    continuations = []
    for parent, (node, score) in enumerate(live):
        for child in range(first_child[node], first_child[node + 1]):
            reached = score + log_probs[parent][token[child]]
            continuations.append((reached - prior_scale * (best_prior[child] - 1), parent, token[child], child, reached))
    best = max([leaders[0], *(continuation[0] for continuation in continuations)])
    kept = [one for one in continuations if one[0] > leaders[-1] and one[0] >= best - options.margin]
    return finished, leaders, sorted(kept, key=lambda one: -one[0])[: options.beam_width]


def score_all(words: Mapping[str, float], log_probs_of: LogProbsOf, alphabet: str, prior_weight: float) -> list[tuple[str, float]]:
    """Every word with its score, best first. words: log priors; log_probs_of: what follows some letters, the end last."""
    scores = {}
    for word, log_prior in words.items():
        letters = sum(log_probs_of(word[:i])[alphabet.index(letter)] for i, letter in enumerate(word))
        scores[word] = letters + log_probs_of(word)[-1] + prior_weight * log_prior
    return sorted(scores.items(), key=lambda item: -item[1])


def beam_search(words: Mapping[str, float], log_probs_of: LogProbsOf, alphabet: str, options: SearchOptions) -> list[tuple[str, float]]:
    """The n best words with their scores, by a beam over prefixes; it goes on until every prefix is a dead end."""
    live, finished = [("", 0.0)], []
    while live:
        ended = [prefix for prefix, _ in live if prefix in words]
        scores = dict(live)
        finished += [(word, scores[word] + log_probs_of(word)[-1] + options.prior_weight * words[word]) for word in ended]
        finished.sort(key=lambda item: -item[1])
        continuations = []
        for prefix, score in live:
            for letter in alphabet:
                below = [prior for word, prior in words.items() if word.startswith(prefix + letter)]
                if below:
                    reached = score + log_probs_of(prefix)[alphabet.index(letter)]
                    continuations.append((prefix + letter, reached, reached + options.prior_weight * max(below)))
        best = max([bound for _, _, bound in continuations] + [score for _, score in finished], default=0.0)
        continuations = [one for one in continuations if one[2] >= best - options.margin]
        continuations.sort(key=lambda one: -one[2])
        live = [(prefix, score) for prefix, score, _ in continuations[: options.beam_width]]
    return finished[: options.n_best]


# --- CTC ---


def ctc_probabilities(frame_probs: Sequence[Sequence[float]], word: Sequence[int]) -> tuple[float, float]:
    """The probabilities that the frames write something beginning with the word, and the word itself; blank is the last label.

    A letter that follows its like may also be swiped without a rest: then it counts as if it were not there, at UNRESTED of that.
    """
    pairs = [(weight * begins, weight * ends) for rested, weight in rests(word) for begins, ends in [_written(frame_probs, rested)]]
    return sum(begins for begins, _ in pairs), sum(ends for _, ends in pairs)


def rests(word: Sequence[int]) -> list[tuple[list[int], float]]:
    """The word, and what is left of it if the finger does not rest on some letters that follow their like, each with its odds."""
    found = [(list(word[:1]), 1.0)]
    for one, other in itertools.pairwise(word):
        without = [(rested, odds * UNRESTED) for rested, odds in found] if one == other else []
        found = [([*rested, other], odds) for rested, odds in found] + without
    return found


def _written(frame_probs: Sequence[Sequence[float]], word: Sequence[int]) -> tuple[float, float]:
    """`ctc_probabilities` of a word with a rest on each of its letters."""
    blank = len(frame_probs[0]) - 1
    begins = ends = 0.0
    for labels in itertools.product(range(blank + 1), repeat=len(frame_probs)):
        probability = math.prod(row[label] for row, label in zip(frame_probs, labels, strict=True))
        written = [label for label, _ in itertools.groupby(labels) if label != blank]
        begins += probability * (written[: len(word)] == list(word))
        ends += probability * (written == list(word))
    return begins, ends


# --- template matching ---


def equidistant(points: npt.NDArray[np.float64], n_points: int) -> npt.NDArray[np.float64]:
    """(n_points, 2) at even steps of arc length along the polyline through points (n, 2)."""
    arc = np.cumsum([0, *(math.dist(*pair) for pair in itertools.pairwise(points))])
    steps = np.linspace(0, arc[-1], n_points)
    return np.stack([np.interp(steps, arc, points[:, axis]) if arc[-1] > 0 else np.full(n_points, points[0, axis]) for axis in (0, 1)], 1)


def normalised(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Points (N, 2) around their centroid, the longer side of their box 1; a box of less than 1 counts as 1."""
    size = max(1.0, *(points.max(axis=0) - points.min(axis=0)))
    result: npt.NDArray[np.float64] = (points - points.mean(axis=0)) / size
    return result


def warped_distance(costs: npt.NDArray[np.float64], band: int) -> float:
    """The least sum of costs (N, N) on a way from one corner to the other that never goes back, |i - j| <= band."""
    reached = {(-1, -1): 0.0}
    for i, j in itertools.product(range(len(costs)), repeat=2):
        if abs(i - j) <= band:
            reached[i, j] = costs[i, j] + min(reached.get(came, math.inf) for came in ((i - 1, j - 1), (i - 1, j), (i, j - 1)))
    return reached[len(costs) - 1, len(costs) - 1]


def template_score(
    swipe: npt.NDArray[np.float64], keys: npt.NDArray[np.float64], log_prior: float, options: Shark2Options
) -> tuple[float, float]:
    """The score of a word, and how far the swipe's farther end is from the word's. Key widths: swipe (n, 2), keys (L, 2)."""
    swipe = swipe - [0, options.touch_offset]
    one, other = equidistant(swipe, options.n_points), equidistant(keys, options.n_points)
    apart = np.array([[math.dist(a, b) for b in other] for a in one])
    from_middle = np.abs(np.linspace(-1, 1, options.n_points))
    alpha = 1 + (options.end_weight - 1) * from_middle
    alpha /= alpha.sum()
    location = warped_distance(apart * np.add.outer(alpha, alpha) / 2, options.band)
    if options.tunnel_radius > 0 and max(apart.min(axis=0).max(), apart.min(axis=1).max()) <= options.tunnel_radius:
        location = 0.0
    shape = np.mean([math.dist(*pair) for pair in zip(normalised(one), normalised(other), strict=True)])
    start, end = math.dist(swipe[0], keys[0]), math.dist(swipe[-1], keys[-1])
    channels = (location / options.location_scale) ** options.power + (shape / options.shape_scale) ** options.power
    ends = (start / options.start_scale) ** 2 / 2 + (end / options.end_scale) ** 2 / 2
    return options.prior_weight * log_prior - channels / options.power - ends, max(start, end)


def match_templates(
    swipe: npt.NDArray[np.float64], words: Mapping[str, tuple[npt.NDArray[np.float64], float]], options: Shark2Options
) -> dict[str, float]:
    """The scores of the words that survive the pruning. words: keys (L, 2) and log prior of each."""
    found = {word: template_score(swipe, *of_word, options) for word, of_word in words.items()}
    reach = max(options.prune_radius, min(far for _, far in found.values()))
    return {word: score for word, (score, far) in found.items() if far <= reach}


def ancestry(parents: list[int]) -> list[list[int]]:
    """The rows on the way from each row of a tree to its root, both included. parents: -1 for the root."""
    paths: list[list[int]] = []
    for row, parent in enumerate(parents):
        paths.append([row, *(paths[parent] if parent >= 0 else [])])
    return paths


def varied(points: npt.NDArray[np.float64], grid: Grid, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """A variant (3, m), m <= n, of a swipe (3, n), as the kernel drew it that varied the swipes of the shipped model.

    Its distribution, not its numbers, is that of training.augment.pipelines.NARROW on qwerty_en.
    """
    n, key = points.shape[1], np.array([[grid.key_width], [grid.key_height]])
    angle, u = random.normal(0.0, 0.02), np.arange(n) / max(n - 1, 1)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    origin = np.array(grid.origin)[:, None]
    places = origin + turn @ ((points[:2] - origin) * (1 + random.normal(0.0, 0.03, (2, 1))))
    places += random.normal(0.0, 0.08, (2, 1)) * key
    places += random.normal(0.0, 0.05, (2, 3)) @ np.stack([(1 - u) ** 2, 2 * u * (1 - u), u**2]) * key
    places += random.normal(0.0, 0.015 * key[0, 0], (2, n)) * (random.random() < 0.4)
    pace, wave, phase = np.exp(random.normal(0.0, 0.15)), random.uniform(0.5, 3.0), random.uniform(0.0, 2 * np.pi)
    steps = np.diff(points[2], prepend=points[2, 0]) * pace * np.exp(random.normal(0.0, 0.2) * np.sin(2 * np.pi * wave * u + phase))
    keep = np.ones(n, dtype=np.bool_)
    if n >= 12 and random.random() <= 0.25:
        if random.random() < 0.7:
            width = random.integers(2, max(3, n // 8))
            start = random.integers(1, n - width - 1)
            keep[start : start + width] = False
        else:
            keep[1 : n - 1 : 2] = False
    return np.vstack([places, points[2, 0] + np.cumsum(steps)])[:, keep]
