"""Events: where fingers are, and what they meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine import Key


@dataclass(frozen=True)
class Place:
    """Where a finger is."""

    x: float
    """grid units"""
    y: float
    """grid units"""
    key: Key | None
    """the key there; None away from all keys"""


@dataclass(frozen=True)
class Tap:
    """A key was tapped: the one that the finger came down on, or the letter that it slid to from shift."""

    finger: int
    key: Key
    capital: bool = False
    """whether the finger slid there from shift"""


@dataclass(frozen=True)
class Swiped:
    """The finger drew a word."""

    finger: int


@dataclass(frozen=True)
class LongPress:
    """A finger rests on a key that has alternates. It ends with Lifted, with Cancelled, or, after `escape`, as a swipe."""

    finger: int
    key: Key


@dataclass(frozen=True)
class Repeat:
    """A held key acts once more."""

    finger: int
    key: Key


@dataclass(frozen=True)
class Slid:
    """A finger slides along the space bar, or leftwards from backspace. It ends with Lifted or with Cancelled."""

    finger: int
    key: Key
    steps: int
    """how far it is from its start, in steps; to the left below 0"""


@dataclass(frozen=True)
class Lifted:
    """A long press, a held key or a slide has ended."""

    finger: int


@dataclass(frozen=True)
class Cancelled:
    """The touch meant nothing: it came down away from all keys, was abandoned, or was taken away by the window."""

    finger: int


End = Tap | Swiped | Lifted | Cancelled
Event = End | LongPress | Repeat | Slid
