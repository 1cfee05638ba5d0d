"""Every compiled function of the key reader's training: arrays in, arrays out. Coordinates are in keys: key widths across, key
heights down. Splicing works as in training/data/kernels.py, but asks where keys lie instead of which letters they bear.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from engine.jit import njit

N_CANDIDATES = 16
"""Segments drawn at random for each gap; the one that fits best is taken."""
REACH_X, REACH_Y = 24, 4
"""The displacements that segments are filed under: up to so many half keys across, and keys down, to either side."""
N_GAPS = (2 * REACH_X + 1) * (2 * REACH_Y + 1) * 4


class Segments(NamedTuple):
    """All pieces of real swipes between two consecutive letters (segments.py)."""

    points: Any
    """float32 (3, P): x, y, t of the swipes"""
    first: Any
    """int64 (G,): a segment's first point"""
    last: Any
    """int64 (G,): its last point, shared with the next segment of its swipe"""
    start: Any
    """float32 (G, 2): the centre of the key where it starts"""
    end: Any
    """float32 (G, 2): the centre of the key where it ends"""
    before: Any
    """float32 (G, 2): the unit vector from the key before to its start; zero at the word's start"""
    after: Any
    """float32 (G, 2): the unit vector from its end to the key after; zero at the word's end"""
    doubled: Any
    """bool (G, 2): whether the letter at its start, at its end, was meant twice"""
    velocity: Any
    """float32 (G, 2, 2): keys per millisecond at its start and at its end"""
    candidates: Any
    """int32 (C,): segments by gap"""
    offsets: Any
    """int64 (N_GAPS + 1,): see `gap_index`"""


@njit
def seed(value: int) -> None:
    """Seeds the random numbers of the compiled functions (numba keeps its own)."""
    np.random.seed(value)


@njit
def gap_index(dx: float, dy: float, is_first: bool, is_last: bool) -> int:
    """The number of the gap between two keys that lie so far apart, at the start or the end of a word or inside it."""
    column = min(max(int(np.rint(2.0 * dx)), -REACH_X), REACH_X) + REACH_X
    row = min(max(int(np.rint(dy)), -REACH_Y), REACH_Y) + REACH_Y
    return ((column * (2 * REACH_Y + 1) + row) * 2 + is_first) * 2 + is_last


@njit
def unit(x: float, y: float) -> Any:
    """The unit vector in that direction; zero for zero."""
    length = np.hypot(x, y)
    return (x / length, y / length) if length > 0 else (0.0, 0.0)


@njit
def misfit(bank: Any, segment: int, places: Any, doubled: Any, gap: int, previous: int) -> Any:
    """How badly a segment suits the gap behind letter `gap` of a word, following the segment `previous` (-1: none).

    places float64 (L, 2): of the word's keys; doubled bool (L,). As training.data.kernels.misfit: each term is about 1 where the
    difference becomes noticeable.
    """
    cost = 0.0
    bx, by = 0.0, 0.0
    if gap > 0:
        bx, by = unit(places[gap, 0] - places[gap - 1, 0], places[gap, 1] - places[gap - 1, 1])
    cost += np.hypot(bank.before[segment, 0] - bx, bank.before[segment, 1] - by)
    ax, ay = 0.0, 0.0
    if gap + 2 < len(places):
        ax, ay = unit(places[gap + 2, 0] - places[gap + 1, 0], places[gap + 2, 1] - places[gap + 1, 1])
    cost += np.hypot(bank.after[segment, 0] - ax, bank.after[segment, 1] - ay)
    cost += bank.doubled[segment, 0] != doubled[gap]
    cost += bank.doubled[segment, 1] != doubled[gap + 1]
    dx = bank.end[segment, 0] - bank.start[segment, 0] - places[gap + 1, 0] + places[gap, 0]
    dy = bank.end[segment, 1] - bank.start[segment, 1] - places[gap + 1, 1] + places[gap, 1]
    cost += 2.0 * np.hypot(dx, dy)
    if previous >= 0:
        at, joint = bank.first[segment], bank.last[previous]
        ox = bank.points[0, at] - bank.start[segment, 0] - bank.points[0, joint] + bank.end[previous, 0]
        oy = bank.points[1, at] - bank.start[segment, 1] - bank.points[1, joint] + bank.end[previous, 1]
        cost += 2.7 * np.hypot(ox, oy)
        vx = bank.velocity[segment, 0, 0] - bank.velocity[previous, 1, 0]
        vy = bank.velocity[segment, 0, 1] - bank.velocity[previous, 1, 1]
        speed = np.hypot(bank.velocity[segment, 0, 0], bank.velocity[segment, 0, 1])
        speed += np.hypot(bank.velocity[previous, 1, 0], bank.velocity[previous, 1, 1])
        cost += 2.0 * np.hypot(vx, vy) / (speed + 0.002)
    return cost


@njit
def choose_segments(bank: Any, places: Any, doubled: Any) -> Any:
    """A segment for each gap of a word, int64 (L - 1,): the best fitting of a few drawn at random, left to right."""
    chosen = np.empty(len(places) - 1, dtype=np.int64)
    previous = -1
    for gap in range(len(chosen)):
        dx, dy = places[gap + 1, 0] - places[gap, 0], places[gap + 1, 1] - places[gap, 1]
        index = gap_index(dx, dy, gap == 0, gap == len(chosen) - 1)
        low, high = bank.offsets[index], bank.offsets[index + 1]
        least, best = np.inf, -1
        goes_on = previous >= 0 and previous + 1 < len(bank.first) and bank.first[previous + 1] == bank.last[previous]
        if goes_on and np.random.random() < 0.5:  # the swipe that the last segment came from may go on as this word does
            least, best = misfit(bank, previous + 1, places, doubled, gap, previous), previous + 1
        for _ in range(N_CANDIDATES):
            segment = bank.candidates[np.random.randint(low, high)]
            cost = misfit(bank, segment, places, doubled, gap, previous)
            if cost < least:
                least, best = cost, segment
        chosen[gap] = best
        previous = best
    return chosen


@njit
def splice(bank: Any, places: Any, doubled: Any) -> Any:
    """A new swipe for a word of L >= 2 places, no two equal in a row, out of segments of real ones: float64 (3, n).

    It passes each key as far from its centre as the segments' own ends from theirs; at a joint the segment before and the one behind
    differ, and one of the two is taken at random. Each segment is moved and sheared along its arc to lead from joint to joint.
    """
    chosen = choose_segments(bank, places, doubled)
    n_letters, n = len(places), 1
    for segment in chosen:
        n += bank.last[segment] - bank.first[segment]
    joints = np.empty((n_letters, 2))
    for letter in range(n_letters):
        behind = letter < n_letters - 1 and (letter == 0 or np.random.random() < 0.5)
        segment = chosen[letter] if behind else chosen[letter - 1]
        point = bank.first[segment] if behind else bank.last[segment]
        for axis in range(2):
            own = bank.start[segment, axis] if behind else bank.end[segment, axis]
            joints[letter, axis] = bank.points[axis, point] - own + places[letter, axis]
    out = np.empty((3, n))
    at, time = 0, 0.0
    for gap in range(n_letters - 1):
        first, last = bank.first[chosen[gap]], bank.last[chosen[gap]]
        length = 0.0
        for i in range(first, last):
            length += np.hypot(bank.points[0, i + 1] - bank.points[0, i], bank.points[1, i + 1] - bank.points[1, i])
        arc = 0.0
        for i in range(first, last + 1):
            if i > first:
                arc += np.hypot(bank.points[0, i] - bank.points[0, i - 1], bank.points[1, i] - bank.points[1, i - 1])
            for axis in range(2):
                shift = joints[gap, axis] - bank.points[axis, first]
                shear = joints[gap + 1, axis] - bank.points[axis, last] - shift
                out[axis, at + i - first] = bank.points[axis, i] + shift + shear * arc / (length + 1e-9)
            out[2, at + i - first] = time + bank.points[2, i] - bank.points[2, first]
        at += last - first
        time = out[2, at]
    return out


@njit
def dwell(bank: Any, place: Any, doubled: bool) -> Any:
    """A swipe for a word on one key: the beginning of a real swipe that stays within half a key, float64 (3, n)."""
    for _ in range(200):
        segment = np.random.randint(len(bank.first))
        if bank.before[segment, 0] != 0.0 or bank.before[segment, 1] != 0.0:
            continue
        first, last = bank.first[segment], bank.last[segment]
        n = 0
        while (
            n <= last - first
            and np.hypot(bank.points[0, first + n] - bank.points[0, first], bank.points[1, first + n] - bank.points[1, first]) < 0.5
        ):
            n += 1
        if n >= 5 and (not doubled or bank.doubled[segment, 0]):
            break
    n = max(n, 3)
    out = bank.points[:, first : first + n].astype(np.float64)
    for axis in range(2):
        out[axis] += place[axis] - bank.start[segment, axis]
    out[2] -= out[2, 0]
    return out


@njit
def vary(points: Any, strength: float) -> Any:
    """The swipe as another hand might have drawn it, now and then on a screen with another rate: float64 (3, m)."""
    n = points.shape[1]
    out = points.copy()
    angle = np.random.normal(0.0, 0.02 * strength)
    cos, sin = np.cos(angle), np.sin(angle)
    scale_x, scale_y = 1.0 + np.random.normal(0.0, 0.03 * strength), 1.0 + np.random.normal(0.0, 0.03 * strength)
    shift_x, shift_y = np.random.normal(0.0, 0.08 * strength), np.random.normal(0.0, 0.08 * strength)
    drift = np.random.normal(0.0, 0.05 * strength, (2, 3))
    jitter = 0.015 * strength * (np.random.random() < 0.3)
    pace = np.exp(np.random.normal(0.0, 0.15 * strength))
    wave, phase = np.random.uniform(0.5, 3.0), np.random.uniform(0.0, 2 * np.pi)
    depth = np.random.normal(0.0, 0.2 * strength)
    time = 0.0
    for i in range(n):
        u = i / max(n - 1, 1)
        dx, dy = points[0, i] * scale_x, points[1, i] * scale_y
        bend = ((1 - u) * (1 - u), 2 * u * (1 - u), u * u)
        x = cos * dx - sin * dy + shift_x
        y = sin * dx + cos * dy + shift_y
        for k in range(3):
            x += bend[k] * drift[0, k]
            y += bend[k] * drift[1, k]
        if jitter > 0:
            x += np.random.normal(0.0, jitter)
            y += np.random.normal(0.0, jitter)
        if i > 0:
            time += (points[2, i] - points[2, i - 1]) * pace * np.exp(depth * np.sin(2 * np.pi * wave * u + phase))
        out[0, i], out[1, i], out[2, i] = x, y, time
    if n >= 12 and np.random.random() < 0.12 * strength:  # a pause in the events: browsers do that
        keep = np.ones(n, dtype=np.bool_)
        width = np.random.randint(2, max(3, n // 8))
        start = np.random.randint(1, n - width - 1)
        keep[start : start + width] = False
        out = out[:, keep]
    if np.random.random() < 0.35 * strength:
        out = at_rate(out, np.exp(np.random.uniform(np.log(25.0), np.log(140.0))))
    return out


@njit
def at_rate(points: Any, hertz: float) -> Any:
    """The swipe on a screen with another rate: points evenly spread in time, float64 (3, m). The first and the last stay."""
    n, start, end = points.shape[1], points[2, 0], points[2, -1]
    interval = max(1000.0 / hertz, (end - start) / 2000.0)
    if n < 2 or end - start <= interval:
        return points
    n_inner = int(np.ceil((end - start) / interval)) - 1
    out = np.empty((3, n_inner + 2))
    out[:, 0], out[:, -1] = points[:, 0], points[:, -1]
    right = 1
    for j in range(1, n_inner + 1):
        t = start + interval * j
        while right < n - 1 and points[2, right] < t:
            right += 1
        span = points[2, right] - points[2, right - 1]
        share = (t - points[2, right - 1]) / span if span > 0 else 1.0
        share = min(max(share, 0.0), 1.0)
        out[0, j] = points[0, right - 1] + share * (points[0, right] - points[0, right - 1])
        out[1, j] = points[1, right - 1] + share * (points[1, right] - points[1, right - 1])
        out[2, j] = t
    return out


@njit
def draw_warp(mirror: float, shear: float, bend: float) -> Any:
    """A random map of the plane for a swipe and its keys, float64 (16,): see `bend_plane`. The arguments are fields of Mixture."""
    warp = np.zeros(16)
    warp[0] = -1.0 if np.random.random() < mirror else 1.0
    if np.random.random() < 0.6:
        warp[1] = np.random.uniform(-shear, shear)
    if np.random.random() < bend:  # each row by itself, smoothly between
        warp[2:7] = np.random.normal(0.0, 0.25, 5)
    if np.random.random() < bend:
        for axis in range(2):
            period = np.random.uniform(4.0, 14.0) if axis == 0 else np.random.uniform(5.0, 14.0)
            warp[7 + 4 * axis] = 2 * np.pi / period
            warp[8 + 4 * axis] = np.random.uniform(0.0, 2 * np.pi)
            warp[9 + 4 * axis] = np.random.normal(0.0, 0.03) * period
            warp[10 + 4 * axis] = np.random.uniform(-0.3, 0.3)
    return warp


@njit
def bend_plane(warp: Any, x: Any, y: Any) -> None:
    """Moves points in place. warp: mirror, shear, the shifts of five rows; for each axis a wave: frequency, phase, height, slant."""
    for i in range(len(x)):
        px, py = x[i], y[i]
        row = min(max(py + 2.0, 0.0), 3.999)
        low = int(row)
        shift = warp[2 + low] + (row - low) * (warp[3 + low] - warp[2 + low])
        qx = px + warp[1] * py + shift + warp[9] * np.sin(warp[7] * (px + warp[10] * py) + warp[8])
        qy = py + warp[13] * np.sin(warp[11] * (px + warp[14] * py) + warp[12])
        x[i], y[i] = warp[0] * qx, qy


@njit
def centre(places: Any) -> Any:
    """The middle of the box around key centres, (2,)."""
    middle = np.empty(2)
    for axis in range(2):
        middle[axis] = (places[:, axis].min() + places[:, axis].max()) / 2.0
    return middle


@njit
def make_sample(  # noqa: PLR0913
    bank: Any, recorded: Any, keys: Any, word: Any, doubled: Any, strength: float, warp: Any
) -> Any:
    """Makes one training sample: returns its swipe, float64 (3, m), and moves its keys, float32 (K, 4), to where they end up.

    recorded float64 (3, n): a real swipe; with n = 0, one is spliced for the word's keys, int64 (L,), with runs of a key collapsed.
    """
    if recorded.shape[1] > 0:
        points = recorded.copy()
    elif len(word) > 1:
        places = np.empty((len(word), 2))
        for letter in range(len(word)):
            places[letter] = keys[word[letter], :2]
        points = splice(bank, places, doubled)
    else:
        points = dwell(bank, keys[word[0], :2].astype(np.float64), doubled[0])
    points = vary(points, strength)
    bend_plane(warp, points[0], points[1])
    places = keys[:, :2].astype(np.float64)
    moved_x, moved_y = places[:, 0].copy(), places[:, 1].copy()
    bend_plane(warp, moved_x, moved_y)
    places[:, 0], places[:, 1] = moved_x, moved_y
    middle = centre(places)
    for k in range(len(keys)):
        keys[k, 0], keys[k, 1] = places[k, 0] - middle[0], places[k, 1] - middle[1]
    points[0] -= middle[0]
    points[1] -= middle[1]
    return points
