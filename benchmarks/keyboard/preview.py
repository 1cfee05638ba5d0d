"""`python -m benchmarks.keyboard.preview`: how the word over the keys behaves while recorded swipes are drawn, and without the filter."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.common.environment import read_records
from engine import Candidate, Swipe, SwipeRecognizer, recordings
from engine.console import survives_its_output
from keyboard_app.session.preview import REST_MS, REST_STEP, PreviewFilter

FRAME_MS = 1000 / 60
SHORT_MS = 150.0
"""a word that is shown for less time can hardly be read"""


@dataclass(frozen=True)
class Shown:
    """What was shown over the keys during one swipe."""

    words: tuple[tuple[float, str], ...]
    """(ms, word) for every change, the first word included"""
    n_decoded: int
    n_at_rest: int
    """changes while the finger rested"""
    n_letters: int
    right: bool
    """whether the word that was written was the one shown at the lift"""


@dataclass(frozen=True)
class Figures:
    """Means over swipes."""

    n_swipes: int
    changes: float
    at_rest: float
    """of the changes, those while the finger rested"""
    short: float
    """words that were shown for less than SHORT_MS before another came"""
    right: float
    """share of the swipes whose written word was the one shown at the lift"""
    first_ms: float
    """median time of the first word"""
    decoded: float
    letters: float
    """of the words that are written"""

    @classmethod
    def of(cls, shown: list[Shown]) -> Figures:
        def mean(values: list[int]) -> float:
            return float(np.mean(values))

        return cls(
            n_swipes=len(shown),
            changes=mean([max(len(one.words) - 1, 0) for one in shown]),
            at_rest=mean([one.n_at_rest for one in shown]),
            short=mean([sum(after - before < SHORT_MS for (before, _), (after, _) in pairwise(one.words)) for one in shown]),
            right=mean([one.right for one in shown]),
            first_ms=float(np.median([one.words[0][0] for one in shown if one.words])),
            decoded=mean([one.n_decoded for one in shown]),
            letters=mean([one.n_letters for one in shown]),
        )


class EveryFrame(PreviewFilter):
    """No filter: what every frame would show."""

    def wants(self, swipe: Swipe) -> bool:
        return True

    def show(self, candidates: list[Candidate]) -> str:  # type: ignore[override]
        return candidates[0].word if candidates else self.shown


def prefixes(swipe: Swipe) -> Iterator[Swipe]:
    """The swipe as it grows from frame to frame of a 60 Hz window; frames in which it did not grow are left out."""
    ends = np.arange(FRAME_MS, swipe.t[-1] - swipe.t[0], FRAME_MS)
    for n_points in np.unique(np.searchsorted(swipe.t - swipe.t[0], ends, side="right")):
        if n_points >= 2:
            yield Swipe(swipe.x[:n_points], swipe.y[:n_points], swipe.t[:n_points])


def rests(swipe: Swipe, key_width: float) -> bool:
    """Whether the finger has stayed in its place for a while. It is independent of the filter's own rule, which it checks."""
    before = swipe.t <= swipe.t[-1] - REST_MS
    recent = max(int(before.sum()) - 1, 0)
    away = np.hypot(swipe.x[recent:] - swipe.x[-1], swipe.y[recent:] - swipe.y[-1])
    return bool(before.any() and away.max() < REST_STEP * key_width)


def draw(swipe: Swipe, recognizer: SwipeRecognizer, preview: PreviewFilter) -> Shown | None:
    """Draws one swipe; None where it has no word."""
    written = recognizer.recognize(swipe)
    if not written:
        return None
    preview.reset()
    words: list[tuple[float, str]] = []
    n_decoded = n_at_rest = 0
    for prefix in prefixes(swipe):
        if preview.wants(prefix):
            n_decoded += 1
            word = preview.show(recognizer.recognize(prefix))
            if word and (not words or words[-1][1] != word):
                n_at_rest += bool(words) and rests(prefix, recognizer.grid.key_width)
                words.append((float(prefix.t[-1] - prefix.t[0]), word))
    right = bool(words) and words[-1][1] == written[0].word
    return Shown(tuple(words), n_decoded, n_at_rest, len(written[0].key_sequence), right)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.keyboard.preview", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="FILE", help=f"recorded swipes (default: {recordings.DEFAULT})")
    parser.add_argument("--n-swipes", type=int, default=500, metavar="N", help="how many, evenly spread (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> dict[str, Figures]:
    """Figures with the filter and without it. Raises: ModelBundleError, ValueError, OSError."""
    recognizer = SwipeRecognizer.load()
    records = read_records(options.data or recordings.default_recordings(), options.n_swipes)
    filters = {"filtered": PreviewFilter(recognizer.grid.key_width), "every frame": EveryFrame(recognizer.grid.key_width)}
    shown: dict[str, list[Shown]] = {name: [] for name in filters}
    for record in tqdm(records, desc="swipes", disable=not sys.stderr.isatty()):
        for name, preview in filters.items():
            one = draw(record.swipe, recognizer, preview)
            if one is not None:
                shown[name].append(one)
    return {name: Figures.of(swipes) for name, swipes in shown.items()}


def as_table(figures: dict[str, Figures]) -> str:
    rows = {name: asdict(one) for name, one in figures.items()}
    columns = list(next(iter(rows.values())))
    lines = ["per swipe".ljust(12) + "".join(f"{name:>11}" for name in columns)]
    lines += [name.ljust(12) + "".join(f"{row[column]:11.2f}" for column in columns) for name, row in rows.items()]
    return "\n".join(lines)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        figures = run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"benchmarks.keyboard.preview: {error}")
    print(json.dumps({name: asdict(one) for name, one in figures.items()}) if options.json else as_table(figures))


if __name__ == "__main__":
    main()
