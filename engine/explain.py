"""Why a candidate has its score: what the search made of each of its letters, where the decoder looked, and what the words before did.

The letters' log probabilities, the weighted prior and what the words before add make up the score: a twin of docs/SCORE.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from engine.context.ranking import WordsBefore

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


@dataclass(frozen=True)
class ContextExplanation:
    """What the words before did to a candidate."""

    added: float
    """nats that they add to its score"""
    own_pairs: float
    """the part of it that comes from what the person writes after the last of them"""
    place_without: int | None
    """where it would stand among the candidates without them, from 1; None: not among them"""


@dataclass(frozen=True, eq=False)
class Explanation:
    """The score of one candidate: its letters' log-probabilities, its weighted prior, and what the words before add."""

    word: str
    score: float
    weighted_log_prior: float
    own_use: float | None
    """the part of the weighted prior that comes from the person's use of the word; None: without the person there is no such word"""
    context: ContextExplanation | None
    """None where nothing is known of the words before, or they do not count"""
    letters: tuple[LetterExplanation, ...]
    """the last one is the end of the word"""
    frames: npt.NDArray[np.float64]
    """(3, S): where the frames are: x and y in grid units, t in milliseconds"""


def explain(
    recognizer: SwipeRecognizer, swipe: Swipe, candidate: Candidate, options: SearchOptions, before: str | None = None
) -> Explanation:
    """Follows the candidate's letters again, one at a time. options, before: those of the search that found it.

    Of two languages, in the one where it scores better. The person's words count as they are now. Raises: ValueError for a candidate
    that no lexicon has.
    """
    sides = recognizer.sides_with(candidate.key_sequence)
    if not sides:
        raise ValueError(f"'{candidate.word}' is not in the lexicon any more, so that it cannot be explained")
    log_prior, log_prior_without = (recognizer.log_prior(candidate.key_sequence, before, own=own) for own in (True, False))
    prior = options.prior_weight * log_prior
    own_use = options.prior_weight * (log_prior - log_prior_without) if math.isfinite(log_prior_without) else None
    found = []
    for side in sides:
        letters, frames, said = *_letters(side, swipe, candidate.key_sequence, options), side.words_before(before)
        context = None if said is None else _context(recognizer, swipe, candidate.key_sequence, options, said)
        score = prior + sum(letter.log_prob for letter in letters) + (context.added if context is not None else 0.0)
        found.append(Explanation(candidate.word, score, prior, own_use, context, letters, frames))
    return max(found, key=lambda one: one.score)  # the candidate's own score is a guess if the search was sure


def _letters(
    recognizer: SwipeRecognizer, swipe: Swipe, key_sequence: str, options: SearchOptions
) -> tuple[tuple[LetterExplanation, ...], npt.NDArray[np.float64]]:
    """The letters and the end, and where the frames are (3, S)."""
    model, trie = recognizer.model, recognizer.lexicon.trie
    features = model.extractor(swipe)
    memory, cache, cache_without, node = model.encode(features), model.empty_cache, model.empty_cache, trie.root
    prefixes = CtcPrefixes.empty(memory.ctc_log_probs)
    token, parent, letters = len(model.alphabet) + 1, NO_PARENT, []
    for letter in (*key_sequence, END):
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
    return tuple(letters), features.points[:, _points_of(len(letters[0].attention), features)]


def _context(recognizer: SwipeRecognizer, swipe: Swipe, key_sequence: str, options: SearchOptions, said: WordsBefore) -> ContextExplanation:
    """said: what the words before say of the words of one language."""
    nodes = np.array([said.lexicon.find(key_sequence)])
    added, of_model = (float(one.added(nodes)[0]) for one in (said, replace(said, followers=None)))
    without = [one.key_sequence for one in recognizer.recognize(swipe, options)]
    return ContextExplanation(added, added - of_model, without.index(key_sequence) + 1 if key_sequence in without else None)


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
