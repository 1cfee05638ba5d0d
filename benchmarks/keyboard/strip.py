"""`python -m benchmarks.keyboard.strip`: pictures in a row of words that are swiped into another program, for the README.

    python -m benchmarks.keyboard.strip docs/dock-x11.png --on x11
    python -m benchmarks.keyboard.strip docs/dock-sway.png --on sway --theme dark

The keyboard, the program and the desktop are real, and nothing is drawn into the pictures.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import matplotlib.image
import numpy as np
import numpy.typing as npt

from benchmarks.keyboard.into import NEEDED, Ground, on_sway, on_x11
from engine.console import survives_its_output
from tests.support.docked import screenshot
from tests.support.programs import missing, open_desktop

SIZE = (800, 600)
"""of the desktop"""
TEXT = "write into every window"
TAKEN_AT = (0, 2)
"""the words during which a picture is taken; another follows at the end"""
ENLARGED = {"GDK_DPI_SCALE": "2"}
"""for the program: the pictures are shown smaller than they are"""
BETWEEN = 16
"""px between two pictures"""
GREY = 0.6
LOADED_S, SETTLED_S, SHOWN_S = 8.0, 1.5, 0.15
"""until the model is loaded; after a word; until the likely word is over the keys"""
Picture = npt.NDArray[np.float64]


@contextmanager
def desktop_on(kind: str, folder: Path, options: Sequence[str]) -> Iterator[tuple[Ground, Callable[[], Picture]]]:
    """A docked keyboard beside a program, and what takes a picture of both."""
    out = folder / "picture.png"
    os.environ |= ENLARGED

    def read() -> Picture:
        return np.asarray(matplotlib.image.imread(out)[:, :, :3], float)

    if kind == "x11":
        with open_desktop(folder, size=SIZE) as desktop, on_x11(desktop, "xtest", folder, *options) as ground:
            desktop.maximise(ground.program)

            def take_x11() -> Picture:
                screenshot(desktop.display.name, out)
                return read()

            yield ground, take_x11
    else:
        with on_sway(folder, SIZE, *options) as ground:

            def take_sway() -> Picture:
                subprocess.run(["grim", str(out)], check=True)
                return read()

            yield ground, take_sway


def swipe_and_look(ground: Ground, take: Callable[[], Picture]) -> list[Picture]:
    """The pictures. Raises: AssertionError if the program has another text at the end."""
    time.sleep(LOADED_S)
    pictures: list[Picture] = []

    def look() -> None:
        time.sleep(SHOWN_S)
        pictures.append(take())

    for number, word in enumerate(TEXT.split()):
        ground.hand.drag(ground.dock.path(word), look if number in TAKEN_AT else lambda: None)
        time.sleep(SETTLED_S)
    ground.program.expect(TEXT.capitalize() + "|")
    return [*pictures, take()]


def in_a_row(pictures: Sequence[Picture]) -> Picture:
    """(height, width, 3)"""
    height = pictures[0].shape[0]
    parts = [part for picture in pictures for part in (picture, np.full((height, BETWEEN, 3), GREY))]
    return np.concatenate(parts[:-1], axis=1)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyboard.strip", description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path, metavar="OUT.png")
    parser.add_argument("--on", choices=("x11", "sway"), default="x11", help="the desktop (default: %(default)s)")
    parser.add_argument("--theme", choices=("light", "dark"), default="light", help="the keyboard's colours (default: %(default)s)")
    return parser.parse_args(arguments)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    lacking = missing(*NEEDED["xtest"]) if options.on == "x11" else missing(*NEEDED["wayland"], "grim")
    if lacking:
        sys.exit(f"benchmarks.keyboard.strip: not installed: apt install {' '.join(lacking)}")
    with (
        tempfile.TemporaryDirectory(prefix="kg-") as folder,
        desktop_on(options.on, Path(folder), ["--theme", options.theme]) as (ground, take),
    ):
        pictures = swipe_and_look(ground, take)
    matplotlib.image.imsave(options.out, np.ascontiguousarray(in_a_row(pictures)))


if __name__ == "__main__":
    main()
