"""`python -m benchmarks.shark2.tune TRAIN`: the Shark2Options that find most words. For training swipes, never for dev."""

from __future__ import annotations

import argparse
import math
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from benchmarks.shark2.__main__ import decode, labelled_records
from benchmarks.shark2.templates import PAPER, Shark2, Shark2Options
from engine.accuracy import Accuracy
from engine.arguments import positive
from engine.console import survives_its_output
from engine.grid import Grid, load_grids, pick_grid
from engine.lexicon import Lexicon
from engine.recognizer import open_lexicon
from engine.shipped import DEFAULT_GRID
from engine.swipe_file import SwipeRecord

TUNED = ("location_scale", "shape_scale", "start_scale", "end_scale", "touch_offset", "end_weight", "tunnel_radius")
"""The options that are changed, in this order; the others trade accuracy for time."""
STEPS = (1.3, 1.12)
"""Factors by which an option is made larger or smaller, the next one once none improves."""


@dataclass(frozen=True)
class Trial:
    """Options, and what they gave."""

    options: Shark2Options
    accuracy: Accuracy

    def __str__(self) -> str:
        settings = " ".join(f"{name} {getattr(self.options, name):.3g}" for name in TUNED)
        return f"top-1 {self.accuracy.top_1:.2%} top-4 {self.accuracy.top_4:.2%} swipe_mrr {self.accuracy.swipe_mrr:.4f}  {settings}"


@dataclass(frozen=True, eq=False)
class Tuning:
    """The swipes that options are tried on, and the lexicon and the grid."""

    records: list[SwipeRecord]
    lexicon: Lexicon
    grid: Grid

    def attempt(self, options: Shark2Options) -> Trial:
        return Trial(options, decode(Shark2(self.lexicon, self.grid, options), self.records)[0])

    def climb(self, start: Shark2Options) -> Trial:
        """Coordinate ascent on swipe_mrr: one option at a time, larger and smaller, as long as that helps."""
        best = self.attempt(start)
        tqdm.write(str(best), file=sys.stderr)
        for step in STEPS:
            improved = True
            while improved:
                improved = False
                for name in tunable(start):
                    for factor in (step, 1 / step):
                        trial = self.attempt(replace(best.options, **{name: getattr(best.options, name) * factor}))
                        if trial.accuracy.swipe_mrr > best.accuracy.swipe_mrr:
                            best, improved = trial, True
                            tqdm.write(str(best), file=sys.stderr)
        return best


def tunable(options: Shark2Options) -> list[str]:
    """Those of TUNED that a factor changes: neither 0 (switched off) nor infinite (does not count)."""
    return [name for name in TUNED if 0 < getattr(options, name) < math.inf]


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shark2.tune", description=__doc__)
    parser.add_argument("data", type=Path, metavar="TRAIN", help="recorded swipes with their words")
    parser.add_argument("--n", type=positive, default=2000, metavar="N", help="how many, evenly spread (default: %(default)s)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    parser.add_argument("--grid", default=DEFAULT_GRID, metavar="NAME", help="grid of all swipes (default: %(default)s)")
    parser.add_argument("--paper", action="store_true", help="start from the paper's way of matching")
    return parser.parse_args(arguments)


def run(arguments: argparse.Namespace) -> Trial:
    """Raises: ValueError, OSError for what cannot be used."""
    records = labelled_records(arguments.data, arguments.n)
    tuning = Tuning(records, open_lexicon(arguments.lexicon), pick_grid(load_grids(), arguments.grid))
    return tuning.climb(PAPER if arguments.paper else Shark2Options())


@survives_its_output
def main() -> None:
    arguments = parse_args(sys.argv[1:])
    try:
        print(run(arguments))
    except (ValueError, OSError) as error:
        sys.exit(f"benchmarks.shark2.tune: {error}")


if __name__ == "__main__":
    main()
