"""Replays a recorded swipe: which of its points have come at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine import Swipe


@dataclass(frozen=True, eq=False, repr=False)  # as Attention
class Replay:
    """A swipe and how far it has come. Points of one time come together at real speed, and one by one when stepped."""

    swipe: Swipe
    time_ms: float
    """since the first point; may lie between two points"""
    index: int
    """the last point that has come, 0 to n - 1"""

    @classmethod
    def at_start(cls, swipe: Swipe) -> Replay:
        return cls(swipe, 0.0, 0)

    @classmethod
    def at_end(cls, swipe: Swipe) -> Replay:
        return cls.at_start(swipe).at_point(len(swipe) - 1)

    @property
    def duration_ms(self) -> float:
        return float(self.swipe.t[-1] - self.swipe.t[0])

    @property
    def has_ended(self) -> bool:
        return self.index == len(self.swipe) - 1

    @property
    def n_come(self) -> int:
        return self.index + 1

    @property
    def finger(self) -> tuple[float, float]:
        """Where the finger is: x, y of the last point that has come, in grid units."""
        return float(self.swipe.x[self.index]), float(self.swipe.y[self.index])

    @property
    def so_far(self) -> Swipe | None:
        """The points that have come; None for the first alone, which is no swipe yet."""
        n = self.n_come
        return Swipe(self.swipe.x[:n], self.swipe.y[:n], self.swipe.t[:n]) if n > 1 else None

    def at_time(self, time_ms: float) -> Replay:
        """At a time since the first point, cut to the swipe's duration."""
        time = min(max(time_ms, 0.0), self.duration_ms)
        index = int(np.searchsorted(self.swipe.t - self.swipe.t[0], time, side="right")) - 1
        return replace(self, time_ms=time, index=index)

    def at_point(self, index: int) -> Replay:
        """At the moment of a point, cut to the first or the last one."""
        index = min(max(index, 0), len(self.swipe) - 1)
        return replace(self, time_ms=float(self.swipe.t[index] - self.swipe.t[0]), index=index)

    def advanced(self, elapsed_ms: float) -> Replay:
        """Later by that much; never back to a point before the last that has come."""
        later = self.at_time(self.time_ms + elapsed_ms)
        return later if later.index >= self.index else replace(self, time_ms=later.time_ms)

    def stepped(self, n_points: int) -> Replay:
        """That many points further, or back where it is negative."""
        return self.at_point(self.index + n_points)
