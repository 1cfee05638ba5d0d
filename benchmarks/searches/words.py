"""Words of a lexicon by the hundred: where they stand in its trie, and what the model says of each, exactly: a twin of docs/SCORE.md."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from benchmarks.common.agreement import ScoredWord
from engine import kernels
from engine.ctc import CtcPrefixes
from engine.lexicon import Lexicon
from engine.model import NO_PARENT, Decoder, Integers, Memory
from engine.search_options import SearchOptions
from engine.trie import Trie

Floats = npt.NDArray[np.float64]
N_WORDS = 128
"""Words that the decoder reads in one call. Fewer share less; of more, each prefix is compared with more others. Measured with
the English model on 4,096 neighbours: 189 ms in 64s, 188 in 128s, 218 in 256s."""


@dataclass(frozen=True, eq=False)
class WordIndex:
    """A lexicon's words in alphabetical order, so that those below a node of the trie are neighbours."""

    lexicon: Lexicon
    parents: Integers
    """(n_nodes,), NO_PARENT for the root"""
    level_starts: Integers
    """(longest + 2,): the first node of each number of letters; the number of nodes, last"""
    alphabetical: Integers
    """(n_words,) the nodes where the words end"""
    first: Integers
    """(n_nodes,) the place, in that order, of the first word at or below each node"""
    counts: Integers
    """(n_nodes,) how many words are at or below it"""

    @classmethod
    def of(cls, lexicon: Lexicon) -> WordIndex:
        """Takes a moment: once for each lexicon."""
        trie = lexicon.trie
        first_child, ends = trie.first_child.astype(np.int64), (trie.word_prior > 0).astype(np.int64)
        parents = np.concatenate(([NO_PARENT], np.repeat(np.arange(len(ends)), np.diff(first_child))))
        level_starts = _level_starts(trie)
        levels = [slice(start, stop) for start, stop in pairwise(level_starts.tolist())]
        counts = ends.copy()
        for level in reversed(levels[1:]):
            np.add.at(counts, parents[level], counts[level])
        first = np.zeros_like(counts)
        for level in levels[1:]:
            above = parents[level]
            before = np.cumsum(counts[level]) - counts[level]
            first[level] = first[above] + ends[above] + before - before[first_child[above] - level.start]
        words = np.flatnonzero(ends)
        return cls(lexicon, parents, level_starts, words[np.argsort(first[words])], first, counts)

    def words_below(self, nodes: Integers) -> Integers:
        """The nodes of the words at or below nodes of one number of letters, in alphabetical order."""
        starts, counts = np.sort(self.first[nodes]), self.counts[nodes[np.argsort(self.first[nodes])]]
        ranges = [self.alphabetical[start : start + n] for start, n in zip(starts.tolist(), counts.tolist(), strict=True)]
        return np.concatenate(ranges) if ranges else self.alphabetical[:0]

    def no_longer_than(self, words: Integers, n_letters: int) -> Integers:
        """Those of the words that have at most so many letters."""
        shorter: Integers = words[words < self.level_starts[min(n_letters + 1, len(self.level_starts) - 1)]]
        return shorter

    def spell(self, node: int) -> str:
        letters = []
        while node > 0:
            letters.append(self.lexicon.alphabet[self.lexicon.trie.token[node]])
            node = int(self.parents[node])
        return "".join(reversed(letters))


def _level_starts(trie: Trie) -> Integers:
    """As of WordIndex."""
    starts, stop = [0], 1
    while stop > starts[-1]:
        starts.append(stop)
        stop = int(trie.first_child[stop])
    return np.array(starts)


@dataclass(frozen=True, eq=False)
class Problem:
    """One swipe to search: what the model says of it, and how its words score."""

    decoder: Decoder
    memory: Memory
    index: WordIndex
    options: SearchOptions
    """the engine's own; other searches take weights and n_best from it, what else they can"""

    @property
    def prior_scale(self) -> float:
        """Nats per step of the stored priors."""
        return self.options.prior_weight * self.index.lexicon.prior_unit

    @property
    def start(self) -> int:
        """The token of the empty prefix."""
        return len(self.decoder.alphabet) + 1


@dataclass(frozen=True, eq=False)
class WordTree:
    """The prefixes of M words, P of them, parents before children: what the decoder reads in one call."""

    parents: Integers
    """(P,) rows; NO_PARENT for the empty prefix, the first"""
    tokens: Integers
    """(P,) last letters; at the empty prefix nothing that counts"""
    level_starts: Integers
    """the first row of each number of letters; P, last"""
    ends: Integers
    """(M,) the rows of the words"""
    words: Integers
    """(M,) their nodes in the trie"""

    @classmethod
    def of(cls, index: WordIndex, words: Integers) -> WordTree:
        """words: nodes, at least one."""
        paths, above = [np.zeros(1, np.int64), words], words
        while len(above):
            above = np.unique(index.parents[above])
            above = above[above > 0]
            paths.append(above)
        nodes = np.unique(np.concatenate(paths))  # breadth first, like the trie
        parents = np.searchsorted(nodes, index.parents[nodes])
        parents[0] = NO_PARENT
        tokens, level_starts = index.lexicon.trie.token[nodes].astype(np.int64), np.searchsorted(nodes, index.level_starts)
        return cls(parents, tokens, level_starts, np.searchsorted(nodes, words), words)

    def __len__(self) -> int:
        """P"""
        return len(self.parents)


def in_trees(index: WordIndex, words: Integers, n_words: int = N_WORDS) -> list[WordTree]:
    """The words, n_words at a time; those that follow each other share prefixes best in alphabetical order."""
    return [WordTree.of(index, words[start : start + n_words]) for start in range(0, len(words), n_words)]


def score(problem: Problem, tree: WordTree) -> Floats:
    """(M,): the scores of a tree's words."""
    decoder, options = problem.decoder, problem.options
    tokens = np.concatenate(([problem.start], tree.tokens[1:]))
    log_probs = decoder.step(tokens, tree.parents, decoder.empty_cache, problem.memory).log_probs
    ctc = _ctc_scores(problem.memory, tree)[tree.ends] if options.ctc_weight > 0 else np.zeros(len(tree.ends))
    trie = problem.index.lexicon.trie
    weight, added = options.ctc_weight, np.zeros(len(tree.ends))
    words = (tree.parents, tokens, tree.ends, tree.words)
    scores: Floats = kernels.score_words(trie, problem.prior_scale, *words, ctc, log_probs, weight, added, 1.0, -math.inf)[0]
    return scores


def _ctc_scores(memory: Memory, tree: WordTree) -> Floats:
    """(P,): the CTC head's log probability of each prefix as the whole word."""
    prefixes, scores = CtcPrefixes.empty(memory.ctc_log_probs), np.empty(len(tree))
    above = 0
    for start, stop in pairwise(tree.level_starts.tolist()):
        if start > 0:
            prefixes = prefixes.extend(tree.parents[start:stop] - above, tree.tokens[start:stop])
        scores[start:stop] = prefixes.log_probs + prefixes.log_next()[:, -1]
        above = start
    return scores


def best(problem: Problem, words: Sequence[Integers], scores: Sequence[Floats]) -> list[ScoredWord]:
    """The n_best of words in parts, by descending score; without those whose score is not finite."""
    if not words:
        return []
    all_words, all_scores = np.concatenate(words), np.concatenate(scores)
    order = kernels.rank(all_scores, problem.options.n_best).tolist()
    return [ScoredWord(problem.index.spell(int(all_words[i])), float(all_scores[i])) for i in order]
