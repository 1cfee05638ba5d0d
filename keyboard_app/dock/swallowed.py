"""Presses on the docked window that an open menu of another program swallows on X11: it has grabbed the pointer, so the press closes it and
comes to nobody else. Raw events come in spite of grabs: what they tell is made up for.

Source: the X Input Extension 2.1, by which raw events are delivered regardless of grabs. They have no place: the pointer is asked for it.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Literal, Protocol

from Xlib.error import ConnectionClosedError
from Xlib.ext import xinput
from Xlib.protocol.rq import Event

from keyboard_app.dock.place import Place
from keyboard_app.sinks.x11.connection import connect

GENERIC_EVENT = 35
"""Source: the Generic Event Extension"""
PRESSES = xinput.RawButtonPressMask | xinput.RawButtonReleaseMask
LEFT_BUTTON = 1
BUTTON_AT = 6
"""in the data of a raw event, after the device's number and the time: bytes"""
GRACE_S = 0.03
"""A press that the window gets comes within this time, and is here when two frames have passed."""
Kind = Literal["begin", "update", "end"]


class Touching(Protocol):
    """The window, whose methods are called on its thread."""

    def has_touch_since(self, seconds: float) -> bool:
        """Whether a touch has begun since then, by the monotonic clock."""

    def touch(self, kind: Kind, at: tuple[float, float]) -> None:
        """The pointer does that, at pixels from the window's top left corner."""

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Makes the call after that time, and two frames more."""


class SwallowedPresses:
    """Watches the pointer, and gives the window the presses that did not reach it."""

    def __init__(self, window: Touching, place: Callable[[], Place], post: Callable[[Callable[[], None]], None]) -> None:
        """place: where the window is now. Raises: NoDisplayServerError."""
        self._window, self._place, self._post = window, place, post
        self._path: list[tuple[float, float]] = []
        """on the window's thread: where the pressed pointer has been in the window"""
        self._pressed_s = 0.0
        self._lifted = self._ours = False
        self._display = connect()
        self._opcode = self._begin()
        if self._opcode is not None:
            Thread(target=self._watch, name="raw-pointer", daemon=True).start()

    def _begin(self) -> int | None:
        """The extension's number; None where the server lacks it."""
        found = self._display.query_extension(xinput.extname)
        if found is None or not found.present:
            return None
        display = self._display.display
        xinput.XIQueryVersion(display=display, opcode=display.get_extension_major(xinput.extname), major_version=2, minor_version=2)
        self._select(PRESSES)
        return int(found.major_opcode)

    def _select(self, events: int) -> None:
        self._display.screen().root.xinput_select_events([(xinput.AllMasterDevices, events)])
        self._display.sync()

    def _watch(self) -> None:
        """On a thread of its own. Motion is asked for while the button is down in the window: a pointer moves all the time."""
        down = False
        try:
            while True:
                kind = self._kind(self._display.next_event())
                if kind is None or (kind != "begin" and not down):
                    continue
                now_s, told = time.monotonic(), self._display.screen().root.query_pointer()
                place = self._place()
                at = float(told.root_x - place.x), float(told.root_y - place.y)
                if kind != "update":
                    down = kind == "begin" and 0 <= at[0] < place.width and 0 <= at[1] < place.height
                    self._select(PRESSES | xinput.RawMotionMask if down else PRESSES)
                if down or kind != "begin":
                    self._post(partial(self._take, kind, at, now_s))
        except ConnectionClosedError:
            return

    def _kind(self, event: Event) -> Kind | None:
        if event.type != GENERIC_EVENT or event.extension != self._opcode:
            return None
        if event.evtype == xinput.RawMotion:
            return "update"
        (button,) = struct.unpack_from("=I", event.data, BUTTON_AT)
        if button != LEFT_BUTTON:
            return None
        return "begin" if event.evtype == xinput.RawButtonPress else "end"

    # --- on the window's thread ---

    def _take(self, kind: Kind, at: tuple[float, float], now_s: float) -> None:
        if kind == "begin":
            self._path, self._ours, self._lifted, self._pressed_s = [at], False, False, now_s
            self._window.after(GRACE_S, lambda: self._make_up_for(now_s))
        elif self._ours:
            self._window.touch(kind, at)
            self._ours = kind != "end"
        elif self._path:
            self._path.append(at)
            self._lifted = kind == "end"

    def _make_up_for(self, pressed_s: float) -> None:
        """Plays what has happened since the press, if the window has not got that."""
        path, self._path = self._path, []
        if pressed_s != self._pressed_s or not path or self._window.has_touch_since(pressed_s - GRACE_S):
            return
        self._window.touch("begin", path[0])
        for at in path[1:]:
            self._window.touch("update", at)
        self._ours = not self._lifted
        if self._lifted:
            self._window.touch("end", path[-1])
