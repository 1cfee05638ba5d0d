"""The search again, written as plainly as possible: no cache, no kernels, no flat trie. What the engine must agree with.

A twin of docs/SCORE.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from engine.beam_search import FIRST_BEAM
from engine.features import Features
from engine.kernels import IMPOSSIBLE, UNRESTED
from engine.lexicon import Lexicon
from engine.search_options import SearchOptions
from training.model.network import SwipeNetwork


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
    """nats between what was kept and what was dropped, in the closest decision of the beam or the margin"""


@dataclass(frozen=True)
class _Live:
    prefix: str
    decoder: float
    """log probability of the prefix by the decoder"""
    ctc: float
    """log probability of a word that begins like this, by the CTC head"""

    def score(self, options: SearchOptions) -> float:
        return (1 - options.ctc_weight) * self.decoder + options.ctc_weight * self.ctc


def reference_search(network: SwipeNetwork, features: Features, tree: PrefixTree, options: SearchOptions) -> ReferenceResult:
    """The words of a swipe: `engine.beam_search.search`, with a full forward of the network for every hypothesis or word.

    Ties: the shorter word, then the hypothesis that ranked higher.
    """
    match options.method:
        case "steps":
            return _steps(network, features, tree, options)
        case "two_pass":
            return _two_pass(network, features, tree, options)


def _two_pass(network: SwipeNetwork, features: Features, tree: PrefixTree, options: SearchOptions) -> ReferenceResult:
    n_words, prior_weight = max(options.beam_width, options.n_best), options.first_prior * options.prior_weight
    first = SearchOptions(FIRST_BEAM * n_words, prior_weight, options.margin, n_words, ctc_weight=1.0)
    passed = _steps(network, features, tree, first)
    chosen, narrowest = passed.finished[:n_words], passed.narrowest
    if len(passed.finished) > n_words:
        narrowest = min(narrowest, chosen[-1].score - passed.finished[n_words].score)
    rescored = []
    for word in chosen:
        log_prior = tree.word_prior[word.key_sequence]
        both = _Live(word.key_sequence, _decoder_score(network, features, word.key_sequence), word.score - prior_weight * log_prior)
        rescored.append(ScoredWord(word.key_sequence, both.score(options) + options.prior_weight * log_prior))
    return ReferenceResult(sorted(rescored, key=lambda word: -word.score), narrowest)


def _decoder_score(network: SwipeNetwork, features: Features, word: str) -> float:
    """The decoder's log probability of a word and its end, from one forward of all its letters."""
    tokens = [network.config.alphabet.index(letter) for letter in word]
    trajectory, key_distances = torch.from_numpy(features.trajectory)[None], torch.from_numpy(features.key_distances)[None]
    with torch.inference_mode():
        logits, _ = network(trajectory, key_distances, torch.tensor([[network.config.bos, *tokens]]))
        log_probs = logits[0].log_softmax(dim=-1)
    return sum(float(log_probs[at, token]) for at, token in enumerate([*tokens, network.config.eos]))


def _steps(network: SwipeNetwork, features: Features, tree: PrefixTree, options: SearchOptions) -> ReferenceResult:
    live, finished, narrowest = [_Live("", 0.0, 0.0)], list[ScoredWord](), math.inf
    while live and len(live[0].prefix) <= network.config.max_letters:
        continued: list[_Live] = []
        for hypothesis, following in zip(live, _follow(network, features, live), strict=True):
            *longer, ended = following
            if hypothesis.prefix in tree.word_prior:
                prior = options.prior_weight * tree.word_prior[hypothesis.prefix]
                finished.append(ScoredWord(hypothesis.prefix, ended.score(options) + prior))
            continued += [one for one in longer if one.prefix in tree.best_prior]
        live, gap = _prune(continued, finished, tree, options)
        narrowest = min(narrowest, gap)
    return ReferenceResult(sorted(finished, key=lambda word: -word.score), narrowest)


def _prune(continued: list[_Live], finished: list[ScoredWord], tree: PrefixTree, options: SearchOptions) -> tuple[list[_Live], float]:
    """The hypotheses to continue, by descending bound, and by how many nats the closest decision was made."""

    def bound(hypothesis: _Live) -> float:
        return hypothesis.score(options) + options.prior_weight * tree.best_prior[hypothesis.prefix]

    ranked = sorted(continued, key=lambda hypothesis: -bound(hypothesis))
    scores = sorted((word.score for word in finished), reverse=True)
    least = scores[options.n_best - 1] if len(scores) >= options.n_best else -math.inf
    lowest = max([*scores[:1], *(bound(one) for one in ranked[:1])], default=math.inf) - options.margin
    kept = [one for one in ranked if bound(one) > least and bound(one) >= lowest][: options.beam_width]
    gaps = [abs(bound(one) - limit) for one in ranked[: options.beam_width + 1] for limit in (least, lowest)]
    if len(ranked) > options.beam_width:
        gaps.append(bound(ranked[options.beam_width - 1]) - bound(ranked[options.beam_width]))
    return kept, min(gaps, default=math.inf)


def _follow(network: SwipeNetwork, features: Features, live: list[_Live]) -> list[list[_Live]]:
    """Each hypothesis with each letter of the alphabet behind it, and last the whole word that it would be.

    All of one length. Encoder and decoder run from the start, for all of them together: they attend to the one swipe.
    """
    config = network.config
    words = [[config.alphabet.index(letter) for letter in one.prefix] for one in live]
    trajectory, key_distances = torch.from_numpy(features.trajectory)[None], torch.from_numpy(features.key_distances)[None]
    with torch.inference_mode():
        logits, ctc_logits = network(trajectory, key_distances, torch.tensor([[config.bos, *word] for word in words]))
        decoder = logits[:, -1].log_softmax(dim=-1).tolist()
        frames = ctc_logits[0].double().softmax(dim=-1).tolist()
    unheard = [0.0] * (config.n_letters + 1)  # without a CTC head, whose weight is 0
    heard = [ctc_following(frames, word) if frames else unheard for word in words]
    return [
        [
            _Live(one.prefix + letter, one.decoder + log_prob, ctc)
            for letter, log_prob, ctc in zip([*config.alphabet, ""], log_probs, following, strict=True)
        ]
        for one, log_probs, following in zip(live, decoder, heard, strict=True)
    ]


def ctc_following(frames: list[list[float]], word: list[int]) -> list[float]:
    """The CTC head's log probabilities of what begins with `word` and each letter, and last of `word` itself.

    frames: (S, K + 1) probabilities, blank last. Source: Graves 2012, from the first letter on.
    """
    blank, n_frames, last = len(frames[0]) - 1, len(frames), -1
    in_letter = [0.0] * (n_frames + 1)  # the first s frames write the letters so far, the last of them on a letter
    in_blank = [1.0]  # or on blank
    for frame in frames:
        in_blank.append(in_blank[-1] * frame[blank])

    def before(frame: int, token: int) -> float:
        return in_blank[frame] + (in_letter[frame] if token != last else 0.0)

    for token in word:
        letter, rest = [0.0], [0.0]
        for index, frame in enumerate(frames):
            rest.append((rest[index] + letter[index]) * frame[blank])
            letter.append((letter[index] + before(index, token)) * frame[token])
        if token == last:  # perhaps without a rest on the key
            letter = [one + UNRESTED * other for one, other in zip(letter, in_letter, strict=True)]
            rest = [one + UNRESTED * other for one, other in zip(rest, in_blank, strict=True)]
        in_letter, in_blank, last = letter, rest, token
    reached = [sum(before(index, token) * frame[token] for index, frame in enumerate(frames)) for token in range(blank)]
    reached.append(in_letter[-1] + in_blank[-1])
    if last >= 0:
        reached[last] += UNRESTED * sum(reached)
    return [math.log(max(probability, IMPOSSIBLE)) for probability in reached]
