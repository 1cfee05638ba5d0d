"""Real windows without a display: a root widget or an app in Kivy's own event loop, touched by fingers that are not there.

    with open_window(lambda: Keyboard(grid=grid), (360, 640)) as driver:
        driver.tap(180, 100)
        driver.screenshot(tmp_path / "tapped.png")

All tests of a process share one window, as Kivy has but one; every `open_window` gives it a size, a fresh root and no touches.
Time is the driver's, not the machine's: it goes on by a 60th of a second with every frame, however long that frame takes to draw. So a
finger that swipes for 250 ms is seen in 15 frames on any machine, and no test waits for time to pass. Only what another thread does is
waited for, by `until`.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import darkdetect

from keyboard_app.style import font_scale
from keyboard_app.style.kivy_setup import prepare


class Clipboard:
    """What Kivy and the app find in the place of the system's clipboard, which is the desktop's, or a program's such as xclip."""

    def __init__(self) -> None:
        self.text = ""
        self.is_there = True
        """a machine may have none: then what is copied is lost"""

    def copy(self, text: str) -> None:
        self.text = text if self.is_there else ""

    def paste(self) -> str:
        return self.text


darkdetect.isDark = lambda: False  # it would ask the desktop
font_scale.SOURCES = ()  # likewise
clipboard = Clipboard()
_module = ModuleType("kivy.core.clipboard")
_module.__dict__.update(Clipboard=clipboard, CutBuffer=None)
sys.modules[_module.__name__] = _module

BLACK = (0, 0, 0, 1)
LARGEST_SIZE = (1920, 1280)
"""Pixels. SDL's offscreen surface stays as large as the window was at first: what a larger window draws beyond it is lost."""

prepare(LARGEST_SIZE)

from kivy.app import App  # noqa: E402
from kivy.base import EventLoop, stopTouchApp  # noqa: E402
from kivy.clock import Clock  # noqa: E402
from kivy.core.window import Window  # noqa: E402
from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels  # noqa: E402
from kivy.graphics.texture import Texture  # noqa: E402
from kivy.input import motionevent  # noqa: E402
from kivy.input.motionevent import MotionEvent  # noqa: E402
from kivy.lang import Builder  # noqa: E402
from kivy.lang.parser import ProxyApp, global_idmap  # noqa: E402
from kivy.uix.widget import Widget  # noqa: E402

from keyboard_app.accessibility import server as accessibility  # noqa: E402
from keyboard_app.touch import clock  # noqa: E402

accessibility.wanted_address = lambda: None  # likewise: it would ask the desktop

TIMEOUT_S = 180.0
"""Far beyond what a busy machine needs: the first window of a clean checkout waits for the compiler, too."""
FRAME_S = 1 / 60


class FrameTime:
    """The time of the tests' windows, in seconds: it stands still but for `pass_frame`. In the place of the module `time`."""

    def __init__(self) -> None:
        self._now = Clock.get_time()  # Kivy has scheduled something by then, for which time must not go back

    def pass_frame(self) -> None:
        self._now += FRAME_S

    def time(self) -> float:
        """Of the day, by which Kivy stamps touches; the same as the other."""
        result: float = self._now
        return result

    monotonic = time


frame_time = FrameTime()
Clock.time = frame_time.time
Clock._max_fps = 0  # a frame does not wait for its time
motionevent.time = frame_time.time
clock.time = frame_time  # type: ignore[assignment,attr-defined]


class Finger(MotionEvent):  # type: ignore[misc]
    """A touch as SDL's: x and y in shares of the window, y upwards."""

    def __init__(self, number: int, share: tuple[float, float]) -> None:
        super().__init__("driver", number, share, is_touch=True, type_id="touch")
        self.profile = ["pos"]

    def depack(self, args: tuple[float, float]) -> None:
        self.sx, self.sy = args
        super().depack(args)


class WindowDriver:
    """Touches the open window and lets its event loop run, frame by frame. Positions: window pixels, y upwards."""

    app: Any
    """None for a root widget alone; Any, as Kivy has no types"""

    def __init__(self, root: Widget, app: App | None) -> None:
        self.root = root
        self.app = app
        self._fingers: dict[int, Finger] = {}

    def frames(self, count: int = 1) -> None:
        """Runs this many turns of the event loop, each a 60th of a second later; each draws where something changed."""
        for _ in range(count):
            frame_time.pass_frame()
            EventLoop.idle()
            Window.mainloop()

    def run_for(self, milliseconds: float) -> None:
        """Runs the event loop for this long, or up to a frame longer."""
        self.frames(math.ceil(milliseconds / 1000 / FRAME_S))

    def until(self, predicate: Callable[[], object], timeout_s: float = TIMEOUT_S) -> None:
        """Runs the event loop until another thread has made the predicate hold. Raises: TimeoutError where it does not in time."""
        end = time.monotonic() + timeout_s
        while not predicate():
            if time.monotonic() > end:
                raise TimeoutError(f"what the test waits for did not happen within {timeout_s:g} s")
            time.sleep(0.002)  # gives the processor to that thread
            self.frames()

    def until_done(self) -> None:
        """Runs the event loop until the app's worker has done all that it was asked, and what was asked because of that.

        From the first frame on it has been asked to load the recognizer, too.
        """
        for _ in range(2):
            self._until_asked()
            self.frames(2)

    def _until_asked(self) -> None:
        worker = self.app.worker
        self.until(lambda: worker._preview is None)  # it is begun, or was dropped
        done: list[object] = []
        worker.ask(lambda _: None, done.append)
        self.until(lambda: done)

    def down(self, x: float, y: float, finger: int = 0) -> None:
        assert finger not in self._fingers, f"finger {finger} is down already"
        self._fingers[finger] = touch = Finger(finger, _share(x, y))
        EventLoop.post_dispatch_input("begin", touch)

    def move(self, x: float, y: float, finger: int = 0) -> None:
        touch = self._fingers[finger]
        touch.move(_share(x, y))
        EventLoop.post_dispatch_input("update", touch)

    def up(self, x: float | None = None, y: float | None = None, finger: int = 0) -> None:
        """Lifts the finger, where it is or at (x, y)."""
        touch = self._fingers.pop(finger)
        if x is not None and y is not None:
            touch.move(_share(x, y))
        touch.update_time_end()
        EventLoop.post_dispatch_input("end", touch)

    def tap(self, x: float, y: float, finger: int = 0) -> None:
        """One tap, with a frame before and after the lift."""
        self.down(x, y, finger)
        self.frames()
        self.up(finger=finger)
        self.frames()

    def drag(self, points: Sequence[tuple[float, float]], ms: float, finger: int = 0) -> None:
        """As `swipe`, and leaves the finger on the last point."""
        self.down(*points[0], finger)
        n_frames = math.ceil(ms / 1000 / FRAME_S)
        for frame in range(1, n_frames + 1):
            self.frames()
            self.move(*_along(points, frame / n_frames), finger)

    def swipe(self, points: Sequence[tuple[float, float]], ms: float, finger: int = 0) -> None:
        """Draws the polyline at even speed in this many milliseconds, a move per frame, and lifts the finger."""
        self.drag(points, ms, finger)
        self.up(finger=finger)
        self.frames()

    def resize(self, width: int, height: int) -> None:
        _resize(width, height)
        self.frames(2)

    def screenshot(self, path: Path) -> Path:
        """Writes what the window shows as a PNG."""
        Window.canvas.ask_update()
        self.frames()
        Window.dispatch("on_draw")
        # not Window.screenshot: it slants windows whose rows of RGB are no multiple of 4 bytes
        pixels = bytearray(glReadPixels(0, 0, *Window.size, GL_RGBA, GL_UNSIGNED_BYTE))
        pixels[3::4] = b"\xff" * (len(pixels) // 4)
        texture = Texture.create(size=Window.size, colorfmt="rgba")
        texture.blit_buffer(bytes(pixels), colorfmt="rgba", bufferfmt="ubyte")
        texture.save(str(path))
        return path


@contextmanager
def open_window(build: Callable[[], Widget | App], size: tuple[int, int] = (360, 640)) -> Iterator[WindowDriver]:
    """Opens what `build` makes, a root widget or an app, at this size in pixels; closes it when the block ends."""
    clipboard.text, clipboard.is_there = "", True
    _resize(*size)
    scheduled_before = Clock.get_events()
    built = build()
    app = built if isinstance(built, App) else None
    EventLoop.start()
    try:
        if app is None:
            Window.add_widget(built)
        else:
            app._run_prepare()
        driver = WindowDriver(built if app is None else app.root, app)
        driver.frames(2)
        yield driver
    finally:
        _close()
        for event in Clock.get_events():
            if event not in scheduled_before:
                event.cancel()
        if app is not None:  # last: what kv rules still had to do may read it
            app.dispatch("on_stop")
            Builder.sync()  # what that changed is not to wait for the next test: a rule of a page that is gone by then breaks all others
            App._running_app = None
            global_idmap["app"] = ProxyApp()  # the old one remembers the closed app where a rule asked for it after `on_stop`


def _resize(width: int, height: int) -> None:
    if width > LARGEST_SIZE[0] or height > LARGEST_SIZE[1]:
        raise ValueError(
            f"a window of {width} x {height} px is larger than the driver's surface, {LARGEST_SIZE}: take a process of its own"
        )
    Window.size = (width, height)
    Window._win.resize_window(width, height)


def _close() -> None:
    """Leaves nothing behind: no widget, overlay, touch or keyboard."""
    Window.release_all_keyboards()
    Window.clearcolor = BLACK
    for child in Window.children[:]:
        Window.remove_widget(child)
    for overlay in Window.render_context.children[1:]:
        Window.render_context.remove(overlay)
    EventLoop.me_list.clear()
    stopTouchApp()
    Builder.sync()


def _share(x: float, y: float) -> tuple[float, float]:
    """Kivy turns shares into pixels by the last pixel's number."""
    return x / max(Window.width - 1, 1), y / max(Window.height - 1, 1)


def _along(points: Sequence[tuple[float, float]], share: float) -> tuple[float, float]:
    """The point at this share of the polyline's length."""
    steps = [((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 for (x0, y0), (x1, y1) in pairwise(points)]
    left = share * sum(steps)
    for ((x0, y0), (x1, y1)), step in zip(pairwise(points), steps, strict=True):
        if left <= step and step > 0:
            return x0 + (x1 - x0) * left / step, y0 + (y1 - y0) * left / step
        left -= step
    return points[-1]
