"""A search without a lexicon: a beam of any letters, whose guesses are then replaced by the nearest words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import DamerauLevenshtein, Levenshtein
from rapidfuzz.process import cdist

from benchmarks.common.agreement import ScoredWord
from benchmarks.searches.words import Problem, WordIndex, best, in_trees, score
from engine.beam_search import mixed_log_probs
from engine.ctc import CtcPrefixes
from engine.model import NO_PARENT


@dataclass(frozen=True, eq=False)
class Repair:
    """What guesses are repaired with. Build it with `of`, once for all swipes."""

    index: WordIndex
    spelt: npt.NDArray[np.object_]
    """(n_words,) the words of index.alphabetical, as str"""

    @classmethod
    def of(cls, index: WordIndex) -> Repair:
        words = [word for word, _ in index.lexicon.key_sequences()]
        return cls(index, np.array(words, dtype=object))

    def search(self, problem: Problem, beam_width: int, n_edits: int) -> list[ScoredWord]:
        """The best of the words within n_edits of any guess of a beam. Scores are those of the words."""
        guesses = [guess.key_sequence for guess in guess_letters(problem, beam_width)]
        near = self.index.no_longer_than(self.index.alphabetical[self.near(guesses, n_edits)], problem.decoder.max_letters)
        trees = in_trees(self.index, near)
        return best(problem, [tree.words for tree in trees], [score(problem, tree) for tree in trees])

    def near(self, guesses: list[str], n_edits: int) -> npt.NDArray[np.intp]:
        """The places in `spelt`, ascending, of the words within a Damerau-Levenshtein distance of n_edits of any guess.

        A swap of letters is two edits without swaps, so words beyond twice as many of those are left out first: for 16
        guesses among 294,000 words 250 ms instead of 1,180.
        """
        if not guesses:
            return np.empty(0, np.intp)
        rough = cdist(guesses, self.spelt, scorer=Levenshtein.distance, score_cutoff=2 * n_edits)
        maybe = np.flatnonzero((rough <= 2 * n_edits).any(axis=0))
        distances = cdist(guesses, self.spelt[maybe], scorer=DamerauLevenshtein.distance, score_cutoff=n_edits)
        return maybe[(distances <= n_edits).any(axis=0)]


def guess_letters(problem: Problem, beam_width: int) -> list[ScoredWord]:
    """The beam_width most probable sequences of letters that a beam of that width finds, words or not; the prior is not used.

    Stops when nothing longer can be among them. Ties: the shorter, then the one whose prefix ranked higher.
    """
    decoder, ctc_weight = problem.decoder, problem.options.ctc_weight
    tokens, rows, cache = np.array([problem.start]), np.full(1, NO_PARENT), decoder.empty_cache
    prefixes, letters, scores = CtcPrefixes.empty(problem.memory.ctc_log_probs), [""], np.zeros(1)
    finished: list[ScoredWord] = []
    while letters and len(letters[0]) <= decoder.max_letters:
        first_row = len(cache)
        output = decoder.step(tokens, rows, cache, problem.memory)
        cache = output.cache
        reached = scores[:, None] + mixed_log_probs(output.log_probs, prefixes, ctc_weight)
        finished += [ScoredWord(word, value) for word, value in zip(letters, reached[:, -1].tolist(), strict=True) if value > -math.inf]
        finished = sorted(finished, key=lambda one: -one.score)[:beam_width]
        floor = finished[-1].score if len(finished) == beam_width else -math.inf
        order = np.argsort(-reached[:, :-1], axis=None, kind="stable")[:beam_width]
        parents, tokens = np.divmod(order[reached[:, :-1].flat[order] > floor], len(decoder.alphabet))
        if ctc_weight > 0:
            prefixes = prefixes.extend(parents, tokens)
        letters = [letters[parent] + decoder.alphabet[token] for parent, token in zip(parents.tolist(), tokens.tolist(), strict=True)]
        rows, scores = first_row + parents, reached[parents, tokens]
    return finished
