"""Real windows without a display: a root widget or an app in Kivy's own event loop, touched by fingers that are not there.

    with open_window(lambda: Keyboard(grid=grid), (360, 640)) as driver:
        driver.tap(180, 100)
        driver.screenshot(tmp_path / "tapped.png")

All tests of a process share one window, as Kivy has but one; every `open_window` gives it a size, a fresh root and no touches.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from keyboard_app.style.kivy_setup import prepare

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
from kivy.input.motionevent import MotionEvent  # noqa: E402
from kivy.lang import Builder  # noqa: E402
from kivy.lang.parser import ProxyApp, global_idmap  # noqa: E402
from kivy.uix.widget import Widget  # noqa: E402

TIMEOUT_S = 30.0
"""Far beyond what a busy machine needs: the first window of a clean checkout waits for the compiler, too."""


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

    def __init__(self, root: Widget, app: App | None) -> None:
        self.root = root
        self.app = app
        self._fingers: dict[int, Finger] = {}

    def frames(self, count: int = 1) -> None:
        """Runs this many turns of the event loop, at most 60 a second; each draws where something changed."""
        for _ in range(count):
            EventLoop.idle()
            Window.mainloop()

    def run_for(self, milliseconds: float) -> None:
        """Runs the event loop for this long, one frame at least."""
        end = time.perf_counter() + milliseconds / 1000
        self.frames()
        while time.perf_counter() < end:
            self.frames()

    def until(self, predicate: Callable[[], object], timeout_s: float = TIMEOUT_S) -> None:
        """Runs the event loop until the predicate holds. Raises: TimeoutError where it does not in time."""
        end = time.perf_counter() + timeout_s
        while not predicate():
            if time.perf_counter() > end:
                raise TimeoutError(f"what the test waits for did not happen within {timeout_s:g} s")
            self.frames()

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
        start = time.perf_counter()
        share = 0.0
        while share < 1:
            self.frames()
            share = min((time.perf_counter() - start) * 1000 / ms, 1.0)
            self.move(*_along(points, share), finger)

    def swipe(self, points: Sequence[tuple[float, float]], ms: float, finger: int = 0) -> None:
        """Draws the polyline at even speed in this many milliseconds of real time, a move per frame, and lifts the finger."""
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
    """Leaves nothing behind: no widget, touch or keyboard."""
    Window.release_all_keyboards()
    Window.clearcolor = BLACK
    for child in Window.children[:]:
        Window.remove_widget(child)
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
