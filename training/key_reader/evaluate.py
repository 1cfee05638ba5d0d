"""`python -m training.key_reader.evaluate CKPT DEV --train TRAIN`: how often a checkpoint finds the word, on many keyboards and languages.

It needs no export. `training.evaluate` measures what is exported, as the keyboard runs it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from engine.arguments import positive
from engine.console import survives_its_output
from engine.grid import Grid, load_grids, pick_grid
from engine.key_places import KeyPlaces
from engine.language import language_of
from engine.naming import check_choice
from engine.recognizer import open_lexicon
from engine.shipped import DEFAULT_GRID
from training.data.swipe_data import SwipeData, load_swipes
from training.key_reader import trials
from training.key_reader.checkpoint import load
from training.key_reader.config import HELD_OUT
from training.key_reader.layouts import any_keys, home_grid
from training.key_reader.samples import left_out
from training.key_reader.search import N_WORDS, FirstPass, Scores, Weights, accuracy, score
from training.key_reader.segments import cut
from training.key_reader.trials import Trial

REAL = ("dev", "mirrored", "sheared", "125hz", "60hz", "30hz", "held_out")
SPLICED = ("en", "ru", "de", "es", "fr", "el", "ru_scrambled", "en_scrambled")
SCRAMBLED = "_scrambled"
"""What the name of a trial ends in whose letters lie anywhere."""
SLANT = 0.3
LONGEST_WORD = 32
"""Letters; nobody swipes longer ones."""
KINDS = ("sentence", "frequent", "common", "uncommon", "oddity")
TUNED = itertools.product((0.2, 0.3, 0.4, 0.5, 0.6), (0.0, 0.3, 0.5, 0.7, 0.9), (0.4, 0.5, 0.6, 0.7, 0.8, 1.0), (0.0, 0.5, 1.0))
"""Weights that --tune tries: of the CTC head, of nothing, of the prior, of letters."""
TRIED = tuple(Weights(*one) for one in TUNED)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.key_reader.evaluate", description=__doc__)
    parser.add_argument("checkpoint", type=Path, metavar="CKPT")
    parser.add_argument("data", type=Path, metavar="DEV", help=f"recorded swipes with their words, on {DEFAULT_GRID}")
    parser.add_argument(
        "--train", type=Path, required=True, metavar="FILE", help="training swipes: for words they lack, and people held out"
    )
    parser.add_argument("--trials", default=",".join((*REAL, *SPLICED)), metavar="NAMES", help="separated by commas (default: %(default)s)")
    parser.add_argument("--every", type=positive, default=1, metavar="N", help="only each Nth swipe")
    defaults = Weights()
    parser.add_argument("--ctc", type=float, default=defaults.ctc, help="weight of the CTC head (default: %(default)s)")
    parser.add_argument("--nothing", type=float, default=defaults.nothing, help="share of the expectation taken off (default: %(default)s)")
    parser.add_argument("--prior", type=float, default=defaults.prior, help="weight of the log prior (default: %(default)s)")
    parser.add_argument("--letters", type=float, default=defaults.letters, help="nats that each letter adds (default: %(default)s)")
    parser.add_argument("--words", type=positive, default=N_WORDS, metavar="N", help="that the first pass leaves to the decoder, at most")
    parser.add_argument("--tune", action="store_true", help="also show the best weights of each trial")
    parser.add_argument("--live", action="store_true", help="use the last weights, not their average")
    parser.add_argument("--json", action="store_true", help="one JSON object per row on stdout, instead of a table")
    parser.add_argument("--scores", type=Path, metavar="FOLDER", help="keep the parts of all scores there")
    return parser.parse_args(arguments)


def chosen(options: argparse.Namespace) -> Iterator[Trial]:
    """The trials that were asked for. Raises: ValueError, OSError for what cannot be used."""
    names, grid = options.trials.split(","), pick_grid(load_grids(), DEFAULT_GRID)
    for name in names:
        check_choice("trial", name, (*REAL, *SPLICED))
    data = load_swipes(options.data).key_sequences(dev_alphabet(), LONGEST_WORD)
    dev = trials.real("dev", data, grid, open_lexicon(None))
    for name in names:
        if name in REAL:
            yield real_trial(name, dev, grid, options.train)
    if spliced := [name for name in names if name in SPLICED]:
        bank = cut(dev.recorded.data, dev.recorded.words, dev.recorded.keys[:, :2].astype(np.float64))
        for name in spliced:
            code = name.removesuffix(SCRAMBLED)
            lexicon = trials.language_lexicon(code)
            places = KeyPlaces.on(home_grid(code), lexicon.alphabet)
            if name.endswith(SCRAMBLED):
                anywhere = any_keys(len(places), np.random.default_rng(5))[: len(places)]
                yield trials.spliced(f"{code}, letters anywhere", bank, lexicon, anywhere, places.key_of)
            else:
                yield trials.spliced(code, bank, lexicon, places.keys, places.key_of)


def dev_alphabet() -> str:
    """The letters of the recorded swipes' words."""
    return language_of(pick_grid(load_grids(), DEFAULT_GRID)).alphabet


def real_trial(name: str, dev: Trial, grid: Grid, train: Path) -> Trial:
    """A trial of real swipes."""
    match name:
        case "dev":
            return dev
        case "mirrored":
            return trials.mirrored(dev)
        case "sheared":
            return trials.sheared(dev, SLANT, grid)
        case "held_out":
            held_out = load_swipes(train).key_sequences(dev.lexicon.alphabet, LONGEST_WORD).split_by_user(HELD_OUT)[1]
            return trials.real("held out people", held_out, grid, dev.lexicon)
    return trials.at_rate(dev, float(name.removesuffix("hz")))


def strata(data: SwipeData, train: SwipeData, without_words: float) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """The swipes of each kind of words."""
    counts = Counter(train.words.tolist())
    times = np.array([counts[word] for word in data.words.tolist()])
    yield "  words never swiped in training", times == 0
    yield "  words swiped fewer than 4 times", times < 4
    yield "  words that training left out", np.array([left_out(word, without_words) for word in data.words.tolist()])
    for kind in KINDS:
        yield f"  {kind}", data.prompts == kind
    yield "  clean", data.clean


def rows(trial: Trial, scores: Scores, weights: Weights, first_prior: float) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """(name, ranks): the trial, and what its parts would do alone."""
    yield trial.name, scores.ranks(weights)
    yield "  CTC head alone", scores.ranks(Weights(1.0, 0.0, first_prior, 0.0))
    yield "  decoder, nothing taken off", scores.ranks(replace(weights, nothing=0.0, letters=0.0))


def best_weights(scores: Scores) -> Weights:
    """The weights with the highest top-1, and of those the highest top-4."""
    return max(TRIED, key=lambda weights: accuracy(scores.ranks(weights)))


def show(name: str, ranks: npt.NDArray[np.int64], as_json: bool) -> None:
    """Prints a row."""
    top_1, top_4, among = accuracy(ranks)
    if as_json:
        print(json.dumps({"trial": name.strip(), "swipes": len(ranks), "top_1": top_1, "top_4": top_4, "among": among}), flush=True)
    else:
        print(f"{name:36}{len(ranks):7,}{top_1:8.2f}{top_4:8.2f}{among:8.2f}", flush=True)


def run(options: argparse.Namespace) -> None:
    """Raises: ValueError, OSError for what cannot be used."""
    torch.set_num_threads(1)
    checkpoint = load(options.checkpoint)
    network, weights = checkpoint.network(averaged=not options.live), Weights(options.ctc, options.nothing, options.prior, options.letters)
    first = FirstPass(options.words)
    train = load_swipes(options.train).key_sequences(dev_alphabet(), LONGEST_WORD)
    if not options.json:
        print(f"{options.checkpoint}, {json.dumps(asdict(weights))}\n{'':36}{'swipes':>7}{'top-1':>8}{'top-4':>8}{'among':>8}", flush=True)
    for whole in chosen(options):
        trial = whole.every(options.every)
        scores = score(network, trial, first)
        for name, ranks in rows(trial, scores, weights, first.prior):
            show(name, ranks, options.json)
        if trial.recorded.data.prompts.any():
            for name, of in strata(trial.recorded.data, train, checkpoint.without_words):
                if of.any():
                    show(name, scores.ranks(weights)[of], options.json)
        if options.tune:
            best = best_weights(scores)
            show(f"  best: {best.ctc:g}, {best.nothing:g}, {best.prior:g}, {best.letters:g}", scores.ranks(best), options.json)
        if options.scores:
            options.scores.mkdir(parents=True, exist_ok=True)
            np.savez(options.scores / f"{trial.name}.npz", **vars(scores), words=trial.recorded.data.words)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"training.key_reader.evaluate: {error}")
    except KeyboardInterrupt:
        sys.exit("training.key_reader.evaluate: stopped")


if __name__ == "__main__":
    main()
