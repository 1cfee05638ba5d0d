"""The clock of touches."""

from __future__ import annotations

import time

OLDEST_MS = 1000.0
"""A touch that seems older, because the time of day was set, counts as so old."""


def clock_ms(stamp_s: float | None = None) -> float:
    """Milliseconds of a clock that is never set: now, or when Kivy stamped a touch with the time of day, in seconds."""
    age_ms = 0.0 if stamp_s is None else (time.time() - stamp_s) * 1000
    return time.monotonic() * 1000 - min(max(age_ms, 0.0), OLDEST_MS)
