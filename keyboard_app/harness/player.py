"""Plays a swipe at its own speed or another, or steps through it point by point."""

from __future__ import annotations

from collections.abc import Callable

from kivy.clock import Clock

from engine import Swipe
from keyboard_app.harness.replay import Replay

SPEEDS = (1.0, 0.5, 0.25, 0.1, 2.0)
"""Relative to the real speed, in the order that `change_speed` goes through."""


class Player:
    """Moves through the replay of the chosen swipe, and calls `on_change` after each move."""

    def __init__(self, speed: float, on_change: Callable[[], None]) -> None:
        self.replay: Replay | None = None
        self.speed = speed
        self._on_change = on_change
        self._frames = Clock.create_trigger(self._frame, 0, interval=True)

    @property
    def plays(self) -> bool:
        return bool(self._frames.is_triggered)

    def show(self, swipe: Swipe | None, time_ms: float | None = None) -> None:
        """Stops, and takes another swipe, or none. It starts at the end unless a time is given."""
        self._frames.cancel()
        replay = Replay.at_end(swipe) if swipe is not None else None
        self._go(replay.at_time(time_ms) if replay is not None and time_ms is not None else replay)

    def turn(self) -> None:
        """Stops if it is playing; otherwise plays on, or from the start if it was at the end."""
        if self.plays:
            self.stop()
        elif self.replay is not None:
            self._frames()
            self._go(self.replay.at_point(0) if self.replay.has_ended else self.replay)

    def stop(self) -> None:
        self._frames.cancel()
        self._on_change()

    def seek(self, time_ms: float) -> None:
        if self.replay is not None:
            self._go(self.replay.at_time(time_ms))

    def step(self, n_points: int) -> None:
        """Stops, and goes that many points on, or back."""
        if self.replay is not None:
            self._frames.cancel()
            self._go(self.replay.stepped(n_points))

    def change_speed(self) -> None:
        """Goes to the next of `SPEEDS`."""
        at = SPEEDS.index(self.speed) if self.speed in SPEEDS else -1
        self.speed = SPEEDS[(at + 1) % len(SPEEDS)]
        self._on_change()

    def _frame(self, elapsed_s: float) -> None:
        if self.replay is not None:
            replay = self.replay.advanced(1000 * elapsed_s * self.speed)
            if replay.has_ended and replay.time_ms >= replay.duration_ms:
                self._frames.cancel()
            self._go(replay)

    def _go(self, replay: Replay | None) -> None:
        self.replay = replay
        self._on_change()
