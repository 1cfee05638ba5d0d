"""What is handed back to the system after a start, and that everything still works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from keyboard_app import memory
from keyboard_app.app import KeyboardApp, Start
from tests.support.window_driver import open_window

MAPS = """\
7f8707c00000-7f870e37c000 r-xp 00000000 08:01 42  /usr/lib/libLLVM-15.so.1
Size:             105968 kB
Rss:               49348 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
7f870e37d000-7f870eb9b000 r--p 00000000 08:01 42  /usr/lib/libLLVM-15.so.1
Rss:                8292 kB
Anonymous:          8292 kB
7f870eb9b000-7f870ebe1000 rw-p 00000000 08:01 42  /usr/lib/libLLVM-15.so.1
Rss:                   0 kB
Anonymous:             0 kB
7f8710000000-7f8710100000 r--s 00000000 08:01 43  /usr/share/english.lexicon
Rss:                1024 kB
Anonymous:             0 kB
7f8720000000-7f8720001000 r-xp 00000000 00:00 0
Rss:                   4 kB
Anonymous:             0 kB
"""
WITH_NUMPY = """
import numpy
from keyboard_app import memory
def resident():
    return sum(int(line.split()[1]) for line in open("/proc/self/smaps_rollup") if line.startswith("Rss:"))
numpy.linalg.inv(numpy.eye(50))
before = resident()
memory.settle()
print(before, resident(), numpy.linalg.inv(2 * numpy.eye(50))[7, 7])
"""


def test_only_code_that_nobody_has_changed_is_forgotten() -> None:
    assert list(memory.code_ranges(MAPS.splitlines())) == [(0x7F8707C00000, 0x677C000)]


@pytest.mark.skipif(not memory.MAPS.exists(), reason="no /proc/self/smaps here")
def test_a_process_is_smaller_afterwards_and_goes_on() -> None:
    told = subprocess.run([sys.executable, "-c", WITH_NUMPY], capture_output=True, text=True, check=True).stdout.split()
    before, after, inverse = int(told[0]), int(told[1]), float(told[2])
    assert after < before - 2000  # kB: the code of Python and numpy alone is more
    assert inverse == 0.5


def test_a_quiet_keyboard_hands_memory_back_and_a_busy_one_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(memory, "settle", lambda: done.append("settle"))
    monkeypatch.setattr(memory, "trim", lambda: done.append("trim"))
    start = Start(tmp_path / "settings.json", tmp_path / "swipes.jsonl", words=tmp_path / "words.db")
    with open_window(lambda: KeyboardApp(start), (360, 640)) as driver:
        driver.until(lambda: driver.app.configuration.recognizer is not None)  # and no longer: the time of quiet has begun
        monkeypatch.setattr(driver.app.worker, "suggest", lambda *_: None)  # words to offer would come when that thread has time
        for _ in range(4):
            driver.run_for(0.4 * 1000 * memory.QUIET_S)
            driver.app.session.type("a")
        assert not done
        driver.until(lambda: done == ["settle"])
        driver.run_for(5000 * memory.QUIET_S)
        assert done == ["settle"]
        driver.app.session.type("b")
        driver.until(lambda: done == ["settle", "trim"])
