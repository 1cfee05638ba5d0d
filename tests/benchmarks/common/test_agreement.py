"""Which candidate lists count as the same."""

from __future__ import annotations

import math

from benchmarks.common.agreement import Agreement, ScoredWord, agreement, listed


def words(*scored: tuple[str, float]) -> list[ScoredWord]:
    return [ScoredWord(*word) for word in scored]


LIST = words(("a", -1.0), ("b", -2.0), ("c", -3.0))


def test_the_same_words_in_the_same_order_with_the_same_scores() -> None:
    assert agreement(LIST, words(("a", -1.0004), ("b", -1.9996), ("c", -3.0))) is Agreement.EQUAL
    assert agreement([], []) is Agreement.EQUAL


def test_other_scores_or_another_number_of_words_differ() -> None:
    assert agreement(LIST, words(("a", -1.0), ("b", -2.002), ("c", -3.0))) is Agreement.DIFFERENT
    assert agreement(LIST, LIST[:2]) is Agreement.DIFFERENT
    assert agreement(LIST, []) is Agreement.DIFFERENT
    assert agreement(LIST, words(("a", math.nan), ("b", -2.0), ("c", -3.0))) is Agreement.DIFFERENT


def test_equals_may_change_places_and_no_others() -> None:
    close = words(("a", -1.0), ("b", -1.0005), ("c", -3.0))
    assert agreement(close, words(("b", -1.0003), ("a", -1.0004), ("c", -3.0))) is Agreement.TIED
    assert agreement(LIST, words(("b", -1.0), ("a", -2.0), ("c", -3.0))) is Agreement.DIFFERENT


def test_another_last_word_is_excused_where_it_scores_the_same() -> None:
    assert agreement(LIST, words(("a", -1.0), ("b", -2.0), ("d", -3.0005))) is Agreement.TIED
    assert agreement(LIST, words(("a", -1.0), ("d", -2.0), ("c", -3.0))) is Agreement.DIFFERENT  # nothing pushed b out


def test_a_list_for_people() -> None:
    assert listed(LIST[:2]) == "a -1.0000, b -2.0000" and listed([]) == "nothing"
