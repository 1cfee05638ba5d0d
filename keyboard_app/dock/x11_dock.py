"""The docked window on X11, and by XWayland on GNOME and KDE.

Measured with openbox, xfwm4, matchbox, i3, kwin_x11 and mutter: a window that does not want the keys (input 0), does not ask for them
(no WM_TAKE_FOCUS) and is a dock is never given the focus. Any two of the three are not enough for all of them. All of it has to be set
before the window is shown.
"""

from __future__ import annotations

import time
from typing import Any

from Xlib import X, Xatom, Xutil

from keyboard_app.dock.place import Place
from keyboard_app.sinks.x11.connection import connect

STATES = ("_NET_WM_STATE_ABOVE", "_NET_WM_STATE_STICKY", "_NET_WM_STATE_SKIP_TASKBAR", "_NET_WM_STATE_SKIP_PAGER")
ALL_DESKTOPS = 0xFFFFFFFF
GIVE_BACK_S = 0.5
"""for how long without a window manager SDL may take the focus after the window is shown"""


class X11Dock:
    """A dock made of a window that is not shown yet."""

    def __init__(self, number: int) -> None:
        """number: the window's XID. Raises: NoDisplayServerError."""
        self._display = connect()
        self._window = self._display.create_resource_object("window", number)
        self._root = self._display.screen().root
        self._focus = self._display.get_input_focus().focus
        self.place = Place(0, 0, 1, 1)
        """where it was put last"""
        self._stay_out_of_focus()

    def screen(self) -> tuple[int, int]:
        geometry = self._root.get_geometry()
        return geometry.width, geometry.height

    def put(self, place: Place, reserve: bool) -> None:
        self.place = place
        height = self.screen()[1]
        strut = [0, 0, 0, height - place.y, 0, 0, 0, 0, 0, 0, place.x, place.x + place.width - 1] if reserve else [0] * 12
        self._set("_NET_WM_STRUT_PARTIAL", Xatom.CARDINAL, strut)
        self._set("_NET_WM_STRUT", Xatom.CARDINAL, strut[:4])
        self._window.set_wm_normal_hints(
            flags=Xutil.USPosition | Xutil.USSize | Xutil.PMinSize,
            min_width=1,
            min_height=1,
        )
        self._window.configure(x=place.x, y=place.y, width=place.width, height=place.height, stack_mode=X.Above)
        self._display.sync()

    def corner(self) -> tuple[int, int]:
        told = self._root.translate_coords(self._window, 0, 0)
        return told.x, told.y

    def pointer(self) -> tuple[int, int]:
        told = self._root.query_pointer()
        return told.root_x, told.root_y

    def give_focus_back(self) -> None:
        """Where there is no window manager, SDL takes the focus when the window is shown: gives it back to who had it."""
        if self._root.get_full_property(self._atom("_NET_SUPPORTING_WM_CHECK"), Xatom.WINDOW) is not None:
            return
        end = time.monotonic() + GIVE_BACK_S
        while time.monotonic() < end:
            if self._display.get_input_focus().focus == self._window:
                self._display.set_input_focus(self._focus, X.RevertToParent, X.CurrentTime)
                self._display.sync()
                return
            time.sleep(0.01)

    def close(self) -> None:
        self._display.close()

    def _stay_out_of_focus(self) -> None:
        window = self._window
        window.set_wm_hints(flags=Xutil.InputHint, input=0)
        take_focus = self._atom("WM_TAKE_FOCUS")
        window.set_wm_protocols([protocol for protocol in window.get_wm_protocols() if protocol != take_focus])
        self._set("_NET_WM_WINDOW_TYPE", Xatom.ATOM, [self._atom("_NET_WM_WINDOW_TYPE_DOCK")])
        self._set("_NET_WM_STATE", Xatom.ATOM, [self._atom(name) for name in STATES])
        self._set("_NET_WM_DESKTOP", Xatom.CARDINAL, [ALL_DESKTOPS])
        self._set("_NET_WM_USER_TIME", Xatom.CARDINAL, [0])
        self._display.sync()

    def _set(self, name: str, kind: Any, values: list[int]) -> None:
        self._window.change_property(self._atom(name), kind, 32, values)

    def _atom(self, name: str) -> int:
        return int(self._display.intern_atom(name))
