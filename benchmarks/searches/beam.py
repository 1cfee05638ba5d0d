"""A beam search with more options than the engine's, one step for each letter."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.searches.words import Floats, Problem
from engine import kernels
from engine.beam_search import mixed_log_probs
from engine.ctc import CtcPrefixes
from engine.model import NO_PARENT, Cache, Integers

N_READ = 512
"""Hypotheses that the decoder reads in one call."""


@dataclass(frozen=True)
class Pruning:
    """Which hypotheses a search follows."""

    beam_width: int
    """the most at each step"""
    margin: float = math.inf
    """nats that one may be behind the best"""
    least_letter: float = 0.0
    """the least probability, after its prefix, of a letter that is followed"""
    n_letters: int = sys.maxsize
    """where to stop"""
    n_live: int = sys.maxsize
    """if there are more, they are not read, and the search stops"""
    floor: float = -math.inf
    """a score that the n_best words have at least: what cannot exceed it is dropped"""


@dataclass(frozen=True, eq=False)
class Walk:
    """What a search has found, and what it would read next."""

    words: list[Integers]
    """by number of letters, the nodes of the hypotheses that it read"""
    scores: list[Floats]
    """of the words that end there; -inf where none does"""
    live: Integers
    """the nodes of the hypotheses that it would read next"""
    n_read: int
    """hypotheses"""


def walk(problem: Problem, pruning: Pruning) -> Walk:
    """Ranks hypotheses and stops as the engine's search by steps does."""
    decoder, trie, ctc_weight = problem.decoder, problem.index.lexicon.trie, problem.options.ctc_weight
    tokens, rows, cache = np.array([problem.start]), np.full(1, NO_PARENT), decoder.empty_cache
    nodes, scores, leaders = np.zeros(1, np.int64), np.zeros(1), np.full(problem.options.n_best, pruning.floor)
    prefixes = CtcPrefixes.empty(problem.memory.ctc_log_probs)
    words, word_scores, n_letters = list[Integers](), list[Floats](), 0
    while 0 < len(tokens) <= pruning.n_live and n_letters < min(decoder.max_letters + 1, pruning.n_letters):
        first_row = len(cache)
        cache, decoded = _read(problem, tokens, rows, cache)
        log_probs = mixed_log_probs(decoded, prefixes, ctc_weight)
        if pruning.least_letter > 0:
            log_probs[:, :-1][log_probs[:, :-1] < math.log(pruning.least_letter)] = -np.inf
        finished, leaders, parents, tokens, children, scores = kernels.expand(
            trie, problem.prior_scale, nodes, scores, log_probs, leaders, pruning.beam_width, pruning.margin
        )
        if ctc_weight > 0:
            prefixes = prefixes.extend(parents, tokens)
        words.append(nodes)
        word_scores.append(finished)
        nodes, rows, n_letters = children, first_row + parents, n_letters + 1
    return Walk(words, word_scores, nodes, len(cache))


def _read(problem: Problem, tokens: Integers, rows: Integers, cache: Cache) -> tuple[Cache, npt.NDArray[np.float32]]:
    """The cache with the hypotheses, and (B, V): what follows each."""
    log_probs = []
    for start in range(0, len(tokens), N_READ):
        part = slice(start, start + N_READ)
        output = problem.decoder.step(tokens[part], rows[part], cache, problem.memory)
        cache = output.cache
        log_probs.append(output.log_probs)
    return cache, np.concatenate(log_probs)
