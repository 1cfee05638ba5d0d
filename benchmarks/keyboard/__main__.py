"""`python -m benchmarks.keyboard`: how soon the keyboard is there, how even its frames are, and what becomes of a minute of swiping.

Windows are opened offscreen where no display is set; the processor then draws what a graphics card would.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from benchmarks.common.environment import processor, system, versions
from engine import recordings
from engine.console import survives_its_output
from keyboard_app.style.kivy_setup import window_size

SIZES = ((360, 640), (1280, 800), (3840, 2160))
N_STARTS = 5
FRAME_MS = 1000 / 60
"""what 60 frames a second leave for each"""
PERCENTILES = (50, 95, 99)
LISTS = ("intervals", "work", "written", "shown")
TITLES = {
    "intervals": "frame to frame",
    "work": "work for a frame",
    "written": "lift to text",
    "shown": "lift to picture",
}
WORD = "hello"
START = """
import sys, time
from pathlib import Path
from keyboard_app.style.kivy_setup import prepare, window_size
prepare(window_size(sys.argv[1]))
from kivy.clock import Clock
from kivy.core.window import Window
from keyboard_app.app import KeyboardApp, Start
folder = Path(sys.argv[2])
app = KeyboardApp(Start(folder / "settings.json", folder / "swipes.jsonl", words=folder / "words.db"))
drawn, frames = [], []
def first_frame(_):
    if not drawn:
        drawn.append(True)
        print("drawn", flush=True)
        swipe()
def swipe():
    from engine import Swipe
    centres = [app.configuration.opened.grid.letter_key(letter) for letter in sys.argv[3]]
    app.session.swipe(Swipe.from_points([key.centre_x for key in centres], [key.centre_y for key in centres], range(0, 1000, 200)))
def ready(_):
    if drawn:
        frames.append(time.perf_counter())
        if app.text:
            print(app.text, 1000 * max(after - before for before, after in zip(frames, frames[1:])), flush=True)
            app.stop()
            return False
Window.bind(on_flip=first_frame)
Clock.schedule_interval(ready, 0)
app.run()
"""
"""`python -m keyboard_app` that tells when it has drawn its window; and, when a word swiped then stands there, how long a frame took."""


@dataclass(frozen=True)
class Start:
    """One start of a fresh process."""

    first_frame_s: float
    ready_s: float
    """until a word stands in the text that was swiped when the window was there"""
    longest_frame_ms: float
    """while the model was loaded beside the window"""


@dataclass(frozen=True)
class Window:
    """What was measured in windows of one size."""

    size: str
    starts: list[Start]
    first: Start
    """where nothing was compiled before"""
    played: dict[str, Any]
    """benchmarks.keyboard.player.Played"""

    def lines(self) -> list[str]:
        played = self.played
        columns = {name: np.percentile(played[name], PERCENTILES) for name in LISTS}
        within = float(np.mean(np.array(played["work"]) <= FRAME_MS))
        per_second = 1000 / float(np.mean(played["intervals"]))
        first_frame_s = np.median([start.first_frame_s for start in self.starts])
        ready_s = np.median([start.ready_s for start in self.starts])
        longest_ms = np.median([start.longest_frame_ms for start in self.starts])
        return [
            f"{self.size}",
            f"  first frame {first_frame_s:.2f} s after the start, the word of a swipe after {ready_s:.2f} s; "
            f"the longest frame between took {longest_ms:.0f} ms",
            f"  with nothing compiled and no caches: first frame {self.first.first_frame_s:.2f} s, word {self.first.ready_s:.2f} s",
            f"  {played['seconds']:.0f} s of swiping: {played['n_sent']} recordings, {played['n_words']} words written in their order, "
            f"{played['n_wordless']} without a word, {played['n_taps']} tapped, none lost",
            f"  meant {played['right']:.1%} of them; without the window {played['right_directly']:.1%}",
            "  milliseconds        " + "".join(f"{f'p{share}':>8}" for share in PERCENTILES),
            *(f"    {TITLES[name]:18}" + "".join(f"{value:8.1f}" for value in columns[name]) for name in LISTS),
            f"  {within:.1%} of the frames took no more than the {FRAME_MS:.1f} ms of 60 a second",
            f"  while a finger was down: {per_second:.0f} frames a second, {played['cpu']:.0%} of a core",
            f"  {played['resident_mb']:.0f} MB resident after it",
        ]


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyboard", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="FILE", help=f"recorded swipes (default: {recordings.DEFAULT})")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="how long to swipe in each size (default: %(default)s)")
    sizes = " ".join(f"{width}x{height}" for width, height in SIZES)
    parser.add_argument("--size", type=window_size, action="append", metavar="WxH", help=f"may be given again (default: {sizes})")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def measure_start(size: str, first: bool = False) -> Start:
    """Starts a fresh process. first: as on a machine where nothing was compiled or kept before.

    Raises: ValueError where it does not come so far that a swipe is read.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # the compiler outlives the keyboard, and may still write there
        caches = {"XDG_CACHE_HOME": f"{folder}/cache", "NUMBA_CACHE_DIR": f"{folder}/numba"} if first else {}
        command = [sys.executable, "-c", START, size, folder, WORD]
        begin = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | caches) as process:
            assert process.stdout
            told = [(line.strip(), time.perf_counter() - begin) for line in process.stdout]
    if len(told) != 2 or told[0][0] != "drawn" or not told[1][0].lower().startswith(WORD):
        raise ValueError(f"the keyboard did not start at {size}: it said {told}, see its message above")
    return Start(told[0][1], told[1][1], float(told[1][0].split()[-1]))


def measure_swiping(size: str, data: Path, seconds: float) -> dict[str, Any]:
    """What benchmarks.keyboard.window prints. Raises: CalledProcessError, after its own message."""
    command = [sys.executable, "-m", "benchmarks.keyboard.window", "--data", str(data), "--seconds", str(seconds), "--size", size]
    played: dict[str, Any] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return played


def run(options: argparse.Namespace) -> list[Window]:
    """Raises: ValueError, OSError, CalledProcessError."""
    data = options.data or recordings.default_recordings()
    windows = []
    for width, height in tqdm(options.size or SIZES, desc="sizes", disable=not sys.stderr.isatty()):
        size = f"{width}x{height}"
        starts = [measure_start(size) for _ in range(N_STARTS + 1)][1:]  # the first warms the caches of the disk
        played = measure_swiping(size, data, options.seconds)
        windows.append(Window(size, starts, measure_start(size, first=True), played))
    return windows


def describe() -> dict[str, Any]:
    """On what is measured."""
    return {
        "processor": processor(),
        "n_cpus": os.cpu_count() or 0,
        "load_average": os.getloadavg()[0],
        "system": system(),
        "versions": {**versions(), "kivy": version("kivy")},
        "display": os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or "offscreen, drawn by the processor",
    }


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    environment = describe()
    try:
        windows = run(options)
    except (ValueError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"benchmarks.keyboard: {error}")
    if options.json:
        print(json.dumps({"environment": environment, "windows": [asdict(window) for window in windows]}))
        return
    print(f"{environment['processor']}, {environment['n_cpus']} CPUs, load {environment['load_average']:.2f}; {environment['system']}")
    print(", ".join(f"{name} {number}" for name, number in environment["versions"].items()) + f"; {environment['display']}")
    for window in windows:
        print("\n" + "\n".join(window.lines()))


if __name__ == "__main__":
    main()
