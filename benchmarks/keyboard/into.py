"""`python -m benchmarks.keyboard.into`: how soon a swiped word stands in another program, for each way into it, and what rest costs.

Each way gets a desktop of its own without a screen: Xvfb with openbox, and IBus for it, or sway. A hand swipes over the docked keyboard,
and a GTK program says when it had which text. CONTRIBUTING.md names the packages. The own page is swiped on by benchmarks.keyboard.window.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from tqdm import tqdm

from benchmarks.common.environment import processor, system
from engine import recordings
from engine.console import survives_its_output
from keyboard_app.dock.place import Docked
from tests.support.compositor import open_sway
from tests.support.docked import Dock, docks
from tests.support.input_method import ibus_desktop
from tests.support.pointer import Places, open_display
from tests.support.programs import Desktop, Program, missing, open_desktop, running, wait_for

WAYS = ("own", "xtest", "ibus", "wayland")
NEEDED = {
    "own": ("Xvfb",),
    "xtest": ("Xvfb", "xdotool", "openbox", "gtk"),
    "ibus": ("Xvfb", "xdotool", "openbox", "gtk", "ibus-daemon", "dbus-daemon"),
    "wayland": ("sway", "gtk"),
}
"""programs without which a way cannot be measured"""
SIZE = (1280, 800)
TEXT = """
thanks people about world place great little never after water where right think around another small found still between should
under last might house again while number always show large often together asked going until began country plant
"""
N_WARM = 3
"""words before those that count"""
SETTLED_S = 3.0
"""from the last word to rest: trails have faded then"""
START_S = 180.0
LOADED_S = 15.0
"""from the first frame until the model is loaded, on a busy machine, too"""
ARRIVED_S = 0.4
"""after the lift: what has not come by then is told as late"""
PATIENCE_S = 60.0
GOALS = (40.0, 80.0, 0.005)
"""lift to text in ms, median and p95; share of a core at rest"""


class LiftingHand(Protocol):
    lifted_s: float

    def drag(self, path: Places, before_lift: Callable[[], None] = ...) -> None: ...

    def click(self, x: float, y: float) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Ground:
    """A docked keyboard beside a program that has the focus."""

    dock: Dock
    hand: LiftingHand
    program: Program
    keyboard: int
    """its process"""


@dataclass(frozen=True)
class Measured:
    """What was measured for one way. Milliseconds."""

    into: str
    n_words: int
    lift_to_text: list[float]
    frames: list[float]
    """of the drawing of each frame"""
    at_rest: float
    """share of a core"""

    def line(self) -> str:
        median, p95 = np.percentile(self.lift_to_text, (50, 95))
        frame = np.percentile(self.frames, (50, 95)) if self.frames else (np.nan, np.nan)
        kept = "kept" if median <= GOALS[0] and p95 <= GOALS[1] and self.at_rest <= GOALS[2] else "MISSED"
        return (
            f"{self.into:9}{self.n_words:6}{median:10.1f}{p95:8.1f}{max(self.lift_to_text):8.1f}"
            f"{frame[0]:10.1f}{frame[1]:8.1f}{self.at_rest:12.2%}   {kept}"
        )


HEAD = (
    "               lift to text, ms          frame, ms\n"
    "way      words       p50     p95     max       p50     p95     at rest   (goals: 40 and 80 ms, 0.5 % of a core)"
)


@contextmanager
def on_x11(desktop: Desktop, into: str, folder: Path, *options: str) -> Iterator[Ground]:
    from tests.support.x_hand import XHand

    program = desktop.gtk()
    with keyboard(desktop.environment, folder, into, *options) as process:
        wait_for(lambda: docks(desktop.display.name) or ended(process, folder), "the dock", START_S)
        hand = XHand(desktop.display.name)
        yield Ground(Dock(hand, docks(desktop.display.name)[0], np.random.default_rng(11)), hand, program, process.pid)
        hand.close()


@contextmanager
def on_sway(folder: Path, size: tuple[int, int] = SIZE, *options: str) -> Iterator[Ground]:
    with open_sway(folder, size) as sway:
        os.environ |= {name: sway.environment[name] for name in ("XDG_RUNTIME_DIR", "WAYLAND_DISPLAY")}
        from tests.support.sway_hand import SwayHand

        hand, program = SwayHand(size), sway.gtk()
        with keyboard(sway.environment, folder, "wayland", *options) as process:
            place = Docked().place(size)
            wait_for(lambda: program.size == (size[0], place.y) or ended(process, folder), "room for the dock", START_S)
            yield Ground(Dock(hand, place, np.random.default_rng(11)), hand, program, process.pid)
        hand.close()


@contextmanager
def keyboard(environment: dict[str, str], folder: Path, into: str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The keyboard, whose frames are in FOLDER/frames.json when it has ended."""
    command = [sys.executable, "-m", "benchmarks.keyboard.watched", str(folder / "frames.json")]
    command += ["--config", str(folder / "settings.json"), "--words", str(folder / "words.db"), "--into", into, *options]
    with running(command, environment, folder / "keyboard-log") as process:
        yield process


def ended(process: subprocess.Popen[bytes], folder: Path) -> bool:
    """False. Raises: ValueError if the keyboard has ended, with what it said last."""
    if process.poll() is None:
        return False
    log = (folder / "keyboard-log").read_text(encoding="utf-8", errors="replace").strip()
    raise ValueError(f"the keyboard has ended: {log.rpartition(chr(10))[2]}")


def swipe(ground: Ground, word: str) -> float:
    """Milliseconds from the lift to the last change of the program's text. Raises: TimeoutError where nothing comes."""
    ground.dock.swipe(word)
    lifted_s = ground.hand.lifted_s  # what changes before it is of the word before
    wait_for(lambda: any(time_s > lifted_s for time_s, _ in ground.program.changes), f"'{word}' in the program", PATIENCE_S)
    time.sleep(max(0.0, ground.hand.lifted_s + ARRIVED_S - time.monotonic()))
    return 1000 * (ground.program.changes[-1][0] - ground.hand.lifted_s)


def cpu_s(process: int) -> float:
    """Seconds that the process and its threads have used a core."""
    total = 0
    for task in Path(f"/proc/{process}/task").iterdir():
        total += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return total / 1e9


def share_at_rest(process: int, seconds: float) -> float:
    """How much of a core the process needs while nothing happens."""
    time.sleep(SETTLED_S)
    before, began_s = cpu_s(process), time.monotonic()
    time.sleep(seconds)
    return (cpu_s(process) - before) / (time.monotonic() - began_s)


def measure_own(options: argparse.Namespace, folder: Path) -> Measured:
    with open_display(*SIZE, folder / "display") as display:
        environment = display.environment
        data = options.data or recordings.default_recordings()
        command = [sys.executable, "-m", "benchmarks.keyboard.window", "--data", str(data), "--seconds", str(options.seconds)]
        played = json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)
        with keyboard(environment, folder, "own") as process:
            wait_for(lambda: display.is_drawn(0.1), "the window", START_S)
            time.sleep(LOADED_S)
            at_rest = share_at_rest(process.pid, options.rest)
    return Measured("own", played["n_words"], played["written"], played["work"], at_rest)


def measure_dock(ground: Ground, options: argparse.Namespace) -> tuple[list[float], float]:
    time.sleep(SETTLED_S)
    words = list(itertools.islice(itertools.cycle(TEXT.split()), options.words + N_WARM))
    times = [swipe(ground, word) for word in tqdm(words, desc="words", leave=False, disable=not sys.stderr.isatty())]
    return times[N_WARM:], share_at_rest(ground.keyboard, options.rest)


def measure(into: str, options: argparse.Namespace, folder: Path) -> Measured:
    """Raises: TimeoutError, CalledProcessError, ValueError, OSError."""
    if into == "own":
        return measure_own(options, folder)
    grounds: dict[str, Callable[[], Iterator[Ground]]] = {"xtest": lambda: _x11(folder), "ibus": lambda: _ibus(folder)}
    with on_sway(folder) if into == "wayland" else contextmanager(grounds[into])() as ground:
        times, at_rest = measure_dock(ground, options)
        n_lost = ground.program.losses
    if n_lost:
        raise ValueError(f"{into}: the program lost the focus {n_lost} times")
    frames = json.loads((folder / "frames.json").read_text(encoding="utf-8"))
    return Measured(into, len(times), times, frames, at_rest)


def _x11(folder: Path) -> Iterator[Ground]:
    with open_desktop(folder, size=SIZE) as desktop, on_x11(desktop, "xtest", folder) as ground:
        yield ground


def _ibus(folder: Path) -> Iterator[Ground]:
    with ibus_desktop(folder) as desktop, on_x11(desktop, "ibus", folder) as ground:
        yield ground


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyboard.into", description=__doc__.split("\n")[0])
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of {', '.join(WAYS)} (default: all)")
    parser.add_argument("--words", type=int, default=40, metavar="N", help="how many words are swiped (default: %(default)s)")
    parser.add_argument("--rest", type=float, default=20.0, metavar="S", help="how long rest is measured (default: %(default)s)")
    parser.add_argument("--data", type=Path, metavar="FILE", help=f"recorded swipes for the own page (default: {recordings.DEFAULT})")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="how long to swipe on it (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    options = parser.parse_args(arguments)
    unknown = [way for way in options.ways if way not in WAYS]
    if unknown:
        parser.error(f"there is no way '{unknown[0]}': choose from {', '.join(WAYS)}")
    return options


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    results = []
    if not options.json:
        print(f"{processor()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.2f}; {system()}\n\n{HEAD}", flush=True)
    for way in options.ways or WAYS:
        lacking = missing(*NEEDED[way])
        if lacking:
            print(f"{way:9}not measured: apt install {' '.join(lacking)}", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory(prefix="kg-") as folder:
            try:
                results.append(measure(way, options, Path(folder)))
            except (ValueError, OSError, subprocess.CalledProcessError) as error:
                sys.exit(f"benchmarks.keyboard.into: {way}: {error}")
        if not options.json:
            print(results[-1].line(), flush=True)
    if options.json:
        print(json.dumps([asdict(result) for result in results]))


if __name__ == "__main__":
    main()
