"""Which written words a context model knows, and how written words become their numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.context.word_classes import WordClasses, choose_endings, starts_with_capital
from engine.context.words import NUMBER
from engine.lexicon import key_sequence
from training.context.corpus import Corpus, Text

START = 0
"""The row of the beginning of a sentence."""
NUMBER_ROW = 1
FIRST_CLASS = 2
LEAST_SHARE = 0.15
"""What a second casing (may, May) has at least of a word's uses to be a word of its own."""
LEAST_COUNT = 40.0
"""How often it stands in the text at least."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The rows of a model: the beginning of a sentence, any number, the classes of unknown words, then words, the commonest first."""

    words: tuple[str, ...]
    classes: WordClasses
    frequencies: npt.NDArray[np.float64]
    """(n_rows,) shares of all words in the weighted text; 0 for START"""

    @property
    def first_word(self) -> int:
        return FIRST_CLASS + len(self.classes)

    @property
    def n_rows(self) -> int:
        return self.first_word + len(self.words)


@dataclass(frozen=True, eq=False)
class Encoder:
    """Written numbers of a corpus -> rows of a vocabulary."""

    as_written: npt.NDArray[np.uint16]
    """(n_written,) for a word whose capitals mean something"""
    commonest: npt.NDArray[np.uint16]
    """(n_written,) for one at the beginning of a sentence, or in a text without capitals"""

    def rows(self, text: Text) -> npt.NDArray[np.uint16]:
        """(n,) of all words of the text."""
        means = text.is_cased[text.sentence_of] & ~text.is_first
        return np.where(means, self.as_written[text.words], self.commonest[text.words])


def build_vocabulary(
    corpus: Corpus, weights: Sequence[float], alphabet: str, n_words: int, n_endings: int = 24
) -> tuple[Vocabulary, Encoder]:
    """weights: of the texts, by which their words count. Held-out sentences do not count."""
    all_counts, telling = _count(corpus, weights)
    forms = _forms(corpus.written, all_counts, telling)
    numbers = {form: i for i, form in enumerate(sorted({form for pair in forms for form in pair}))}
    as_written, commonest = (np.array([numbers[pair[i]] for pair in forms]) for i in (0, 1))
    counts = np.bincount(as_written, weights=telling, minlength=len(numbers))
    counts += np.bincount(commonest, weights=all_counts - telling, minlength=len(numbers))
    ordered = sorted(numbers, key=lambda form: (-counts[numbers[form]], form))
    ordered.remove(NUMBER)
    known, rest = ordered[:n_words], ordered[n_words:]
    sequences = [key_sequence(form, alphabet) or "" for form in rest]
    classes = WordClasses(choose_endings(sequences, [counts[numbers[form]] for form in rest], n_endings))
    row = {NUMBER: NUMBER_ROW}
    row |= {form: FIRST_CLASS + classes.of(sequence, starts_with_capital(form)) for form, sequence in zip(rest, sequences, strict=True)}
    row |= {form: FIRST_CLASS + len(classes) + i for i, form in enumerate(known)}
    rows = np.array([row[form] for form in numbers])
    shares = np.bincount(rows, weights=counts, minlength=FIRST_CLASS + len(classes) + len(known))
    shares = np.maximum(shares, 0.1)
    shares[START] = 0.0
    encoder = Encoder(rows[as_written].astype(np.uint16), rows[commonest].astype(np.uint16))
    return Vocabulary(tuple(known), classes, shares / shares.sum()), encoder


def _count(corpus: Corpus, weights: Sequence[float]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(n_written,) twice: weighted counts of all words, and of those whose capitals mean something."""
    every, telling = np.zeros(len(corpus.written)), np.zeros(len(corpus.written))
    for text, weight in zip(corpus.texts, weights, strict=True):
        kept = ~text.is_held_out[text.sentence_of]
        means = kept & text.is_cased[text.sentence_of] & ~text.is_first
        every += weight * np.bincount(text.words[kept], minlength=len(every))
        telling += weight * np.bincount(text.words[means], minlength=len(every))
    return every, telling


def _forms(written: list[str], every: npt.NDArray[np.float64], telling: npt.NDArray[np.float64]) -> list[tuple[str, str]]:
    """For each written word: which word it is where its capitals mean something, and where they do not."""
    casings: dict[str, list[int]] = defaultdict(list)
    for number, word in enumerate(written):
        casings[word.lower()].append(number)
    forms: list[tuple[str, str]] = [("", "")] * len(written)
    for lower, numbers in casings.items():
        total = sum(telling[number] for number in numbers)
        if total >= 3:
            order = sorted(numbers, key=lambda number: (-telling[number], written[number]))
            commonest = written[order[0]]
        else:
            order = sorted(numbers, key=lambda number: (written[number] != lower, -every[number], written[number]))
            commonest = written[order[0]]
        own = {commonest}
        for number in order[1:]:
            word = written[number]
            plain = word in (lower, lower.capitalize())
            if plain and telling[number] >= LEAST_COUNT and telling[number] >= LEAST_SHARE * total:
                own.add(word)
        for number in numbers:
            forms[number] = (written[number] if written[number] in own else commonest, commonest)
    return forms
