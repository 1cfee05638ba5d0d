"""Which words are marked: whole words by the lists, never a word that only contains one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.language import load_languages
from training.lexicon.entries import group_by_key_sequence
from training.lexicon.offensive import FOLDER, OffensiveWords

PLAIN = {
    "en": "cunning scunthorpe cocktail cockpit peacock dickens shiitake class assassin bass title titan analysis therapist raccoon "
    "grape pussycat spice niggle snigger sussex hitchcock shift whom prickly",
    "de": "dickicht fickle minute hurerei schweiz barsch marsch hurra",
    "es": "computadora disputa calculo reputacion articulo polluelo",
    "fr": "salopette dispute cumul calcul arbitre habite computer",
    "ru": "педикюр мандат мандарин страхуй хулиган подстраховать рубля корабля требовать сабля колебания небанальный",
}
RUDE = {
    "en": "fuck cunt motherfuckers tranny niggers cunting",
    "de": "arschloch hurensohn",
    "es": "gilipollas",
    "fr": "connard",
    "ru": "блядь хуй",
}


def marked(code: str, words: str) -> set[str]:
    groups = group_by_key_sequence(dict.fromkeys(words.split(), 1e-6), load_languages()[code])
    return OffensiveWords.of_language(code).among(groups)


@pytest.mark.parametrize("code", PLAIN)
def test_plain_words_that_contain_others_stay(code: str) -> None:
    assert marked(code, PLAIN[code]) == set()


@pytest.mark.parametrize("code", RUDE)
def test_rude_words_are_marked(code: str) -> None:
    assert marked(code, RUDE[code]) == set(RUDE[code].split())


def test_patterns(tmp_path: Path) -> None:
    path = tmp_path / "xx.txt"
    path.write_text("# a comment\nfoo*  # and another\n!food\nbar\n", encoding="utf-8")
    words = OffensiveWords.read(path)
    groups = {word: {word: 1.0} for word in ("foo", "fool", "food", "bar", "barn", "rebar")}
    assert words.among(groups) == {"foo", "fool", "bar"}


def test_a_key_sequence_counts_by_its_commoner_tokens(tmp_path: Path) -> None:
    words = OffensiveWords(("pêche",))
    assert words.among({"peche": {"pêche": 0.2, "péché": 0.8}}) == set()
    assert words.among({"peche": {"pêche": 0.6, "péché": 0.4}}) == {"peche"}


def test_a_language_without_a_list() -> None:
    assert OffensiveWords.of_language("tlh").among({"a": {"a": 1.0}}) == set()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_lists_are_of_our_languages_and_name_their_source(path: Path) -> None:
    assert path.stem in load_languages()
    assert "CC BY 4.0" in path.read_text(encoding="utf-8")
    patterns = OffensiveWords.read(path).patterns
    assert len(set(patterns)) == len(patterns)
