"""The keyboard's entry in the desktop's menu."""

from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from keyglide import desktop


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """A command in a folder with a name that the entry has to quote."""
    file = tmp_path / 'my $home "100%"' / "keyglide-keyboard"
    file.parent.mkdir()
    file.touch()
    return file


def entry_of(folder: Path) -> configparser.SectionProxy:
    parser = configparser.RawConfigParser()
    parser.read(folder / desktop.ENTRY, encoding="utf-8")
    return parser["Desktop Entry"]


def test_the_entry_names_the_command_and_the_icon(tmp_path: Path, command: Path) -> None:
    desktop.install(tmp_path, command)
    entry = entry_of(tmp_path)
    assert entry["Exec"] == rf'"{tmp_path}/my \\$home \\"100%%\\"/keyglide-keyboard"'
    assert (tmp_path / "icons/hicolor/scalable/apps" / f"{entry['Icon']}.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert entry["StartupWMClass"] == "keyglide"


def test_the_entry_is_valid(tmp_path: Path, command: Path) -> None:
    validate = shutil.which("desktop-file-validate")
    if validate is None:
        pytest.skip("desktop-file-validate is missing: apt install desktop-file-utils")
    desktop.install(tmp_path, command)
    process = subprocess.run([validate, str(tmp_path / desktop.ENTRY)], capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout) == (0, "")


def test_uninstalling_leaves_nothing_and_may_be_repeated(tmp_path: Path, command: Path) -> None:
    desktop.install(tmp_path / "data", command)
    for _ in range(2):
        desktop.uninstall(tmp_path / "data")
        left = {path.name for path in (tmp_path / "data").rglob("*") if path.is_file()}
        assert left <= {"mimeinfo.cache"}  # update-desktop-database's own


def test_without_the_command_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"pip install 'keyglide\[app\]'"):
        desktop.install(tmp_path, tmp_path / "keyglide-keyboard")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("given", "expected"), [("/data", "/data"), ("data", "/home/me/.local/share"), ("", "/home/me/.local/share")])
def test_a_relative_xdg_folder_is_ignored(given: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", given)
    monkeypatch.setenv("HOME", "/home/me")
    assert desktop.data_home() == Path(expected)
