"""Records where one finger goes, as an `engine.Swipe`."""

from __future__ import annotations

from engine import Swipe


class SwipeRecorder:
    """The points of one finger since it came down."""

    def __init__(self) -> None:
        self._x: list[float] = []
        self._y: list[float] = []
        self._t: list[float] = []

    def __len__(self) -> int:
        return len(self._x)

    def add(self, x: float, y: float, t_ms: float) -> None:
        """One point, in grid units, y downwards, at a time of any clock in milliseconds. A clock that goes back stands still."""
        self._x.append(x)
        self._y.append(y)
        self._t.append(max(t_ms, self._t[-1]) if self._t else t_ms)

    def swipe(self) -> Swipe:
        """What was recorded so far, with milliseconds from the first point.

        Raises: ValueError for fewer than two points.
        """
        return Swipe.from_points(self._x, self._y, [t - self._t[0] for t in self._t])
