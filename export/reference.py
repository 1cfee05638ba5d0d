"""The search again, as plainly as it can be written: no cache, no kernels, no flat trie. What the engine must agree with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from engine.beam_search import SearchOptions
from engine.features import Features
from engine.lexicon import Lexicon
from training.network import SwipeNetwork


class PrefixTree:
    """A lexicon as two dicts: the log prior of each word, and the best log prior behind each prefix."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.alphabet = lexicon.alphabet
        self.word_prior: dict[str, float] = dict(lexicon.key_sequences())
        self.best_prior: dict[str, float] = {}
        for word, log_prior in self.word_prior.items():
            for end in range(len(word) + 1):
                prefix = word[:end]
                self.best_prior[prefix] = max(log_prior, self.best_prior.get(prefix, -math.inf))


@dataclass(frozen=True)
class ScoredWord:
    key_sequence: str
    score: float


@dataclass(frozen=True)
class ReferenceResult:
    """The reference's candidates of one swipe."""

    finished: list[ScoredWord]
    """every word that the search finished, best first: the candidates are the first n_best"""
    narrowest: float
    """nats between what was kept and what was dropped, at the closest of all decisions of the beam and the margin"""


@dataclass(frozen=True)
class _Live:
    prefix: str
    log_prob: float


def reference_search(network: SwipeNetwork, features: Features, tree: PrefixTree, options: SearchOptions) -> ReferenceResult:
    """The best words of a swipe: `engine.beam_search.search`, with a full forward of the network for every hypothesis.

    Ties: the shorter word, then the hypothesis that ranked higher.
    """
    live, finished, narrowest = [_Live("", 0.0)], list[ScoredWord](), math.inf
    while live and len(live[0].prefix) <= network.config.max_letters:
        continued: list[_Live] = []
        for hypothesis, log_probs in zip(live, _log_probs(network, features, [one.prefix for one in live]), strict=True):
            if hypothesis.prefix in tree.word_prior:
                prior = options.prior_weight * tree.word_prior[hypothesis.prefix]
                finished.append(ScoredWord(hypothesis.prefix, hypothesis.log_prob + log_probs[-1] + prior))
            continued += [
                _Live(hypothesis.prefix + letter, hypothesis.log_prob + log_prob)
                for letter, log_prob in zip(tree.alphabet, log_probs, strict=False)
                if hypothesis.prefix + letter in tree.best_prior
            ]
        live, gap = _prune(continued, finished, tree, options)
        narrowest = min(narrowest, gap)
    return ReferenceResult(sorted(finished, key=lambda word: -word.score), narrowest)


def _prune(
    continued: list[_Live], finished: list[ScoredWord], tree: PrefixTree, options: SearchOptions
) -> tuple[list[_Live], float]:
    """The hypotheses to go on with, by descending bound, and the distance in nats of the closest decision about one."""

    def bound(hypothesis: _Live) -> float:
        return hypothesis.log_prob + options.prior_weight * tree.best_prior[hypothesis.prefix]

    ranked = sorted(continued, key=lambda hypothesis: -bound(hypothesis))
    scores = sorted((word.score for word in finished), reverse=True)
    least = scores[options.n_best - 1] if len(scores) >= options.n_best else -math.inf
    lowest = max([*scores[:1], *(bound(one) for one in ranked[:1])], default=math.inf) - options.margin
    kept = [one for one in ranked if bound(one) > least and bound(one) >= lowest][: options.beam_width]
    gaps = [abs(bound(one) - limit) for one in ranked[: options.beam_width + 1] for limit in (least, lowest)]
    if len(ranked) > options.beam_width:
        gaps.append(bound(ranked[options.beam_width - 1]) - bound(ranked[options.beam_width]))
    return kept, min(gaps, default=math.inf)


def _log_probs(network: SwipeNetwork, features: Features, prefixes: list[str]) -> list[list[float]]:
    """(B, V) of what follows each prefix, all of one length: encoder and decoder from the start."""
    config = network.config
    tokens = torch.tensor([[config.bos, *(config.alphabet.index(letter) for letter in prefix)] for prefix in prefixes])
    trajectory = torch.from_numpy(features.trajectory).expand(len(prefixes), -1, -1)
    key_distances = torch.from_numpy(features.key_distances).expand(len(prefixes), -1, -1)
    with torch.inference_mode():
        logits, _ = network(trajectory, key_distances, tokens)
        log_probs: list[list[float]] = logits[:, -1].log_softmax(dim=-1).tolist()
    return log_probs
