"""How the person likes to write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class WritingOptions:
    """How the person likes to write."""

    backspace: Literal["word", "letter"] = "word"
    """what backspace removes right after a swiped word"""
    capitals: bool = True
    """whether sentences, and words that always have one, get their capitals automatically"""
    spaces: bool = True
    """whether swiped words get their spaces automatically, and tapping space twice makes a full stop"""
    abbreviations: frozenset[str] = frozenset()
    """of the language, small, without the full stop: it ends no sentence"""
    dotless: bool = False
    """whether the language has an i without a dot (ı), so that the capital of i is İ"""
