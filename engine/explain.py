"""Why a candidate has its score: what the search made of each of its letters, and where the decoder looked.

The letters' log probabilities and the weighted prior add up to the score: a twin of docs/SCORE.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.beam_search import mixed_log_probs
from engine.ctc import CtcPrefixes
from engine.features import Features
from engine.model import NO_PARENT
from engine.recognizer import Candidate, SwipeRecognizer
from engine.search_options import SearchOptions
from engine.swipe import Swipe
from engine.trie import Trie

END = "end"
"""the end of the word, in the place of a letter"""
N_ALTERNATIVES = 3


@dataclass(frozen=True)
class LookedAt:
    """The recorded point nearest to where the decoder's attention was highest."""

    index: int
    """0 for the swipe's first point"""
    x: float
    y: float
    t: float
    key: str
    """the letter whose key is nearest"""


@dataclass(frozen=True, eq=False)
class LetterExplanation:
    """One letter of a candidate, or its end."""

    letter: str
    log_prob: float
    """of decoder and CTC head, mixed as in the search, with what a letter adds"""
    allowed: tuple[tuple[str, float], ...]
    """the best other letters that lead to a word of the lexicon, with log-probabilities"""
    others: tuple[tuple[str, float], ...]
    """the best other letters of all, with log-probabilities"""
    looked_at: LookedAt
    attention: npt.NDArray[np.float32]
    """(S,) the shares of the decoder's attention that the frames had, before this letter was chosen; they sum to 1"""


@dataclass(frozen=True, eq=False)
class Explanation:
    """The score of one candidate: the sum of its letters' log-probabilities and of its weighted prior."""

    word: str
    score: float
    weighted_log_prior: float
    letters: tuple[LetterExplanation, ...]
    """the last one is the end of the word"""
    frames: npt.NDArray[np.float64]
    """(3, S): where the frames are: x and y in grid units, t in milliseconds"""


def explain(recognizer: SwipeRecognizer, swipe: Swipe, candidate: Candidate, options: SearchOptions) -> Explanation:
    """Follows the candidate's letters again, one at a time. options: those of the search that found it."""
    model, trie = recognizer.model, recognizer.lexicon.trie
    features = model.extractor(swipe)
    memory, cache, cache_without, node = model.encode(features), model.empty_cache, model.empty_cache, trie.root
    prefixes = CtcPrefixes.empty(memory.ctc_log_probs)
    token, parent, letters = len(model.alphabet) + 1, NO_PARENT, []
    for letter in (*candidate.key_sequence, END):
        output, internal_lm = model.step(np.array([token]), np.array([parent]), cache, memory), None
        if options.internal_lm_weight and model.nothing is not None:
            without = model.step(np.array([token]), np.array([parent]), cache_without, model.nothing)
            cache_without, internal_lm = without.cache, options.internal_lm_weight * without.log_probs
        parent, cache, allowed = len(cache), output.cache, _allowed(trie, node, len(model.alphabet))
        mixed = mixed_log_probs(output.log_probs, prefixes, options.ctc_weight, internal_lm, options.letter_bonus)
        log_probs = mixed[0].tolist()
        token = len(model.alphabet) if letter == END else model.alphabet.index(letter)
        alternatives = [
            tuple((_name(other, model.alphabet), log_probs[other]) for other in _best(log_probs, among - {token}))
            for among in (set(allowed), set(range(len(log_probs))))
        ]
        attention = output.attention[0]
        looked_at = _looked_at(swipe, features, attention, recognizer)
        letters.append(LetterExplanation(letter, log_probs[token], alternatives[0], alternatives[1], looked_at, attention))
        if letter != END:
            node, prefixes = allowed[token], prefixes.extend(np.zeros(1, dtype=np.int64), np.array([token]))
    log_prior = options.prior_weight * recognizer.lexicon.log_prior(candidate.key_sequence)
    frames = features.points[:, _points_of(len(letters[0].attention), features)]
    score = log_prior + sum(letter.log_prob for letter in letters)  # the candidate's own is a guess if the search was sure
    return Explanation(candidate.word, score, log_prior, tuple(letters), frames)


def _allowed(trie: Trie, node: int, end: int) -> dict[int, int]:
    """The tokens that the lexicon allows after a node, and the nodes that they lead to. The end of the word stays at its node."""
    return trie.children(node) | ({end: node} if trie.prior(node) else {})


def _best(log_probs: list[float], tokens: set[int]) -> list[int]:
    return sorted(tokens, key=lambda token: (-log_probs[token], token))[:N_ALTERNATIVES]


def _name(token: int, alphabet: str) -> str:
    return alphabet[token] if token < len(alphabet) else END


def _points_of(n_frames: int, features: Features) -> npt.NDArray[np.int64]:
    """(S,): the resampled point on which each frame stands, every (N / S)th."""
    points: npt.NDArray[np.int64] = np.arange(n_frames) * features.points.shape[1] // n_frames
    return points


def _looked_at(swipe: Swipe, features: Features, attention: npt.NDArray[np.float32], recognizer: SwipeRecognizer) -> LookedAt:
    """The recorded point behind the frame with the highest attention (S,)."""
    point = _points_of(len(attention), features)[attention.argmax()]
    x, y, t = features.points[:, point]
    nearest = np.lexsort((np.hypot(swipe.x - x, swipe.y - y), np.abs(swipe.t - t)))[0]
    centres = recognizer.grid.centres(recognizer.model.alphabet)
    key = recognizer.model.alphabet[int(np.hypot(*(centres - features.points[:2, point]).T).argmin())]
    return LookedAt(int(nearest), float(swipe.x[nearest]), float(swipe.y[nearest]), float(swipe.t[nearest]), key)
