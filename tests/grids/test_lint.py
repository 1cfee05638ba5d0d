"""The linter: our own grids pass, and each kind of fault is found, named and drawn."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from engine import shipped
from engine.lexicon import Entry, Lexicon, build_lexicon
from grids import lint
from grids.checks import twin
from tests.conftest import CYRILLIC, LATIN

SHIPPED: dict[str, Any] = json.loads(shipped.grids_file().read_text(encoding="utf-8"))
GRIDS = [name for name, grid in SHIPPED.items() if isinstance(grid, dict)]


def lexicon_of(alphabet: str, **words: float) -> Lexicon:
    return Lexicon.from_bytes(build_lexicon([Entry(word, share, (word,)) for word, share in words.items()], alphabet, "toy words"))


def row(labels: str, y: float = 0, **changes: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    """Keys of 10 x 10 units side by side; changes: other hitboxes by label."""
    boxes = {label: (10.0 * at, y, 10.0, 10.0) for at, label in enumerate(labels)} | changes
    return [{"label": label, "hitbox": dict(zip("xywh", boxes[label], strict=True))} for label in labels]


def grid_of(keys: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    return {"width": 200, "height": 100, "keys": keys, **fields}


def found(value: object, lexicon: Lexicon | None = None) -> list[str]:
    return [f"{fault.kind}: {fault.message}" for fault in lint.check("mine", value, lexicon).faults]


@pytest.mark.parametrize("name", GRIDS)
def test_our_own_grids_have_no_faults(name: str) -> None:
    report = lint.check(name, SHIPPED[name])
    assert report.faults == ()
    assert report.words is None or report.words.n_unswipable == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (grid_of(row("abc", b=(10, 0, 15, 10))), "overlap: 'b' and 'c' overlap by 5 x 10 units"),
        (grid_of(row("abc", c=(23, 0, 10, 10))), "gap: 3 units are free between 'b' and 'c'"),
        (grid_of(row("abc") + row("def", y=14)), "gap: 4 units are free between the rows of 'a' and 'd'"),
        (grid_of(row("abc", c=(20, 0, 0, 10))), "no area: the hitbox of 'c' is 0 x 10 units"),
        (grid_of(row("abc", a=(-1, 0, 11, 10))), "outside: 'a' leaves the grid of 200 x 100 units"),
        (grid_of(row("abc") + row("a", y=10)), "twice: 2 keys have the label 'a'"),
        (grid_of(row("abC")), "capital: the key 'C' has a capital, and words are looked up in small letters: write 'c'"),
        (grid_of(row("12,")), "no letters: none of the 3 keys has a letter"),
        (grid_of(row("ab"), aliases={"ä": "e"}), "alias: 'ä' is aliased to 'e', which has no key"),
        (grid_of(row("ab"), aliases={"b": "a"}), "alias: 'b' has a key of its own and is aliased to 'a', too"),
        (
            grid_of([*row("ab"), {"label": "e\u0301", "hitbox": {"x": 20, "y": 0, "w": 10, "h": 10}}]),
            "not composed: 'e\u0301' is written as 2 characters: write 'é' (U+00E9 LATIN SMALL LETTER E WITH ACUTE)",
        ),
        (
            grid_of(row("жзик\u00eb")),
            "another script: '\u00eb' (U+00EB LATIN SMALL LETTER E WITH DIAERESIS) stands among Cyrillic letters: "
            "write '\u0451' (U+0451 CYRILLIC SMALL LETTER IO), which looks the same",
        ),
        (
            grid_of(row("qwrt\u0430")),
            "another script: '\u0430' (U+0430 CYRILLIC SMALL LETTER A) stands among Latin letters: "
            "write 'a' (U+0061 LATIN SMALL LETTER A), which looks the same",
        ),
        (
            grid_of(row("жзик"), aliases={"f": "ж"}),
            "another script: the alias of 'f' (U+0066 LATIN SMALL LETTER F) stands among Cyrillic letters",
        ),
        ({"width": 3}, "format: grid 'mine' is not {width, height, keys"),
        (grid_of(row("ab"), aliases={"ä": 5}), "format: grid 'mine' is not {width, height, keys"),
        (5, "format: grid 'mine' is not {width, height, keys"),
    ],
)
def test_each_kind_of_fault(value: object, message: str) -> None:
    first, *others = found(value)
    assert first.startswith(message)
    assert not others


def test_rounding_to_whole_units_is_no_fault() -> None:
    assert found({"width": 1080, "height": 667, "keys": SHIPPED["yandex_ru"]["keys"]}) == []
    wide = [{"label": label, "hitbox": {"x": 99 * at, "y": 0, "w": 98, "h": 100}} for at, label in enumerate("абв")]
    assert found({"width": 400, "height": 100, "keys": wide}) == []


def test_what_the_grid_lacks_and_what_only_looks_like_it() -> None:
    keys = [key for key in SHIPPED["yandex_ru_extra"]["keys"] if key.get("label") not in ("ё", "ъ")]
    box = next(key["hitbox"] for key in SHIPPED["yandex_ru_extra"]["keys"] if key.get("label") == "ё")
    value = {"width": 1080, "height": 667, "keys": [*keys, {"label": "\u00eb", "hitbox": box}]}
    words = lexicon_of(CYRILLIC, всё=5, все=3, объект=2, ёлка=1, да=1)
    report = lint.check("mine", value, words)
    assert [fault.kind for fault in report.faults] == ["another script", "missing", "missing"]
    assert report.faults[1].message.endswith("the key '\u00eb' (U+00EB LATIN SMALL LETTER E WITH DIAERESIS) looks the same")
    assert report.faults[2].message == "no key has 'ъ' (U+044A CYRILLIC SMALL LETTER HARD SIGN): add a key or an alias"
    assert report.words is not None
    assert (report.words.n_words, report.words.n_unswipable, report.words.unswipable) == (5, 3, ("всё", "объект", "ёлка"))
    assert report.words.unswipable_share == pytest.approx(8 / 12, abs=0.02)


def test_words_that_no_swipe_tells_apart() -> None:
    words = lexicon_of(CYRILLIC, все=5, всё=3, объект=2, обьект=1, сон=2, сонн=1, да=1)
    report = lint.check("yandex_ru", SHIPPED["yandex_ru"], words).words
    assert report is not None
    assert (report.n_same_keys, report.same_keys) == (2, (("все", "всё"), ("объект", "обьект")))
    assert (report.n_same_path, report.same_path) == (1, (("сон", "сонн"),))
    extra = lint.check("yandex_ru_extra", SHIPPED["yandex_ru_extra"], words).words
    assert extra is not None
    assert (extra.n_same_keys, extra.same_keys, extra.n_unswipable) == (0, (), 0)


def test_twins_of_other_scripts() -> None:
    assert [twin(letter, "CYRILLIC") for letter in "aëq"] == ["а", "ё", ""]
    assert [twin(letter, "LATIN") for letter in "аё\u03bfж"] == ["a", "ë", "o", ""]


class TestCommand:
    def write(self, folder: Path, **grids: object) -> Path:
        (file := folder / "grids.json").write_text(json.dumps(grids), encoding="utf-8")
        return file

    def test_text_and_exit_status(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = self.write(tmp_path, good=grid_of(row("abc")), bad=grid_of(row("abc", c=(23, 0, 10, 10))), second="good")
        assert lint.main([str(file)]) == 1
        assert capsys.readouterr().out.splitlines() == [
            "good: no faults",
            "  no lexicon: its words were not looked at",
            "bad: 1 fault",
            "  1. gap: 3 units are free between 'b' and 'c'",
            "  no lexicon: its words were not looked at",
        ]
        assert lint.main([str(file), "--grid", "good"]) == 0

    def test_json_with_the_words_of_a_lexicon(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        words = tmp_path / "toy.lexicon"
        words.write_bytes(build_lexicon([Entry(word, 1, (word,)) for word in ("ab", "abb", "abz")], LATIN, "toy words"))
        file = self.write(tmp_path, mine=grid_of(row(LATIN[:-1]), width=300))
        assert lint.main([str(file), "--lexicon", str(words), "--json"]) == 1
        line = json.loads(capsys.readouterr().out)
        assert (line["grid"], line["lexicon"]) == ("mine", "toy words")
        assert [(fault["kind"], fault["keys"]) for fault in line["faults"]] == [("missing", [])]
        assert (line["words"]["unswipable"], line["words"]["same_path"]) == (["abz"], [["ab", "abb"]])

    def test_the_picture_marks_the_keys_with_faults(self, tmp_path: Path) -> None:
        file = self.write(tmp_path, bad=grid_of(row("abc", b=(15, 0, 10, 10)) + row("&", y=10)), fine=grid_of(row("abc")))
        lint.main([str(file), "--picture", str(tmp_path / "faults.svg")])
        lint.main([str(file), "--grid", "fine", "--picture", str(tmp_path / "one.svg")])
        assert sorted(path.name for path in tmp_path.glob("*.svg")) == ["faults-bad.svg", "faults-fine.svg", "one.svg"]
        name = "{http://www.w3.org/2000/svg}"
        drawn = ElementTree.parse(tmp_path / "faults-bad.svg").getroot()
        faulty = [(rect.get("x"), rect.get("width")) for rect in drawn.iter(f"{name}rect") if rect.get("class") == "faulty"]
        assert faulty == [("0", "10"), ("15", "10"), ("20", "10")]
        assert any("overlap by 5 x 10" in (text.text or "") for text in drawn.iter(f"{name}text"))
        assert not [rect for rect in ElementTree.parse(tmp_path / "one.svg").getroot().iter(f"{name}rect") if rect.get("class")]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (["gone.json"], "error: [Errno 2] No such file or directory: 'gone.json'"),
            ([str(Path(__file__))], "is not JSON"),
            (["--grid", "qwertz"], "has no grid 'qwertz': it has .*; did you mean 'qwertz_de'?"),
            (["--lexicon", "gone.lexicon"], "gone.lexicon"),
        ],
    )
    def test_what_cannot_be_read(self, options: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert lint.main(options) == 1
        assert re.search(message.replace("[", r"\[").replace("?", r"\?"), capsys.readouterr().err)

    def test_an_unknown_language_is_wrong_usage(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit, match="2"):
            lint.main(["--language", "eng"])
        assert "unknown language 'eng'" in capsys.readouterr().err
