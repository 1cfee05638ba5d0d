"""One word of a person's own: how its weight fades, and what changes make of it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.words.word import HALF_LIFE, LEAST_WEIGHT, Change, PersonalWord, checked

gains = st.floats(-3, 3)
kinds = st.sampled_from((None, "learnt", "added", "blocked"))
changes = st.builds(Change, st.just("cat"), gains, kinds, st.booleans())


def test_a_weight_halves_with_every_half_life_of_learnt_words() -> None:
    word = PersonalWord("cat", "learnt", 8.0, 100)
    assert word.weight_at(100) == 8.0
    assert word.weight_at(100 + int(HALF_LIFE)) == pytest.approx(4.0)
    assert word.weight_at(100 + 3 * int(HALF_LIFE)) == pytest.approx(1.0)
    assert word.weight_at(50) == 8.0  # another keyboard has counted further: nothing grows by that


def test_uses_add_up_and_fade() -> None:
    once = Change("cat", 1.0).applied(None, 1)
    assert once == PersonalWord("cat", "learnt", 1.0, 1)
    twice = Change("cat", 1.0).applied(once, 1 + int(HALF_LIFE))
    assert twice == PersonalWord("cat", "learnt", 1.5, 1 + int(HALF_LIFE))


def test_a_word_that_is_hardly_used_is_forgotten_unless_it_was_added() -> None:
    assert Change("cat", -1.0).applied(PersonalWord("cat", "learnt", 1.0, 1), 1) is None
    assert Change("cat", -5.0).applied(PersonalWord("cat", "added", 1.0, 1), 1) == PersonalWord("cat", "added", 0.0, 1)
    assert Change("cat", -1.0).applied(None, 1) is None


def test_a_blocked_word_gains_nothing_until_it_is_added() -> None:
    blocked = Change("cat", kind="blocked").applied(PersonalWord("cat", "learnt", 3.0, 1), 1)
    assert blocked == PersonalWord("cat", "blocked", 0.0, 1)
    assert Change("cat", 2.0).applied(blocked, 2) == PersonalWord("cat", "blocked", 0.0, 2)
    assert Change("cat", 2.0, "learnt").applied(blocked, 2) == PersonalWord("cat", "blocked", 0.0, 2)
    assert Change("cat", 1.0, "added").applied(blocked, 3) == PersonalWord("cat", "added", 1.0, 3)


@given(changes, changes, st.none() | st.builds(PersonalWord, st.just("cat"), st.sampled_from(("learnt", "added")), st.floats(1, 9)))
def test_a_weight_never_falls_below_nothing(first: Change, second: Change, before: PersonalWord | None) -> None:
    after = second.applied(first.applied(before, 1), 2)
    assert after is None or after.weight >= 0
    assert after is None or after.kind != "learnt" or after.weight > 0


@given(changes, changes)
@example(Change("cat", 0.03), Change("cat", 0.03))
def test_changes_that_waited_are_made_as_one(first: Change, second: Change) -> None:
    """But for a weight that would have stopped at 0 or been forgotten in between, and uses of a word while it was blocked."""
    if first.gain < 0 or second.gain < 0 or "blocked" in (first.kind, second.kind):
        return
    one_by_one = second.applied(first.applied(None, 1), 1)
    at_once = first.then(second).applied(None, 1)
    assert at_once is not None or one_by_one is None
    assert at_once is None or one_by_one is not None or at_once.weight < 2 * LEAST_WEIGHT
    if at_once and one_by_one:
        assert at_once.kind == one_by_one.kind
        assert at_once.weight == pytest.approx(one_by_one.weight, rel=1e-6, abs=0.051)


def test_only_writing_makes_words_fade() -> None:
    assert Change("cat", 1.0).is_use
    assert not Change("cat", 1.0, "added").is_use
    assert not Change("cat", forget=True).is_use


@pytest.mark.parametrize("word", ["", " ", "New York", "a\nb", "a\0", "\u202ecat", "x" * 65])
def test_what_is_not_one_word(word: str) -> None:
    with pytest.raises(ValueError, match="the word"):
        checked(word)


def test_a_word_is_kept_composed() -> None:
    assert checked("nai\u0308ve") == "na\u00efve"
