"""The docked keyboard in a process of its own, and a hand over its keys."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from Xlib import X, Xatom
from Xlib.display import Display
from Xlib.error import XError

from engine import SwipeRecognizer, load_grids
from keyboard_app.dock.place import BAR_DP, KEYS_DP, Place
from keyboard_app.keys.layout import Area, Arrangement, KeyLayout, complete, fit
from keyboard_app.style.theme import PHONE, px_per_dp
from tests.support.pointer import Places, human_path
from tests.support.programs import Desktop, Program, running, wait_for

SETTLED_S = 1.5
"""after the first frame: the model is loaded beside it, and what the pointer does meanwhile may come late on a busy machine"""
STEADY_KEYS = 0.05
"""How well the hand aims, in key widths. These tests are not about how well words are read: theirs are read right even where the machine
stands still for half a second and the window sees little of their paths."""


def screenshot(display_name: str, path: Path | None = None) -> bytes:
    """The pixels of the display, 4 bytes each; also as a PNG where a path is given."""
    display = Display(display_name)
    try:
        root = display.screen().root
        size = root.get_geometry()
        pixels: bytes = root.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF).data
    finally:
        display.close()
    if path is not None:
        import matplotlib.image

        picture = np.frombuffer(pixels, np.uint8).reshape(size.height, size.width, 4)[:, :, 2::-1]
        matplotlib.image.imsave(path, picture)
    return pixels


def docks(display_name: str) -> list[Place]:
    """Where the windows of type dock are."""
    display = Display(display_name)
    try:
        root = display.screen().root
        kind, dock = (display.intern_atom(f"_NET_WM_WINDOW_TYPE{end}") for end in ("", "_DOCK"))
        found = []
        waiting = list(root.query_tree().children)
        while waiting:
            window = waiting.pop()
            try:
                waiting += window.query_tree().children
                told = window.get_full_property(kind, Xatom.ATOM)
                if told is not None and dock in told.value and window.get_attributes().map_state == X.IsViewable:
                    size, corner = window.get_geometry(), root.translate_coords(window, 0, 0)
                    found.append(Place(corner.x, corner.y, size.width, size.height))
            except XError:  # it has gone meanwhile
                continue
        return found
    finally:
        display.close()


class Dragging(Protocol):
    """What moves the pointer, at pixels of the screen."""

    def drag(self, path: Places) -> None: ...

    def click(self, x: float, y: float) -> None: ...


@dataclass(frozen=True)
class Dock:
    """A docked keyboard at the bottom of the screen, or where it was put."""

    hand: Dragging
    place: Place
    random: np.random.Generator
    arrangement: Arrangement = "full"

    @property
    def unit(self) -> float:
        return px_per_dp(self.place.width, self.place.height * PHONE[1] / (KEYS_DP + BAR_DP))

    @property
    def layout(self) -> KeyLayout:
        grid = load_grids()["qwerty_en"]
        keys, height = complete(grid)
        return fit(keys, grid.width, height, Area(0, 0, self.place.width, self.place.height - BAR_DP * self.unit), self.arrangement)

    def at(self, name: str) -> tuple[float, float]:
        """The middle of a key on the screen."""
        (key,) = [placed for placed in self.layout.keys if name in (placed.key.label, placed.key.action)]
        return self.place.x + key.x + key.w / 2, self.place.y + self.place.height - (key.y + key.h / 2)

    def path(self, word: str) -> Places:
        """The hand's way through the letters, in pixels of the screen."""
        keys = np.array([self.at(letter) for letter in word])
        return human_path(keys, self.layout.key_width, self.random, STEADY_KEYS)

    def swipe(self, word: str) -> None:
        self.hand.drag(self.path(word))

    def tap(self, name: str) -> None:
        self.hand.click(*self.at(name))

    def tap_bar(self, share: float) -> None:
        """Taps the candidate bar, at this share of its width."""
        left, right = 104 * self.unit, 48 * self.unit
        x = self.place.x + left + share * (self.place.width - left - right)
        self.hand.click(x, self.place.y + BAR_DP * self.unit / 2)


@contextmanager
def docked(desktop: Desktop, *options: str, seed: int = 11) -> Iterator[Dock]:
    """The keyboard as a dock on a desktop, when its window is drawn."""
    SwipeRecognizer.load()  # compiles the kernels where no other test has
    settings = desktop.folder / "settings.json"
    command = [sys.executable, "-m", "keyboard_app", "--config", str(settings), "--dock", *options]
    with running(command, desktop.environment, desktop.folder / "keyboard-log") as process:

        def is_there() -> bool:
            assert process.poll() is None, (desktop.folder / "keyboard-log").read_text()
            return bool(docks(desktop.display.name)) and _drawn(desktop, docks(desktop.display.name)[0])

        wait_for(is_there, "the dock")
        time.sleep(SETTLED_S)
        yield Dock(desktop.display, docks(desktop.display.name)[0], np.random.default_rng(seed))


def _drawn(desktop: Desktop, place: Place) -> bool:
    """Whether the dock has more than one colour."""
    width = int(desktop.words("getdisplaygeometry").split()[0])
    pixels = np.frombuffer(screenshot(desktop.display.name), np.uint32).reshape(-1, width)
    return len(np.unique(pixels[place.y : place.y + place.height, place.x : place.x + place.width])) > 3


def toggle(desktop: Desktop) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "keyboard_app", "--toggle"]
    return subprocess.run(command, env=desktop.environment, check=False, capture_output=True, text=True)


def focus_of(desktop: Desktop, program: Program) -> bool:
    """Whether the program's window has the focus."""
    return desktop.active() == program.window
