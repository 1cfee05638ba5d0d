"""`python -m benchmarks.soak`: many swipes, with words added and removed all the while: is the memory flat, and is the last swipe as fast?

The recordings are decoded again and again, up to --swipes, with words before them. Every few swipes a word is added, boosted, blocked or
removed, and the pair that it makes with the one before is counted. At the end
the recognizer that has done all that and a fresh one decode the same thousand swipes in turns: the ratio of their times is what counts.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random

from tqdm import tqdm

from benchmarks.common.environment import read_records
from benchmarks.common.memory import resident_mb
from benchmarks.common.paired import Ratio, time_in_turns
from engine.arguments import positive
from engine.console import survives_its_output
from engine.recognizer import SwipeRecognizer
from engine.recordings import DEFAULT, default_recordings
from engine.swipe import Swipe
from engine.words.personal import PersonalWords

N_DIFFERENT = 1000
"""recordings that are decoded in turn"""
SWIPES_PER_WORD = 5
N_WORDS = 500
"""words that the person has at most"""
MEMORY_GROWTH, SLOWDOWN = 1.05, 1.10
"""What may become of the memory after the first tenth, and of the time of a swipe."""
N_READINGS = 10


@dataclass(frozen=True)
class Soak:
    """What became of memory and time."""

    n_swipes: int
    n_changes: int
    """of words"""
    resident_mb: list[float]
    """after each tenth of the swipes"""
    slowdown: Ratio
    """the time of a swipe at the end, as a multiple of that of a fresh recognizer"""

    @property
    def growth(self) -> float:
        """The most memory after the first tenth, as a multiple of that after it."""
        return max(self.resident_mb) / self.resident_mb[0]

    @property
    def passes(self) -> bool:
        return self.growth <= MEMORY_GROWTH and self.slowdown.median <= SLOWDOWN

    def lines(self) -> list[str]:
        memory = ", ".join(f"{one:.1f}" for one in self.resident_mb)
        return [
            f"{self.n_swipes:,} swipes, {self.n_changes:,} changes of words",
            f"resident MB after each tenth: {memory}: times {self.growth:.3f} at most, {MEMORY_GROWTH} are allowed",
            f"a swipe takes {self.slowdown} times as long as on a fresh recognizer, {SLOWDOWN} are allowed",
            "passed" if self.passes else "FAILED",
        ]


def soak(recognizer: SwipeRecognizer, swipes: Sequence[Swipe], n_swipes: int, seed: int = 0) -> Soak:
    """Decodes n_swipes, at least N_READINGS, while words come and go; then compares with a fresh recognizer."""
    chance, known = Random(seed), [sequence for sequence, _ in recognizer.lexicon.key_sequences()]
    base, before, n_changes, readings = recognizer.lexicon, "the", 0, []
    for number in tqdm(range(n_swipes), desc="soaking", unit=" swipes", disable=not sys.stderr.isatty()):
        recognizer.recognize(swipes[number % len(swipes)], before=f"{before} ")
        if number % SWIPES_PER_WORD == 0:
            word = change_a_word(recognizer.words, known, chance)
            recognizer.words.learn_pairs([(before, word)])
            before, n_changes = word, n_changes + 1
        if (number + 1) % (n_swipes // N_READINGS) == 0:
            gc.collect()
            readings.append(resident_mb()["now"])
    fresh = SwipeRecognizer(recognizer.bundle, base, recognizer.grid, context=recognizer.context)
    ways = {name: partial(one.recognize, before="the ") for name, one in (("soaked", recognizer), ("fresh", fresh))}
    times = time_in_turns(ways, swipes, warm_up=20)
    return Soak(n_swipes, n_changes, readings[:N_READINGS], times.ratio("soaked", "fresh"))


def change_a_word(words: PersonalWords, known: Sequence[str], chance: Random) -> str:
    """Adds, boosts, learns, blocks or removes a word: one of the lexicon, or one that nobody has. Returns the word."""
    word = chance.choice(known) if chance.random() < 0.5 else "".join(chance.choices("aeiounrst", k=chance.randrange(3, 8)))
    if len(words) >= N_WORDS:
        words.remove(next(iter(words)).word)
    kind = chance.choice(("add", "boost", "learn", "block"))
    if kind == "learn":
        words.learn([(word, 1.0)])
    else:
        {"add": words.add, "boost": words.boost, "block": words.block}[kind](word)
    return word


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="FILE", help=f"recorded swipes (default: {DEFAULT})")
    parser.add_argument("--swipes", type=positive, default=100_000, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of lines")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> int:
    """0 if memory and time stay within what is allowed. Raises: ValueError, OSError."""
    swipes = [record.swipe for record in read_records(args.data or default_recordings(), N_DIFFERENT)]
    found = soak(SwipeRecognizer.load(), swipes, max(args.swipes, N_READINGS))
    print(json.dumps({**asdict(found), "growth": found.growth, "passes": found.passes}) if args.json else "\n".join(found.lines()))
    return 0 if found.passes else 1


@survives_its_output
def main() -> int:
    try:
        return run(parse_args())
    except (ValueError, OSError) as error:
        print(f"benchmarks.soak: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
