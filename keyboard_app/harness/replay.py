"""The replay of a recorded swipe: which of its points have come by a given time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engine import Swipe


@dataclass(frozen=True, eq=False, repr=False)  # see Attention
class Replay:
    """A swipe, and how far it has come. Points with the same time come together when it plays, and one by one when stepped."""

    swipe: Swipe
    time_ms: float
    """since the first point; may be between two points"""
    index: int
    """index of the last point that has come"""

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
        """Where the finger is: the last point that has come, in grid units."""
        return float(self.swipe.x[self.index]), float(self.swipe.y[self.index])

    @property
    def so_far(self) -> Swipe | None:
        """The points that have come; None if that is only the first one, which is not a swipe yet."""
        n = self.n_come
        return Swipe(self.swipe.x[:n], self.swipe.y[:n], self.swipe.t[:n]) if n > 1 else None

    def at_time(self, time_ms: float) -> Replay:
        """The replay at a time since the first point, limited to the swipe's duration."""
        time = min(max(time_ms, 0.0), self.duration_ms)
        index = int(np.searchsorted(self.swipe.t - self.swipe.t[0], time, side="right")) - 1
        return replace(self, time_ms=time, index=index)

    def at_point(self, index: int) -> Replay:
        """The replay at a point, limited to the first and the last one."""
        index = min(max(index, 0), len(self.swipe) - 1)
        return replace(self, time_ms=float(self.swipe.t[index] - self.swipe.t[0]), index=index)

    def advanced(self, elapsed_ms: float) -> Replay:
        """The replay that much later; never back before a point that has come."""
        later = self.at_time(self.time_ms + elapsed_ms)
        return later if later.index >= self.index else replace(self, time_ms=later.time_ms)

    def stepped(self, n_points: int) -> Replay:
        """The replay that many points further on, or back if negative."""
        return self.at_point(self.index + n_points)
