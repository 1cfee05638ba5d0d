"""Names that people type: what to say about an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

CUTOFF = 0.5
"""Similarity, 0 to 1, from which a known name may be the one that was meant."""


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that is spelt most like `name`, the first among equals, or None where all are unlike it."""
    nearest = max(known, key=lambda one: _likeness(one, name), default=None)
    return nearest if nearest is not None and _likeness(nearest, name) >= CUTOFF else None


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: "; did you mean 'x'?", or "" where every known name is unlike it."""
    nearest = nearest_name(name, known)
    return f"; did you mean '{nearest}'?" if nearest is not None else ""


def check_choice(name: str, value: str, choices: Iterable[str]) -> None:
    """Raises: ValueError that offers the nearest choice, or lists them all, where `value` is not among them."""
    known = list(choices)
    if value not in known:
        nearest = nearest_name(str(value), known)
        offer = f"did you mean '{nearest}'?" if nearest is not None else f"choose one of {', '.join(known)}"
        raise ValueError(f"{name} '{value}' is not known: {offer}")
