"""What the settings name is opened; what cannot be is replaced by Keyglide's own, with a message that says why."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine import Grid, SwipeRecognizer, load_languages, shipped
from engine.grid import GridCollection, load_grids
from engine.language import _read_once
from engine.two_languages import TwoLanguages
from keyboard_app import open_files
from keyboard_app.settings import Settings
from tests.conftest import CYRILLIC, LATIN


def mirrored(grid: Grid) -> Grid:
    """The grid as a mirror shows it."""
    return replace(grid, name="mirrored", keys=tuple(replace(key, x=grid.width - key.x - key.w) for key in grid.keys))


def small_grid(letters: str) -> dict[str, object]:
    keys = [{"label": letter, "hitbox": {"x": 10 * at, "y": 0, "w": 10, "h": 10}} for at, letter in enumerate(letters)]
    return {"width": 10 * len(letters), "height": 10, "keys": keys}


def grids_file(folder: Path, content: object) -> Settings:
    file = folder / "grids.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return Settings(grids_file=str(file))


def test_the_grids_of_keyglide_open_by_name() -> None:
    opened = open_files.open_grid(Settings(grid="extra"))
    assert (opened.grid, opened.notice) == (load_grids()["extra"], "")
    assert set(opened.grids) == set(load_grids())


def test_the_globe_goes_through_installed_languages_and_an_own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {code: language for code, language in load_languages().items() if language.is_installed}
    assert "en" in installed
    assert set(open_files.open_grid(Settings()).cycle("")) == {language.default_grid for language in installed.values()}
    gone = {"xx": replace(load_languages()["en"], grids={"dvorak_en": "Gone"}, lexicon=tmp_path / "gone.lexicon")}
    monkeypatch.setattr(open_files, "load_languages", lambda: {**installed, **gone})
    assert "dvorak_en" not in open_files.open_grid(Settings()).cycle("")
    assert "dvorak_en" in open_files.open_grid(Settings(grid="dvorak_en")).cycle("")  # the one in use
    mine = json.loads(shipped.grids_file().read_text(encoding="utf-8"))["dvorak_en"]
    assert open_files.open_grid(grids_file(tmp_path, {"one": mine, "two": mine})).cycle("") == ("one", "two")


def test_the_globe_goes_through_what_was_chosen() -> None:
    opened = open_files.open_grid(Settings(grid="dvorak_en"))
    assert opened.cycle("hebrew_he,gone,qwerty_en") == ("qwerty_en", "hebrew_he")
    assert "qwerty_en" in opened.cycle("gone")


def test_an_unknown_grid_is_replaced_by_qwerty_and_the_message_names_the_nearest() -> None:
    opened = open_files.open_grid(Settings(grid="qwerty"))
    assert opened.grid.name == "qwerty_en"
    assert "Unknown grid 'qwerty'" in opened.notice
    assert "did you mean 'qwerty_en'?" in opened.notice


def test_a_file_without_the_named_grid_shows_its_first(tmp_path: Path) -> None:
    opened = open_files.open_grid(grids_file(tmp_path, {"mine": small_grid("abc"), "yours": small_grid("xyz")}))
    assert (opened.grid.name, list(opened.grids)) == ("mine", ["mine", "yours"])
    assert "Unknown grid 'qwerty_en'" in opened.notice


def test_the_home_of_nobody_is_a_file_that_is_missing() -> None:
    opened = open_files.open_grid(Settings(grids_file="~nobody-has-this-name/grids.json"))
    assert opened.grid.name == "qwerty_en"
    assert opened.notice.startswith("'~nobody-has-this-name/grids.json': no such file or directory")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{not json", "is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", "at least one"),
        ({"digits": small_grid("123")}, "no letter keys"),
        ({"flat": {"width": 0, "height": 1, "keys": []}}, "must be above 0"),
    ],
)
def test_a_damaged_grid_file_is_replaced_by_keyglides_own(tmp_path: Path, content: object, why: str) -> None:
    settings = replace(grids_file(tmp_path, content), grid="default")
    opened = open_files.open_grid(settings)
    assert opened.grid == load_grids()["default"]
    assert why in opened.notice
    assert "Settings" in opened.notice


def test_a_missing_grid_file_is_named(tmp_path: Path) -> None:
    opened = open_files.open_grid(Settings(grids_file=str(tmp_path / "none.json")))
    assert opened.notice.startswith(f"'{tmp_path / 'none.json'}': no such file or directory. Keyglide's own")
    with pytest.raises(FileNotFoundError):
        open_files.check_grids_file(str(tmp_path / "none.json"))


def test_the_recognizer_is_made_of_what_the_settings_name(toy_bundle: Path, toy_lexicon: Path, qwerty: Grid) -> None:
    reports: list[str] = []
    recognizer = open_files.open_recognizer(Settings(model=str(toy_bundle), lexicon=str(toy_lexicon)), qwerty, reports.append)
    assert recognizer.lexicon.n_words == 14
    assert reports == []


@pytest.mark.parametrize("second", ["", "de"])
def test_offensive_words_are_there_if_the_person_wants_them(second: str, qwerty: Grid) -> None:
    def offered(offensive: bool) -> list[bool]:
        recognizer = open_files.open_recognizer(Settings(second_language=second, offensive=offensive), qwerty, pytest.fail)
        lexicons = [recognizer.lexicon, *([recognizer.second.lexicon] if isinstance(recognizer, TwoLanguages) else [])]
        return [next(iter(lexicon.offensive)) in lexicon for lexicon in lexicons if lexicon.offensive]

    assert set(offered(True)) == {True}
    assert set(offered(False)) == {False}


def test_a_missing_bundle_is_replaced_by_the_english_one(tmp_path: Path, qwerty: Grid) -> None:
    reports: list[str] = []
    recognizer = open_files.open_recognizer(Settings(model=str(tmp_path / "gone")), qwerty, reports.append)
    assert isinstance(recognizer, SwipeRecognizer)
    assert len(reports) == 1
    assert str(tmp_path / "gone") in reports[0]
    assert "Keyglide's own model is used" in reports[0]


def test_where_nothing_fits_the_grid_the_first_reason_is_raised(tmp_path: Path, toy_lexicon: Path, grids: dict[str, Grid]) -> None:
    with pytest.raises(ValueError, match=r"Keyglide has no model for the letters of the keyboard 'Türkçe' yet"):
        open_files.open_recognizer(Settings(), grids["qwerty_tr"], lambda _: None)  # which has most of those of German
    with pytest.raises(ValueError, match=r"Keyglide has no model for the letters of the keyboard 'עברית' yet\. Choose a model"):
        open_files.open_recognizer(Settings(), grids["hebrew_he"], pytest.fail)
    with pytest.raises(ValueError, match="gone"):
        open_files.open_recognizer(Settings(model=str(tmp_path / "gone"), lexicon=str(toy_lexicon)), grids["hebrew_he"], pytest.fail)


def test_each_thing_is_checked_by_itself(tmp_path: Path, toy_bundle: Path, toy_lexicon: Path) -> None:
    assert open_files.check_grids_file("") == tuple(load_grids())
    open_files.check_model(str(toy_bundle))
    open_files.check_lexicon(str(toy_lexicon))
    with pytest.raises(ValueError, match="model bundle"):
        open_files.check_model(str(tmp_path))
    with pytest.raises(ValueError, match="lexicon"):
        open_files.check_lexicon(str(toy_bundle / "manifest.json"))


def test_the_home_folder_may_be_written_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grids_file(tmp_path, {"mine": small_grid("abc")})
    monkeypatch.setenv("HOME", str(tmp_path))
    assert open_files.check_grids_file("~/grids.json") == ("mine",)


def test_a_reason_has_no_number_of_the_systems() -> None:
    assert open_files.reason(OSError(28, "No space left on device")) == "No space left on device"
    assert open_files.reason(ValueError("the grid is empty.")) == "The grid is empty"


def test_a_grid_unlike_those_of_training_is_warned_of(qwerty: Grid, toy_bundle: Path, toy_lexicon: Path) -> None:
    said: list[str] = []
    settings = Settings(model=str(toy_bundle), lexicon=str(toy_lexicon))
    open_files.open_recognizer(settings, qwerty, said.append)
    assert said == []
    open_files.open_recognizer(settings, mirrored(qwerty), said.append)
    (warning,) = said
    assert warning.startswith("The model was trained on other keyboards than 'mirrored', so that more words will be wrong: its letters lie")


def test_a_second_language_counts_where_the_grid_has_its_letters(
    tmp_path: Path, toy_bundle: Path, toy_lexicon: Path, grids: GridCollection, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(shipped.languages_folder() / "common.json", tmp_path)
    for code, alphabet, grid in (("aa", LATIN, "qwerty_en"), ("bb", LATIN, "qwertz_de"), ("cc", CYRILLIC, "jcuken_ru")):
        file = {"name": code.upper(), "alphabet": alphabet, "grids": {grid: code}, "bundle": str(toy_bundle), "lexicon": str(toy_lexicon)}
        (tmp_path / f"{code}.json").write_text(json.dumps(file), encoding="utf-8")
    monkeypatch.setattr(shipped, "languages_folder", lambda: tmp_path)
    said: list[str] = []

    def opened(second: str, grid: str = "qwerty_en") -> type[SwipeRecognizer]:
        return type(open_files.open_recognizer(Settings(second_language=second), grids[grid], said.append))

    assert opened("bb") is TwoLanguages
    assert [opened(second) for second in ("", "aa", "cc", "gone")] == [SwipeRecognizer] * 4
    assert said == []
    toy_lexicon_gone = json.loads((tmp_path / "bb.json").read_text(encoding="utf-8")) | {"lexicon": "gone.lexicon"}
    (tmp_path / "dd.json").write_text(json.dumps(toy_lexicon_gone | {"name": "DD"}), encoding="utf-8")
    monkeypatch.setattr(shipped, "languages_folder", lambda: tmp_path / ".")
    _read_once.cache_clear()
    assert opened("dd") is SwipeRecognizer
    assert [line.endswith("AA is recognised without DD.") for line in said] == [True]
