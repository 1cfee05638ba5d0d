"""Touch screens on the desktop: Kivy's SDL window passes on touches only on phones, and drops them everywhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.core.window.window_sdl2 import SDL2MotionEventProvider

FINGER_EVENTS = ("fingerdown", "fingermotion", "fingerup")


class _Storage:
    """SDL's window as Kivy polls it, but events about fingers also go to Kivy's provider of touches."""

    def __init__(self, storage: Any, note: Callable[[str], None]) -> None:
        self._storage, self._note = storage, note

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def poll(self) -> Any:
        event = self._storage.poll()
        if event:
            self._note(event[0])
        if event and event[0] in FINGER_EVENTS:
            SDL2MotionEventProvider.q.appendleft(event)
        return event


def deliver_fingers(window: Any, note: Callable[[str], None] = lambda _: None) -> None:
    """Lets the touches of all fingers reach the widgets of Kivy's SDL window. A second call changes nothing.

    note: called with the name of every event of SDL. SDL must not turn touches into mouse events as well: SDL_TOUCH_MOUSE_EVENTS=0.
    """
    if not isinstance(window._win, _Storage):
        window._win = _Storage(window._win, note)
