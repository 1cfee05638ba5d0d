"""`python -m benchmarks.keyboard.window`: swipes in one window of the keyboard, as JSON. benchmarks.keyboard starts it for every size."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.common.environment import read_records
from engine import SwipeRecord
from keyboard_app.style.kivy_setup import DEFAULT_SIZE, NoDisplayError, prepare, window_size

SHORTEST_S = 1.0
"""the least that a swipe and the gap after it take on average"""


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyboard.window", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help="recorded swipes")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="how long to swipe (default: %(default)s)")
    parser.add_argument("--size", type=window_size, default=DEFAULT_SIZE, metavar="WxH", help="pixels of the window")
    return parser.parse_args(arguments)


def a_stretch(data: Path, seconds: float, gap_s: float) -> list[SwipeRecord]:
    """Swipes from all over the file, as many as fit into the time with a gap after each. Raises: ValueError, OSError."""
    records = read_records(data, max(1, round(seconds / SHORTEST_S)))
    lengths = [float(record.swipe.t[-1] - record.swipe.t[0]) / 1000 + gap_s for record in records]
    n_fitting = int(np.searchsorted(np.cumsum(lengths), seconds, side="right"))
    spread = np.linspace(0, len(records) - 1, max(1, n_fitting)).round().astype(int)
    return [records[place] for place in spread]


def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        prepare(options.size)
        from benchmarks.keyboard import player  # opens a window of the size it finds

        records = a_stretch(options.data, options.seconds, player.GAP_S)
        played = player.summarize(player.play(records))
    except (ValueError, OSError, NoDisplayError) as error:
        sys.exit(f"benchmarks.keyboard.window: {error}")
    print(json.dumps(asdict(played)))


if __name__ == "__main__":
    main()
