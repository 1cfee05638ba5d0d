"""The report's diagrams."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.grid import Grid
from training.evaluation.calibration import Calibration
from training.evaluation.rows import Row
from training.report.confusion import Confusion
from training.report.findings import Findings
from training.report.svg import WIDTH, Plot, Scale, circle, dots, frame, line, picture, polyline, rectangle, round_ticks, text

RATIO_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
LEAST_RATIO = 0.08
"""Paths with a smaller ratio are drawn there."""
BELOW_MEDIAN = 0.4
"""how far the axis of accuracy goes below the median of the rows; a lower value is drawn as an arrow"""
ROW = 17.0
"""height of a line of text"""


def accuracy_chart(rows: Sequence[Row]) -> str:
    """Top-1 with its interval and top-4, a line for each stratum."""
    middle = float(np.median([row.accuracy.top_1 for row in rows])) if rows else 1.0
    scale = Scale(max(math.floor(10 * (middle - BELOW_MEDIAN)) / 10, 0.0), 1.0, 116, 256)
    columns = ((304, "top-1"), (340, "top-4"), (WIDTH, "swipes"))
    parts, y = [text(x, 12, name, "tick", "end") for x, name in columns], 8.0
    group = ""
    for row in rows:
        if row.group != group:
            group, y = row.group, y + 8 + ROW
            parts.append(text(0, y, group, "group"))
        y += ROW
        parts += _accuracy_line(row, scale, y)
    ticks = round_ticks(scale.low, scale.high, 4)
    rules = [line((scale(tick), 20), (scale(tick), y + 6), "rule") for tick in ticks]
    labels = [text(scale(tick), place, f"{tick:.0%}", "tick", "middle") for tick in ticks for place in (12, y + 18)]
    return picture(y + 24, "Top-1 and top-4 by group", [*rules, *labels, *parts])


def _accuracy_line(row: Row, scale: Scale, y: float) -> list[str]:
    one, between, middle = row.accuracy, row.top_1_interval, y - 4
    low, high = (scale(max(end, scale.low)) for end in (between.low, between.high))
    says = f"{row.name}: top-1 {one.top_1:.2%} ({between.low:.1%} to {between.high:.1%}), top-4 {one.top_4:.2%}, {one.n_swipes:,} swipes"
    marks = [
        circle(scale(share), middle, 3.5, style, says) if share >= scale.low else text(scale.start - 4, y, "◂", style)
        for share, style in ((one.top_4, "hollow"), (one.top_1, "mark"))
    ]
    return [
        text(scale.start - 10, y, row.name, "", "end"),
        line((low, middle), (high, middle), "whisker"),
        *marks,
        text(304, y, f"{100 * one.top_1:.1f}", "", "end"),
        text(340, y, f"{100 * one.top_4:.1f}", "", "end"),
        text(WIDTH, y, f"{one.n_swipes:,}", "tick", "end"),
    ]


def people_chart(findings: Findings) -> str:
    """A histogram of people by their top-1."""
    people = findings.people
    low = math.floor(20 * float(people.min())) / 20 if len(people) else 0.0
    edges = np.arange(round(20 * min(low, 0.8)), 21) / 20
    counts = np.histogram(np.minimum(people + 1e-9, 1.0), edges)[0]
    plot = Plot(Scale(float(edges[0]), 1.0, 34, WIDTH - 12), Scale(0, max(int(counts.max()), 1), 172, 24))
    y_ticks = [(tick, f"{tick:g}") for tick in round_ticks(0, plot.y.high, 5) if tick == int(tick)]
    x_ticks = [(tick, f"{tick:.0%}") for tick in round_ticks(plot.x.low, 1.0, 6)]
    bars = []
    for left, right, count in zip(edges[:-1], edges[1:], counts.tolist(), strict=True):
        x, top = plot.x(left), plot.y(count)
        box = (x + 1, top, plot.x(right) - x - 2, plot.y.start - top)
        bars.append(rectangle(box, "bar", title=f"{left:.0%} to {right:.0%}: {count} people"))
    return picture(206, "People by their top-1", [*frame(plot, x_ticks, y_ticks, "a person's top-1", "people"), *bars])


def calibration_chart(calibration: Calibration) -> str:
    """The share that is right against the probability, and below it how many swipes there are."""
    plot = Plot(Scale(0, 1, 40, WIDTH - 12), Scale(0, 1, 236, 24))
    fifths = [(tick / 5, f"{tick * 20}%") for tick in range(6)]
    parts = frame(plot, [], fifths, "", "right, of the swipes with that probability")
    parts.append(line((plot.x(0), plot.y(0)), (plot.x(1), plot.y(1)), "ideal"))
    parts.append(polyline([(plot.x(one.probability), plot.y(one.share_right)) for one in calibration.bins], "curve"))
    counts = Plot(plot.x, Scale(0, 1, 322, 270))
    n_swipes = sum(one.n_swipes for one in calibration.bins)
    parts += frame(counts, fifths, [(0, "0%"), (1, "100%")], "probability of the best candidate", "share of all swipes")
    for one in calibration.bins:
        x, low, high = plot.x(one.probability), plot.y(one.interval.low), plot.y(one.interval.high)
        says = f"{one.low:.0%} to {one.high:.0%}: {one.n_swipes:,} swipes, probability {one.probability:.1%}, right {one.share_right:.1%}"
        share = one.n_swipes / n_swipes
        left, top = counts.x(one.low), counts.y(share)
        parts += [line((x, low), (x, high), "whisker"), circle(x, plot.y(one.share_right), 3.8, "mark", says)]
        parts.append(rectangle((left + 1, top, counts.x(one.high) - left - 2, counts.y.start - top), "bar", title=says))
        parts.append(text((left + counts.x(one.high)) / 2, top - 3, f"{100 * share:.1f}", "tick", "middle"))
    return picture(356, "Reliability of the best candidate's probability", parts)


def path_chart(findings: Findings) -> str:
    """The ratio of path and polyline over the polyline's length, with the limits of what is typical."""
    lengths, limits = findings.lengths, findings.limits
    shown = lengths.has_polyline
    longest = float(lengths.polyline[shown].max()) if shown.any() else 1.0
    highest = max(float(lengths.ratio[shown].max()) if shown.any() else 1.0, 5.0)
    plot = Plot(Scale(0, longest, 40, WIDTH - 12), Scale(math.log(LEAST_RATIO), math.log(highest), 256, 24))
    y_ticks = [(math.log(tick), f"{tick:g}") for tick in RATIO_TICKS if tick <= highest]
    x_ticks = [(tick, f"{tick:g}") for tick in round_ticks(0, longest, 7)]
    parts = frame(plot, x_ticks, y_ticks, "length of the polyline, keys", "path / polyline")
    typical = limits.typical(lengths)
    places = list(zip(map(plot.x, lengths.polyline), map(plot.y, np.log(np.maximum(lengths.ratio, LEAST_RATIO))), strict=True))
    for rows, style in (
        (shown & typical, "typical"),
        (shown & ~typical & findings.right, "outlier"),
        (shown & ~typical & ~findings.right, "missed"),
    ):
        parts.append(dots((places[row] for row in np.flatnonzero(rows)), style))
    starts, ends = np.append(0.0, limits.edges), np.append(limits.edges, longest)
    for values, style in ((limits.low, "limit"), (limits.median, "middle"), (limits.high, "limit")):
        steps = []
        for start, end, value in zip(starts, ends, values, strict=True):
            y = plot.y(math.log(min(max(value, LEAST_RATIO), highest)))
            steps += [(plot.x(min(start, longest)), y), (plot.x(min(end, longest)), y)]
        parts.append(polyline(steps, style))
    return picture(290, "Path length against the ideal polyline's", parts)


def confusion_chart(confusion: Confusion, grid: Grid, alphabet: str) -> str:
    """How often each letter was read for each other, the letters in the order of the keys' rows."""
    keys = {letter: grid.letter_key(letter) for letter in alphabet}
    order = sorted(alphabet, key=lambda letter: (keys[letter].centre_y, keys[letter].centre_x))
    cell = (WIDTH - 22) / len(order)
    place = {letter: 20 + number * cell for number, letter in enumerate(order)}
    most = max([one.n_times for one in confusion.misreadings], default=1)
    parts = [text(0, 9, "meant ↓", "title"), text(56, 9, "read →", "title")]
    for letter in order:
        middle = place[letter] + cell / 2
        parts += [text(middle, 22, letter, "letter", "middle"), text(12, middle + 9, letter, "letter", "middle")]
        parts.append(rectangle((place[letter], place[letter] + 6, cell - 0.6, cell - 0.6), "same"))
    for one in confusion.misreadings:
        box = (place[one.read], place[one.meant] + 6, cell - 0.6, cell - 0.6)
        title = f"{one.meant} read as {one.read}: {one.n_times} times"
        parts.append(rectangle(box, "near" if one.are_neighbours else "far", 0.1 + 0.9 * one.n_times / most, title))
    return picture(WIDTH + 6, "Letters read for others", parts)
