"""A person's words where two languages are written: each is kept with its language, and counts in its lexicon."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.grid import Grid
from engine.lexicon import Entry, Lexicon, OverlayWord, build_lexicon
from engine.model import ModelBundle
from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from engine.two_languages import TwoLanguages
from tests.conftest import LATIN
from tests.support import toy

EVERYTHING = SearchOptions(beam_width=200, prior_weight=0.7, n_best=60)
FIRST = {"cat": 40.0, "car": 20.0, "hell": 5.0, "were": 30.0, "cart": 5.0}
SECOND = {"cat": 2.0, "hello": 30.0, "vat": 30.0, "hell": 20.0, "wet": 18.0}


def lexicon_of(words: dict[str, float], alphabet: str = LATIN) -> Lexicon:
    return Lexicon.from_bytes(build_lexicon([Entry(word, share, (word,)) for word, share in words.items()], alphabet, "toy"))


@pytest.fixture
def two(toy_bundle: Path, qwerty: Grid) -> Iterator[TwoLanguages]:
    recognizer = TwoLanguages(ModelBundle.load(toy_bundle), (lexicon_of(FIRST), lexicon_of(SECOND)), qwerty, codes=("en", "xx"))
    yield recognizer
    recognizer.words.close()


def probabilities(two: TwoLanguages) -> tuple[float, float]:
    """Of vat in the lexicon of the first language and of the second; 0 where it is none."""
    first, second = (math.exp(part.log_prior("vat")) for part in two.words.parts)
    return first, second


def test_a_word_of_the_second_language_gains_in_its_lexicon(two: TwoLanguages) -> None:
    before = probabilities(two)
    two.words.learn([("vat", 50.0), ("cat", 1.0)])
    after = probabilities(two)
    assert before[0] == after[0] == 0.0
    assert after[1] > before[1] * 1.01
    assert [part.weight("vat") for part in two.words.parts] == [0.0, 50.0]
    assert [part.weight("cat") for part in two.words.parts] == [1.0, 0.0], "it is commoner in the first"


def test_what_is_learnt_of_the_second_language_moves_its_candidates(two: TwoLanguages, qwerty: Grid) -> None:
    swipe = toy.swipe_of("vat", qwerty)

    def lead() -> float:
        scores = {one.key_sequence: one.score for one in two.recognize(swipe, EVERYTHING)}
        return scores["vat"] - scores["wet"]

    before = lead()
    two.words.boost("vat", 2000.0)
    assert lead() > before + 0.3


def test_a_new_word_is_of_the_first_language_that_can_spell_it(qwerty: Grid) -> None:
    second = lexicon_of({"gut": 2.0, "und": 1.0}, LATIN + "ü")
    two = TwoLanguages(ModelBundle.load(), (lexicon_of(FIRST), second), qwerty)
    two.words.add("grünt")
    two.words.add("Rotate")
    assert [[one.word for one in part] for part in two.words.parts] == [["Rotate"], ["grünt"]]
    assert [one.word for one in two.words] == ["grünt", "Rotate"]
    assert two.words.why_not("grünt") is None
    assert two.words.why_not("жук") is not None


def test_blocking_and_forgetting_act_on_both(two: TwoLanguages, qwerty: Grid) -> None:
    two.words.block("hell")
    assert [part.blocks("hell") for part in two.words.parts] == [True, True]
    assert "hell" not in [one.word for one in two.recognize(toy.swipe_of("hell", qwerty), EVERYTHING)]
    assert len(two.words) == 1
    two.words.remove("hell")
    assert len(two.words) == 0
    assert two.recognize(toy.swipe_of("hell", qwerty))[0].word == "hell"
    two.words.block("hell")
    two.words.add("hell")
    assert not two.words.blocks("hell")
    assert two.words.offers("hell")
    with pytest.raises(ValueError, match="there is nothing to forget"):
        two.words.remove("nothing")


def test_the_file_keeps_each_word_with_its_language(two: TwoLanguages, toy_bundle: Path, qwerty: Grid, tmp_path: Path) -> None:
    two.words.open(tmp_path / "words.db")
    two.words.learn([("vat", 3.0)])
    two.words.add("Rotate")
    alone = SwipeRecognizer(ModelBundle.load(toy_bundle), lexicon_of(FIRST), qwerty)
    alone.words.language = "en"
    alone.words.open(tmp_path / "words.db")
    assert [one.word for one in alone.words] == ["Rotate"]
    alone.words.add("coal")
    alone.words.close()
    two.words.refresh()
    assert [one.word for one in two.words] == ["coal", "Rotate", "vat"]
    assert two.words.wipe()
    assert len(two.words) == 0


def test_export_and_import_go_to_the_languages(two: TwoLanguages, tmp_path: Path) -> None:
    two.words.learn([("vat", 3.0), ("car", 2.0)])
    assert two.words.export(tmp_path / "mine.json") == 2
    two.words.clear()
    assert len(two.words) == 0
    assert two.words.import_(tmp_path / "mine.json") == 2
    assert [[(one.word, two.words.weight(one.word)) for one in part] for part in two.words.parts] == [[("car", 2.0)], [("vat", 3.0)]]
    (tmp_path / "bad.txt").write_text("good\nж\n", encoding="utf-8")
    with pytest.raises(ValueError, match="cannot be swiped"):
        two.words.import_(tmp_path / "bad.txt")
    assert "good" not in two.words


def test_trouble_with_the_file_is_said_once(two: TwoLanguages, tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "words.db").mkdir()
    two.words.open(tmp_path / "words.db", said.append)
    assert len(said) == 1
    assert "cannot be saved" in said[0]


@pytest.mark.parametrize("before", ["", "were car ", "vat hello "])
def test_a_word_that_is_laid_over_counts_as_much_in_whichever_language_is_written(two: TwoLanguages, qwerty: Grid, before: str) -> None:
    two.lay_over([OverlayWord("vet", -1.5), OverlayWord("cat", None)])
    found = two.decode(toy.swipe_of("vet", qwerty), EVERYTHING, before).candidates
    alone = two.second
    alone.lay_over([OverlayWord("vet", -1.5)])
    expected = {
        one.key_sequence: one.score
        for one in SwipeRecognizer(alone.bundle, alone.lexicon, qwerty).recognize(toy.swipe_of("vet", qwerty), EVERYTHING)
    }
    assert next(one.score for one in found if one.key_sequence == "vet") == pytest.approx(
        expected["vet"], abs=0.02
    )  # priors are rounded in files
    assert "cat" not in [one.key_sequence for one in found]


def test_a_word_that_neither_language_can_spell_is_refused_and_nothing_changes(two: TwoLanguages) -> None:
    with pytest.raises(ValueError, match="expected letters of"):
        two.lay_over([OverlayWord("vet", -3.0), OverlayWord("жук", -3.0)])
    assert "vet" not in two.lexicon
    assert "vet" not in two.second.lexicon


def test_pairs_are_listed_forgotten_and_copied_as_if_of_one_language(two: TwoLanguages, tmp_path: Path) -> None:
    words = two.words
    words.learn_pairs([("hell", "vat"), ("cart", "car"), ("cart", "car"), ("hell", "vat"), ("cart", "vat")])
    assert [(first, second, round(weight, 2)) for first, second, weight in words.list_pairs()] == [
        ("cart", "car", 2.0),
        ("cart", "vat", 1.0),
        ("hell", "vat", 2.0),
    ]
    assert [len(part.pairs) for part in words.parts] == [1, 2]
    words.export(tmp_path / "mine.json")
    words.remove_pair("hell", "vat")
    assert [len(part.pairs) for part in words.parts] == [1, 1]
    with pytest.raises(ValueError, match="nothing to forget"):
        words.remove_pair("hell", "vat")
    words.import_(tmp_path / "mine.json")
    assert [len(part.pairs) for part in words.parts] == [1, 2]
