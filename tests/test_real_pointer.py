"""Words written with a real pointer: Xvfb, xdotool, and the keyboard as `python -m keyboard_app` opens it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine import Lexicon, load_grids
from engine.recognizer import open_lexicon
from keyboard_app.key_layout import KeyLayout, complete, fit, keyboard_area
from tests.pointer import Display, human_path, missing_programs, open_display

pytestmark = pytest.mark.skipif(
    bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())} (Debian: apt install xvfb xdotool)"
)

SIZE = (540, 960)
N_COMMONEST = 20
LENGTHS = range(3, 10)
N_OF_EACH_LENGTH = 3
END_S = 20.0


@dataclass(frozen=True)
class Hand:
    """What moves the pointer over the keys."""

    display: Display
    layout: KeyLayout
    random: np.random.Generator

    def swipe(self, word: str) -> None:
        self.display.drag(human_path(self._keys(word), self.layout.key_width, self.random))

    def tap(self, label: str) -> None:
        self.display.click(*self._keys([label])[0])

    def _keys(self, labels: str | list[str]) -> np.ndarray:
        """The middles of keys in pixels from the window's top left, (n, 2)."""
        by_name = {placed.key.label or placed.key.action: placed for placed in self.layout.keys}
        placed = [by_name[label] for label in labels]
        return np.array([(key.x + key.w / 2, SIZE[1] - (key.y + key.h / 2)) for key in placed])


@contextmanager
def keyboard(hand: Hand, folder: Path) -> Iterator[list[str]]:
    """The keyboard in a process of its own; when the block ends the list holds its text, in lines."""
    lines: list[str] = []
    command = [sys.executable, "-m", "keyboard_app", "--size", "{}x{}".format(*SIZE), "--config", str(folder / "settings.json"), "--print"]
    with (folder / "log").open("w") as log:
        app = subprocess.Popen(command, env=hand.display.environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            hand.display.xdotool("search", "--sync", "--onlyvisible", "--class", "keyglide")
            time.sleep(1)  # shown, and drawn
            yield lines
            hand.display.xdotool("search", "--class", "keyglide", "windowfocus", "key", "ctrl+q")
            lines += app.communicate(timeout=END_S)[0].splitlines()
        finally:
            app.kill()
            app.wait()


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    keys, height = complete(grid := load_grids()["qwerty_en"])
    layout = fit(keys, grid.width, height, keyboard_area(*SIZE))
    with open_display(*SIZE, tmp_path_factory.mktemp("display") / "log") as display:
        yield Hand(display, layout, np.random.default_rng(11))


def common_words(lexicon: Lexicon) -> list[str]:
    """The commonest words of 3 to 9 letters, and of each of these lengths the commonest."""
    by_prior = sorted(lexicon.key_sequences(), key=lambda item: -item[1])
    words = [sequence for sequence, _ in by_prior if len(sequence) in LENGTHS]
    of_each_length = [word for n in LENGTHS for word in [word for word in words if len(word) == n][:N_OF_EACH_LENGTH]]
    return list(dict.fromkeys(words[:N_COMMONEST] + of_each_length))


def test_common_words_swiped_with_a_real_pointer_stand_in_the_text(hand: Hand, tmp_path: Path) -> None:
    lexicon = open_lexicon()
    words = common_words(lexicon)
    with keyboard(hand, tmp_path) as lines:
        for word in words:
            hand.swipe(word)
    written = [word.lower() for line in lines for word in line.split()]
    expected = [lexicon.forms(word)[0].lower() for word in words]
    assert written == expected


def test_taps_swipes_and_keys_with_a_real_pointer(hand: Hand, tmp_path: Path) -> None:
    with keyboard(hand, tmp_path) as lines:
        hand.swipe("hello")
        hand.tap(",")
        hand.swipe("people")
        hand.tap("backspace")
        hand.swipe("world")
        hand.tap(".")
        hand.tap("enter")
        for letter in "keys":
            hand.tap(letter)
        hand.tap("space")
        hand.tap("shift")
        hand.swipe("work")
    assert lines == ["Hello, world.", "Keys Work"]
