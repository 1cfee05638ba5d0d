"""Words begun by taps and finished by a swipe: the same as searching a lexicon that has just what comes after the taps."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.finish import finish
from engine.grid import Grid
from engine.lexicon import OverlayWord
from engine.model import ModelBundle
from engine.recognizer import SwipeRecognizer
from engine.swipe import Swipe
from engine.two_languages import TwoLanguages
from tests.engine.test_two_languages import EVERYTHING, FIRST, SECOND, lexicon_of
from tests.support import toy_context

WORDS = {**FIRST, "cab": 7, "care": 30, "carat": 12, "dart": 40}
FORMS = {"cab": ("Cab",), "care": ("caré", "care")}


@pytest.fixture(scope="module", name="bundle")
def fixture_bundle(toy_bundle: Path) -> ModelBundle:
    return ModelBundle.load(toy_bundle)


@pytest.fixture(name="recognizer")
def fixture_recognizer(bundle: ModelBundle, qwerty: Grid) -> SwipeRecognizer:
    return SwipeRecognizer(bundle, lexicon_of(WORDS, FORMS), qwerty)


@pytest.fixture(scope="module", name="swipe")
def fixture_swipe(qwerty: Grid) -> Swipe:
    keys = [qwerty.letter_key(letter) for letter in "re"]
    return Swipe.from_points([key.centre_x for key in keys], [key.centre_y for key in keys], [0.0, 300.0])


@pytest.mark.parametrize("letters", ["c", "ca", "Ca", "car"])
def test_scores_are_those_of_the_rest_with_the_prior_of_the_whole(
    bundle: ModelBundle, qwerty: Grid, recognizer: SwipeRecognizer, swipe: Swipe, letters: str
) -> None:
    begun = letters.lower()
    rests = {word.removeprefix(begun): share for word, share in WORDS.items() if word.startswith(begun) and word != begun}
    alone = SwipeRecognizer(bundle, lexicon_of(rests), qwerty)
    expected = {}
    for one in alone.recognize(swipe, EVERYTHING):
        gain = recognizer.lexicon.log_prior(begun + one.key_sequence) - alone.lexicon.log_prior(one.key_sequence)
        expected[begun + one.key_sequence] = one.score + EVERYTHING.prior_weight * gain
    found = finish(recognizer, swipe, letters, EVERYTHING)
    assert {one.key_sequence: one.score for one in found} == pytest.approx(expected, rel=1e-6, abs=2e-5)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    forms = {one.key_sequence: one.forms for one in found}
    assert all(forms[word] == FORMS.get(word, (word,)) for word in forms)


@pytest.mark.parametrize("letters", ["x", "carts", "c4", "7", ""])
def test_letters_that_begin_no_word_finish_none(recognizer: SwipeRecognizer, swipe: Swipe, letters: str) -> None:
    assert finish(recognizer, swipe, letters, EVERYTHING) == []


def test_words_that_were_laid_over_are_finished_and_blocked_ones_are_not(recognizer: SwipeRecognizer, swipe: Swipe) -> None:
    recognizer.lay_over([OverlayWord("carve", -3.0), OverlayWord("cart", None)])
    found = {one.key_sequence for one in finish(recognizer, swipe, "car", EVERYTHING)}
    assert found == {"carve", "care", "carat"}
    assert recognizer.lexicon.find("carve") is not None and recognizer.lexicon.find("dart") is not None


def test_the_words_before_and_what_the_person_writes_after_them_count(
    bundle: ModelBundle, qwerty: Grid, swipe: Swipe, tmp_path: Path
) -> None:
    (tmp_path / "toy.context").write_bytes(toy_context.content())
    recognizer = SwipeRecognizer(bundle, lexicon_of(WORDS, FORMS), qwerty, context=tmp_path / "toy.context")

    def scores(before: str | None) -> dict[str, float]:
        return {one.key_sequence: one.score for one in finish(recognizer, swipe, "ca", EVERYTHING, before)}

    alone, after = scores(None), scores("we could ")
    assert alone["care"] != pytest.approx(after["care"], abs=0.01)
    recognizer.words.learn_pairs([("could", "caré")] * 50)
    learnt = scores("we could ")
    assert learnt["care"] > after["care"] + 0.5
    assert learnt["car"] < after["car"]
    assert scores(None) == alone


def test_words_of_both_languages_are_finished(bundle: ModelBundle, qwerty: Grid, swipe: Swipe) -> None:
    two = TwoLanguages(bundle, (lexicon_of(FIRST), lexicon_of(SECOND)), qwerty)
    found = finish(two, swipe, "he", EVERYTHING)
    assert sorted(one.key_sequence for one in found) == ["hell", "hello"]
    assert found[0].score >= found[1].score
