"""The search with words before: against every word scored by both heads and by what the words before add."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import beam_search
from engine.beam_search import search
from engine.search_options import SearchOptions
from tests.engine.test_beam_search import (
    ALPHABET,
    NO_MEMORY,
    TableDecoder,
    ctc_memory,
    found,
    lexicon_of,
    scores_of,
    seeds,
    short_words,
    words,
)
from tests.support import naive


class Said:
    """Adds a number that depends on the node alone."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def added(self, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        return np.array([self.of(node) for node in nodes.tolist()])

    def of(self, node: int) -> float:
        return float(np.random.default_rng([self._seed, node]).normal(0, 2))


@given(words, seeds, st.floats(0, 2), st.integers(1, 60))
def test_steps_order_the_words_by_what_the_words_before_add(words: dict[str, float], seed: int, prior_weight: float, n_best: int) -> None:
    lexicon, decoder, said = lexicon_of(words), TableDecoder(seed), Said(seed)
    options = SearchOptions(beam_width=1000, prior_weight=prior_weight, n_best=n_best)
    scores = naive.score_all(dict(lexicon.key_sequences()), decoder.log_probs, ALPHABET, prior_weight)
    expected = sorted(((word, score + said.of(lexicon.find(word) or 0)) for word, score in scores), key=lambda item: -item[1])
    assert found(search(decoder, NO_MEMORY, lexicon, options, said)) == expected[:n_best]


@given(short_words, seeds, st.floats(0, 2), st.floats(0, 1), st.integers(1, 4), st.integers(1, 4))
def test_in_two_passes_the_words_before_choose_what_the_decoder_scores(
    words: dict[str, float], seed: int, prior_weight: float, ctc_weight: float, beam_width: int, n_best: int
) -> None:
    lexicon, decoder, memory, said = lexicon_of(words), TableDecoder(seed), ctc_memory(seed), Said(seed)
    options = SearchOptions(beam_width, prior_weight, n_best=n_best, ctc_weight=ctc_weight, method="two_pass")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beam_search, "FIRST_BEAM", 200)
        patch.setattr(beam_search, "MORE_WORDS", 100)
        hypotheses = search(decoder, memory, lexicon, options, said)
    scores = scores_of(dict(lexicon.key_sequences()), decoder, memory, options)
    added = {word: said.of(lexicon.find(word) or 0) for word in scores}
    chosen = sorted(scores, key=lambda word: -scores[word][0] - added[word])[: max(beam_width, n_best)]
    expected = sorted(((word, scores[word][1] + added[word]) for word in chosen), key=lambda item: -item[1])
    assert ["".join(ALPHABET[token] for token in one.tokens) for one in hypotheses] == [word for word, _ in expected[:n_best]]
    np.testing.assert_allclose([one.score for one in hypotheses], [score for _, score in expected[:n_best]], rtol=1e-6, atol=1e-6)
    shares = np.exp([score for _, score in expected])
    np.testing.assert_allclose([one.probability for one in hypotheses], (shares / shares.sum())[: len(hypotheses)], atol=1e-6)
