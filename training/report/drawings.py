"""A swipe that was misread: over its keys, and where the decoder looked for each letter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.explain import Explanation
from engine.grid import Grid
from training.report.mistakes import Mistake
from training.report.svg import WIDTH, Box, circle, dots, picture, polyline, rectangle, text

MARGIN = 20.0
"""grid units around keys and swipe"""
LEAST_SEEN = 0.01
"""A smaller share of the attention is not drawn."""
ROW = 13.0
"""height of a letter's line of frames"""


@dataclass(frozen=True)
class View:
    """From grid units to those of a picture."""

    left: float
    top: float
    unit: float

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        return (x - self.left) * self.unit, (y - self.top) * self.unit


def over_keys(mistake: Mistake, grid: Grid) -> str:
    """The swipe and the polylines of both words, with the places where the decoder looked most for each letter of the wrong one."""
    keys, swipe = grid.letter_keys, mistake.swipe
    left, right = (pick([*(key.x + edge * key.w for key in keys), *swipe.x]) for pick, edge in ((min, 0), (max, 1)))
    top, bottom = (pick([*(key.y + edge * key.h for key in keys), *swipe.y]) for pick, edge in ((min, 0), (max, 1)))
    view = View(left - MARGIN, top - MARGIN, WIDTH / (right - left + 2 * MARGIN))
    parts = []
    for key in keys:
        box: Box = (*view(key.x, key.y), key.w * view.unit, key.h * view.unit)
        parts.append(rectangle(box, "key"))
    for explanation, style in ((mistake.meant, "way meant"), (mistake.read, "way read")):
        places = [view(key.centre_x, key.centre_y) for key in map(grid.letter_key, explanation.word)]
        parts.append(polyline(places if len(places) > 1 else places * 2, style))
    parts += [text(*view(key.centre_x, key.centre_y + 0.1 * key.h), key.name, "key-name", "middle") for key in keys]
    points = [view(x, y) for x, y in zip(swipe.x, swipe.y, strict=True)]
    parts += [polyline(points, "swipe"), dots(points, "sample"), circle(*points[0], 7.5, "first", "the first point")]
    for frame, letters in looked_at(mistake.read).items():
        at = view(*mistake.read.frames[:2, frame])
        parts += [circle(*at, 3.0 + 2.5 * len(letters), "looked"), text(at[0], at[1] + 2.8, letters, "looked-name", "middle")]
    says = f"The swipe over the keys; {mistake.meant.word} was meant, {mistake.read.word} was read"
    return picture((bottom - top + 2 * MARGIN) * view.unit, says, parts)


def looked_at(explanation: Explanation) -> dict[int, str]:
    """By frame, rising: the letters for which the decoder looked most there."""
    frames: dict[int, str] = {}
    for letter in explanation.letters[:-1]:  # all but the word's end
        frame = int(letter.attention.argmax())
        frames[frame] = frames.get(frame, "") + letter.letter
    return dict(sorted(frames.items()))


def attention(explanation: Explanation, grid: Grid, style: str) -> str:
    """A line for each letter, a column for each frame: the darker, the more the decoder looked there.

    On the right: the letter's log probability, and before it the likeliest letter if that is another one.
    """
    n_frames = explanation.frames.shape[1]
    width = (WIDTH - 88) / n_frames
    parts = [text(WIDTH, 9, "log p", "tick", "end"), *_keys_passed(explanation, grid, width)]
    for number, letter in enumerate(explanation.letters):
        y = 14 + number * ROW
        parts.append(text(20, y + 10, letter.letter, "letter", "end"))
        parts.append(rectangle((26, y, n_frames * width, ROW - 1.5), "same"))
        for frame in np.flatnonzero(letter.attention >= LEAST_SEEN).tolist():
            share = float(letter.attention[frame])
            parts.append(rectangle((26 + frame * width, y, width, ROW - 1.5), style, math.sqrt(share), f"{share:.0%}"))
        likeliest, log_prob = letter.others[0] if letter.others else ("", -math.inf)
        parts.append(text(WIDTH, y + 10, f"{letter.log_prob:.2f}", "tick", "end"))
        if log_prob > letter.log_prob:
            parts.append(text(WIDTH - 32, y + 10, likeliest, "letter preferred", "end"))
    says = f"Attention for each letter of {explanation.word}"
    return picture(14 + len(explanation.letters) * ROW, says, parts)


def _keys_passed(explanation: Explanation, grid: Grid, width: float) -> list[str]:
    """The letter whose key is nearest, above each frame where it changes."""
    keys = grid.letter_keys
    parts, before = [], ""
    for frame, (x, y, _) in enumerate(explanation.frames.T.tolist()):
        nearest = min(keys, key=lambda key: math.hypot(key.centre_x - x, key.centre_y - y)).name
        if nearest != before:
            parts.append(text(26 + (frame + 0.5) * width, 9, nearest, "tick", "middle"))
        before = nearest
    return parts
