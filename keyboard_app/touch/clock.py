"""The clock of touches."""

from __future__ import annotations

import time

OLDEST_MS = 1000.0
"""A touch that seems older than this, because the time of day was changed, counts as this old."""


def clock_ms(stamp_s: float | None = None) -> float:
    """Milliseconds on a clock that nobody can change: now, or the moment when Kivy stamped a touch with the time of day, in seconds."""
    age_ms = 0.0 if stamp_s is None else (time.time() - stamp_s) * 1000
    return time.monotonic() * 1000 - min(max(age_ms, 0.0), OLDEST_MS)
