"""The docked keyboard as KWin's virtual keyboard: it writes into a program, which keeps the focus and makes room."""

from __future__ import annotations

import sys
import time

import numpy as np
import pytest

from tests.support.kwin import SIZE, open_kwin
from tests.support.programs import GTK, needs, wait_for

pytest.importorskip("pywayland", reason="not installed: pywayland (pip install 'keyglide[app]')")
pytest.importorskip("Xlib", reason="not installed: python-xlib (pip install 'keyglide[app]')")

from engine import SwipeRecognizer
from keyboard_app.dock.place import Docked
from tests.support.docked import Dock
from tests.support.kwin_hand import KWinHand

pytestmark = [needs("kwin_wayland", GTK), pytest.mark.slow]
SETTLED_S = 10.0
"""until the first pictures are there, on a busy machine, too: nothing tells"""


def test_swipes_arrive_in_a_program_that_keeps_the_focus_and_makes_room(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    SwipeRecognizer.load()  # compiles the kernels where no other test has
    folder = tmp_path_factory.mktemp("kwin")
    with open_kwin(folder, [sys.executable, "-m", "keyboard_app", "--config", str(folder / "settings.json")]) as kwin:
        for name in ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY"):
            monkeypatch.setenv(name, kwin.environment[name])
        hand = KWinHand()
        program = kwin.gtk(maximised=True)
        wait_for(lambda: program.size[0] == SIZE[0] and program.size[1] <= 480, "room for the dock")
        dock = Dock(hand, Docked().place(SIZE), np.random.default_rng(11))
        time.sleep(SETTLED_S)
        dock.swipe("everything")
        program.expect("Everything|")
        dock.swipe("because")
        program.expect("Everything because|")
        dock.tap("backspace")
        program.expect("Everything|")
        assert program.losses == 0
        hand.close()
