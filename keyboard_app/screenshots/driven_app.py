"""The app, driven by a simulated finger, for taking pictures of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.input import MotionEvent

from engine import language_of
from keyboard_app.keys.layout import KeyLayout, complete, fit, keyboard_area
from keyboard_app.keys.symbol_pages import symbol_pages
from keyboard_app.style.screenshot import SETTLE_FRAMES, save_screenshot
from keyboard_app.text.sink import Edit
from keyboard_app.text.writer import Writer

if TYPE_CHECKING:
    from engine import Key
    from keyboard_app.app import KeyboardApp

KEY_S = 0.065
"""Seconds from one key to the next."""
REST_S = 0.3
"""Seconds to wait for the preview at the end of a swipe; meanwhile the trail fades."""
PATIENCE_S = 120.0
"""Seconds to wait for anything: even a slow machine has compiled the kernels and loaded the model by then."""

Steps = Iterator[None]
"""What is done, a frame for each step."""
Places = npt.NDArray[np.float64]


class Finger(MotionEvent):
    """A touch. x and y are shares of the window, y up."""

    def __init__(self, place: tuple[float, float]) -> None:
        super().__init__("driven", 1, place, is_touch=True, type_id="touch")
        self.profile = ["pos"]

    def depack(self, args: tuple[float, float]) -> None:
        self.sx, self.sy = args
        super().depack(args)


class DrivenApp:
    """Uses the app as a person would, and takes pictures of it."""

    def __init__(self, app: KeyboardApp, folder: Path) -> None:
        self.app = app
        self._folder = folder
        self._finger: Finger | None = None

    @property
    def size(self) -> str:
        """The size of the window, as WIDTHxHEIGHT."""
        return f"{Window.width}x{Window.height}"

    def start_over(self) -> None:
        """Empties the text, leaves nothing to undo, and clears all messages."""
        app = self.app
        app.field.edit(Edit(0, app.field.text, ""))
        vocabulary = app.session.writer.vocabulary
        app.session.writer = Writer(app.session.writer.options, sink=app.field)
        app.session.writer.vocabulary = vocabulary
        app.session.say("")
        app.pages.tell("")

    def play(self, steps: Steps) -> None:
        """Opens the window, goes through the steps, and closes it. Raises: whatever a step raises."""
        raised: list[Exception] = []

        def step(_: float) -> bool:
            try:
                next(steps)
            except StopIteration:
                self.app.stop()
                return False
            except Exception as error:
                raised.append(error)
                self.app.stop()
                return False
            return True

        Clock.schedule_interval(step, 0)
        self.app.run()
        if raised:
            raise raised[0]

    def save(self, name: str, n_frames: int = SETTLE_FRAMES) -> Steps:
        """Takes a picture after that many frames, when everything is in place."""
        for _ in range(n_frames):
            yield
        save_screenshot(self._folder / f"{name}.png")

    def until(self, predicate: Callable[[], object]) -> Steps:
        """Waits until the predicate holds. Raises: TimeoutError."""
        end = time.monotonic() + PATIENCE_S
        while not predicate():
            if time.monotonic() > end:
                raise TimeoutError(f"what the picture should show did not happen within {PATIENCE_S:g} s")
            yield

    def tap(self, name: str, page: int | None = None) -> Steps:
        """Taps the key of that name, on a page of symbols or on the letters."""
        yield from self.press(name, page)
        yield from self.lift()

    def press(self, name: str, page: int | None = None) -> Steps:
        layout = self._layout(page)
        self._down(*layout.placed(next(placed.key for placed in layout.keys if placed.key.name == name)).centre)
        yield
        yield

    def lift(self) -> Steps:
        assert self._finger is not None, "no finger is down"
        self._finger.update_time_end()
        EventLoop.post_dispatch_input("end", self._finger)
        self._finger = None
        yield
        yield

    def swipe(self, word: str) -> Steps:
        """Swipes a word and waits until it is written."""
        writer = self.app.session.writer
        before = writer.text
        yield from self.drag(word)
        yield from self.lift()
        yield from self.until(lambda: writer.text != before)

    def drag(self, word: str) -> Steps:
        """Swipes the letters of a word when the trail of the one before has faded, and leaves the finger on the last one."""
        yield from self.until(lambda: self.app.pages.write.ids.keyboard.trail.has_faded)
        layout, grid = self._layout(None), self.app.configuration.opened.grid
        centres = np.array([layout.placed(grid.letter_key(letter)).centre for letter in word])
        path = bend(centres)
        self._down(*path[0])
        start, reached = time.monotonic(), 1
        while reached < len(path):
            yield
            share = min(1.0, (time.monotonic() - start) / (KEY_S * len(word)))
            for place in path[reached : round(share * len(path))]:  # none is left out, however slow the frames are
                self._move(*place)
            reached = max(reached, round(share * len(path)))
        yield

    def rest(self, predicate: Callable[[], object]) -> Steps:
        """Waits on the last key for something that may happen. The finger trembles, because at rest it would get no preview."""
        end = time.monotonic() + REST_S
        place = self._finger.pos if self._finger else (0.0, 0.0)
        while not predicate() and time.monotonic() < end:
            place = place[0] + 1, place[1] + 1
            self._move(*place)
            yield

    def _layout(self, page: int | None) -> KeyLayout:
        if self.app.outlet is not None:  # the docked window has other sizes
            return self.app.pages.write.ids.keyboard.layout_of_keys  # type: ignore[no-any-return]
        grid = self.app.configuration.opened.grid
        letters, height = complete(grid)
        keys: tuple[Key, ...] = letters if page is None else symbol_pages(language_of(grid), grid)[page]
        return fit(keys, grid.width, height, keyboard_area(*Window.size))

    def _down(self, x: float, y: float) -> None:
        assert self._finger is None, "one finger only"
        self._finger = Finger(_share(x, y))
        EventLoop.post_dispatch_input("begin", self._finger)

    def _move(self, x: float, y: float) -> None:
        assert self._finger is not None, "no finger is down"
        self._finger.move(_share(x, y))
        EventLoop.post_dispatch_input("update", self._finger)


def bend(places: Places, n_between: int = 12) -> Places:
    """A smooth path through the places, (n, 2) to (m, 2). Source: Catmull and Rom 1974."""
    if len(places) == 1:
        return places
    padded = np.concatenate((2 * places[:1] - places[1:2], places, 2 * places[-1:] - places[-2:-1]))
    t = np.linspace(0, 1, n_between, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - 3 * p2 + p3 - p0) * t**3))
    return np.concatenate([*pieces, places[-1:]])


def _share(x: float, y: float) -> tuple[float, float]:
    """A place as shares of the window; Kivy multiplies them by the number of the last pixel."""
    return x / max(Window.width - 1, 1), y / max(Window.height - 1, 1)
