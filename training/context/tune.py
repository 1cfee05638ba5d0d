"""`python -m training.context.tune DATA`: how much the words before should count, cross-fitted over people and sentences.

Options are drawn at random, and all scored on the same words of each swipe. A swipe is then ranked with the mean of those that are best
for other people's swipes of other sentences; the mean of those that are best for all swipes comes out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from engine.arguments import positive
from engine.console import survives_its_output
from engine.context.model import Context
from engine.context.ranking import MOST_EVIDENCE, USUAL, ContextOptions, WordsBefore
from engine.lexicon import key_sequence
from engine.manifest import ModelBundleError
from engine.recognizer import SwipeRecognizer
from training.evaluation.contexts import Place, SentenceSoFar, load_places
from training.evaluation.decode_data import DataDecoder, add_setup_arguments, setup_of

N_WORDS = 40
"""Words of a swipe that are ranked."""
N_FOLDS = 4
"""Groups of people, and of sentences."""
N_MEAN = 12
"""Options whose mean is taken."""
TOP_4 = 0.35
"""What a word among the first four is worth, beside 1 for the first."""
MISSED = 99
Floats = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lists:
    """The words of n swipes, W each, and what the words before say of them, in parts that do not depend on the options."""

    scores: Floats
    """(n, W) without the words before; -inf where there are fewer words"""
    against_text: Floats
    """(n, W) gain on the model's own word frequencies"""
    against_lexicon: Floats
    """(n, W) gain on the lexicon's priors"""
    unknown: Floats
    """(n, W) 1 for a word that the model does not know"""
    meant: Ranks
    """(n,) which of the words was meant; -1 for none"""
    gains: Floats
    """(n, most words before), as Context has them, the latest last, padded with NaN in front"""
    log_probs: Floats

    def ranks(self, options: ContextOptions) -> Ranks:
        """(n,) where the word that was meant stands, from 0; MISSED where it is not among the words."""
        share = options.lexicon_share
        gains = (1 - share) * self.against_text + share * self.against_lexicon - options.unknown * self.unknown
        odds = self.trust(options)[:, None]
        added = np.logaddexp(-np.logaddexp(0, odds), gains - np.logaddexp(0, -odds))
        scores = self.scores + options.weight * added
        own = scores[np.arange(len(scores)), np.maximum(self.meant, 0)]
        return np.where(self.meant >= 0, (scores > own[:, None]).sum(axis=1), MISSED)

    def trust(self, options: ContextOptions) -> Floats:
        """(n,) as ranking.trust_in."""
        total = np.zeros(len(self.gains))
        for gain, log_prob in zip(self.gains.T, self.log_probs.T, strict=True):
            evidence = np.clip(gain + options.likely * (log_prob - USUAL), -MOST_EVIDENCE, MOST_EVIDENCE)
            total = np.where(np.isnan(evidence), total, options.memory * total + evidence)
        first = np.isnan(self.gains).all(axis=1)
        odds: Floats = np.where(first, options.trust_first, options.trust + options.trust_gain * total)
        return odds


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.context.tune", description=__doc__)
    add_setup_arguments(parser)
    parser.add_argument("--draws", type=positive, default=400, metavar="N", help="options to try (default: %(default)s)")
    parser.add_argument(
        "--other-weight", type=float, default=0.8, metavar="W", help="weight of swipes of no sentence (default: %(default)s)"
    )
    parser.set_defaults(context="true")
    return parser.parse_args(arguments)


@dataclass(frozen=True, eq=False)
class _List:
    """The same of one swipe."""

    scores: Floats
    parts: Floats
    """(3, words): against_text, against_lexicon, unknown"""
    meant: int
    context: Context


def make_lists(decoder: DataDecoder, so_far: SentenceSoFar) -> Lists:
    """The words of each swipe, ranked without the words before, and what these say of them."""
    recognizer, data = decoder.recognizer, decoder.data
    options = replace(recognizer.default_options, beam_width=N_WORDS, n_best=N_WORDS)
    shows, found = sys.stderr.isatty(), []
    for row in tqdm(range(len(data)), desc="decoding", unit=" swipes", disable=not shows):
        candidates = recognizer.recognize(data.swipe(row), options)
        sequences = [candidate.key_sequence for candidate in candidates]
        meant = key_sequence(str(data.words[row]), recognizer.lexicon.alphabet)
        said = _said(recognizer, so_far.before(row) or "")
        nodes = np.array([recognizer.lexicon.find(sequence) for sequence in sequences], np.int64)
        scores = np.array([candidate.score for candidate in candidates])
        found.append(_List(scores, _parts(said, nodes), sequences.index(meant) if meant in sequences else -1, said.context))
    return _stack(found)


def _said(recognizer: SwipeRecognizer, before: str) -> WordsBefore:
    """Raises: ValueError without a context model."""
    if recognizer.ranking is None:
        raise ValueError("there is no context model for this lexicon: name one with --context-model")
    return recognizer.ranking.words_before(before, recognizer.lexicon)


def _parts(said: WordsBefore, nodes: npt.NDArray[np.int64]) -> Floats:
    settings = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
    one, other, less = (replace(said, options=ContextOptions(lexicon_share=share, unknown=lost)).gains(nodes) for share, lost in settings)
    return np.array([one, other, one - less])


def _stack(lists: Sequence[_List]) -> Lists:
    longest = max(len(one.context.gains) for one in lists)
    scores, parts = np.full((len(lists), N_WORDS), -np.inf), np.zeros((3, len(lists), N_WORDS))
    told = np.full((2, len(lists), longest), np.nan)
    for row, one in enumerate(lists):
        scores[row, : len(one.scores)] = one.scores
        parts[:, row, : len(one.scores)] = one.parts
        n_before = len(one.context.gains)
        told[:, row, longest - n_before :] = np.array([one.context.gains, one.context.log_probs]).reshape(2, n_before)
    meant = np.array([one.meant for one in lists])
    return Lists(scores, parts[0], parts[1], parts[2], meant, told[0], told[1])


def draw(rng: np.random.Generator) -> ContextOptions:
    """Options at random, about the shipped ones."""
    return ContextOptions(
        weight=rng.uniform(0.7, 1.1),
        lexicon_share=rng.uniform(0.3, 1.0),
        unknown=rng.uniform(0.5, 2.2),
        trust_first=rng.uniform(-1.0, 1.0),
        trust=rng.uniform(-1.5, 2.0),
        trust_gain=rng.uniform(0.7, 2.2),
        likely=rng.uniform(0.2, 0.9),
        memory=rng.uniform(0.7, 0.95),
    )


def folds(names: Sequence[str]) -> Ranks:
    """(n,) the group of each name, the same in every run."""
    return np.array([int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % N_FOLDS for name in names])


def mean_of_best(tried: Sequence[ContextOptions], worth: Floats) -> ContextOptions:
    """The mean of the N_MEAN options that are worth most, (options,): the best alone owes much to luck."""
    best = np.argsort(-worth, kind="stable")[:N_MEAN]
    means = {name: float(np.mean([getattr(tried[i], name) for i in best])) for name in asdict(tried[0])}
    return ContextOptions(**means)


def cross_fit(lists: Lists, tried: Sequence[ContextOptions], worth: Floats, people: Ranks, sentences: Ranks) -> Ranks:
    """(n,) the ranks of each group's swipes by the options that are worth most for other people's swipes of other sentences.

    worth: (options, n); people, sentences: (n,) their groups.
    """
    ranks = np.zeros(worth.shape[1], np.int64)
    for person in range(N_FOLDS):
        for sentence in range(N_FOLDS):
            others = (people != person) & (sentences != sentence)
            own = (people == person) & (sentences == sentence)
            ranks[own] = lists.ranks(mean_of_best(tried, worth[:, others].sum(axis=1)))[own]
    return ranks


def shares(name: str, ranks: Ranks, without: Ranks, in_sentence: npt.NDArray[np.bool_]) -> str:
    """A line of the report: top-1 and top-4, and how many swipes got right and wrong by the words before."""
    groups = {"sentences": in_sentence, "others": ~in_sentence, "all": np.ones_like(in_sentence)}
    texts = []
    for group, rows in groups.items():
        one, before = ranks[rows], without[rows]
        mended, broken = ((one == 0) & (before > 0)).sum(), ((one > 0) & (before == 0)).sum()
        texts.append(f"{group} {np.mean(one < 1):.2%} {np.mean(one < 4):.2%} (+{mended} -{broken})")
    return f"{name:14}" + "   ".join(texts)


def run(options: argparse.Namespace) -> list[str]:
    """The report's lines. Raises: ModelBundleError, ValueError, OSError for what cannot be used."""
    decoder, places = setup_of(options).load(), load_places(options.data)
    lists = make_lists(decoder, SentenceSoFar(places, decoder.recognizer.lexicon, "true"))
    in_sentence = decoder.data.prompts == "sentence"
    rng = np.random.default_rng(0)
    tried = [ContextOptions(), *(draw(rng) for _ in range(options.draws))]
    ranks = np.array([lists.ranks(one) for one in tqdm(tried, desc="trying", disable=not sys.stderr.isatty())])
    worth = ((ranks < 1) + TOP_4 * (ranks < 4)) * np.where(in_sentence, 1.0, options.other_weight)
    people = folds([place.user for place in places])
    fitted = cross_fit(lists, tried, worth, people, folds([_sentence(place) for place in places]))
    best = mean_of_best(tried, worth.sum(axis=1))
    without = lists.ranks(ContextOptions(weight=0.0))
    return [
        shares("without", without, without, in_sentence),
        shares("default", ranks[0], without, in_sentence),
        shares("cross-fitted", fitted, without, in_sentence),
        shares("best of all", lists.ranks(best), without, in_sentence),
        json.dumps({name: round(value, 3) for name, value in asdict(best).items()}),
    ]


def _sentence(place: Place) -> str:
    return " ".join(place.sentence or ())


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        lines = run(options)
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"training.context.tune: {error}")
    except KeyboardInterrupt:
        sys.exit("training.context.tune: stopped")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
