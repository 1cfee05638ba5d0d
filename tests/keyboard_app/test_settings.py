"""The settings file: it survives a restart, and damage to it."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import platformdirs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyboard_app.settings import Loaded, Settings, load_settings, save_settings, settings_path

CHOSEN = Settings("extra", "more.json", "bündle", "слова.lexicon", "dark", "letter", preview=False, capitals=False, spaces=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keyglide" / "settings.json"


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_file_is_in_the_configuration_folder() -> None:
    assert settings_path() == platformdirs.user_config_path("keyglide") / "settings.json"


def test_without_a_file_the_defaults_hold(path: Path) -> None:
    assert load_settings(path) == Loaded(Settings(), "")


def test_settings_survive_a_restart(path: Path) -> None:
    save_settings(Settings(), path)
    save_settings(CHOSEN, path)
    assert load_settings(path) == Loaded(CHOSEN, "")
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


NAMES = st.text(st.characters(), max_size=9)  # with halves of surrogate pairs, as file names may have
CHOICES = [st.sampled_from(["system", "light", "dark"]), st.sampled_from(["word", "letter"])]


@given(st.builds(Settings, NAMES, NAMES, NAMES, NAMES, *CHOICES, st.booleans(), st.booleans(), st.booleans()))
def test_any_settings_can_be_kept(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    save_settings(settings, path)
    assert load_settings(path) == Loaded(settings, "")


def test_what_the_file_lacks_has_its_default_and_what_is_unknown_is_left_out(path: Path) -> None:
    write(path, '{"theme": "dark", "colour": "pink"}')
    assert load_settings(path) == Loaded(replace(Settings(), theme="dark"), "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "Expecting value"),
        ('{"theme": "da', "Unterminated string"),
        (b"\xff\xfe\x00", "decode"),
        ("[" * 100_000, "recursion"),
        ("[]", "they are not a JSON object"),
        ('{"theme": "pink"}', "'theme' is 'pink', not one of 'system', 'light', 'dark'"),
        ('{"backspace": "all"}', "'backspace' is 'all', not one of 'word', 'letter'"),
        ('{"preview": 1}', "'preview' is 1, not a value like True"),
        ('{"grid": null}', "'grid' is None, not a value like 'qwerty_en'"),
        ('{"theme": ["dark"]}', "'theme' is ['dark'], not a value like 'system'"),
    ],
)
def test_a_damaged_file_is_set_aside_with_a_notice(path: Path, content: str | bytes, reason: str) -> None:
    write(path, content)
    loaded = load_settings(path)
    aside = path.with_name("settings.damaged-1.json")
    assert loaded.settings == Settings()
    assert reason in loaded.notice
    assert loaded.notice.endswith(f"The damaged file was kept as {aside}.")
    assert aside.read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert load_settings(path) == Loaded(Settings(), ""), "the notice comes once"


def test_every_damaged_file_is_kept(path: Path) -> None:
    for content in ("first", "second", "third"):
        load_settings(write(path, content))
    damaged = sorted(path.parent.iterdir())
    assert [file.name for file in damaged] == [f"settings.damaged-{n}.json" for n in (1, 2, 3)]
    assert [file.read_text() for file in damaged] == ["first", "second", "third"]


def test_a_file_that_cannot_be_read_gives_a_notice_and_stays(path: Path) -> None:
    path.mkdir(parents=True)
    assert load_settings(path) == Loaded(Settings(), f"The settings in {path} cannot be read (Is a directory). The defaults are used.")
    assert path.is_dir()


def test_a_damaged_file_that_cannot_be_set_aside_gives_a_notice(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(self: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "rename", rename)
    assert "could not be renamed (Permission denied)" in load_settings(write(path, "[]")).notice


def test_a_full_disk_leaves_the_old_settings(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_settings(CHOSEN, path)

    def fsync(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        save_settings(Settings(), path)
    assert load_settings(path).settings == CHOSEN
    assert [file.name for file in path.parent.iterdir()] == ["settings.json"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OSError, match=r"exists|Not a directory"):
        save_settings(Settings(), file / "settings.json")


def test_the_file_can_be_read_by_people(path: Path) -> None:
    save_settings(CHOSEN, path)
    content = path.read_text(encoding="utf-8")
    assert '"lexicon": "слова.lexicon",\n' in content
    assert json.loads(content) == asdict(CHOSEN)
