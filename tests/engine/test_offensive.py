"""Offensive words: marked in the lexicon's file, found by no search, until somebody asks for them or lays them over."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from engine import Lexicon, OverlayWord, SwipeRecognizer
from engine.lexicon import Entry, build_lexicon
from engine.recognizer import open_lexicon

WORDS = [
    Entry("duck", 0.5, ("duck",)),
    Entry("damn", 0.2, ("damn", "Damn"), offensive=True),
    Entry("dam", 0.2, ("dam",)),
    Entry("dank", 0.1, ("dank",), offensive=True),
]
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def lexicon() -> Lexicon:
    return Lexicon.from_bytes(build_lexicon(WORDS, LETTERS, "test"))


def words(lexicon: Lexicon) -> dict[str, float]:
    return dict(lexicon.key_sequences())


def test_they_are_marked_and_not_in_the_trie(lexicon: Lexicon) -> None:
    assert set(words(lexicon)) == {"duck", "dam"}
    assert len(lexicon) == 2
    assert lexicon.offensive.keys() == {"damn", "dank"}
    assert lexicon.offensive["damn"].forms == ("damn", "Damn")
    assert "dank" not in lexicon


def test_the_others_have_the_priors_that_they_have_beside_them(lexicon: Lexicon) -> None:
    assert lexicon.log_prior("duck") == pytest.approx(-0.693, abs=lexicon.prior_unit)
    assert lexicon.offensive["damn"].log_prior == pytest.approx(-1.609, abs=1e-3)


def test_with_offensive_is_as_if_they_were_not_marked(lexicon: Lexicon) -> None:
    everything = Lexicon.from_bytes(build_lexicon([word._replace(offensive=False) for word in WORDS], LETTERS, "test"))
    offered = words(lexicon.with_offensive())
    assert offered.keys() == words(everything).keys()
    assert offered["damn"] == pytest.approx(words(everything)["damn"], abs=0.02)
    assert offered["dank"] == pytest.approx(-lexicon.prior_unit * 254)  # an overlay's word is no rarer than the file's rarest
    assert lexicon.with_offensive().forms("damn") == ("damn", "Damn")


def test_what_the_person_blocked_or_added_stays_so(lexicon: Lexicon) -> None:
    own = lexicon.overlaid([OverlayWord("damn", None), OverlayWord("dank", -1.0, ("Dank",))])
    assert set(words(own)) == {"duck", "dam", "dank"}
    assert set(words(own.with_offensive())) == {"duck", "dam", "dank"}
    assert own.with_offensive().forms("dank") == ("Dank",)


def test_another_process_marks_them_too(lexicon: Lexicon) -> None:
    assert pickle.loads(pickle.dumps(lexicon)).offensive == lexicon.offensive


def test_a_lexicon_of_offensive_words_alone_is_refused() -> None:
    with pytest.raises(ValueError, match="a lexicon needs at least one word"):
        build_lexicon([WORDS[1]], LETTERS, "test")


def test_files_of_the_version_before_have_none(tmp_path: Path) -> None:
    content = build_lexicon([WORDS[0], WORDS[2]], LETTERS, "test")
    older = content.replace(b'"format_version": 2', b'"format_version": 1')
    lexicon = Lexicon.from_bytes(older)
    assert (set(words(lexicon)), lexicon.offensive) == ({"duck", "dam"}, {})


def test_the_shipped_lexicon() -> None:
    lexicon = open_lexicon()
    assert "cunning" in lexicon
    assert "shiitake" in lexicon
    assert [word for word in ("fuck", "tranny", "cunting") if word in lexicon] == []
    assert "tranny" in lexicon.with_offensive()


def test_a_recognizer_has_them_when_asked(toy_bundle: Path) -> None:
    lexicon = Lexicon.from_bytes(build_lexicon(WORDS, LETTERS, "test"))
    assert "damn" not in SwipeRecognizer.load(toy_bundle, lexicon, "qwerty_en").lexicon
    assert "damn" in SwipeRecognizer.load(toy_bundle, lexicon, "qwerty_en", offensive=True).lexicon
