"""Where the cursor is, and what the writer remembers about it: what undo restores in addition to the text."""

from __future__ import annotations

from dataclasses import dataclass, field

from keyboard_app.text.shift import Shift
from keyboard_app.text.written import WrittenWords


@dataclass(frozen=True)
class Swiped:
    """What the last swipe did to the text; the word itself is the last of `Place.written`."""

    start: int
    """offset of what it put in"""
    end: int
    """offset after that, an automatic space behind the word included"""
    replaced: str
    """what was there before"""
    before: Place = field(compare=False, repr=False)
    """the place before the swipe"""


@dataclass(frozen=True)
class Tail:
    """What was tapped right after a swiped word: more of that word (dogs) or the next one (a dog so), as the lexicon says."""

    start: int
    """offset after the swiped word"""
    word: str
    """the swiped word"""
    tapped: str
    """without the space that may stand before it; it may begin with an apostrophe or a quotation mark"""


@dataclass(frozen=True)
class Place:
    """The cursor, and what is known about the text around it."""

    cursor: int = 0
    anchor: int | None = None
    """the other end of the selection; None without one"""
    pressed: Shift | None = None
    """the case chosen with the shift key; None: automatic"""
    written: WrittenWords = field(default=(), repr=False)
    """swiped words that can still be corrected"""
    swiped: Swiped | None = None
    """set right after a swipe"""
    tail: Tail | None = None
    tapped: bool = False
    """whether the letters before the cursor were tapped"""
    as_typed: bool = False
    """whether the word before the cursor keeps its case, because its correction was undone"""
    space_due: bool = False
    """whether an automatic space comes before the next word, even a tapped one"""
    space_tapped: bool = False
    """whether the last thing done was tapping space"""
    automatic_space: int | None = None
    """offset of the last automatic space before the cursor, if it is still there"""

    @property
    def span(self) -> tuple[int, int]:
        """Start and end of the selection; without one, the cursor twice."""
        anchor = self.cursor if self.anchor is None else self.anchor
        return min(anchor, self.cursor), max(anchor, self.cursor)
