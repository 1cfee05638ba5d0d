"""How words are written, read from text."""

from __future__ import annotations

import gzip
from pathlib import Path

from training.lexicon.text import TextForms

LINES = [
    "Das Leben ist schön.",
    "Wir leben! Leben wir?",
    "Mein Leben, dein Leben",
    "Wir leben hier",
    "C\u2019est la vie, et c'est tout",
    "- C'est bon",
]


def read(tmp_path: Path, lines: list[str]) -> TextForms:
    path = tmp_path / "text.txt.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return TextForms.read([path])


def test_the_commonest_form_comes_first(tmp_path: Path) -> None:
    text = read(tmp_path, LINES)
    assert text.forms("leben") == ("Leben", "leben")


def test_the_first_word_of_a_sentence_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, ["Haus! Haus? - Haus", "Haus"] * 3).forms("haus") == ()


def test_rare_words_say_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, LINES).forms("vie") == ()


def test_words_joined_by_an_apostrophe(tmp_path: Path) -> None:
    text = read(tmp_path, LINES)
    assert text.frequencies({"est"}) == {"c'est": 3 / text.n_words}
    assert text.frequencies({"c'est"}) == {}
