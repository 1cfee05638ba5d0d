"""The benchmark of the ways into other programs writes into them, and knows when a text stood there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import cast

import pytest

from tests.support.programs import GTK, Program, needs

pytest.importorskip("Xlib", reason="not installed: python-xlib (pip install 'keyglide[app]')")

from benchmarks.keyboard import into
from benchmarks.keyboard.into import Ground, Measured, share_at_rest, swipe
from tests.support.docked import Dock

BEGUN = "import time; print(flush=True); "
RESTING, BUSY = BEGUN + "time.sleep(600)", BEGUN + "\nwhile True: pass"


def measured(lift_to_text: list[float], at_rest: float = 0.0) -> Measured:
    return Measured("xtest", len(lift_to_text), lift_to_text, [], at_rest)


@pytest.mark.parametrize(
    ("one", "kept"),
    [
        (measured([30.0, 39.0, 70.0]), True),
        (measured([30.0, 41.0, 41.0]), False),
        (measured([30.0, 30.0, 90.0]), False),
        (measured([30.0], 0.006), False),
    ],
    ids=["good", "median", "p95", "rest"],
)
def test_what_misses_a_goal_is_said_to_miss_it(one: Measured, kept: bool) -> None:
    assert one.line().endswith("kept") is kept


def test_rest_is_told_from_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(into, "SETTLED_S", 0.5)
    shares = []
    for code in (RESTING, BUSY):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()  # it has started
            shares.append(share_at_rest(process.pid, 1.0))
            process.kill()
    assert shares[0] < 0.005
    assert shares[1] > 10 * max(shares[0], 0.005)


class Pretended:
    """A hand that lets go, and a program whose text changes that many milliseconds after."""

    def __init__(self, delays_ms: list[float]) -> None:
        self._delays_ms, self.lifted_s = delays_ms, 0.0
        self.changes: list[tuple[float, str]] = []

    def swipe(self, word: str) -> None:
        self.lifted_s = time.monotonic()
        self.changes += [(self.lifted_s + delay / 1000, word[: n + 1]) for n, delay in enumerate(self._delays_ms)]


def test_a_word_has_arrived_with_its_last_change() -> None:
    both = Pretended([10.0, 20.0, 35.0])
    ground = Ground(cast(Dock, both), cast(into.LiftingHand, both), cast(Program, both), 0)
    assert swipe(ground, "you") == pytest.approx(35.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "way", [pytest.param("xtest", marks=needs("Xvfb", "xdotool", "openbox", GTK)), pytest.param("wayland", marks=needs("sway", GTK))]
)
def test_words_are_swiped_into_a_program(way: str) -> None:
    command = [sys.executable, "-m", "benchmarks.keyboard.into", way, "--words", "2", "--rest", "1", "--json"]
    (told,) = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=dict(os.environ)).stdout)
    assert told["n_words"] == len(told["lift_to_text"]) == 2
    assert min(told["lift_to_text"]) > 0
    assert len(told["frames"]) > 10
