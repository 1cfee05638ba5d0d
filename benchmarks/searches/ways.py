"""The searches that are compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.common.agreement import ScoredWord
from benchmarks.searches.beam import Pruning, Walk, walk
from benchmarks.searches.words import Problem, WordTree, best, in_trees, score
from engine.beam_search import search
from engine.search_options import Method

N_LIVE = 3_000
"""Hypotheses of one length above which the exact search scores all words below them. Reading on took 72 s of one swipe in 100."""
SLACK = 1e-3
"""nats: two ways to add up the same float32 numbers differ by less"""

Search = Callable[[Problem], list[ScoredWord]]


def engine_search(problem: Problem, method: Method, beam_width: int) -> list[ScoredWord]:
    """The engine's own."""
    options = replace(problem.options, method=method, beam_width=beam_width)
    found = search(problem.decoder, problem.memory, problem.index.lexicon, options)
    alphabet = problem.decoder.alphabet
    return [ScoredWord("".join(alphabet[token] for token in one.tokens), one.score) for one in found]


def greedy(problem: Problem) -> list[ScoredWord]:
    """One word at most: the best on the way of the best letters that the trie allows."""
    single = replace(problem, options=replace(problem.options, n_best=1))
    return pruned(single, Pruning(beam_width=1))


def pruned(problem: Problem, pruning: Pruning) -> list[ScoredWord]:
    """By steps, following what `pruning` allows."""
    done = walk(problem, pruning)
    return best(problem, done.words, done.scores)


def below_prefixes(problem: Problem, n_letters: int, beam_width: int) -> list[ScoredWord]:
    """A beam of n letters, then every word under the prefixes that are left."""
    return _with_all_below(problem, walk(problem, Pruning(beam_width, n_letters=n_letters)))


def exact(problem: Problem) -> list[ScoredWord]:
    """The best of all words, without scoring those that cannot be among them.

    The engine's search gives a score that the n best have at least; every prefix is read whose continuations may reach it.
    Where those get too many, every word below them is scored.
    """
    found = engine_search(problem, problem.options.method, problem.options.beam_width)
    floor = found[-1].score - SLACK if len(found) == problem.options.n_best else -math.inf
    every_node = len(problem.index.parents)
    return _with_all_below(problem, walk(problem, Pruning(every_node, floor=floor, n_live=N_LIVE)))


def _with_all_below(problem: Problem, done: Walk) -> list[ScoredWord]:
    """What was found, and all words under the prefixes that are left."""
    below = problem.index.no_longer_than(problem.index.words_below(done.live), problem.decoder.max_letters)
    trees = in_trees(problem.index, below)
    return best(problem, [*done.words, *(tree.words for tree in trees)], [*done.scores, *(score(problem, tree) for tree in trees)])


@dataclass(frozen=True, eq=False)
class Exhaustive:
    """Scores every word of a lexicon. Build it with `of`, once for all swipes."""

    trees: Sequence[WordTree]

    @classmethod
    def of(cls, problem: Problem) -> Exhaustive:
        """For the lexicon and the decoder of a problem."""
        index = problem.index
        return cls(in_trees(index, index.no_longer_than(index.alphabetical, problem.decoder.max_letters)))

    def search(self, problem: Problem) -> list[ScoredWord]:
        return best(problem, [tree.words for tree in self.trees], [score(problem, tree) for tree in self.trees])
