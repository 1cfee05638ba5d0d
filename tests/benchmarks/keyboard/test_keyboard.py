"""The keyboard's benchmark: a real window from touches to text, and that it notices what goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import tests.support.window_driver  # noqa: F401  opens the window that the player needs
from benchmarks.keyboard.__main__ import measure_start
from benchmarks.keyboard.player import Answer, check
from benchmarks.keyboard.window import a_stretch
from engine.swipe_file import SwipeRecord
from tests.conftest import ROOT
from tests.support.recognizing import numbered_swipe, recognition

KEY_WIDTH = 1.0
EXAMPLES = ROOT / "examples" / "swipes.jsonl"


def answered(number: int, *words: str, typed: str = "", arrived: int | None = None) -> Answer:
    """What became of the recording with that number; `arrived` is the number of the swipe that the worker got."""
    record = SwipeRecord("", numbered_swipe(number), str(number), None)
    swipe = None if typed else numbered_swipe(number if arrived is None else arrived)
    return Answer(record, 0.0, swipe, typed, None if typed else recognition(*words))


def test_accepts_words_and_taps_in_their_order() -> None:
    check([answered(1, "hello", "hell"), answered(2, typed="."), answered(3), answered(4, "you")], "Hello. You", KEY_WIDTH)


@pytest.mark.parametrize("text", ["Hello", "You hello", "Hello you you", ""])
def test_notices_words_that_do_not_stand_as_they_were_read(text: str) -> None:
    with pytest.raises(ValueError, match="is not in the text"):
        check([answered(1, "hello"), answered(2, "you")], text, KEY_WIDTH)


def test_notices_a_swipe_that_did_not_arrive() -> None:
    lost = answered(1, typed="x")
    lost.typed = ""
    with pytest.raises(ValueError, match="recording 1, '1', arrived neither as one swipe nor as one tap"):
        check([lost], "", KEY_WIDTH)


def test_notices_a_swipe_that_arrived_in_anothers_place() -> None:
    with pytest.raises(ValueError, match="recording 2, '2', arrived as another swipe"):
        check([answered(1, "a"), answered(2, "b", arrived=3)], "A b", KEY_WIDTH)


def test_takes_as_many_recordings_as_the_time_allows() -> None:
    gap_s = 0.25
    for seconds in (3.0, 8.0):
        records = a_stretch(EXAMPLES, seconds, gap_s)
        length = sum(float(np.ptp(record.swipe.t)) / 1000 + gap_s for record in records)
        assert len(records) >= 1
        assert length <= seconds * 1.5


def test_swipes_become_words_in_a_window() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    command = [sys.executable, "-m", "benchmarks.keyboard.window", "--data", str(EXAMPLES), "--seconds", "2", "--size", "360x640"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=180, check=False)
    assert result.returncode == 0, result.stderr
    played = json.loads(result.stdout)
    assert played["n_words"] == played["n_sent"] >= 1
    assert len(played["written"]) == len(played["shown"]) == played["n_words"]
    assert len(played["intervals"]) > 5
    assert 0 < played["cpu"] < (os.cpu_count() or 1) + 1
    assert 50 < played["resident_mb"] < 1000


def test_a_first_start_is_measured_until_its_word_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    start = measure_start("360x640", first=True)
    assert 0 < start.first_frame_s < start.ready_s and start.longest_frame_ms > 0


def test_says_that_the_window_was_closed_too_early() -> None:
    code = (
        "import sys\nfrom benchmarks.keyboard import window\nfrom keyboard_app.style.kivy_setup import prepare\nprepare((360, 640))\n"
        "from kivy.app import App\nfrom kivy.clock import Clock\nClock.schedule_once(lambda _: App.get_running_app().stop(), 1)\n"
        f"sys.argv = ['window', '--data', {str(EXAMPLES)!r}, '--seconds', '60']\nwindow.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("benchmarks.keyboard.window: the window was closed before every swipe was played")
