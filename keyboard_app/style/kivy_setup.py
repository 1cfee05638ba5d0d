"""Sets Kivy up: its environment, its options and its window. Call `prepare` before anything else imports Kivy."""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keyboard_app.style.window_place import WindowPlace

DEFAULT_SIZE = (480, 800)
"""Pixels: like a phone held upright."""
SMALLEST_SIZE = (240, 240)
"""Pixels: people cannot make the window smaller than this."""

LARGEST_SIDE = 8192
"""Pixels."""

ENVIRONMENT = {
    "KIVY_NO_ARGS": "1",  # command-line options are ours, not Kivy's
    "KIVY_NO_CONFIG": "1",  # nothing is read from or written to ~/.kivy
    "KIVY_NO_FILELOG": "1",
    "KIVY_NO_CONSOLELOG": "1",
    "KIVY_LOG_MODE": "PYTHON",
    "KIVY_IMAGE": "sdl2",  # Pillow, which Kivy would load as well, takes 4 MB
    "KIVY_CLIPBOARD": "sdl2",  # xclip's process would hold our standard output open after the keyboard has ended
    "KIVY_WINDOW": "sdl2",  # Kivy's x11 window would end the process if there is no display
    "SDL_VIDEO_X11_WMCLASS": "keyglide",  # how desktops and scripts find the window
    "SDL_VIDEO_WAYLAND_WMCLASS": "keyglide",
    "SDL_TOUCH_MOUSE_EVENTS": "0",  # otherwise every touch comes twice, the second time as a mouse
}

NO_DISPLAY = (
    "no window can be opened: there is no display (DISPLAY is {display}, WAYLAND_DISPLAY is {wayland}, SDL_VIDEODRIVER is {driver}). "
    "Run Keyglide in a desktop session, or unset all three: SDL then draws offscreen, which is enough for --screenshot"
)

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
UNSEEN = (
    "no window can be shown: there is no display (DISPLAY is {display}, WAYLAND_DISPLAY is {wayland}). Run Keyglide in a desktop "
    "session. Without one, --screenshot draws the window into a file, and SDL_VIDEODRIVER=offscreen runs it unseen"
)
OFFSCREEN = {"offscreen", "dummy"}
"""SDL's drivers that show nothing."""


class NoDisplayError(RuntimeError):
    """There is nowhere to draw. The message says what to do."""


def window_size(text: str) -> tuple[int, int]:
    """Reads WIDTHxHEIGHT in pixels from an option. Raises: argparse.ArgumentTypeError for a size that no window can have."""
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a size: give width and height in pixels, like 480x800") from None
    smallest, largest = min(SMALLEST_SIZE), LARGEST_SIDE
    if not (smallest <= width <= largest and smallest <= height <= largest):
        raise argparse.ArgumentTypeError(f"a window cannot have {width} x {height} pixels: both must be between {smallest} and {largest}")
    return width, height


def prepare(size: tuple[int, int] | None = None, dock: bool = False, place: WindowPlace | None = None, hidden: bool = False) -> None:
    """Opens Kivy's window with `size` pixels; if it is open already, only its size changes.

    dock: without a frame, as small as need be, and not shown yet. place: where the window was last, of that size if none is given.
    hidden: not shown yet: whoever draws the first frame shows it, so that nobody sees it black.
    Raises: NoDisplayError if no video driver works; ImportError if Kivy is not installed.
    """
    os.environ.update(ENVIRONMENT)
    _keep_caches_ours()
    from kivy.config import Config

    logging.getLogger("kivy").setLevel(logging.ERROR)
    size = size or (None if place is None else (place.width, place.height))
    width, height = size or DEFAULT_SIZE
    options: dict[str, int | str] = {
        "width": width,
        "height": height,
        "minimum_width": SMALLEST_SIZE[0],
        "minimum_height": SMALLEST_SIZE[1],
    }
    if dock:
        options["borderless"] = 1
    if dock or hidden:
        options["window_state"] = "hidden"
    if place is not None:
        options |= {"position": "custom", "left": place.left, "top": place.top}
    for name, value in options.items():
        Config.set("graphics", name, value)
    Config.set("graphics", "multisamples", 0)  # our shapes are smooth anyway; multisampling costs frames on weak machines
    Config.set("kivy", "exit_on_escape", 0)
    Config.remove_section("input")  # mtdev would deliver what SDL delivers already
    Config.add_section("input")
    Config.set("input", "mouse", "mouse,disable_multitouch")  # no red dots
    window = _open_window()
    if size is not None and tuple(window.size) != size:
        window.size = size
    from keyboard_app.style.rest import note_event
    from keyboard_app.style.sdl_touch import deliver_fingers

    deliver_fingers(window, note_event)


def require_screen() -> None:
    """Makes sure that people can see the window. Raises: NoDisplayError if SDL could only draw offscreen and was not told to."""
    if _video_driver() in OFFSCREEN and "SDL_VIDEODRIVER" not in os.environ:
        raise NoDisplayError(UNSEEN.format(**_displays()))


def _keep_caches_ours() -> None:
    """Has Kivy and Mesa, which draws, keep in our folder what they would put into ~/.kivy and ~/.cache/mesa_shader_cache."""
    import platformdirs

    cache = platformdirs.user_cache_path("keyglide")
    os.environ["KIVY_HOME"] = str(cache / "kivy")
    try:
        cache.mkdir(parents=True, exist_ok=True)  # Mesa makes the last folder of a path alone
    except OSError:
        os.environ["MESA_SHADER_CACHE_DISABLE"] = "true"
    else:
        os.environ.setdefault("MESA_SHADER_CACHE_DIR", str(cache))


def _open_window() -> Any:
    logging.disable(logging.CRITICAL)  # Kivy would log a traceback for each driver that it tries
    try:
        from kivy.core.window import Window
    finally:
        logging.disable(logging.NOTSET)
    if Window is None:
        raise NoDisplayError(NO_DISPLAY.format(**_displays()))
    return Window


def _video_driver() -> str:
    """What SDL draws with, like "x11" or "offscreen"; "" if that cannot be found out, as Kivy does not tell."""
    sdl = _sdl()
    if sdl is None:
        return ""
    driver = sdl.SDL_GetCurrentVideoDriver
    driver.restype = ctypes.c_char_p
    return (driver() or b"").decode()


def _sdl() -> ctypes.CDLL | None:
    """The library that Kivy's window is made with; None if that cannot be found out."""
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    except OSError:
        return None
    libraries = {line.split(maxsplit=5)[-1] for line in maps.splitlines() if "/libSDL2-2" in line}
    return ctypes.CDLL(next(iter(libraries))) if libraries else None


def frame_corner(left: int, top: int) -> tuple[int, int]:
    """Left and top of the window's frame, for a window whose content is there, px: a window opened there is there again."""
    sdl = _sdl()
    if sdl is None:
        return left, top
    sdl.SDL_GetWindowFromID.restype = ctypes.c_void_p
    window = sdl.SDL_GetWindowFromID(1)
    above, beside = ctypes.c_int(0), ctypes.c_int(0)
    if window:
        sdl.SDL_GetWindowBordersSize(ctypes.c_void_p(window), ctypes.byref(above), ctypes.byref(beside), None, None)
    return max(left - beside.value, 0), max(top - above.value, 0)


def rest_when_idle(make_calls: Callable[[], None] = lambda: None) -> None:
    """Lets the window's loop rest while nothing happens. The window is open.

    make_calls: makes the calls that other threads have posted, each followed by `wake`.
    """
    from keyboard_app.style.rest import OffscreenBell, Rest, SDLBell, resting

    sdl = _sdl()
    if sdl is not None and not resting:
        resting.append(Rest(OffscreenBell(make_calls) if _video_driver() in OFFSCREEN else SDLBell(sdl, make_calls)))
        resting[0].begin()


def _displays() -> dict[str, str]:
    """What the environment says about displays, for messages."""
    names = ("display", "wayland", "driver")
    return {name: os.environ.get(variable, "not set") for name, variable in zip(names, DISPLAYS, strict=True)}
