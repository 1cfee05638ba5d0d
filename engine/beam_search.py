"""Searches a lexicon for the words that the model finds most probable.

What a word scores is in docs/SCORE.md, the one place where the formula stands.

"two_pass": a beam search with the CTC head alone, which costs next to nothing, leaves the decoder a few words; it scores
all of them in one step. "steps": a beam search with both heads, one step for each letter.
Measured on all 8,362 swipes of dev with the English model, top-1 and top-4: two passes with a beam of 10 words, 89.03 and
94.77; steps with a beam of 16, 88.95 and 94.69, in more than twice the time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from engine import kernels
from engine.ctc import CtcPrefixes
from engine.internal_lm import InternalLm
from engine.lexicon import Lexicon
from engine.model import NO_PARENT, Decoder, Memory, Model, Tree
from engine.search_options import SearchOptions
from engine.trie import spelt

Floats = npt.NDArray[np.float32]
Scores = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

FIRST_BEAM = 6
"""Hypotheses that the first pass keeps for each word that it leaves to the decoder."""
MORE_MARGIN = 1.3
"""Factor on the margin where a swipe is far from every word. Measured on dev, after the words meant, if one in 26 of the swipes, whose
best word scores less than -17 in the first pass, is looked at again: top-1 and top-4 of all swipes 90.88 and 95.75, in place of 90.79 and
95.65; with 1.6 times the margin for all swipes, 90.84 and 95.86, in three times the first pass's time."""
LEAST_WORDS = 4
"""So many words are left to the decoder, however far they are behind."""
READ_AT_ONCE = 32
"""Swipes that the decoder reads in one step at most, where there are many."""
PREFIXES_AT_ONCE = 256
"""Of all of them together, unless a single one has more: so a step's memory is bounded."""
MORE_WORDS, MORE_WORDS_ALONE = 4, 2
"""Factors on the words that the first pass finds, with and without words before, where something else chooses among them those that are
left to the decoder. Measured on dev, top-1 and top-4 of all swipes, after the words meant: 90.46 and 95.14 with 20 words, 90.61 and 95.38
with 40, 90.62 and 95.41 with 80; without words before 89.27 and 95.00, 89.34 and 95.13, 89.34 and 95.13."""
LIKE_CTC, LIKE_INTERNAL_LM = 0.8, 0.25
"""What the decoder will say of a word, as guessed from what the CTC head says and, by its weight, the internal language model. Measured
on dev, top-1 and top-4 of all swipes, after the words meant: 90.55 and 95.24 if nine words are left to it by the CTC head and the priors,
90.62 and 95.41 if seven are left to it by this guess, 90.65 and 95.41 if all 80 are left to it."""

GUESSED = 0.9
"""Factor on the temperature where scores are guesses, which lie closer together. Measured on dev's 5,001 sure swipes: 98.6 % are right, and
the mean probability is 98.6 %; without the factor 98.1 %."""


class Before(Protocol):
    """What the search needs of the words before a swipe. context.ranking.WordsBefore is one."""

    def added(self, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """(n,) nats to add to the scores of the words that end at these nodes of the trie."""
        ...


@dataclass(frozen=True)
class Hypothesis:
    """A finished hypothesis: a word of the lexicon."""

    tokens: tuple[int, ...]
    node: int
    """where its key sequence ends in the trie"""
    score: float
    """log probability with the end of the word, of decoder and CTC head by their weights, plus the weighted prior and what adds to it"""
    probability: float
    """how probable it is that this word was meant"""


@dataclass(frozen=True, eq=False)
class _Step:
    """The B hypotheses of one length, and the scores of those that end here."""

    letters: npt.NDArray[np.int64]
    """(B, T)"""
    nodes: npt.NDArray[np.int64]
    finished: npt.NDArray[np.float64]
    """(B,), -inf where no word ends"""


def search(
    decoder: Decoder,
    memory: Memory,
    lexicon: Lexicon,
    options: SearchOptions,
    before: Before | None = None,
    internal_lm: InternalLm | None = None,
) -> list[Hypothesis]:
    """The best `options.n_best` words, by descending score; fewer, or none, if the search reaches no more.

    before: the words before the swipe. In two passes they also choose which words are left to the decoder. internal_lm: what the decoder
    expects of the lexicon's words, where the options take it off; by default it is found out.

    Raises: ValueError if the options need a CTC head, or a decoder that has been trained to see nothing, and the model has none.
    """
    _check(decoder, options, bool(len(memory.ctc_log_probs)))
    match options.method:
        case "two_pass":
            return _two_pass(decoder, memory, lexicon, options, before, internal_lm or InternalLm(decoder, lexicon.trie))
        case "steps":
            return _steps(decoder, memory, lexicon, options, before)


def _check(decoder: Decoder, options: SearchOptions, has_ctc: bool) -> None:
    """Raises: ValueError if the options need a CTC head, or a decoder that has been trained to see nothing, and the model has none."""
    if options.internal_lm_weight and decoder.nothing is None:
        raise ValueError(f"this model has not been trained to see nothing, got internal_lm_weight {options.internal_lm_weight}: choose 0")
    if options.reads_ctc and not has_ctc:
        raise ValueError(
            f"this model has no CTC head, got method '{options.method}' with ctc_weight {options.ctc_weight}: "
            "choose method 'steps' with ctc_weight 0"
        )


def search_many(
    model: Model,
    memories: Sequence[Memory],
    lexicon: Lexicon,
    options: SearchOptions,
    befores: Sequence[Before | None],
    internal_lm: InternalLm | None = None,
) -> list[list[Hypothesis]]:
    """What `search` finds of each of several swipes. befores: their words before. In two passes the decoder reads READ_AT_ONCE at once.

    The scores differ by rounding at most, so two words may change places only if they score the same to some six digits.
    Raises: as `search`.
    """
    if options.method != "two_pass":
        return [search(model, memory, lexicon, options, said, internal_lm) for memory, said in zip(memories, befores, strict=True)]
    _check(model, options, bool(len(memories) and len(memories[0].ctc_log_probs)))
    internal_lm = internal_lm or InternalLm(model, lexicon.trie)
    left = [_first_pass(model, memory, lexicon, options, said, internal_lm) for memory, said in zip(memories, befores, strict=True)]
    found: list[list[Hypothesis]] = [[] for _ in memories]
    for row, words in enumerate(left):
        if words is not None and words.lead > options.sure_margin:
            found[row], left[row] = _without_decoder(words, lexicon, options), None
    by_size = sorted((len(words.tree.parents), row) for row, words in enumerate(left) if words is not None)
    for rows in _groups(by_size):
        some = [words for words in (left[row] for row in rows) if words is not None]
        read = model.read_trees([words.tree for words in some], [memories[row] for row in rows])
        for row, words, log_probs in zip(rows, some, read, strict=True):
            found[row] = _second_pass(words, log_probs, lexicon, options)
    return found


def _groups(by_size: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """The rows that are read in one step each. by_size: (prefixes, row), ascending; a group's trees are filled up to its last."""
    group: list[int] = []
    for size, row in by_size:
        if len(group) == READ_AT_ONCE or (len(group) + 1) * size > PREFIXES_AT_ONCE:
            if group:
                yield group
            group = []
        group.append(row)
    if group:
        yield group


@dataclass(frozen=True, eq=False)
class _Words:
    """The M words that the first pass leaves to the decoder, best first, and the tree of their prefixes."""

    tree: Tree
    ends: npt.NDArray[np.int64]
    """(M,): where they end in the tree"""
    nodes: npt.NDArray[np.int64]
    """(M,): where they end in the trie"""
    ctc: npt.NDArray[np.float64]
    """(M,): their log probabilities by the CTC head"""
    added: npt.NDArray[np.float64]
    """(M,): nats that the words before add to their scores, less what the decoder says of them without a swipe"""
    lead: float
    """nats by which the first of them leads, as guessed; inf if it is alone"""


def _two_pass(
    decoder: Decoder, memory: Memory, lexicon: Lexicon, options: SearchOptions, before: Before | None, internal_lm: InternalLm
) -> list[Hypothesis]:
    """Ties: the word that the first pass ranked higher."""
    words = _first_pass(decoder, memory, lexicon, options, before, internal_lm)
    if words is None:
        return []
    if words.lead > options.sure_margin:
        return _without_decoder(words, lexicon, options)
    (log_probs,) = decoder.read_trees([words.tree], [memory])
    return _second_pass(words, log_probs, lexicon, options)


def _first_pass(
    decoder: Decoder, memory: Memory, lexicon: Lexicon, options: SearchOptions, before: Before | None, internal_lm: InternalLm
) -> _Words | None:
    """None if it finds no word."""
    trie = lexicon.trie
    first_scale, n_words = options.first_prior * options.prior_weight * lexicon.prior_unit, max(options.beam_width, options.n_best)
    guesses = options.internal_lm_weight > 0
    more = MORE_WORDS if before is not None else MORE_WORDS_ALONE if guesses else 1
    parents, tokens, ends, nodes, ctc = _found(decoder, memory, lexicon, options, more)
    if not len(ends):
        return None
    tokens[0] = len(decoder.alphabet) + 1
    added = options.letter_bonus * kernels.count_letters(parents, ends)
    if before is not None:
        added += before.added(nodes)
    expected = options.internal_lm_weight * internal_lm.of(parents, tokens, ends, nodes) if guesses else np.zeros(len(ends))
    likely = LIKE_CTC * ctc - LIKE_INTERNAL_LM * expected if guesses else ctc
    least = max(LEAST_WORDS, options.n_best)
    kept, guessed = kernels.choose_words(trie, first_scale, nodes, likely + added, n_words, least, options.left_behind)
    lead = float(guessed[0] - guessed[1]) if len(kept) > 1 else math.inf
    if len(kept) < len(ends):
        parents, tokens, ends = kernels.keep_ancestors(parents, tokens, ends[kept])
        nodes, ctc, added, expected = nodes[kept], ctc[kept], added[kept], expected[kept]
    return _Words(Tree(parents, tokens), ends, nodes, ctc, added - (1.0 - options.ctc_weight) * expected, lead)


def _without_decoder(words: _Words, lexicon: Lexicon, options: SearchOptions) -> list[Hypothesis]:
    """As `_second_pass`, with what the decoder would say guessed from the CTC head, as `_first_pass` does."""
    like_ctc = options.ctc_weight + (1.0 - options.ctc_weight) * (LIKE_CTC if options.internal_lm_weight else 1.0)
    ranked = kernels.guess_words(
        lexicon.trie,
        options.prior_weight * lexicon.prior_unit,
        words.nodes,
        words.ctc,
        like_ctc,
        words.added,
        GUESSED * float(options.temperature),
        float(options.none_score),
    )
    return _hypotheses(words, ranked, options)


def _second_pass(words: _Words, log_probs: Floats, lexicon: Lexicon, options: SearchOptions) -> list[Hypothesis]:
    """log_probs: (P, V), what the decoder says of the tree."""
    (parents, tokens), ends, nodes, scale = words.tree, words.ends, words.nodes, options.prior_weight * lexicon.prior_unit
    weight, confidence = options.ctc_weight, (float(options.temperature), float(options.none_score))
    ranked = kernels.score_words(lexicon.trie, scale, parents, tokens, ends, nodes, words.ctc, log_probs, weight, words.added, *confidence)
    return _hypotheses(words, ranked, options)


def _hypotheses(words: _Words, ranked: tuple[Scores, Scores, Integers], options: SearchOptions) -> list[Hypothesis]:
    """ranked: the words' scores, probabilities and order."""
    (parents, tokens), ends, nodes, (scores, shares, order) = words.tree, words.ends, words.nodes, ranked
    tree, best = (parents.tolist(), tokens.tolist()), order[: options.n_best]
    rows = zip(ends[best].tolist(), nodes[best].tolist(), scores[best].tolist(), shares[best].tolist(), strict=True)
    return [Hypothesis(spelt(*tree, end), node, score, share) for end, node, score, share in rows]


def _found(decoder: Decoder, memory: Memory, lexicon: Lexicon, options: SearchOptions, more: int) -> Any:
    """As `kernels.first_pass`, and again with more margin where no word scores well. more: factor on the words to find."""
    trie, prior_scale = lexicon.trie, options.first_prior * options.prior_weight * lexicon.prior_unit
    n_words = max(options.beam_width, options.n_best)
    for margin in (options.margin, MORE_MARGIN * options.margin):
        found = kernels.first_pass(
            trie, prior_scale, memory.ctc_log_probs, FIRST_BEAM * n_words, margin, more * n_words, decoder.max_letters
        )
        _, _, _, nodes, ctc = found
        best = ctc[0] - prior_scale * (trie.prior(int(nodes[0])) - 1.0) if len(nodes) else -math.inf
        if best >= options.look_again_below:
            break
    return found


def _steps(decoder: Decoder, memory: Memory, lexicon: Lexicon, options: SearchOptions, before: Before | None) -> list[Hypothesis]:
    """Ties: the shorter, then the live hypothesis that ranked higher. The words before order as many words as the beam is wide.

    A live hypothesis ranks by its score plus the best weighted prior below its node, which no completion can exceed. So
    the search stops exactly when none can enter the n best. (Not exactly where the internal language model is taken off: then letters can
    add to a score.)
    """
    prior_scale = options.prior_weight * lexicon.prior_unit
    n_words = options.n_best if before is None else max(options.n_best, options.beam_width)
    letters, cache, cache_without = np.empty((1, 0), dtype=np.int64), decoder.empty_cache, decoder.empty_cache
    tokens, rows = np.array([len(decoder.alphabet) + 1]), np.full(1, NO_PARENT)
    nodes, scores, leaders = np.full(1, lexicon.trie.root), np.zeros(1), np.full(n_words, -np.inf)
    prefixes = CtcPrefixes.empty(memory.ctc_log_probs)
    steps: list[_Step] = []
    while len(tokens) and letters.shape[1] <= decoder.max_letters:
        first_row = len(cache)
        output, internal_lm = decoder.step(tokens, rows, cache, memory), None
        if options.internal_lm_weight and decoder.nothing is not None:
            without = decoder.step(tokens, rows, cache_without, decoder.nothing)
            cache_without, internal_lm = without.cache, options.internal_lm_weight * without.log_probs
        cache, log_probs = output.cache, mixed_log_probs(output.log_probs, prefixes, options.ctc_weight, internal_lm, options.letter_bonus)
        finished, leaders, parents, tokens, children, scores = kernels.expand(
            lexicon.trie, prior_scale, nodes, scores, log_probs, leaders, options.beam_width, options.margin
        )
        if options.ctc_weight > 0:
            prefixes = prefixes.extend(parents, tokens)
        steps.append(_Step(letters, nodes, finished))
        letters, nodes, rows = np.concatenate((letters[parents], tokens[:, None]), axis=1), children, first_row + parents
    return _ranked(steps, options, n_words, before)


def mixed_log_probs(
    log_probs: Floats, prefixes: CtcPrefixes, ctc_weight: float, internal_lm: Floats | None = None, letter_bonus: float = 0.0
) -> npt.NDArray[np.float64]:
    """(B, V): the decoder's log probabilities of what follows each prefix, mixed with the CTC head's by their weights, and letter_bonus.

    log_probs: (B, V), the decoder's; prefixes: the same B prefixes; internal_lm: (B, V), what is taken off the decoder's, weighted. A twin
    of docs/SCORE.md.
    """
    mixed = log_probs.astype(np.float64)
    if internal_lm is not None:
        mixed -= internal_lm
    if ctc_weight > 0:
        mixed += ctc_weight * (prefixes.log_next() - mixed)
    mixed[:, :-1] += letter_bonus
    return mixed


def _ranked(steps: list[_Step], options: SearchOptions, n_words: int, before: Before | None) -> list[Hypothesis]:
    """The best finished hypotheses of all steps, with their probabilities. n_words: how many of them the words before order."""
    scores = np.concatenate([step.finished for step in steps])
    order = np.argsort(-scores, kind="stable")[:n_words]
    order = order[np.isfinite(scores[order])]
    if before is not None and len(order):
        scores[order] += before.added(np.concatenate([step.nodes for step in steps])[order])
        order = order[np.argsort(-scores[order], kind="stable")]
    order = order[: options.n_best]
    if not len(order):
        return []
    best = max(float(scores[order[0]]), options.none_score)
    shares = np.exp((scores - best) / options.temperature)
    shares /= shares.sum() + math.exp((options.none_score - best) / options.temperature)
    starts = np.cumsum([0, *(len(step.finished) for step in steps)])
    hypotheses = []
    for index in order:
        at = int(np.searchsorted(starts, index, side="right")) - 1
        step, row = steps[at], index - starts[at]
        word = tuple(step.letters[row].tolist())
        hypotheses.append(Hypothesis(word, int(step.nodes[row]), float(scores[index]), float(shares[index])))
    return hypotheses
