"""The English lexicon's builder: written forms, junk, word lists, the command, and the lexicon that is shipped."""

from __future__ import annotations

import gzip
import json
import string
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.language import default_language
from engine.lexicon import Entry, Lexicon, key_sequence
from engine.recognizer import open_lexicon
from tests.conftest import CYRILLIC, LATIN
from training import build_lexicon
from training.lexicon.casing import Casing, curated_forms
from training.lexicon.entries import Sources, make_entries, with_words

LISTS = {
    "english-words.10": "will may march the a as were well its god ill us",
    "english-words.40": "john",
    "english-words.35": "china lets turkey worlds internet",
    "english-words.60": "wales qat aids",
    "english-words.70": "york english raj",
    "english-words.95": "london nasa",
    "english-upper.10": "I English God John",
    "english-upper.40": "March As York Internet",
    "english-proper-names.50": "Will London Wales China YouTube McDonald",
    "english-proper-names.70": "Raj",
    "english-proper-names.95": "Zhang Liu LIU",
    "english-abbreviations.40": "NASA US AIDS",
    "english-abbreviations.95": "NHS",
    "english-contractions.10": "don't it's we're let's caf\u00e9",
}


@pytest.fixture(scope="module")
def list_paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("scowl")
    for name, words in LISTS.items():
        (folder / name).write_text("\n".join(words.split()), encoding="iso-8859-1")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def casing(list_paths: list[Path]) -> Casing:
    return Casing.read(list_paths)


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("the", ("the",)),
        ("london", ("London",)),
        ("english", ("English",)),
        ("york", ("York",)),
        ("will", ("will",)),
        ("march", ("march", "March")),
        ("as", ("as",)),
        ("god", ("god", "God")),
        ("john", ("John", "john")),
        ("i", ("I",)),
        ("wales", ("Wales", "wales")),
        ("china", ("china", "China")),
        ("internet", ("internet", "Internet")),
        ("raj", ("Raj", "raj")),
        ("zhang", ("Zhang",)),
        ("liu", ("Liu",)),
        ("nasa", ("NASA",)),
        ("aids", ("aids", "AIDS")),
        ("nhs", ("nhs", "NHS")),
        ("youtube", ("YouTube",)),
        ("london's", ("London's",)),
        ("mcdonald's", ("McDonald's",)),
        ("zh\u00e0ng", ("Zh\u00e0ng",)),
        ("caf\u00e9", ("caf\u00e9",)),
        ("xyzzy", ("xyzzy",)),
        ("xyzzy's", ("xyzzy's",)),
    ],
)
def test_capitals(word: str, forms: tuple[str, ...], casing: Casing) -> None:
    assert casing.forms(word) == forms


@given(st.text(string.ascii_lowercase + "'\u00e9", min_size=1, max_size=8))
def test_forms_are_swiped_as_the_word(word: str) -> None:
    casing = Casing({"is": 10}, {"is": {"IS": 35}, "al": {"Al": 40, "AL": 40}})
    assert {key_sequence(form, string.ascii_lowercase) for form in casing.forms(word)} == {key_sequence(word, string.ascii_lowercase)}


def entries(frequencies: dict[str, float], casing: Casing, n_words: int | None = None) -> dict[str, Entry]:
    made, _ = make_entries(frequencies, n_words, default_language(), Sources(casing))
    return {entry.key_sequence: entry for entry in made}


def test_frequencies_of_one_key_sequence_add_up(casing: Casing) -> None:
    made = entries({"lets": 0.25, "let's": 0.5, "the": 0.125}, casing)
    assert made == {"lets": Entry("lets", 0.75, ("let's", "lets")), "the": Entry("the", 0.125, ("the",))}


def test_sloppy_and_rare_forms_are_left_out(casing: Casing) -> None:
    made = entries({"they've": 0.1, "theyve": 0.05, "as": 0.1, "a's": 1e-6, "world's": 0.2, "worlds": 0.1, "t.co": 0.1, "tco": 0.2}, casing)
    assert {sequence: entry.forms for sequence, entry in made.items()} == {
        "theyve": ("they've",),
        "as": ("as",),
        "worlds": ("world's", "worlds"),
        "tco": ("tco",),
    }


def test_curated_forms_stand_above_the_lists(casing: Casing) -> None:
    made = entries({"were": 0.1, "we're": 0.2, "china": 0.1, "us": 0.5, "u.s": 0.1}, casing)
    assert made["were"].forms == ("were", "we're")
    assert made["china"].forms == ("China", "china")
    assert made["us"].forms == ("us", "US", "U.S.")
    assert made["us"].frequency == pytest.approx(0.6)


def test_junk(casing: Casing) -> None:
    kept = {"a": 0.1, "i": 0.1, "as": 1e-9, "us": 1e-9, "xq": 2e-6, "qat": 1e-8, "xqz": 6e-8, "xqzv": 1e-9, "aah": 1e-6}
    junk = {
        "b": 0.1,
        "o": 0.1,
        "xz": 1e-6,
        "xqv": 4e-8,
        "aaah": 0.1,
        "3d": 0.1,
        "n't": 0.1,
        "ve": 0.1,
        "ll": 0.1,
        "\u043c\u0438\u0440": 0.1,
    }
    assert set(entries(kept | junk | {"b" * 17 + "c" * 17: 0.1, "ab" * 17: 0.1}, casing)) == set(kept)


def test_n_words_keeps_the_most_frequent(casing: Casing) -> None:
    assert list(entries({"rare": 1e-8, "the": 0.1, "lets": 0.01, "let's": 0.2}, casing, 2)) == ["lets", "the"]


def test_added_words_get_the_floor_and_keep_their_forms() -> None:
    known = [Entry("london", 1e-3, ("London",)), Entry("rare", 1e-12, ("rare",))]
    added = with_words(known, {"london", "rare", "Zheneng", "zu"}, 1e-8, LATIN)
    assert sorted(added) == [
        Entry("london", 1e-3, ("London",)),
        Entry("rare", 1e-8, ("rare",)),
        Entry("zheneng", 1e-8, ("Zheneng",)),
        Entry("zu", 1e-8, ("zu",)),
    ]


@pytest.mark.parametrize("word", ["3d", "a" * 33, "-"])
def test_added_word_that_cannot_be_swiped(word: str) -> None:
    with pytest.raises(ValueError, match="expected 1 to 32 letters"):
        with_words([], {word}, 1e-8, LATIN)


PEOPLE = {"hello": "aba", "once": "a", "twice": "aa", "vf": "ab", "kwg": "ab"}
"""word -> who swiped it, a letter a swipe"""
POINTS = {"x": [1, 2], "y": [1, 2], "t": [0, 10]}
SWIPES = [(word, user) for word, users in PEOPLE.items() for user in users]


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
@pytest.mark.parametrize(("min_people", "words"), [(1, {"hello", "once", "twice"}), (2, {"hello"}), (3, set())])
def test_words_that_several_people_swiped(suffix: str, min_people: int, words: set[str], tmp_path: Path) -> None:
    path = tmp_path / f"swipes{suffix}"
    content = "\n".join(json.dumps({"word": word, "user": user, **POINTS}) for word, user in SWIPES).encode()
    path.write_bytes(gzip.compress(content) if suffix.endswith("gz") else content)
    assert build_lexicon.read_word_list(path, min_people) == words


def test_text_word_list(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("London\nhello\n\nhello\n")
    assert build_lexicon.read_word_list(path, 2) == {"London", "hello"}


def test_the_languages_own_forms() -> None:
    written = curated_forms(default_language())
    assert written["dont"] == ("don't",)
    assert written["im"] == ("I'm",)


@pytest.mark.parametrize("forms", ["can't cant's", "3d", "can't again", "won't won't"])
def test_bad_forms_of_a_language(forms: str) -> None:
    language = replace(default_language(), written_forms=(("can't", "cant"), tuple(forms.split())))
    with pytest.raises(ValueError, match="language 'en', written_forms: expected different forms of one new key sequence, got"):
        curated_forms(language)


FREQUENCIES = {"the": 0.05, "don't": 1e-3, "dont": 1e-5, "london": 1e-4, "its": 1e-3, "it's": 2e-3, "hello": 1e-5}


def run_main(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("wordfreq.get_frequency_dict", lambda *_: FREQUENCIES)
    monkeypatch.setattr(build_lexicon, "find_dictionaries", lambda _: [])
    monkeypatch.setattr(sys, "argv", ["build_lexicon", *arguments])
    return build_lexicon.main()


def test_command(tmp_path: Path, list_paths: list[Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    out, swipes = tmp_path / "out.lexicon", tmp_path / "swipes.jsonl"
    swiped = [("dont", "a"), ("dont", "b"), ("nope", "a")]
    swipes.write_text("".join(json.dumps({"word": word, "user": user, **POINTS}) + "\n" for word, user in swiped))
    extra = tmp_path / "extra.txt"
    extra.write_text("wuliangye\n")
    arguments = [str(out), "--words", "4", "--word-list", str(extra), "--coverage", str(swipes), "--json"]
    assert run_main([*arguments, "--cased", *map(str, list_paths)], monkeypatch) == 0
    lexicon = Lexicon.open(out)
    assert {sequence: lexicon.forms(sequence) for sequence, _ in lexicon.key_sequences()} == {
        "the": ("the",),
        "its": ("it's", "its"),
        "dont": ("don't",),
        "london": ("London",),
        "wuliangye": ("wuliangye",),
    }
    report = json.loads(capsys.readouterr().out)
    assert (report["key_sequences"], report["with_written_forms"]) == (5, 3)
    assert (report["bytes"], report["coverage"]) == (out.stat().st_size, pytest.approx(2 / 3))
    assert "SCOWL" in lexicon.source


def test_command_for_another_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def get_frequency_dict(code: str, _: str) -> dict[str, float]:
        asked.append(code)
        return {"ёлка": 1e-4, "и": 1e-2, "т": 1e-3, "hello": 1e-3}

    monkeypatch.setattr("wordfreq.get_frequency_dict", get_frequency_dict)
    monkeypatch.setattr(build_lexicon, "find_dictionaries", lambda _: [])
    monkeypatch.setattr(sys, "argv", ["build_lexicon", str(tmp_path / "ru.lexicon"), "--language", "ru"])
    assert build_lexicon.main() == 0
    lexicon = Lexicon.open(tmp_path / "ru.lexicon")
    assert (asked, lexicon.alphabet) == (["ru"], CYRILLIC)
    assert [sequence for sequence, _ in lexicon.key_sequences()] == ["ёлка", "и"]
    assert "Русский" in lexicon.source


def test_an_unknown_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main([str(tmp_path / "out"), "--language", "rux"], monkeypatch) == 1
    assert "unknown language 'rux': known are 'de', 'en', 'es', 'fr', 'ru'; did you mean 'ru'?" in capsys.readouterr().err


BAD_INPUT = {
    "bad.jsonl, line 2: not JSON": ("--word-list", json.dumps({"word": "a", **POINTS}) + "\nnot json\n"),
    "bad.jsonl, line 1: the swipe has no word": ("--coverage", json.dumps({"user": "a", **POINTS})),
    "bad2.jsonl, line 1, swipe 1: a swipe must be an object": ("--word-list", "[1]\n"),
    "word '3d' of a --word-list": ("--word-list", "3d\n"),
    "names.txt has no level": ("--cased", "London\n"),
    "bad.jsonl.gz, line 1: not JSON": ("--word-list", "not gzip"),
}
NAMES = ["bad.jsonl", "bad.jsonl", "bad2.jsonl", "bad.txt", "names.txt", "bad.jsonl.gz"]


@pytest.mark.parametrize(("message", "name"), list(zip(BAD_INPUT, NAMES, strict=True)))
def test_bad_input_is_one_line_and_writes_nothing(
    message: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flag, content = BAD_INPUT[message]
    path, out = tmp_path / name, tmp_path / "out.lexicon"
    path.write_text(content)
    assert run_main([str(out), flag, str(path)], monkeypatch) == 1
    captured = capsys.readouterr()
    assert message in captured.err
    assert (len([line for line in captured.err.splitlines() if "no dictionary" not in line]), captured.out, out.exists()) == (1, "", False)


def test_missing_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_main([str(tmp_path / "out"), "--cased", str(tmp_path / "none.50")], monkeypatch) == 1
    assert "none.50" in capsys.readouterr().err


def test_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="2"):
        run_main(["out", "--words", "0"], monkeypatch)


# --- the lexicon that is shipped ---


@pytest.fixture(scope="module")
def english() -> Lexicon:
    return open_lexicon()


def test_shipped_size(english: Lexicon) -> None:
    assert len(english) >= 275_000
    assert isinstance(english.origin, Path)
    assert english.origin.stat().st_size < 7_000_000
    assert english.alphabet == string.ascii_lowercase


@pytest.mark.parametrize(
    ("sequence", "forms"),
    [
        ("dont", ("don't",)),
        ("im", ("I'm",)),
        ("i", ("I",)),
        ("lets", ("let's", "lets")),
        ("were", ("were", "we're")),
        ("its", ("it's", "its")),
        ("london", ("London",)),
        ("nasa", ("NASA",)),
        ("youtube", ("YouTube",)),
        ("johns", ("John's", "Johns", "johns")),
        ("monday", ("Monday",)),
        ("march", ("march", "March")),
        ("will", ("will",)),
        ("mark", ("mark",)),
        ("may", ("may", "May")),
        ("us", ("us", "US", "U.S.")),
        ("uber", ("Uber", "\u00fcber", "uber")),
        ("the", ("the",)),
    ],
)
def test_shipped_forms(sequence: str, forms: tuple[str, ...], english: Lexicon) -> None:
    assert english.forms(sequence) == forms


@pytest.mark.parametrize(("word", "junk"), [("the", "thr"), ("its", "ots"), ("of", "og"), ("for", "fot"), ("and", "abd"), ("on", "om")])
def test_shipped_words_are_likelier_than_junk_on_their_way(word: str, junk: str, english: Lexicon) -> None:
    rare = -100.0 if junk not in english else english.log_prior(junk)
    assert english.log_prior(word) > rare + 5


@pytest.mark.parametrize("junk", ["b", "xz", "ll", "ve", "qzx", "sooo", ""])
def test_shipped_lexicon_lacks_junk(junk: str, english: Lexicon) -> None:
    assert junk not in english


def test_shipped_priors_sum_to_one(english: Lexicon) -> None:
    total = sum(2.718281828459045**log_prior for _, log_prior in english.key_sequences())
    assert total == pytest.approx(1, abs=0.01)
