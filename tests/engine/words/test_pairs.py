"""A person's pairs of words: counted, faded, kept in the file, and what they do to candidates and next words."""

from __future__ import annotations

import json
import math
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.ranking import FORM_TRUST, Ranking
from engine.context.words import last_pair, unfinished_sentence
from engine.grid import Grid
from engine.lexicon import Lexicon, OverlayWord
from engine.model import ModelBundle
from engine.recognizer import SwipeRecognizer
from engine.words.pairs import HALF_LIFE, LEAST_WEIGHT, MOST_FOLLOWERS, SWEPT_EVERY, Followers, PairStrength, PersonalPairs
from engine.words.personal import PersonalWords
from engine.words.store import FORMAT_VERSION, WITHOUT_PAIRS, WordStore
from engine.words.word import Change
from tests.support import toy, toy_context

SHIPPED = Path(__file__).parents[3] / "engine"


def shares(pairs: PersonalPairs, first: str | None) -> dict[str, float]:
    found = pairs.after(first)
    return {} if found is None else dict(found.shares)


# --- counting ---


def test_followers_share_by_how_often_and_how_many_they_are() -> None:
    pairs = PersonalPairs(PairStrength(2.0))
    pairs.count([("meet", "at", 3.0), ("meet", "me", 1.0), ("at", "noon", 1.0)])
    assert shares(pairs, "meet") == pytest.approx({"at": 3 / 8, "me": 1 / 8}, rel=1e-3)
    assert shares(pairs, "Meet") == shares(pairs, "meet")
    assert shares(pairs, "noon") == shares(pairs, None) == {}
    pairs.enabled = False
    assert pairs.after("meet") is None


def test_they_fade_with_the_pairs_that_are_counted() -> None:
    pairs = PersonalPairs(PairStrength(1.0))
    pairs.count([("meet", "at", 1.0)])
    pairs.now += round(HALF_LIFE)
    assert shares(pairs, "meet")["at"] == pytest.approx(0.5 / 1.5, rel=1e-3)
    pairs.now += math.ceil(HALF_LIFE * math.log2(0.5 / LEAST_WEIGHT)) + 1
    assert shares(pairs, "meet") == {}


def test_only_the_weightiest_count() -> None:
    pairs = PersonalPairs()
    pairs.count([("a", f"word{number}", 1.0 + number) for number in range(MOST_FOLLOWERS + 9)])
    assert len(shares(pairs, "a")) == MOST_FOLLOWERS
    assert "word0" not in shares(pairs, "a")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("x", "Y", "z")), st.floats(0.1, 50)), max_size=30))
def test_the_followers_of_a_word_leave_something_to_the_rest(gains: list[tuple[str, str, float]]) -> None:
    pairs = PersonalPairs()
    pairs.count(gains)
    for first in "abc":
        found = pairs.after(first)
        assert found is None or 0 < found.share < 1


def test_faded_pairs_go_from_the_memory_too() -> None:
    pairs = PersonalPairs()
    pairs.count([("old", "pair", 1.0)])
    pairs.count([("new", "pair", 1.0)] * (math.ceil(HALF_LIFE * math.log2(1 / LEAST_WEIGHT)) + 2 * SWEPT_EVERY))
    assert len(pairs) == 1


def test_what_is_written_counts_at_once_and_so_does_another_strength() -> None:
    pairs = PersonalPairs(PairStrength(1.0))
    pairs.count([("meet", "at", 1.0)])
    assert shares(pairs, "meet") == pytest.approx({"at": 1 / 2}, rel=1e-3)
    pairs.count([("meet", "me", 1.0)])
    assert shares(pairs, "meet") == pytest.approx({"at": 1 / 4, "me": 1 / 4}, rel=1e-3)
    pairs.strength = PairStrength(2.0)
    assert shares(pairs, "meet") == pytest.approx({"at": 1 / 6, "me": 1 / 6}, rel=1e-3)


def test_followers_are_found_again_where_something_was_laid_over_the_lexicon() -> None:
    lexicon, followers = toy_context.lexicon(), Followers({"meet": 0.25, "zebra": 0.5, "May": 0.1, "may": 0.05})
    assert followers.at_nodes(lexicon) == {lexicon.find("meet"): 0.25, lexicon.find("may"): pytest.approx(0.15)}
    laid = lexicon.overlaid([OverlayWord("zebra", -9.0), OverlayWord("meet", None)])
    assert followers.at_nodes(laid) == {laid.find("zebra"): 0.5, laid.find("may"): pytest.approx(0.15)}


def test_forgetting_a_word_drops_the_pairs_that_it_is_in() -> None:
    pairs = PersonalPairs()
    pairs.count([("meet", "Rita", 1.0), ("rita", "said", 1.0), ("meet", "me", 1.0)])
    pairs.forget("Rita")
    assert {(first, second) for first, second, _ in pairs.gains()} == {("meet", "me")}


@pytest.mark.parametrize(
    ("text", "word", "pair"),
    [
        ("", "", None),
        ("We could meet at ", "at", ("meet", "at")),
        ("Hello", "Hello", ("", "Hello")),
        ("It rains. ", "", None),
        ("It rains. So", "So", ("", "So")),
        ("at 12", "<number>", None),
        ("x " * 1500, "x", ("x", "x")),
    ],
)
def test_the_last_words_of_a_text(text: str, word: str, pair: tuple[str, str] | None) -> None:
    assert unfinished_sentence(text).last == word
    assert last_pair(text) == pair


# --- what a person's words make of them ---


@pytest.fixture
def recognizer(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> SwipeRecognizer:
    return SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty)


def test_a_text_is_learnt_by_its_sentences_with_words_as_the_lexicon_has_them(recognizer: SwipeRecognizer) -> None:
    n_pairs = recognizer.words.learn_text("The cat were in LONDON. Hello, 7 cars! жук cat")
    found = {(first, second): weight for first, second, weight in recognizer.words.pairs.gains()}
    assert ("the", "cat") in found
    assert ("", "hello") in found, "its capital is the sentence's"
    assert ("", "жук") not in found
    assert not [pair for pair in found if "7" in pair or "<number>" in pair]
    assert n_pairs == len(found)
    assert ("in", "London") in found, "it is the lexicon's form"


def test_blocked_words_and_words_that_cannot_be_swiped_are_passed_over(recognizer: SwipeRecognizer) -> None:
    recognizer.words.block("cat")
    assert recognizer.words.learn_pairs([("the", "cat"), ("the", "a" * 60), ("жук", "cats"), ("the", "cats")]) == 1
    recognizer.words.use_pairs(False)
    assert recognizer.words.learn_pairs([("the", "cats")]) == 0


def test_forgetting_and_clearing_act_on_pairs(recognizer: SwipeRecognizer) -> None:
    words = recognizer.words
    words.learn_pairs([("the", "cat"), ("the", "wet")])
    words.learn([("cat", 1.0)])
    words.remove("cat")
    assert [second for _, second, _ in words.pairs.gains()] == ["wet"]
    words.clear()
    assert len(words.pairs) == 0


# --- candidates and next words ---


@pytest.fixture(scope="module")
def english() -> SwipeRecognizer:
    return SwipeRecognizer.load(ModelBundle.load())


@pytest.fixture
def words(english: SwipeRecognizer) -> PersonalWords:
    english.words.clear()
    english.words.use_pairs(True)
    return english.words


def added(recognizer: SwipeRecognizer, before: str, *sequences: str) -> dict[str, float]:
    """Nats that the words before add."""
    assert recognizer.ranking is not None
    said = recognizer.ranking.words_before(before, recognizer.lexicon, recognizer.own)
    nodes = np.array([recognizer.lexicon.find(sequence) for sequence in sequences], np.int64)
    return dict(zip(sequences, said.added(nodes).tolist(), strict=True))


def test_what_a_person_writes_after_a_word_gains_and_the_rest_loses_little(english: SwipeRecognizer, words: PersonalWords) -> None:
    sequences = ("trombone", "table", "noon")
    before = added(english, "we meet at the ", *sequences)
    for _ in range(3):
        words.learn_text("I play the trombone.")
    after = added(english, "we meet at the ", *sequences)
    assert after["trombone"] > before["trombone"] + 1
    for other in ("table", "noon"):
        assert before[other] - 1 < after[other] < before[other]
    assert added(english, "we meet at a ", *sequences) == added_without(english, "we meet at a ", *sequences)
    words.use_pairs(False)
    assert added(english, "we meet at the ", *sequences) == before


def added_without(recognizer: SwipeRecognizer, before: str, *sequences: str) -> dict[str, float]:
    own, recognizer.own = recognizer.own, None
    found = added(recognizer, before, *sequences)
    recognizer.own = own
    return found


def test_joined_gains_are_those_of_the_mixture(english: SwipeRecognizer, words: PersonalWords) -> None:
    before = added(english, "the ", "trombone", "table")
    words.learn_pairs([("the", "trombone"), ("the", "kettle")])
    share = words.pairs.strength.words
    assert english.ranking is not None
    weight, part = english.ranking.options.weight, 1 / (2 + 2 * share)
    prior = math.exp(english.lexicon.log_prior("trombone"))
    expected = weight * math.log((1 - 2 * part) * math.exp(before["trombone"] / weight) + part / prior)
    found = added(english, "the ", "trombone", "table")
    assert found["trombone"] == pytest.approx(expected, rel=1e-3)
    assert found["table"] == pytest.approx(before["table"] + weight * math.log(1 - 2 * part), rel=1e-3, abs=1e-3)


def test_next_words_come_from_the_person_too_even_if_the_model_does_not_know_them(english: SwipeRecognizer, words: PersonalWords) -> None:
    words.add("Wuliangye")
    assert "Wuliangye" not in [one.word for one in english.next_words("a bottle of ")]
    for _ in range(4):
        words.learn_text("Bring a bottle of Wuliangye.")
    found = english.next_words("a bottle of ", 5)
    assert "Wuliangye" in [one.word for one in found]
    assert [one.probability for one in found] == sorted((one.probability for one in found), reverse=True)
    assert sum(one.probability for one in english.next_words("a bottle of ", 3000)) <= 1 + 1e-9
    assert "Bring" not in [one.word for one in english.next_words("", 400)], "at the beginning of a sentence it is kept in small letters"
    words.block("Wuliangye")
    assert "Wuliangye" not in [one.word for one in english.next_words("a bottle of ", 5)]


def test_drawn_words_come_from_the_person_too(english: SwipeRecognizer, words: PersonalWords) -> None:
    for _ in range(50):
        words.learn_pairs([("xylophone", "lessons")])
    drawn = [english.next_words("xylophone ", 1, temperature=1.0)[0].word for _ in range(12)]
    assert drawn.count("lessons") > 6


# --- written forms ---


class Own:
    """A person who has used some written forms."""

    def __init__(self, **weights: float) -> None:
        self.pairs, self._weights = PersonalPairs(), weights

    def form_weight(self, form: str) -> float:
        return self._weights.get(form, 0.0)


def first_form(own: Own | None, before: str = "we could meet in ") -> str:
    lexicon: Lexicon = toy_context.lexicon()
    said = Ranking(toy_context.model(), lexicon).words_before(before, lexicon, own)
    return said.ordered(("may", "May"), lexicon.find("may") or 0, "may")[0]


def test_uses_of_a_written_form_count_beside_what_the_words_before_say() -> None:
    best = first_form(None)
    other = {"may": "May", "May": "may"}[best]
    assert first_form(Own()) == first_form(Own(**{other: 0.01})) == best
    assert first_form(Own(**{other: FORM_TRUST + 0.1})) == other
    assert first_form(Own(**{other: 2.0, best: 2.0})) == best


def test_an_added_form_is_the_one_that_is_written(english: SwipeRecognizer, words: PersonalWords) -> None:
    assert words.form_weight("Rotate") == 0
    words.add("Rotate")
    assert english.ranking is not None
    said = english.ranking.words_before("we can ", english.lexicon, english.own)
    node = english.lexicon.find("rotate")
    assert node is not None
    assert (
        said.ordered(english.lexicon.forms("rotate") if node < len(english.lexicon.trie.token) else ("Rotate", "rotate"), node, "rotate")[0]
        == "Rotate"
    )
    words.block("Rotate")
    assert words.form_weight("Rotate") == 0


# --- the file ---


def test_they_are_kept_in_the_file_and_wiped_with_it(recognizer: SwipeRecognizer, tmp_path: Path) -> None:
    file = tmp_path / "words.db"
    recognizer.words.learn_pairs([("the", "cat")])
    recognizer.words.open(file)
    recognizer.words.learn_pairs([("the", "cat"), ("", "hello")])
    again = WordStore(file)
    pairs, now = again.read_pairs("en")
    assert {words: pair.weight_at(now) for words, pair in pairs.items()} == pytest.approx(
        {("the", "cat"): 2.0, ("", "hello"): 1.0}, rel=1e-2
    )
    assert again.read_pairs("ru") == ({}, 0)
    recognizer.words.learn([("cat", 1.0)])
    recognizer.words.remove("cat")
    assert list(again.read_pairs("en")[0]) == [("", "hello")]
    assert recognizer.words.wipe()
    assert again.read_pairs("en") == ({}, 0)
    assert b"hello" not in file.read_bytes()


def test_two_keyboards_count_together(recognizer: SwipeRecognizer, toy_recognizer: SwipeRecognizer, qwerty: Grid, tmp_path: Path) -> None:
    other = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty)
    for one in (recognizer, other):
        one.words.open(tmp_path / "words.db")
    recognizer.words.learn_pairs([("the", "cat")])
    other.words.learn_pairs([("the", "cat"), ("the", "wet")])
    recognizer.words.refresh()
    for one in (recognizer, other):
        weights = {second: weight for _, second, weight in one.words.pairs.gains()}
        assert weights == pytest.approx({"cat": 2.0, "wet": 1.0}, rel=1e-2)


def test_a_file_without_pairs_gets_them_and_keeps_its_words(tmp_path: Path) -> None:
    """Format 1 had words alone."""
    file = tmp_path / "words.db"
    WordStore(file).close()
    database = sqlite3.connect(file)
    for table in ("pairs", "counted"):
        database.execute(f"DROP TABLE {table}")
    database.execute("INSERT INTO words VALUES ('en', 'Wuliangye', 'added', 0, 0)")
    database.execute("PRAGMA user_version = 1")
    database.commit()
    assert {name for (name,) in database.execute("SELECT name FROM sqlite_master")} >= set(WITHOUT_PAIRS)
    database.close()
    store = WordStore(file)
    assert list(store.read("en")[0]) == ["Wuliangye"]
    assert store.count_pairs("en", [("the", "cat", 1.0)])
    assert WordStore(file).read_pairs("en")[1] == 1
    assert sqlite3.connect(file).execute("PRAGMA user_version").fetchone()[0] == FORMAT_VERSION


def test_a_file_that_cannot_be_written_keeps_pairs_waiting(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "words.db").mkdir()
    store = WordStore(tmp_path / "words.db", said.append)
    assert not store.count_pairs("en", [("the", "cat", 1.0)])
    (tmp_path / "words.db").rmdir()
    assert store.count_pairs("en", [("the", "wet", 1.0)])
    assert set(store.read_pairs("en")[0]) == {("the", "cat"), ("the", "wet")}
    assert len(said) == 1


def test_faded_pairs_go_from_the_file(tmp_path: Path) -> None:
    store = WordStore(tmp_path / "words.db")
    store.count_pairs("en", [("old", "pair", 1.0)])
    many = math.ceil(HALF_LIFE * math.log2(1 / LEAST_WEIGHT)) + 200
    store.count_pairs("en", [("new", "pair", 1.0)] * many)
    assert set(store.read_pairs("en")[0]) == {("new", "pair")}


@pytest.mark.parametrize("row", [("the", "cat", -1.0, 0), ("the", "cat", 1.0, -2), ("the", "", 1.0, 0), ("x" * 99, "cat", 1.0, 0)])
def test_a_file_with_pairs_that_nobody_wrote_is_set_aside(tmp_path: Path, row: tuple[object, ...]) -> None:
    file = tmp_path / "words.db"
    store = WordStore(file)
    store.write("en", [Change("cat", kind="added")])
    store.close()
    with sqlite3.connect(file) as database:
        database.execute("INSERT INTO pairs VALUES ('en', ?, ?, ?, ?)", row)
    database.close()
    with pytest.warns(UserWarning, match="was damaged"):
        assert WordStore(file).read_pairs("en") == ({}, 0)
    assert list(tmp_path.glob("words.damaged-1.db"))


def test_toy_swipes_are_read_with_pairs(toy_bundle: Path, toy_lexicon: Path, qwerty: Grid) -> None:
    """Without a context model pairs count for nothing, and do no harm."""
    recognizer = SwipeRecognizer.load(toy_bundle, toy_lexicon, qwerty)
    recognizer.words.learn_pairs([("the", "cat")])
    assert recognizer.recognize(toy.swipe_of("cat", qwerty), before="the ")[0].word == "cat"


# --- listed, forgotten one by one, copied ---


def listed(words: PersonalWords) -> list[tuple[str, str, float]]:
    return [(first, second, round(weight, 2)) for first, second, weight in words.list_pairs()]


def test_they_are_listed_by_the_first_word_the_weightiest_first(recognizer: SwipeRecognizer) -> None:
    recognizer.words.learn_pairs([("the", "wet"), ("a", "cat"), ("the", "cat"), ("", "hello"), ("the", "cat")])
    assert listed(recognizer.words) == [("", "hello", 1.0), ("a", "cat", 1.0), ("the", "cat", 2.0), ("the", "wet", 1.0)]


def test_one_pair_is_forgotten_in_the_file_too(recognizer: SwipeRecognizer, tmp_path: Path) -> None:
    words, file = recognizer.words, tmp_path / "words.db"
    words.open(file)
    words.learn_pairs([("the", "wetter"), ("the", "cat"), ("", "wetter")])
    words.remove_pair("the", "wetter")
    assert shares(words.pairs, "the").keys() == {"cat"}
    assert set(WordStore(file).read_pairs("en")[0]) == {("the", "cat"), ("", "wetter")}
    words.remove_pair("", "wetter")
    assert b"wetter" not in b"".join(one.read_bytes() for one in tmp_path.glob("words.db*")), "nor in its log"
    with pytest.raises(ValueError, match="'wetter' after 'the' is not one of the person's pairs"):
        words.remove_pair("the", "wetter")


def test_a_pair_that_waits_for_the_file_is_forgotten_with_it(tmp_path: Path) -> None:
    (tmp_path / "words.db").mkdir()
    store = WordStore(tmp_path / "words.db", lambda _: None)
    store.count_pairs("en", [("the", "cat", 1.0), ("the", "wet", 1.0)])
    assert not store.forget_pair("en", "the", "cat")
    (tmp_path / "words.db").rmdir()
    assert store.count_pairs("en", [])
    assert set(store.read_pairs("en")[0]) == {("the", "wet")}


def test_a_copy_has_the_pairs_and_importing_it_twice_does_no_harm(
    recognizer: SwipeRecognizer, toy_recognizer: SwipeRecognizer, qwerty: Grid, tmp_path: Path
) -> None:
    recognizer.words.add("Rotate")
    recognizer.words.learn_pairs([("the", "cat"), ("the", "cat"), ("", "hello")])
    assert recognizer.words.export(tmp_path / "mine.json") == 3
    other = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, qwerty)
    other.words.open(tmp_path / "words.db")
    other.words.learn_pairs([("the", "cat"), ("a", "cat")])
    for _ in range(2):
        assert other.words.import_(tmp_path / "mine.json") == 3
        assert listed(other.words) == [("", "hello", 1.0), ("a", "cat", 1.0), ("the", "cat", 2.0)]
    found, now = WordStore(tmp_path / "words.db").read_pairs("en")
    assert {pair: round(one.weight_at(now), 2) for pair, one in found.items()} == {
        ("", "hello"): 1.0,
        ("a", "cat"): 1.0,
        ("the", "cat"): 2.0,
    }
    assert now == 2, "what is imported makes nothing fade"


def test_pairs_of_a_copy_are_passed_over_where_they_do_not_count_or_cannot_be_swiped(recognizer: SwipeRecognizer, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    pairs = [{"first": "THE", "second": "cat", "weight": 2}, {"first": "жук", "second": "cat", "weight": 1}]
    file.write_text(json.dumps({"format": "keyglide-words", "words": [], "pairs": pairs}))
    recognizer.words.use_pairs(False)
    assert (recognizer.words.import_(file), listed(recognizer.words)) == (0, [])
    recognizer.words.use_pairs(True)
    assert (recognizer.words.import_(file), listed(recognizer.words)) == (1, [("the", "cat", 2.0)])


@pytest.mark.parametrize("pair", [{"first": "the"}, {"first": "the", "second": ""}, {"first": "a b", "second": "c"}, 7])
def test_a_copy_with_pairs_that_are_none_is_refused_whole(recognizer: SwipeRecognizer, tmp_path: Path, pair: object) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"format": "keyglide-words", "words": [{"word": "Rotate"}], "pairs": [pair]}))
    with pytest.raises(ValueError, match=r"mine\.json, pair 1: "):
        recognizer.words.import_(file)
    assert len(recognizer.words) == 0


@pytest.mark.parametrize("weight", [-1, "2", True, 1e400, 1e13])
def test_a_weight_that_is_none_is_refused(recognizer: SwipeRecognizer, tmp_path: Path, weight: object) -> None:
    file = tmp_path / "mine.json"
    for held in (
        {"words": [{"word": "cat", "weight": weight}]},
        {"words": [], "pairs": [{"first": "a", "second": "cat", "weight": weight}]},
    ):
        file.write_text(json.dumps({"format": "keyglide-words", **held}))
        with pytest.raises(ValueError, match="expected a number from 0 to"):
            recognizer.words.import_(file)
