"""The docked keyboard on sway: a layer surface that writes into a program, which keeps the focus and makes room."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from tests.support.programs import GTK, needs, running, wait_for

pytest.importorskip("pywayland", reason="not installed: pywayland (pip install 'keyglide[app]')")
pytest.importorskip("Xlib", reason="not installed: python-xlib (pip install 'keyglide[app]')")

from engine import SwipeRecognizer
from keyboard_app.dock.place import Docked
from tests.support.compositor import open_sway
from tests.support.docked import Dock
from tests.support.sway_hand import SwayHand

pytestmark = [needs("sway", "grim", GTK), pytest.mark.slow]
SIZE = (1280, 800)
SETTLED_S = 10.0
"""until the first pictures are there, on a busy machine, too: nothing tells"""


@pytest.mark.parametrize("scale", [1, 2])
def test_swipes_arrive_in_a_program_that_keeps_the_focus_and_makes_room(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, scale: int
) -> None:
    SwipeRecognizer.load()  # compiles the kernels where no other test has
    with open_sway(tmp_path_factory.mktemp("sway"), SIZE, scale) as sway:
        for name in ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY"):
            monkeypatch.setenv(name, sway.environment[name])
        hand = SwayHand(SIZE)
        program = sway.gtk()
        settings: Path = sway.folder / "settings.json"
        command = [sys.executable, "-m", "keyboard_app", "--config", str(settings), "--dock", "--into", "wayland"]
        with running(command, sway.environment, sway.folder / "keyboard-log"):
            wait_for(lambda: program.size == (1280, 480), "room for the dock")
            dock = Dock(hand, Docked().place(SIZE), np.random.default_rng(11))
            time.sleep(SETTLED_S)
            dock.swipe("everything")
            program.expect("Everything|")
            dock.swipe("because")
            program.expect("Everything because|")
            dock.tap("backspace")
            program.expect("Everything|")
            assert program.losses == 0
            sway.screenshot(sway.folder / "screen.png")
            assert _is_sharp(sway.folder / "screen.png", scale)
        hand.close()


def test_it_shows_and_hides_by_itself_as_fields_get_the_cursor(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_sway(tmp_path_factory.mktemp("sway"), SIZE) as sway:
        for name in ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY"):
            monkeypatch.setenv(name, sway.environment[name])
        settings: Path = sway.folder / "settings.json"
        settings.write_text('{"follow_fields": true}')
        command = [sys.executable, "-m", "keyboard_app", "--config", str(settings), "--dock", "--into", "wayland"]
        with running(command, sway.environment, sway.folder / "keyboard-log"):
            field = sway.gtk()
            wait_for(lambda: field.size == (1280, 480), "the dock, for the field")
            button = sway.gtk("button")
            wait_for(lambda: button.size == (640, 800), "no dock, for the button")
            field.process.kill()
            wait_for(lambda: button.size == (1280, 800), "the button alone")
            sway.gtk("entry")
            wait_for(lambda: button.size == (640, 480), "the dock again, for another field")


def _is_sharp(picture: Path, scale: int) -> bool:
    """Whether the dock's letters have edges within what is one pixel to sway: enlarged ones have at most half a step there."""
    pixels = matplotlib.image.imread(picture)[480 * scale :, :, :3].mean(axis=2)
    assert pixels.shape == (320 * scale, SIZE[0] * scale)
    if scale == 1:
        return True
    step = np.abs(pixels[:, 1::2] - pixels[:, ::2]).max()
    return bool(step > 0.6 * np.ptp(pixels))
