"""`python -m training.context.pairs TEXT --swipes DEV`: what a person's own pairs of words are worth beside a context model.

The text is one that one person wrote, a sentence a line, in its order. Its first half is learnt from, and its second half is written with
swipes spliced from the recorded ones; what has been written goes on being learnt. Every swipe is read without pairs and with them.
"""

from __future__ import annotations

import argparse
import gzip
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from engine.accuracy import Accuracy, rank_of
from engine.arguments import positive
from engine.console import survives_its_output
from engine.context.words import NUMBER, sentences
from engine.key_places import KeyPlaces
from engine.lexicon import key_sequence
from engine.manifest import ModelBundleError
from engine.recognizer import SwipeRecognizer
from engine.shipped import DEFAULT_GRID
from engine.swipe import Swipe
from engine.words.pairs import PairStrength
from training.data.swipe_data import load_swipes
from training.key_reader import kernels, trials
from training.key_reader.kernels import Segments
from training.key_reader.segments import cut

STRENGTHS = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Values of PairStrength.words that are tried where nobody says otherwise."""
N_OFFERED = 3
SEED = 5


@dataclass(frozen=True)
class Written:
    """A word of the second half."""

    word: str
    sequence: str
    before: str


@dataclass
class Tally:
    """What one way of counting pairs found."""

    ranks: list[int | None]
    offered: list[bool]
    """whether the word was among the next words that were offered"""

    def line(self, name: str) -> str:
        accuracy = Accuracy.of_ranks(self.ranks)
        offered = sum(self.offered) / len(self.offered)
        return f"{name:>28}{accuracy.top_1:9.2%}{accuracy.top_4:9.2%}{offered:20.2%}"


class Splicer:
    """Makes swipes of words out of pieces of recorded ones."""

    def __init__(self, recognizer: SwipeRecognizer, swipes: Path) -> None:
        """swipes: recorded on the recognizer's grid."""
        alphabet = recognizer.lexicon.alphabet
        data = load_swipes(swipes).key_sequences(alphabet, recognizer.model.max_letters)
        recorded = trials.real("", data, recognizer.grid, recognizer.lexicon).recorded
        self._bank: Segments = cut(recorded.data, recorded.words, recorded.keys[:, :2].astype(np.float64))
        self._places, self._alphabet = KeyPlaces.on(recognizer.grid, alphabet), alphabet
        kernels.seed(SEED)

    def swipe(self, sequence: str) -> Swipe:
        keys = [int(self._places.key_of[self._alphabet.index(letter)]) for letter in sequence]
        x, y, t = trials.spliced_swipe(self._bank, keys, self._places.keys)
        size, middle = self._places.size, self._places.middle
        return Swipe(x * size[0] + middle[0], y * size[1] + middle[1], t)


def sentences_of(path: Path) -> list[list[str]]:
    """The sentences of a text in their order. Raises: ValueError where there are fewer than two; OSError."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        found = sentences(file.read())
    if len(found) < 2:
        raise ValueError(f"{path.name} has {len(found)} sentences, expected two or more: half of them are learnt from")
    return found


def measured(sentence: Sequence[str], alphabet: str, longest: int) -> Iterator[Written]:
    """The words of a sentence that can be swiped."""
    for place, word in enumerate(sentence):
        sequence = key_sequence(word, alphabet)
        if word != NUMBER and sequence and len(sequence) <= longest:
            yield Written(word, sequence, " ".join((*sentence[:place], "")))


def compare(
    recognizer: SwipeRecognizer, splicer: Splicer, text: Sequence[Sequence[str]], strengths: Sequence[float], most: int
) -> list[str]:
    """The report's lines. most: words of the second half that are measured, spread evenly."""
    words, ways = recognizer.words, [None, *strengths]
    tallies = {way: Tally([], []) for way in ways}
    first, second = text[: len(text) // 2], text[len(text) // 2 :]
    for sentence in first:
        words.learn_text(" ".join(sentence))
    every, seen, n_learnt = max(1, sum(map(len, second)) // most), 0, len(words.pairs)
    for sentence in tqdm(second, desc="writing", unit=" sentences", disable=not sys.stderr.isatty()):
        for one in measured(sentence, recognizer.lexicon.alphabet, recognizer.model.max_letters):
            seen += 1
            if seen % every:
                continue
            swipe = splicer.swipe(one.sequence)
            for way in ways:
                words.pairs.enabled = way is not None
                words.pairs.strength = PairStrength(way or 1.0)
                found = recognizer.recognize(swipe, before=one.before)
                tallies[way].ranks.append(rank_of(one.word, found, recognizer.lexicon.alphabet))
                offered = [next_word.word.lower() for next_word in recognizer.next_words(one.before, N_OFFERED)]
                tallies[way].offered.append(one.word.lower() in offered)
            words.pairs.enabled = True
        words.learn_text(" ".join(sentence))
    lines = [f"{sum(map(len, first)):,} words learnt from, {n_learnt:,} different pairs; {len(tallies[None].ranks):,} words swiped"]
    lines.append(f"{'':28}{'top-1':>9}{'top-4':>9}{'next among three':>20}")
    return lines + [tally.line("no pairs" if way is None else f"words {way:g}") for way, tally in tallies.items()]


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.context.pairs", description=__doc__)
    parser.add_argument("text", type=Path, metavar="TEXT", help="what one person wrote, plain or .gz")
    parser.add_argument("--swipes", type=Path, required=True, metavar="DATA", help=f"recorded swipes with their words, on {DEFAULT_GRID}")
    parser.add_argument("--strengths", type=float, nargs="+", default=STRENGTHS, metavar="WORDS", help="what is tried (PairStrength.words)")
    parser.add_argument("--most", type=positive, default=3_000, metavar="N", help="words to swipe at most (default: %(default)s)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> list[str]:
    """Raises: ModelBundleError, ValueError, OSError for what cannot be used."""
    text, recognizer = sentences_of(options.text), SwipeRecognizer.load(grid=DEFAULT_GRID)
    return compare(recognizer, Splicer(recognizer, options.swipes), text, options.strengths, options.most)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        lines = run(options)
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"training.context.pairs: {error}")
    except KeyboardInterrupt:
        sys.exit("training.context.pairs: stopped")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
