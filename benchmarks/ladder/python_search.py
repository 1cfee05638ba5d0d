"""The engine's search in plain Python, as a competent programmer writes it: lists and dicts, NumPy for the CTC head's vectors.

The same scores, beams, margin and stop as `engine.beam_search.search`, hence the same words: a twin of docs/SCORE.md.
It shares no code with the engine's but the options: no numba, no flat trie.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter

import numpy as np
import numpy.typing as npt

from benchmarks.common.agreement import ScoredWord
from engine.beam_search import FIRST_BEAM
from engine.kernels import UNRESTED
from engine.lexicon import Lexicon
from engine.model import NO_PARENT, Decoder, Memory
from engine.search_options import SearchOptions

Floats = npt.NDArray[np.float64]
IMPOSSIBLE = 1e-300
"""The log of a probability of 0."""


class Node:
    """A node of the trie of key sequences."""

    __slots__ = ("best_prior", "following", "letters", "word_prior")

    def __init__(self, letters: str) -> None:
        self.letters = letters
        """on the way from the root"""
        self.following: dict[int, Node] = {}
        """token -> child, by rising token"""
        self.word_prior = -math.inf
        """log prior of the word that ends here; -inf where none does"""
        self.best_prior = -math.inf
        """the best log prior of the words at or below"""


def build_trie(lexicon: Lexicon) -> Node:
    """The root of a lexicon's trie."""
    tokens, root = {letter: token for token, letter in enumerate(lexicon.alphabet)}, Node("")
    for word, log_prior in lexicon.key_sequences():  # in the order of the alphabet
        node = root
        node.best_prior = max(node.best_prior, log_prior)
        for end, letter in enumerate(word, start=1):
            child = node.following.get(tokens[letter])
            if child is None:
                child = node.following[tokens[letter]] = Node(word[:end])
            node = child
            node.best_prior = max(node.best_prior, log_prior)
        node.word_prior = log_prior
    return root


@dataclass(frozen=True, eq=False)
class CtcPrefixes:
    """What the CTC head says about B prefixes. Source: Graves 2012; as prefix scores, Watanabe et al. 2017."""

    frames: Floats
    """(S, K + 1) probabilities, blank last"""
    on_letter: Floats
    """(S + 1, B): that the first s frames write the prefix, the last of them its last letter"""
    on_blank: Floats
    """(S + 1, B): likewise, the last of them blank"""
    last: npt.NDArray[np.int64]
    """(B,) last letters, -1 for the empty prefix"""
    so_far: Floats
    """(B,) log probabilities of what begins with the prefix"""

    @classmethod
    def empty(cls, ctc_log_probs: npt.NDArray[np.float32]) -> CtcPrefixes:
        """The empty prefix."""
        frames = np.exp(ctc_log_probs.astype(np.float64))
        on_blank = np.concatenate(([1.0], np.cumprod(frames[:, -1])))[:, None]
        return cls(frames, np.zeros_like(on_blank), on_blank, np.array([-1]), np.zeros(1))

    def reached(self) -> Floats:
        """(B, K + 1): log probabilities of what begins with the prefix and each letter; last, of the prefix alone."""
        probabilities: Floats = (self.on_letter[:-1] + self.on_blank[:-1]).T @ self.frames
        rows = np.flatnonzero(self.last >= 0)
        repeated = self.last[rows]  # only a blank parts a letter from its like
        probabilities[rows, repeated] = (self.on_blank[:-1, rows] * self.frames[:, repeated]).sum(axis=0)
        probabilities[:, -1] = self.on_letter[-1] + self.on_blank[-1]
        probabilities[rows, repeated] += UNRESTED * probabilities[rows].sum(axis=1)
        return np.log(np.maximum(probabilities, IMPOSSIBLE))

    def extend(self, reached: Floats, parents: list[int], tokens: list[int]) -> CtcPrefixes:
        """The prefixes parents[c] with tokens[c] behind them; reached: of `reached`."""
        letters = np.array(tokens)
        repeats = self.last[parents] == letters
        before = self.on_blank[:, parents] + np.where(repeats, 0.0, self.on_letter[:, parents])
        on_letter, on_blank, probabilities = np.zeros_like(before), np.zeros_like(before), self.frames[:, letters]
        for frame, blank in enumerate(self.frames[:, -1].tolist()):
            on_blank[frame + 1] = (on_blank[frame] + on_letter[frame]) * blank
            on_letter[frame + 1] = (on_letter[frame] + before[frame]) * probabilities[frame]
        unrested = UNRESTED * repeats
        on_letter, on_blank = on_letter + unrested * self.on_letter[:, parents], on_blank + unrested * self.on_blank[:, parents]
        return CtcPrefixes(self.frames, on_letter, on_blank, letters, reached[parents, tokens])


@dataclass(frozen=True)
class Finished:
    """A word that a search found."""

    node: Node
    score: float


@dataclass(frozen=True, eq=False)
class Beam:
    """Where a search stands."""

    finished: list[Finished]
    """the best words so far, best first"""
    live: list[Node]
    """the hypotheses to go on with, best first"""
    parents: list[int]
    """for each the live hypothesis before that it continues"""
    tokens: list[int]
    """for each its last letter"""

    @classmethod
    def start(cls, root: Node) -> Beam:
        return cls([], [root], [], [])


def search(decoder: Decoder, memory: Memory, root: Node, options: SearchOptions) -> list[ScoredWord]:
    """The best `options.n_best` words, as `engine.beam_search.search` finds them. root: of `build_trie`."""
    match options.method:
        case "two_pass":
            finished = _two_pass(decoder, memory, root, options)
        case "steps":
            finished = _steps(decoder, memory, root, options)
    return [ScoredWord(one.node.letters, one.score) for one in finished]


def _two_pass(decoder: Decoder, memory: Memory, root: Node, options: SearchOptions) -> list[Finished]:
    """A beam search by CTC head and prior, whose best words the decoder scores."""
    n_words = max(options.beam_width, options.n_best)
    first = replace(options, beam_width=FIRST_BEAM * n_words, prior_weight=options.first_prior * options.prior_weight, n_best=n_words)
    beam, prefixes = Beam.start(root), CtcPrefixes.empty(memory.ctc_log_probs)
    for length in range(decoder.max_letters + 1):
        reached = prefixes.reached()
        beam = _advance(beam, reached, first)
        if not beam.live or length == decoder.max_letters:
            break
        prefixes = prefixes.extend(reached, beam.parents, beam.tokens)
    rescored = []
    for found, decoded in zip(beam.finished, _decode(decoder, memory, [one.node.letters for one in beam.finished]), strict=True):
        log_prior = found.node.word_prior
        ctc = found.score - first.prior_weight * log_prior
        rescored.append(Finished(found.node, decoded + options.ctc_weight * (ctc - decoded) + options.prior_weight * log_prior))
    return sorted(rescored, key=attrgetter("score"), reverse=True)[: options.n_best]


def _decode(decoder: Decoder, memory: Memory, words: list[str]) -> list[float]:
    """The decoder's log probability of each word, with its end: all of them in one step, as the tree of their prefixes."""
    if not words:
        return []
    rows, parents, tokens = {"": 0}, [NO_PARENT], [len(decoder.alphabet) + 1]
    for word in words:
        for end, letter in enumerate(word, start=1):
            if word[:end] not in rows:
                parents.append(rows[word[: end - 1]])
                tokens.append(decoder.alphabet.index(letter))
                rows[word[:end]] = len(rows)
    log_probs = decoder.step(np.array(tokens), np.array(parents), decoder.empty_cache, memory).log_probs.tolist()
    totals = [0.0] * len(rows)
    for row in range(1, len(rows)):
        totals[row] = totals[parents[row]] + log_probs[parents[row]][tokens[row]]
    return [totals[rows[word]] + log_probs[rows[word]][-1] for word in words]


def _steps(decoder: Decoder, memory: Memory, root: Node, options: SearchOptions) -> list[Finished]:
    """A beam search by decoder, CTC head and prior together."""
    beam, prefixes, cache = Beam.start(root), CtcPrefixes.empty(memory.ctc_log_probs), decoder.empty_cache
    tokens, rows, scores = [len(decoder.alphabet) + 1], [NO_PARENT], np.zeros(1)
    while beam.live and len(beam.live[0].letters) <= decoder.max_letters:
        first_row = len(cache)
        output = decoder.step(np.array(tokens), np.array(rows), cache, memory)
        cache, log_probs, reached = output.cache, output.log_probs.astype(np.float64), prefixes.reached()
        totals = log_probs + options.ctc_weight * (reached - prefixes.so_far[:, None] - log_probs) + scores[:, None]
        beam = _advance(beam, totals, options)
        if beam.live:
            tokens, rows, scores = beam.tokens, [first_row + parent for parent in beam.parents], totals[beam.parents, beam.tokens]
            prefixes = prefixes.extend(reached, beam.parents, beam.tokens)
    return beam.finished


def _advance(beam: Beam, totals: Floats, options: SearchOptions) -> Beam:
    """One letter more. totals: (B, K + 1), what each live hypothesis scores with each letter, and last with the end, behind it."""
    rows, weight = totals.tolist(), options.prior_weight
    ended = [
        Finished(node, row[-1] + weight * node.word_prior) for node, row in zip(beam.live, rows, strict=True) if node.word_prior > -math.inf
    ]
    finished = sorted(beam.finished + ended, key=attrgetter("score"), reverse=True)[: options.n_best]
    least = finished[-1].score if len(finished) == options.n_best else -math.inf
    continued = []
    for parent, (node, row) in enumerate(zip(beam.live, rows, strict=True)):
        for token, child in node.following.items():
            bound = row[token] + weight * child.best_prior
            if bound > least:
                continued.append((bound, parent, token, child))
    continued.sort(key=itemgetter(0), reverse=True)
    lowest = max([one.score for one in finished[:1]] + [one[0] for one in continued[:1]], default=0.0) - options.margin
    kept = [one for one in continued[: options.beam_width] if one[0] >= lowest]
    return Beam(finished, [one[3] for one in kept], [one[1] for one in kept], [one[2] for one in kept])
