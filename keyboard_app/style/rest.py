"""Lets the window's loop rest while there is nothing to draw: Kivy would look for events sixty times a second all the same."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Protocol

from kivy.cache import Cache
from kivy.clock import Clock

AWAKE_S = 0.2
"""After an event the loop goes on at full speed for this long: what it brings about is dispatched in the frames after it."""
SHORTEST_S = 0.025
"""A rest is at least this long: more than a frame."""
LONGEST_S = 60.0
PURGE_S = 30.0
"""How often Kivy throws away what it kept and nobody asked for again. Of itself it looks every second."""
FRAME_S = 1 / 60
"""From frame to frame while something happens. Kivy's clock makes 80 frames a second of its 60, as it stops waiting 4 ms too soon."""
LIFTS = {"mousebuttonup", "fingerup"}
"""events that people wait for"""
USER_EVENT = 0x8000
"""SDL_USEREVENT: it means nothing to Kivy."""
EVENT_BYTES = 128
"""More than the 56 of SDL_Event."""


class Bell(Protocol):
    """What the loop waits for at rest."""

    def wait(self, seconds: float) -> None:
        """Returns when something has happened, or after that time."""

    def until_next_frame(self, seconds: float) -> None:
        """Passes the time that is left of a frame."""

    def ring(self) -> None:
        """Ends the wait; may be called on any thread."""


class OffscreenBell:
    """A call from another thread: nothing else comes to a window that is drawn in memory, and SDL would look for events all the time."""

    def __init__(self, make_calls: Callable[[], None]) -> None:
        """make_calls: makes the calls that were posted. Between two frames they are made at once: a lift, or a word, waits for no frame."""
        self._make_calls = make_calls
        self._rung = Event()

    def wait(self, seconds: float) -> None:
        self._rung.wait(seconds)
        self._rung.clear()

    def until_next_frame(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._rung.wait(left)
            self._rung.clear()
            self._make_calls()

    def ring(self) -> None:
        self._rung.set()


class SDLBell(OffscreenBell):
    """SDL's next event, too."""

    def __init__(self, sdl: ctypes.CDLL, make_calls: Callable[[], None]) -> None:
        super().__init__(make_calls)
        self._sdl = sdl
        self._lock = Lock()
        self._is_waiting = False
        """for SDL"""

    def wait(self, seconds: float) -> None:
        with self._lock:
            rung = self._rung.is_set()
            self._rung.clear()
            self._is_waiting = not rung
        if not rung:
            self._sdl.SDL_WaitEventTimeout(None, int(1000 * seconds))
            with self._lock:
                self._rung.clear()
                self._is_waiting = False

    def ring(self) -> None:
        """Speaks to SDL only while the window's thread waits for it: in the midst of showing the window, both would wait for ever."""
        with self._lock:
            super().ring()
            if self._is_waiting:
                event = (ctypes.c_uint32 * (EVENT_BYTES // 4))(USER_EVENT)
                self._sdl.SDL_PushEvent(ctypes.byref(event))


class Rest:
    """Waits for the bell, or the next thing that Kivy has scheduled, whichever comes first."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._awake_until = self._due = 0.0
        self._idle: Callable[[], float] = Clock.idle

    def begin(self) -> None:
        """From now on the loop rests."""
        Clock.idle = self._rest
        Clock.unschedule(Cache._purge_by_timeout)
        Clock.schedule_interval(Cache._purge_by_timeout, PURGE_S)
        self._signals, self._signalled = os.pipe()
        os.set_blocking(self._signalled, False)
        signal.set_wakeup_fd(self._signalled, warn_on_full_buffer=False)
        Thread(target=self._listen, name="signals", daemon=True).start()

    def end(self) -> None:
        Clock.idle = self._idle
        signal.set_wakeup_fd(-1)
        os.close(self._signalled)

    def _listen(self) -> None:
        """Ends a rest when a signal has come, such as Ctrl+C: Python looks at signals only between the steps of its own code."""
        while os.read(self._signals, 1):
            self.wake()
        os.close(self._signals)

    def note_event(self, name: str) -> None:
        """An event of that name has come. Kivy hands it over in the next frame: for a lift, that one comes at once."""
        self._awake_until = time.monotonic() + AWAKE_S
        if name in LIFTS:
            self._due = 0.0

    def wake(self) -> None:
        """Ends a rest; may be called on any thread."""
        self._bell.ring()

    def _rest(self) -> float:
        if time.monotonic() >= self._awake_until:
            left = Clock.get_min_timeout() - Clock.time()  # the time of the next event, or 0 for one that is due
            if left > SHORTEST_S:
                self._bell.wait(min(left, LONGEST_S))
        self._keep_pace()
        return self._idle()

    def _keep_pace(self) -> None:
        now = time.monotonic()
        self._due = max(self._due + FRAME_S, now)
        self._bell.until_next_frame(self._due - now)


resting: list[Rest] = []
"""the one of the open window, if it rests"""


def wake() -> None:
    """Ends the window's rest, if it rests; may be called on any thread."""
    for rest in resting:
        rest.wake()


def note_event(name: str = "") -> None:
    """An event has come for the window. name: SDL's."""
    for rest in resting:
        rest.note_event(name)
