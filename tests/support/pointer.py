"""A real pointer for tests: an X server without a screen (Xvfb), and xdotool, which drags across the keys as a hand would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine import SwipeRecognizer, load_grids
from keyboard_app.keys.layout import KeyLayout, complete, fit, keyboard_area

Places = npt.NDArray[np.float64]

SIZE = (540, 960)
"""Pixels of the display, and of the keyboard's window, which fills it."""
SAMPLE_MS = 10
"""between two places of the pointer"""
PRESS_S = 0.15
"""between moving to a place and pressing there, and after letting go: less, and the press arrives where the pointer was"""
AIM_KEYS = 0.13
"""standard deviation of where a key is hit, in key widths (people on their phones: 0.16 at the first point, 0.25 at the last)"""
TREMOR_KEYS = 0.02
MOVE_MS = 70
DOUBLING_MS = 90
"""for every doubling of a way, in key widths and one more"""
STAY_MS = 190
"""on a letter that comes twice. In How We Swipe's train set people stay 0.15 s longer within 0.6 key widths of such a letter (medians
of 2,300 and of 59,405 single ones: 317 and 168 ms)"""
CORNER_SAMPLES = 7
"""over how many samples corners are rounded"""
START_S = 180.0
"""a keyboard that is not drawn by then has failed"""
END_S = 180.0
SCREEN = "Xvfb_screen0"
"""the file that Xvfb keeps its picture in: a header, then 4 bytes for each pixel"""
PROGRAMS = ("Xvfb", "xdotool")


def missing_programs() -> list[str]:
    """Those of the programs that are not installed; Debian packages xvfb and xdotool."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


@dataclass(frozen=True)
class Display:
    """An X server without a screen."""

    name: str
    """for DISPLAY"""
    picture: Path
    """what it shows, as Xvfb writes it"""
    size: tuple[int, int] = SIZE

    def is_drawn(self, share: float) -> bool:
        """Whether so much of the screen has a colour."""
        pixels = np.fromfile(self.picture, np.uint8)[-4 * self.size[0] * self.size[1] :].reshape(-1, 4)
        return bool(pixels.any(axis=1).mean() > share)

    def wait_until_drawn(self) -> None:
        """Waits until half of the screen has a colour: what is pressed before the first frame is there counts as pressed at that frame.

        Raises: TimeoutError where none comes.
        """
        end = time.monotonic() + START_S
        while not self.is_drawn(0.5):
            if time.monotonic() > end:
                raise TimeoutError(f"the keyboard was not drawn within {START_S:g} s")
            time.sleep(0.1)

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"DISPLAY": self.name}

    def xdotool(self, *words: str) -> None:
        """Raises: CalledProcessError."""
        subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=180, stdout=subprocess.DEVNULL)

    def wait_for_window(self, window_class: str) -> None:
        """Waits until a window of that class is seen. xdotool gives up if another window goes while it looks.

        Raises: TimeoutExpired, CalledProcessError.
        """
        end = time.monotonic() + START_S
        while True:
            try:
                return self.xdotool("search", "--sync", "--onlyvisible", "--class", window_class)
            except subprocess.CalledProcessError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def drag(self, path: Places) -> None:
        """Presses at the path's first place, drags along, (n, 2) in window pixels from the top left, and lets go."""
        (x, y), *rest = path.round().astype(int).tolist()
        words = ["mousemove", str(x), str(y), "sleep", str(PRESS_S), "mousedown", "1"]
        for x, y in rest:
            words += ["sleep", str(SAMPLE_MS / 1000), "mousemove", str(x), str(y)]
        self.xdotool(*words, "mouseup", "1", "sleep", str(PRESS_S))

    def click(self, x: float, y: float) -> None:
        self.drag(np.array([(x, y)]))


@contextmanager
def open_display(width: int, height: int, log: Path) -> Iterator[Display]:
    """An X server with one screen of that size, which ends with the block."""
    read, write = os.pipe()
    pictures = log.with_name(f"{log.name}-screen")
    pictures.mkdir()
    with log.open("wb") as output:
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-fbdir", str(pictures)]
        server = subprocess.Popen(command, pass_fds=[write], stdout=output, stderr=output)
    os.close(write)
    try:
        with os.fdopen(read) as number:
            yield Display(f":{number.readline().strip()}", pictures / SCREEN, (width, height))
    finally:
        server.terminate()
        server.wait(timeout=60)


def human_path(targets: Places, key_width: float, random: np.random.Generator, aim_keys: float = AIM_KEYS) -> Places:
    """A hand's way through key centres, (n, 2) of any n >= 1 to (m, 2), a place every SAMPLE_MS milliseconds.

    It aims with error, takes longer for longer ways (Fitts), starts and stops smoothly, rounds its corners and trembles.
    """
    aimed = targets + random.normal(0, aim_keys * key_width, targets.shape)
    for at in np.flatnonzero((np.diff(targets, axis=0) == 0).all(axis=1)):
        aimed[at + 1] = aimed[at]
    pieces = [aimed[:1]]
    for start, end in pairwise(aimed):
        way = np.hypot(*(end - start)) / key_width
        n = max(3, round((STAY_MS if way < 1e-9 else MOVE_MS + DOUBLING_MS * np.log2(1 + way)) / SAMPLE_MS))
        done = np.linspace(0, 1, n + 1)[1:, None]
        eased = (done + 10 * done**3 - 15 * done**4 + 6 * done**5) / 2  # between even speed and a full stop at each key
        pieces.append(start + eased * (end - start))
    path = np.concatenate(pieces)
    padded = np.pad(path, ((CORNER_SAMPLES // 2, CORNER_SAMPLES // 2), (0, 0)), mode="edge")
    smooth = np.stack([np.convolve(column, np.full(CORNER_SAMPLES, 1 / CORNER_SAMPLES), mode="valid") for column in padded.T], axis=1)
    tremor = np.cumsum(random.normal(0, TREMOR_KEYS * key_width, smooth.shape), axis=0)
    result: npt.NDArray[np.float64] = smooth + tremor - np.linspace(0, 1, len(tremor))[:, None] * tremor[-1] * (len(tremor) > 1)
    return result


@dataclass(frozen=True)
class Hand:
    """What moves the pointer over the keys."""

    display: Display
    layout: KeyLayout
    random: np.random.Generator
    aim_keys: float = AIM_KEYS

    def swipe(self, word: str) -> None:
        self.display.drag(human_path(self._keys(word), self.layout.key_width, self.random, self.aim_keys))

    def tap(self, label: str) -> None:
        self.display.click(*self._keys([label])[0])

    def _keys(self, labels: str | list[str]) -> Places:
        """The middles of keys in pixels from the window's top left, (n, 2)."""
        by_name = {placed.key.label or placed.key.action: placed for placed in self.layout.keys}
        placed = [by_name[label] for label in labels]
        return np.array([(key.x + key.w / 2, SIZE[1] - (key.y + key.h / 2)) for key in placed])


@contextmanager
def keyboard(hand: Hand, folder: Path, *options: str, before: Sequence[str] = ()) -> Iterator[list[str]]:
    """The keyboard in a process of its own, its settings in `folder`; when the block ends the list holds what it printed.

    before: a command that is to run the keyboard's.
    """
    SwipeRecognizer.load()  # compiles the kernels where no other test has: the keyboard must not be closed before it has them
    lines: list[str] = []
    size = "{}x{}".format(*SIZE)
    command = [*before, sys.executable, "-m", "keyboard_app", "--size", size, "--config", str(folder / "settings.json"), *options]
    with (folder / "log").open("w") as log:
        app = subprocess.Popen(command, env=hand.display.environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            hand.display.wait_for_window("keyglide")
            hand.display.wait_until_drawn()
            yield lines
            hand.display.xdotool("search", "--class", "keyglide", "windowfocus", "key", "ctrl+q")
            lines += app.communicate(timeout=END_S)[0].splitlines()
        finally:
            app.kill()
            app.wait()


@contextmanager
def open_hand(log: Path, seed: int, aim_keys: float = AIM_KEYS) -> Iterator[Hand]:
    """A hand over the keys of qwerty_en, on a display of its own that ends with the block."""
    grid = load_grids()["qwerty_en"]
    keys, height = complete(grid)
    layout = fit(keys, grid.width, height, keyboard_area(*SIZE))
    with open_display(*SIZE, log) as display:
        yield Hand(display, layout, np.random.default_rng(seed), aim_keys)
