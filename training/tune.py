"""`python -m training.tune DATA --bundle FOLDER`: accuracy and time for many search settings, to choose a bundle's defaults. Use dev."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.accuracy import Accuracy
from engine.arguments import positive
from engine.console import survives_its_output
from engine.lexicon import Lexicon
from engine.manifest import ModelBundleError
from engine.search_options import SearchOptions, add_search_argument
from training.evaluation.decode_data import DataDecoder, Outcome, Setup, add_setup_arguments, decode_rows, setup_of
from training.evaluation.metrics import Percentiles, stage_percentiles

WIDE = 24
"""The number of candidates that are ranked again with other prior weights."""


@dataclass(frozen=True)
class Trial:
    """Settings and their results."""

    options: SearchOptions
    accuracy: Accuracy
    milliseconds: Percentiles | None
    """for a whole swipe; None if the candidates of another search were ranked again"""

    def __str__(self) -> str:
        one, found = self.options, self.accuracy
        settings = f"{one.beam_width:6}{one.ctc_weight:8.2f}{one.prior_weight:8.2f}{one.margin:8.1f}"
        shares = f"{100 * found.top_1:9.2f}%{100 * found.top_4:8.2f}%{found.swipe_mrr:11.4f}"
        return settings + shares + (f"{self.milliseconds.p50:9.2f}{self.milliseconds.p95:9.2f}" if self.milliseconds else "")


HEADER = f"{'beam':>6}{'ctc':>8}{'prior':>8}{'margin':>8}{'top-1':>10}{'top-4':>9}{'swipe_mrr':>11}{'ms p50':>9}{'p95':>9}"


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.tune", description=__doc__)
    add_setup_arguments(parser)
    parser.add_argument("--beam-widths", type=positive, nargs="+", default=[6, 10, 16], metavar="N")
    add_search_argument(parser)
    parser.add_argument("--ctc-weights", type=float, nargs="+", metavar="W", help="(default: 0.2 0.35 0.5; 0 without a CTC head)")
    parser.add_argument("--prior-weights", type=float, nargs="+", default=[0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5], metavar="W")
    parser.add_argument("--margins", type=float, nargs="+", default=[6.0, 8.0, 10.0, 12.0, 15.0], metavar="NATS")
    parser.add_argument("--limit", type=positive, default=1000, metavar="N", help="swipes, evenly spread (default: %(default)s)")
    return parser.parse_args(arguments)


@dataclass(frozen=True, eq=False)
class Tuning:
    """The swipes on which settings are tried."""

    setup: Setup
    decoder: DataDecoder
    rows: Sequence[int]
    n_processes: int

    def decode(self, options: SearchOptions) -> Trial:
        outcomes = decode_rows(self.setup, self.rows, options, self.n_processes)
        times = stage_percentiles([outcome.milliseconds for outcome in outcomes])["total"]
        return Trial(options, Accuracy.of_ranks(outcome.rank for outcome in outcomes), times)

    def rank_again(self, options: SearchOptions, prior_weights: Sequence[float]) -> Iterator[Trial]:
        """One wide search whose candidates are ranked with each prior weight: nearly what a search with that weight would find."""
        n_best = min(WIDE, options.beam_width) if options.method == "two_pass" else WIDE  # n_best words widen the first pass
        outcomes = decode_rows(self.setup, self.rows, replace(options, n_best=n_best), self.n_processes)
        for weight in prior_weights:
            change = weight - options.prior_weight
            ranks = [rank_with(self.decoder.recognizer.lexicon, outcome, change) for outcome in outcomes]
            yield Trial(replace(options, prior_weight=weight), Accuracy.of_ranks(ranks), None)


def rank_with(lexicon: Lexicon, outcome: Outcome, change: float) -> int | None:
    """The rank, from 0, of the word's candidate if the prior weight were higher by `change`."""
    if outcome.rank is None:
        return None
    scores = np.array([score + change * lexicon.log_prior(sequence) for sequence, score in outcome.candidates])
    return int((scores > scores[outcome.rank]).sum())


def run(options: argparse.Namespace) -> None:
    """Prints a table of settings, then one of margins at the best of them. Raises: as Setup.load."""
    setup = setup_of(options)
    decoder = setup.load()
    n_swipes = min(options.limit, len(decoder.data))
    rows = np.linspace(0, len(decoder.data) - 1, n_swipes).round().astype(int).tolist()
    tuning = Tuning(setup, decoder, rows, options.processes)
    defaults = decoder.recognizer.default_options
    start = replace(defaults.changed(options.search), margin=float("inf"))
    print(f"{n_swipes} swipes; by ranking the {WIDE} best at prior weight {start.prior_weight} again:\n{HEADER}", flush=True)
    trials: list[Trial] = []
    ctc_weights = options.ctc_weights or ([0.2, 0.35, 0.5] if decoder.recognizer.bundle.has_ctc else [0.0])
    for beam in options.beam_widths:
        for ctc_weight in ctc_weights:
            for trial in tuning.rank_again(replace(start, beam_width=beam, ctc_weight=ctc_weight), options.prior_weights):
                trials.append(trial)
                print(trial, flush=True)
    best = max(trials, key=lambda trial: (trial.accuracy.top_1, trial.accuracy.top_4)).options
    print(f"searches of their own at the best of these weights, timed:\n{HEADER}")
    for beam in options.beam_widths:
        for margin in options.margins:
            print(tuning.decode(replace(best, beam_width=beam, margin=margin)), flush=True)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        run(options)
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"training.tune: {error}")
    except KeyboardInterrupt:
        sys.exit("training.tune: stopped")


if __name__ == "__main__":
    main()
