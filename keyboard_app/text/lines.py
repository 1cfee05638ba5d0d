"""Breaks a text into lines: where each starts and ends, and which line an offset is on."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

WORD = re.compile(r"\S+\s*|\s+")
"""A word with the spaces after it, which may hang over the edge."""

LONG_WORD = 100
"""Characters; a longer word is measured piece by piece."""

Measure = Callable[[str], float]
"""The width of a text in pixels."""


@dataclass(frozen=True)
class Line:
    """One line: text[start:end], without its line break."""

    start: int
    end: int


def break_lines(text: str, width: float, measure: Measure) -> tuple[Line, ...]:
    """The lines of a text, at least one. Each is at most `width` wide, not counting spaces at its end.

    A line breaks before a word that does not fit, and inside a word only if it is wider than a line.
    """
    lines: list[Line] = []
    start = 0
    for paragraph in text.split("\n"):
        lines += _break_paragraph(paragraph, start, width, measure)
        start += len(paragraph) + 1
    return tuple(lines)


def line_of(lines: tuple[Line, ...], offset: int) -> int:
    """The index of the line that the cursor is on at that offset; at a soft break, the line that starts there."""
    return bisect_right([line.start for line in lines], offset) - 1


def offset_at(text: str, line: Line, x: float, measure: Measure) -> int:
    """The offset in the line that is nearest to x, pixels from the line's left edge."""
    content = text[line.start : line.end]
    low, high = 0, len(content)
    while low < high:  # the first offset whose left edge is at x or beyond
        middle = (low + high) // 2
        if measure(content[:middle]) < x:
            low = middle + 1
        else:
            high = middle
    if low and x - measure(content[: low - 1]) < measure(content[:low]) - x:
        low -= 1
    return line.start + low


def _break_paragraph(paragraph: str, start: int, width: float, measure: Measure) -> list[Line]:
    lines: list[Line] = []
    begin, used = 0, 0.0
    for match in WORD.finditer(paragraph):
        word, at = match.group(), match.start()
        if used and not _fits(word.rstrip(), width - used, measure):
            lines.append(Line(start + begin, start + at))
            begin, used = at, 0.0
        while not used and len(word) > 1 and not _fits(word.rstrip(), width, measure):
            n_fitting = max(1, _count_fitting(word, width, measure))
            lines.append(Line(start + begin, start + begin + n_fitting))
            begin, word = begin + n_fitting, word[n_fitting:]
        used += measure(word)
    lines.append(Line(start + begin, start + len(paragraph)))
    return lines


def _fits(word: str, width: float, measure: Measure) -> bool:
    """Whether the word is at most `width` wide, without measuring a very long word as a whole."""
    if len(word) > LONG_WORD:
        return _count_fitting(word, width, measure) == len(word)
    return measure(word) <= width


def _count_fitting(word: str, width: float, measure: Measure) -> int:
    """How many characters of the word fit into the width."""
    high = 1
    while high < len(word) and measure(word[:high]) <= width:
        high *= 2
    low, high = 0, min(high, len(word))
    while low < high:
        middle = (low + high + 1) // 2
        if measure(word[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low
