"""Two lexicons at once: as one lexicon whose priors are those of the mixture; and the share of each by the words before."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from engine.grid import Grid, GridCollection
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.model import ModelBundle
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from engine.shipped import languages_folder
from engine.swipe import Swipe
from engine.two_languages import Options, TwoLanguages, codes_of, with_letters
from tests.conftest import LATIN
from tests.support import toy

EVERYTHING = SearchOptions(beam_width=200, prior_weight=0.7, n_best=60)
FIRST = {"cat": 40, "car": 20, "hell": 5, "were": 30, "cart": 5}
SECOND = {"cat": 2, "hello": 30, "vat": 30, "hell": 20, "wet": 18}
UNIVERSAL = Path(__file__).parents[2] / "engine" / "models" / "universal"


def lexicon_of(words: Mapping[str, float], forms: dict[str, tuple[str, ...]] | None = None, alphabet: str = LATIN) -> Lexicon:
    entries = [Entry(word, share, (forms or {}).get(word, (word,))) for word, share in words.items()]
    return Lexicon.from_bytes(build_lexicon(entries, alphabet, "toy"))


@pytest.fixture(scope="module", name="two")
def fixture_two(toy_bundle: Path, qwerty: Grid) -> TwoLanguages:
    return TwoLanguages(ModelBundle.load(toy_bundle), (lexicon_of(FIRST), lexicon_of(SECOND)), qwerty)


@pytest.mark.parametrize("share", [0.5, 0.2, 0.9])
@pytest.mark.parametrize("word", ["cat", "hello", "vat", "cart", "hell"])
def test_it_is_one_lexicon_with_the_priors_of_the_mixture(toy_bundle: Path, qwerty: Grid, word: str, share: float) -> None:
    bundle = ModelBundle.load(toy_bundle)
    two = TwoLanguages(bundle, (lexicon_of(FIRST), lexicon_of(SECOND)), qwerty, options=Options(share))
    mixture = {
        one: share * FIRST.get(one, 0) / sum(FIRST.values()) + (1 - share) * SECOND.get(one, 0) / sum(SECOND.values())
        for one in {**FIRST, **SECOND}
    }
    mixed = SwipeRecognizer(bundle, lexicon_of(mixture), qwerty)
    swipe = toy.swipe_of(word, qwerty)
    expected, found = mixed.recognize(swipe, EVERYTHING), two.recognize(swipe, EVERYTHING)
    assert [one.key_sequence for one in found] == [one.key_sequence for one in expected]
    assert len(found) == len(mixture)
    for one, other in zip(found, expected, strict=True):
        assert one.score == pytest.approx(other.score, abs=0.1)  # priors are rounded in files
        assert one.probability == pytest.approx(other.probability, abs=0.03)


@pytest.mark.parametrize(("temperature", "none_score"), [(1.7, -math.inf), (1.0, -1.0), (0.6, -3.0), (1.0, 700.0)])
def test_probabilities_of_two_languages_have_a_temperature_and_leave_room_for_no_word(
    two: TwoLanguages, qwerty: Grid, temperature: float, none_score: float
) -> None:
    options = replace(EVERYTHING, temperature=temperature, none_score=none_score)
    found = two.recognize(toy.swipe_of("vat", qwerty), options)
    base = max(found[0].score, none_score)
    odds = [math.exp((one.score - base) / temperature) for one in found]
    whole = sum(odds) + math.exp((none_score - base) / temperature)
    assert [one.probability for one in found] == pytest.approx([one / whole for one in odds], rel=1e-6, abs=1e-9)


def test_two_languages_say_whether_a_word_is_likely_enough(two: TwoLanguages, qwerty: Grid) -> None:
    swipe = toy.swipe_of("vat", qwerty)
    best = two.decode(swipe, EVERYTHING).candidates[0].probability
    asked = [two.decode(swipe, replace(EVERYTHING, least_probability=best * factor)).likely for factor in (0.99, 1.001)]
    assert asked == [True, False]


def test_forms_of_both_are_offered_and_those_of_the_likelier_language_first(toy_bundle: Path, qwerty: Grid) -> None:
    lexicons = lexicon_of({"hell": 1, "cat": 9}, {"hell": ("hell", "he'll")}), lexicon_of({"hell": 9, "wet": 1}, {"hell": ("Hell", "hell")})
    best = TwoLanguages(ModelBundle.load(toy_bundle), lexicons, qwerty).recognize(toy.swipe_of("hell", qwerty))[0]
    assert set(best.forms) == {"hell", "he'll", "Hell"}


def test_a_blocked_word_is_offered_in_neither_language(toy_bundle: Path, qwerty: Grid) -> None:
    two = TwoLanguages(ModelBundle.load(toy_bundle), (lexicon_of(FIRST), lexicon_of(SECOND)), qwerty)
    assert two.recognize(toy.swipe_of("cat", qwerty))[0].word == "cat"
    two.words.block("cat")
    two.words.block("vat")  # the first language lacks it
    found = [form for one in two.recognize(toy.swipe_of("cat", qwerty), EVERYTHING) for form in one.forms]
    assert found
    assert not {"cat", "vat"} & set(found)


def test_no_more_words_than_were_asked_for_each_once(two: TwoLanguages, qwerty: Grid) -> None:
    found = two.recognize(toy.swipe_of("cat", qwerty), SearchOptions(beam_width=50, prior_weight=0.25, n_best=3))
    assert len(found) == len({one.key_sequence for one in found}) == 3


class TestShare:
    def test_nothing_before_is_the_share_that_was_given(self, two: TwoLanguages) -> None:
        assert two.share_of_first("") == 0.5

    def test_words_of_a_language_speak_for_it(self, two: TwoLanguages) -> None:
        assert two.share_of_first("were") > 0.7
        assert two.share_of_first("vat hello") < 0.2
        assert two.share_of_first("vat hello vat hello vat were were were") > 0.6  # the last words count most

    def test_a_person_who_mixes_keeps_both(self, two: TwoLanguages) -> None:
        mixed, alone = (1 - two.share_of_first(text) for text in ("hello were vat were hello", "were were were were were"))
        assert alone < mixed

    def test_no_language_is_ruled_out(self, two: TwoLanguages) -> None:
        assert two.share_of_first("were car " * 100) == 0.95
        assert two.share_of_first("vat hello " * 100) == 0.05

    def test_words_that_neither_knows_say_nothing(self, two: TwoLanguages) -> None:
        assert two.share_of_first("xyzzy 12, 🚀") == pytest.approx(0.5)

    def test_it_changes_the_order(self, two: TwoLanguages, qwerty: Grid) -> None:
        swipe = toy.swipe_of("vat", qwerty)
        scores = [
            {one.key_sequence: one.score for one in two.decode(swipe, EVERYTHING, before).candidates}
            for before in ("were cart", "hello wet")
        ]
        assert scores[0]["car"] - scores[0]["vat"] > scores[1]["car"] - scores[1]["vat"] + 1

    def test_shares_out_of_range_are_refused(self, toy_bundle: Path, qwerty: Grid) -> None:
        for options in (Options(0), Options(1.5), Options(0.5, least=0.6)):
            with pytest.raises(ValueError, match="a language's share is from 0 to 1"):
                TwoLanguages(ModelBundle.load(toy_bundle), (lexicon_of(FIRST), lexicon_of(SECOND)), qwerty, options=options)


class TestLetters:
    def test_letters_without_a_key_lie_on_that_of_their_base(self, qwerty: Grid) -> None:
        grid = with_letters(qwerty, LATIN + "äößñж")
        assert {letter: grid.letter_key(letter).label for letter in "äößñ"} == {"ä": "a", "ö": "o", "ß": "s", "ñ": "n"}
        assert not grid.has_letter("ж")
        assert with_letters(qwerty, LATIN) is qwerty

    def test_a_swipe_finds_words_of_both_alphabets(self, grids: GridCollection) -> None:
        """With the network that reads keys; swipes go straight through the keys."""
        german = lexicon_of({"grün": 1, "und": 2, "gut": 2}, alphabet=LATIN + "äöüß")
        for name in ("qwerty_en", "qwertz_de"):
            two = TwoLanguages(ModelBundle.load(UNIVERSAL), (lexicon_of({"and": 1, "get": 2, "under": 1}), german), grids[name])
            for word in ("under", "grün"):
                path = [two.grid.letter_key(letter) for letter in word]
                x, y, t = _steady([key.centre_x for key in path], [key.centre_y for key in path])
                assert two.recognize(Swipe.from_points(x, y, t))[0].word == word, (name, word)

    def test_each_sees_what_it_would_see_alone_on_the_same_keys(self, grids: GridCollection) -> None:
        """The swipe is encoded once, and both languages' letters are told from it."""
        bundle, words = ModelBundle.load(UNIVERSAL), {"and": 1.0, "get": 2.0, "under": 1.0}
        two = TwoLanguages(bundle, (lexicon_of(words), lexicon_of({"und": 1.0})), grids["qwerty_en"])
        alone = SwipeRecognizer(bundle, lexicon_of(words), grids["qwerty_en"])
        path = [two.grid.letter_key(letter) for letter in "under"]
        swipe = Swipe.from_points(*_steady([key.centre_x for key in path], [key.centre_y for key in path]))
        asking = replace(bundle.manifest.search, sure_margin=math.inf)  # as two languages always do
        (best, *_), (same, *_) = two.recognize(swipe), alone.recognize(swipe, asking)
        assert best.key_sequence == same.key_sequence == "under"
        assert best.score == pytest.approx(same.score + bundle.manifest.search.prior_weight * math.log(0.5), abs=1e-3)


def _steady(x: list[float], y: list[float]) -> tuple[list[float], list[float], list[float]]:
    """A swipe through these points, ten samples from each to the next."""
    xs = [a + (b - a) * step / 10 for a, b in itertools.pairwise(x) for step in range(10)] + x[-1:]
    ys = [a + (b - a) * step / 10 for a, b in itertools.pairwise(y) for step in range(10)] + y[-1:]
    return xs, ys, [15.0 * at for at in range(len(xs))]


@pytest.mark.parametrize("language", ["en+", "en+en", "en+de+fr", "+"])
def test_two_languages_are_two(language: str) -> None:
    with pytest.raises(ValueError, match=r"two languages are written as in 'en\+de', got"):
        codes_of(language)


def test_load_takes_two_codes(tmp_path: Path, toy_bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch, qwerty: Grid) -> None:
    for code in ("aa", "bb"):
        file = {"name": code, "alphabet": LATIN, "grids": {"qwerty_en": code}, "bundle": str(toy_bundle), "lexicon": str(toy_lexicon)}
        (tmp_path / f"{code}.json").write_text(json.dumps(file), encoding="utf-8")
    (tmp_path / "common.json").write_bytes((languages_folder() / "common.json").read_bytes())
    monkeypatch.setattr("engine.shipped.languages_folder", lambda: tmp_path)
    recognizer = SwipeRecognizer.load(language="aa+bb")
    assert isinstance(recognizer, TwoLanguages)
    assert recognizer.recognize(toy.swipe_of("cat", qwerty))[0].word == "cat"
    with pytest.raises(ValueError, match="unknown language 'cc'"):
        SwipeRecognizer.load(language="aa+cc")


def test_many_swipes_at_once_have_the_candidates_of_each(two: TwoLanguages, qwerty: Grid) -> None:
    swipes = [toy.swipe_of(word, qwerty) for word in (*FIRST, *SECOND)]
    for texts in (["", None, "hello"] * 3 + [""], [None] * 10):
        expected = [two.recognize(swipe, before=text) for swipe, text in zip(swipes, texts, strict=True)]
        assert list(two.recognize_many(swipes, before=texts)) == expected
