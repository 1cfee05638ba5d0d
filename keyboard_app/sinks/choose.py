"""Which ways into other programs there are here, and which of them fits the desktop."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Literal, Protocol

from keyboard_app.sinks.guardian import Guardian
from keyboard_app.text.sink import TextSink

BackEnd = Literal["own", "ibus", "xtest", "wayland"]
Post = Callable[[Callable[[], None]], None]
"""Has a call made on the window's thread."""
TITLES: dict[str, str] = {
    "auto": "Whatever fits this desktop",
    "own": "The keyboard's own page",
    "ibus": "Other programs, by IBus",
    "xtest": "Other programs on X11, by key presses",
    "wayland": "Other programs on Wayland: sway and its like, KDE Plasma",
}


NO_WAY = "there is no way into other programs here: docs/LINUX.md says what each desktop needs"
ON_PLASMA = (
    "Plasma starts its virtual keyboard itself: put Keyglide into the menu (make install-desktop, or python -m keyglide.desktop "
    "install), and choose it in System Settings, Virtual Keyboard. docs/LINUX.md says more"
)


class NoWayError(OSError):
    """A way into other programs does not exist here. The message says why, and what to do."""


class OutsideSink(TextSink, Protocol):
    """A sink that holds something of the desktop."""

    def close(self) -> None:
        """Delivers what is left, and leaves the desktop as it was. A second call does nothing."""


def fitting(environment: Mapping[str, str] = os.environ) -> BackEnd:
    """The best way into other programs here; "own" where there is none."""
    if started_by_kwin():
        return "wayland"
    if environment.get("WAYLAND_DISPLAY") and not environment.get("SDL_VIDEODRIVER") and _has_input_method():
        return "wayland"
    if environment.get("SDL_VIDEODRIVER") or not _has_x(environment.get("DISPLAY", "")):
        return "own"
    if _has_ibus(environment):
        return "ibus"
    return "own" if environment.get("WAYLAND_DISPLAY") else "xtest"


def started_by_kwin() -> bool:
    """Whether KWin has started us as its virtual keyboard."""
    if find_spec("pywayland") is None:
        return False
    from keyboard_app.sinks.wayland.connection import given_socket

    return given_socket() is not None


def why_none(environment: Mapping[str, str] = os.environ) -> str:
    """Why there is no way into other programs here, and what to do."""
    return ON_PLASMA if environment.get("WAYLAND_DISPLAY") and "KDE" in environment.get("XDG_CURRENT_DESKTOP", "").split(":") else NO_WAY


def _has_x(name: str) -> bool:
    """Whether there is an X display, which the dock needs."""
    if not name or find_spec("Xlib") is None:
        return False
    from keyboard_app.sinks.x11.connection import NoDisplayServerError, connect

    try:
        connect(name).close()
    except NoDisplayServerError:
        return False
    return True


def _has_input_method() -> bool:
    if find_spec("pywayland") is None:
        return False
    from keyboard_app.sinks.wayland.connection import Connection, NoCompositorError
    from keyboard_app.sinks.wayland.protocols import InputMethodManager, LayerShell, VirtualKeyboardManager

    try:
        connection = Connection()
    except NoCompositorError:
        return False
    found = all(map(connection.has, (InputMethodManager, VirtualKeyboardManager, LayerShell)))
    connection.close()
    return found


def _has_ibus(environment: Mapping[str, str]) -> bool:
    if find_spec("jeepney") is None:
        return False
    from keyboard_app.sinks.ibus.wire import NoIBusError, address

    try:
        address(environment)
    except NoIBusError:
        return False
    return True


def open_sink(name: BackEnd, post: Post) -> OutsideSink:
    """Raises: NoWayError; NoDisplayServerError."""
    if name == "xtest":
        _need("Xlib", "python-xlib")
        from keyboard_app.sinks.x11.xtest_sink import XTestSink

        return XTestSink(post, Guardian())
    if name == "ibus":
        _need("jeepney", "jeepney")
        from keyboard_app.sinks.ibus.ibus_sink import IBusSink

        return IBusSink(post, Guardian())
    if name == "wayland":
        _need("pywayland", "pywayland")
        if started_by_kwin():
            from keyboard_app.sinks.wayland.kwin_sink import KWinSink

            return KWinSink(post)
        from keyboard_app.sinks.wayland.input_method_sink import InputMethodSink

        return InputMethodSink(post)
    raise NoWayError(f"there is no way '{name}' into other programs: choose one of {', '.join(TITLES)}")


def _need(module: str, package: str) -> None:
    if find_spec(module) is None:
        how = "pip install pywayland (docs/LINUX.md says what that needs)" if package == "pywayland" else "pip install 'keyglide[app]'"
        raise NoWayError(f"{package} is not installed. Install it with: {how}")
