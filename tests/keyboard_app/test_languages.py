"""A language is added to the keyboard by its file alone."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine import Grid, shipped
from keyboard_app import open_files
from keyboard_app.keys.alternates import alternates, hints
from keyboard_app.keys.symbol_pages import symbol_pages
from keyboard_app.session.practice import prompts_for
from keyboard_app.settings import Settings
from keyboard_app.text.writer import WritingOptions
from tests.support.writing import shown

GREEK = "αβγδε"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qwerty: Grid) -> Settings:
    """Of a keyboard to whose languages a file is added, and whose grid is one of that language."""
    folder = tmp_path / "languages"
    shutil.copytree(shipped.languages_folder(), folder)
    greek = {
        "name": "Ελληνικά",
        "alphabet": GREEK,
        "grids": {"greek": "Ελληνικά"},
        "alternates": {"α": "ά", "ε": "έ"},
        "abbreviations": ["π"],
        "symbols": [["123", "€@#", "*;!", ",."]],
        "prompts": ["Αβγ δε", "cannot be swiped"],
        "texts": {"letters": "ΑΒΓ"},
    }
    (folder / "el.json").write_text(json.dumps(greek), encoding="utf-8")
    monkeypatch.setattr(shipped, "languages_folder", lambda: folder)
    boxes = [{"x": key.x, "y": key.y, "w": key.w, "h": key.h} for key in qwerty.keys[: len(GREEK)]]
    keys = [{"label": label, "hitbox": box} for label, box in zip(GREEK, boxes, strict=True)]
    (tmp_path / "grids.json").write_text(json.dumps({"greek": {"width": qwerty.width, "height": qwerty.height, "keys": keys}}))
    return Settings(grid="greek", grids_file=str(tmp_path / "grids.json"))


def test_the_keyboard_writes_a_language_that_was_added(settings: Settings) -> None:
    opened = open_files.open_grid(settings)
    grid, language = opened.grid, opened.language
    alpha, beta = grid.letter_key("α"), grid.letter_key("β")
    assert (language.code, language.space_label(grid), language.letters_label(grid)) == ("el", "Ελληνικά", "ΑΒΓ")
    assert alternates(language, grid, alpha) == ("1", "ά")
    assert hints(language, grid)["β"] == alternates(language, grid, beta)[0] == "2"
    assert alternates(language, grid, replace(alpha, label="?")) == ("!", "¿")  # what all languages have
    assert [key.label for key in symbol_pages(language, grid)[0] if key.label] == [*"123", *"€@#", *"*;!", *",."]
    assert prompts_for(language, grid, None) == ("Αβγ δε",)
    assert shown("~α <space> ~π. <space> ~β", options=WritingOptions(abbreviations=language.abbreviations)) == "Α π. β|"


def test_it_says_that_there_is_no_model_for_it(settings: Settings) -> None:
    with pytest.raises(ValueError, match="Keyglide has no model for Ελληνικά yet"):
        open_files.open_recognizer(settings, open_files.open_grid(settings).grid, pytest.fail)


def test_the_others_are_as_they_were(settings: Settings, qwerty: Grid) -> None:
    language = open_files.open_grid(Settings()).language
    assert language.name == "English"
    assert alternates(language, qwerty, qwerty.letter_key("n")) == ("ñ", "ń", "ň")
