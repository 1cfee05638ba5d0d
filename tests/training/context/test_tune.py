from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.context.ranking import ContextOptions, trust_in
from tests.engine.context.test_ranking import options
from tests.support import toy_context
from training.context.tune import MISSED, Lists, cross_fit, draw, folds, mean_of_best

MODEL = toy_context.model()


def lists_of(n: int, seed: int) -> Lists:
    rng = np.random.default_rng(seed)
    scores, text, lexicon = rng.normal(size=(3, n, 4))
    unknown, meant = rng.integers(0, 2, (n, 4)).astype(float), rng.integers(-1, 4, n)
    told = rng.normal(0, 3, (2, n, 3))
    told[:, np.arange(3) < rng.integers(0, 4, n)[:, None]] = np.nan
    return Lists(scores, text, lexicon, unknown, meant, told[0], told[1])


@given(options, st.integers(0, 100))
def test_ranks_are_by_the_formula(chosen: ContextOptions, seed: int) -> None:
    lists = lists_of(6, seed)
    for row, rank in enumerate(lists.ranks(chosen).tolist()):
        odds = lists.trust(chosen)[row]
        trust = 1 / (1 + math.exp(-odds))
        share = chosen.lexicon_share
        gains = (1 - share) * lists.against_text[row] + share * lists.against_lexicon[row] - chosen.unknown * lists.unknown[row]
        scores = lists.scores[row] + chosen.weight * np.log(1 - trust + trust * np.exp(gains))
        meant = lists.meant[row]
        assert rank == (MISSED if meant < 0 else (scores > scores[meant] + 1e-12).sum())


@given(options)
def test_trust_is_the_engines(chosen: ContextOptions) -> None:
    contexts = [MODEL.context(before) for before in ("", "we ", "we could meet ", "the zebra ")]
    told = np.full((2, len(contexts), 3), np.nan)
    for row, context in enumerate(contexts):
        n = len(context.gains)
        told[:, row, 3 - n :] = np.array([context.gains, context.log_probs]).reshape(2, n)
    nothing = np.zeros((4, 1))
    lists = Lists(nothing, nothing, nothing, nothing, np.zeros(4, np.int64), told[0], told[1])
    np.testing.assert_allclose(lists.trust(chosen), [trust_in(context, chosen) for context in contexts])


def test_a_swipe_is_ranked_by_what_suits_other_people_and_sentences() -> None:
    """What its own people or sentences would choose does not count: nothing changes when their worth does."""
    lists, rng = lists_of(64, 3), np.random.default_rng(0)
    tried, worth = [draw(rng) for _ in range(40)], rng.random((40, 64))
    people, sentences = rng.integers(0, 4, 64), rng.integers(0, 4, 64)
    own = (people == 1) & (sentences == 2)
    changed = np.where((people == 1) | (sentences == 2), rng.random((40, 64)), worth)
    before, after = (cross_fit(lists, tried, one, people, sentences) for one in (worth, changed))
    assert own.any()
    assert (before[own] == after[own]).all()


def test_the_mean_is_of_the_best() -> None:
    tried = [ContextOptions(weight=weight / 100) for weight in range(40)]
    assert math.isclose(mean_of_best(tried, np.arange(40.0)).weight, 0.335)


def test_folds_are_the_same_in_every_run() -> None:
    assert folds(["anna", "bert", "anna"]).tolist() == folds(["anna", "bert", "anna"]).tolist()
    assert len(set(folds([str(i) for i in range(100)]).tolist())) == 4
