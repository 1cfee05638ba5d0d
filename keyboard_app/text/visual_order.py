"""Right-to-left text: the order and the shapes in which a line is drawn, and where its characters are then. Never Kivy.

The algorithms are those of python-bidi and arabic-reshaper, which are loaded when the first such text appears.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
"""Characters that make a difference: Hebrew, Arabic and kindred scripts, and marks of direction."""
STRONG = re.compile("[^\\W\\d_]")
"""Letters: the first of a paragraph says in which direction it runs."""

Measure = Callable[[str], float]
"""The width in pixels of a text that is drawn from left to right."""


@dataclass(frozen=True)
class VisualLine:
    """A line as it is drawn."""

    text: str
    """from left to right, with Arabic letters in their joined shapes"""
    places: tuple[int, ...]
    """for each character of the line that was given, its index in `text`"""
    leftwards: tuple[bool, ...]
    """for each character of the line that was given, whether it runs from right to left"""
    runs_left: bool
    """whether the line's paragraph runs from right to left, and so stands at the right"""

    def cursor(self, offset: int, measure: Measure) -> float:
        """Pixels from the left edge of the line's text to a cursor before the character at `offset`, or at its end."""
        if not self.places:
            return 0.0
        if offset < len(self.places):
            return self._edge(offset, measure, trailing=False)
        return self._edge(len(self.places) - 1, measure, trailing=True)

    def offset_at(self, x: float, measure: Measure) -> int:
        """The offset whose cursor is nearest to x, pixels from the left edge; the first of several."""
        return min(range(len(self.places) + 1), key=lambda offset: abs(self.cursor(offset, measure) - x))

    def spans(self, start: int, end: int, measure: Measure) -> list[tuple[float, float]]:
        """The left and right edges of what lies between two offsets: one pair, or several where directions mix."""
        covered = sorted({self.places[offset] for offset in range(start, end)})
        spans: list[list[int]] = []
        for place in covered:
            if spans and spans[-1][1] == place:
                spans[-1][1] = place + 1
            else:
                spans.append([place, place + 1])
        return [(measure(self.text[:left]), measure(self.text[:right])) for left, right in spans]

    def _edge(self, offset: int, measure: Measure, trailing: bool) -> float:
        right_edge = self.leftwards[offset] is not trailing
        return measure(self.text[: self.places[offset] + right_edge])


def is_plain(text: str) -> bool:
    """Whether all of the text runs from left to right, so that it is drawn as it stands."""
    return RIGHT_TO_LEFT.search(text) is None


def runs_left(paragraph: str) -> bool:
    """Whether a paragraph runs from right to left: its first letter does."""
    first = STRONG.search(paragraph)
    return first is not None and not is_plain(first.group())


def visual_text(text: str) -> str:
    """The text as it is drawn from left to right, line by line."""
    return text if is_plain(text) else "\n".join(visual_line(line, runs_left(line)).text for line in text.split("\n"))


@functools.lru_cache(maxsize=500)
def visual_line(line: str, paragraph_runs_left: bool) -> VisualLine:
    """How a line of a paragraph of that direction is drawn. Source: Unicode's bidirectional algorithm, UAX 9."""
    if is_plain(line) and not paragraph_runs_left:
        return VisualLine(line, tuple(range(len(line))), (False,) * len(line), paragraph_runs_left)
    from bidi import algorithm

    shaped = _shaped(line)
    storage = algorithm.get_empty_storage()
    storage["base_level"], storage["base_dir"] = (1, "R") if paragraph_runs_left else (0, "L")
    algorithm.get_embedding_levels(shaped, storage)
    for index, character in enumerate(storage["chars"]):
        character["index"] = index
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    algorithm.resolve_neutral_types(storage, False)
    algorithm.resolve_implicit_levels(storage, False)
    levels = {character["index"]: character["level"] for character in storage["chars"]}
    algorithm.reorder_resolved_levels(storage, False)
    algorithm.apply_mirroring(storage, False)
    place_of = {character["index"]: place for place, character in enumerate(storage["chars"])}
    drawn = sorted(place_of)  # marks of direction and joiners are not
    stand_in = [drawn[min(bisect_left(drawn, index), len(drawn) - 1)] if drawn else 0 for index in range(len(line))]
    return VisualLine(
        "".join(character["ch"] for character in storage["chars"]),
        tuple(place_of.get(index, 0) for index in stand_in),
        tuple(levels.get(index, 0) % 2 == 1 for index in stand_in),
        paragraph_runs_left,
    )


def _shaped(line: str) -> str:
    """The line with Arabic letters in the shapes that their neighbours ask for; a character for each."""
    shaped: str = _reshaper().reshape(line)
    return shaped if len(shaped) == len(line) else line


@functools.cache
def _reshaper() -> Any:
    import arabic_reshaper

    keep = {"delete_harakat": False, "delete_tatweel": False, "support_ligatures": False, "shift_harakat_position": False}
    return arabic_reshaper.ArabicReshaper(configuration=keep)
