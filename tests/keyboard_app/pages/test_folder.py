"""What a folder offers to choose from."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyboard_app.pages import folder as folder_module
from keyboard_app.pages.folder import Choice, list_folder, start_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("bundles", "Archive", ".hidden"):
        (tmp_path / name).mkdir()
    for name in ("words.lexicon", "grids.json", ".secret"):
        (tmp_path / name).touch()
    return tmp_path


def test_folders_come_before_files_by_name(folder: Path) -> None:
    names = [choice.text for choice in list_folder(folder, "file").choices]
    assert names == [f"Up to {folder.parent.name}", "Archive", "bundles", "grids.json", "words.lexicon"]


def test_only_folders_are_offered_where_a_folder_is_wanted(folder: Path) -> None:
    listing = list_folder(folder, "folder")
    assert listing.choices[1:] == (
        Choice("Archive", str(folder / "Archive"), "folder"),
        Choice("bundles", str(folder / "bundles"), "folder"),
    )
    assert listing.notice == ""


def test_the_root_has_no_way_up() -> None:
    assert not any(choice.icon == "up" for choice in list_folder(Path("/"), "folder").choices)


def test_a_folder_that_cannot_be_opened_says_so_and_leads_up(tmp_path: Path) -> None:
    listing = list_folder(tmp_path / "gone", "file")
    assert [choice.icon for choice in listing.choices] == ["up"]
    assert listing.notice == f"'{tmp_path / 'gone'}' cannot be opened: no such file or directory."


def test_a_huge_folder_is_cut_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "N_ENTRIES", 3)
    listing = list_folder(folder, "file")
    assert len(listing.choices) == 1 + 3
    assert listing.notice == "Only the first 3 of 4 are listed."


def test_browsing_begins_where_the_chosen_one_lies(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert start_folder(str(folder / "grids.json")) == folder
    assert start_folder(str(folder / "gone" / "for" / "good")) == folder
    assert start_folder("") == folder
    assert start_folder("~/grids.json") == folder
    assert start_folder("~nobody-has-this-name/grids.json") == Path.cwd()
