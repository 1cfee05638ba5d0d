"""A connection to the X server, and the few things that are asked of it in several places."""

from __future__ import annotations

import os
from typing import Any

from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import DisplayError, XError

HELD_MASK = X.ShiftMask | X.ControlMask | X.Mod1Mask | X.Mod4Mask
"""modifiers that people hold down; the others are locks"""
GROUP_SHIFT, GROUP_BITS = 13, 3
"""where the keyboard group is in the state that X tells. Source: the X Keyboard Extension, 2.2.2"""

MANAGED = ("_NET_SUPPORTING_WM_CHECK", "_NET_ACTIVE_WINDOW")
"""properties of the root window: whether there is a window manager, and the window that it gives the keys to"""


class NoDisplayServerError(OSError):
    """There is no X server to write with."""


def connect(name: str = "") -> Display:
    """A connection of its own. Raises: NoDisplayServerError."""
    name = (name or os.environ.get("DISPLAY", "")).removeprefix("unix/")
    if not name:
        raise NoDisplayServerError("there is no X display: DISPLAY is not set")
    try:
        display = Display(f"unix/{name}" if name.startswith(":") else name)  # without "unix/" it would try TCP next
    except (DisplayError, XError, OSError) as error:
        raise NoDisplayServerError(f"the X display {name} cannot be reached: {error}") from error
    display.set_error_handler(_ignore)
    return display


def _ignore(*_: object) -> None:
    """A window that we write to or ask about may be gone by then; what needs an answer raises XError."""


def focused(display: Display) -> Any | None:
    """The window that gets the keys, or None: then they go nowhere, or to the window manager."""
    root = display.screen().root
    focus = display.get_input_focus().focus
    if focus in (X.NONE, X.PointerRoot) or focus == root:
        return None
    manager, active = (root.get_full_property(display.intern_atom(name), Xatom.WINDOW) for name in MANAGED)
    return None if manager is not None and (active is None or not any(active.value)) else focus


def state(display: Display) -> int:
    """The modifiers, locks and the group in force, as in an event."""
    return int(display.screen().root.query_pointer().mask)


def group_of(mask: int) -> int:
    return mask >> GROUP_SHIFT & GROUP_BITS


def ancestors(window: Any) -> list[Any]:
    """The window and those that it is in, without the root. Empty if it is gone."""
    found: list[Any] = []
    try:
        while window:
            tree = window.query_tree()
            if window != tree.root:
                found.append(window)
            window = tree.parent
    except XError:
        return []
    return found


def class_of(display: Display, window: Any) -> str:
    """The class of the program that a window belongs to, in lower case; "" if it tells none."""
    for one in ancestors(window):
        try:
            told = one.get_full_property(Xatom.WM_CLASS, Xatom.STRING)
        except XError:
            return ""
        if told is not None:
            value = told.value if isinstance(told.value, bytes) else str(told.value).encode()
            return value.decode("latin-1").strip("\0").split("\0")[-1].lower()
    return ""
