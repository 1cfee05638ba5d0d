"""Whether a program has read the keys that were sent to its window."""

from __future__ import annotations

import time
from itertools import count
from typing import Any

from Xlib import X
from Xlib.display import Display
from Xlib.error import XError
from Xlib.protocol import event

from keyboard_app.sinks.x11.connection import ancestors, focused

ANSWER_S = 20.0
"""how long a program that hangs, or has no time, is waited for: what it reads after that may be other letters"""
SILENT_S = 0.25
"""for programs that answer no ping, such as xterm: longer than they take to read their keys"""
POLL_S = 0.002


class Reading:
    """Waits for the focused program by _NET_WM_PING: a program reads its events in order, so its answer comes after the keys were read."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._numbers = count(1)
        self._ping, self._protocols = (display.intern_atom(name) for name in ("_NET_WM_PING", "WM_PROTOCOLS"))
        display.screen().root.change_attributes(event_mask=X.SubstructureNotifyMask)

    def wait(self) -> None:
        """Waits until what was sent has been read, as far as that can be known."""
        window = self._answering()
        if window is None:
            self._display.flush()
            time.sleep(SILENT_S)
            return
        number = next(self._numbers)
        message = event.ClientMessage(window=window, client_type=self._protocols, data=(32, [self._ping, number, window.id, 0, 0]))
        window.send_event(message)
        self._display.flush()
        end = time.monotonic() + ANSWER_S
        while not self._answered(number) and time.monotonic() < end:
            time.sleep(POLL_S)

    def _answering(self) -> Any | None:
        """The focused window, or the one around it, that answers pings."""
        for window in ancestors(focused(self._display)):
            try:
                if self._ping in (window.get_wm_protocols() or ()):
                    return window
            except XError:
                return None
        return None

    def _answered(self, number: int) -> bool:
        while self._display.pending_events():
            told = self._display.next_event()
            if told.type == X.ClientMessage and told.client_type == self._protocols and tuple(told.data[1][:2]) == (self._ping, number):
                return True
        return False
