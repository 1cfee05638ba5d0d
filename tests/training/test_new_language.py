"""Adding a language: from a word list to swiping, and every complaint."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.grid import Grid, GridCollection
from engine.language import load_languages, own_languages_folder
from engine.lexicon import Lexicon, key_sequence
from engine.recognizer import SwipeRecognizer
from keyglide.commands import keyglide
from tests.conftest import CYRILLIC, LATIN
from training import new_language
from training.lexicon.sanity import draw_swipe, read_back
from training.new_language import alphabet_of

POLISH = "się 90\njest 60\nże 50\nźródło 5\ndobrze 20\nkot 4\npies 4\nksiążka 3\nPolska 6\nw 99\nсобака 1\nx1 1\n"


@pytest.fixture(autouse=True)
def without_dictionaries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_language, "find_dictionaries", lambda _: [])


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text(POLISH, encoding="utf-8")
    return path


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["keyglide", "language", *map(str, arguments)])
    return keyglide()


def test_a_language_is_added_used_listed_and_removed(
    words: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "add", "pl", "--words", words, "--json") == 0
    added = json.loads(capsys.readouterr().out)
    assert (added["name"], added["grid"], added["words"]) == ("Polski", "qwerty_pl", 10)
    assert added["swipes"] == added["four"] == 9
    assert added["counts"]["without_keys"] == dict.fromkeys("абкос", 1)
    language = load_languages()["pl"]
    assert (language.alphabet, language.default_grid, language.alternates["a"]) == (LATIN, "qwerty_pl", "ą")
    assert language.lexicon == own_languages_folder() / "pl.lexicon"
    recognizer = SwipeRecognizer.load(language="pl")
    assert recognizer.lexicon.forms("zrodlo") == ("źródło",)

    assert command(monkeypatch, "list") == 0
    assert "pl   Polski         10 words         qwerty_pl (added by you)" in capsys.readouterr().out
    assert command(monkeypatch, "list", "--json") == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["words"], one["swiping"], one["yours"]) for one in listed if one["code"] == "pl"] == [(10, True, True)]

    assert command(monkeypatch, "remove", "pl") == 0
    assert "pl" not in load_languages()
    assert list(own_languages_folder().iterdir()) == []


def test_the_persons_own_stands_above_the_shipped(words: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert command(monkeypatch, "add", "es", "--words", words, "--name", "Mine") == 0
    assert load_languages()["es"].name == "Mine"


def test_a_lexicon_that_is_missing_is_named(words: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    command(monkeypatch, "add", "pl", "--words", words)
    (own_languages_folder() / "pl.lexicon").unlink()
    capsys.readouterr()
    command(monkeypatch, "list")
    assert "tapping only     qwerty_pl (added by you); its lexicon is missing:" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match=r"pl\.lexicon"):
        SwipeRecognizer.load(language="pl")


def test_what_comes_with_keyglide_stays(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(monkeypatch, "remove", "en") == 1
    assert "language 'en' comes with Keyglide and cannot be removed" in capsys.readouterr().err
    assert command(monkeypatch, "remove", "eng") == 1
    assert "did you mean 'en'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["pl", "--strict"], "grid 'qwerty_pl' has no key for letters of some words: 'а' (1), 'б' (1)"),
        (["pl", "--grid", "jcuken_ru"], "grid 'jcuken_ru' has the letters of only"),
        (["pl", "--grid", "qwerty_po"], "unknown grid 'qwerty_po'"),
        (["xx"], "there is no grid for 'xx': name one with --grid"),
    ],
)
def test_what_cannot_be(
    arguments: list[str], complaint: str, words: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(monkeypatch, "add", *arguments, "--words", words) == 1
    assert complaint in capsys.readouterr().err
    assert not own_languages_folder().exists()


def test_a_language_that_wordfreq_lacks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(monkeypatch, "add", "plx", "--grid", "qwerty_pl") == 1
    message = capsys.readouterr().err
    assert "wordfreq has no words of the language 'plx'; did you mean 'pl'?" in message
    assert "give a word list of your own: --words FILE" in message


def test_without_wordfreq_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "wordfreq", None)
    assert command(monkeypatch, "add", "pl") == 1
    assert "pip install 'keyglide[languages]'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["add"], ["remove"], ["add", "pl", "--n-words", "0"], ["add", "../pl"]])
def test_usage(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="2"):
        command(monkeypatch, *arguments)


def test_alphabets(grids: GridCollection) -> None:
    assert alphabet_of(grids["qwerty_pl"]) == LATIN
    assert alphabet_of(grids["qwertz_de"]) == LATIN + "äöü"
    assert alphabet_of(grids["jcuken_uk"]).endswith("ґ")
    assert {"ı", "i", "ş", "ğ"} < set(alphabet_of(grids["qwerty_tr"]))
    assert set(alphabet_of(grids["yandex_ru_extra"])) == set(CYRILLIC)


def test_small_letters_by_language() -> None:
    turkish = "abcçdefgğhıijklmnoöprsştuüvyz"
    assert [key_sequence(word, turkish) for word in ("İstanbul", "Irmak", "IŞIK")] == ["istanbul", "ırmak", "ışık"]
    assert [key_sequence(word, LATIN) for word in ("İstanbul", "Irmak")] == ["istanbul", "irmak"]


def test_a_made_up_swipe_goes_through_its_keys(qwerty: Grid) -> None:
    centres = qwerty.centres("hello")[[0, 1, 2, 2, 3]]
    swipe = draw_swipe(centres, 108, np.random.default_rng(0))
    assert np.all(np.diff(swipe.t) > 0)
    for centre in centres:
        assert np.hypot(swipe.x - centre[0], swipe.y - centre[1]).min() < 60


def test_a_recognizer_that_reads_nothing_right_has_a_bad_figure(toy_recognizer: SwipeRecognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SwipeRecognizer, "recognize", lambda *_: [])
    n, first, four = read_back(toy_recognizer, 5)
    assert (n > 0, first, four) == (True, 0, 0)
    assert isinstance(toy_recognizer.lexicon, Lexicon)


def test_turkish_capitals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Islâm is listed nowhere here; its capital would be that of another letter, so it is written small."""
    (tmp_path / "tr.aff").write_text("SET UTF-8\n", encoding="utf-8")
    (tmp_path / "tr.dic").write_text("4\nİzmir\nIrmak\nişık\nIslam\n", encoding="utf-8")
    words = tmp_path / "words.txt"
    words.write_text("izmir 3\nırmak 2\nislâm 1\nislam 1\nbir 9\n", encoding="utf-8")
    assert command(monkeypatch, "add", "tr", "--words", words, "--dictionary", tmp_path / "tr.dic") == 0
    lexicon = Lexicon.open(own_languages_folder() / "tr.lexicon")
    forms = [lexicon.forms(word)[0] for word in ("izmir", "ırmak", "islam")]
    assert (forms[:2], forms[2].lower() in ("islâm", "islam")) == (["İzmir", "Irmak"], True)
