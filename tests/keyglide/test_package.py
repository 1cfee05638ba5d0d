"""What `pip install keyglide` brings: the names, the commands, and every file that they need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path, PurePosixPath

import pytest

import engine
import keyglide
from engine.version import VERSION
from tests.conftest import ROOT
from tests.test_architecture import setup_cfg

LEFT_OUT = ("benchmarks", "tests")
"""Folders with code that a wheel does not carry."""


def tracked() -> list[PurePosixPath]:
    """Every file of the checkout, relative to it."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    if not files:
        pytest.skip("not a git checkout: what belongs to the project is not known")
    return [PurePosixPath(name) for name in files if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the checkout, because a build leaves folders behind."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in tracked():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--wheel-dir", str(built), str(source)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    [file] = built.iterdir()
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run_installed(installed: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Python with the wheel's packages, in a folder without the source."""
    env = {**os.environ, "PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=installed.parent, env=env, capture_output=True, text=True, check=False
    )


def test_the_package_has_the_engines_names() -> None:
    assert {name: getattr(keyglide, name) for name in engine.__all__} == {name: getattr(engine, name) for name in engine.__all__}
    assert set(keyglide.__all__) == {*engine.__all__, "__version__"}
    assert keyglide.__version__ == VERSION


@pytest.mark.parametrize("name", ["keyglide", "keyglide-keyboard"])
def test_a_command_shows_its_own_name(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    commands = dict(line.split(" = ") for line in setup_cfg()["options.entry_points"]["console_scripts"].split("\n") if line)
    monkeypatch.setattr(sys, "argv", [name, "--help"])
    with pytest.raises(SystemExit) as stop:
        EntryPoint(name, commands[name], "console_scripts").load()()
    assert stop.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: {name} ")


@pytest.mark.slow
def test_a_wheel_has_all_that_the_commands_need_and_neither_tests_nor_benchmarks(wheel: Path) -> None:
    packages = {name.parts[0] for name in tracked() if name.name == "__init__.py"} - set(LEFT_OUT)
    with zipfile.ZipFile(wheel) as archive:
        files = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = {name.partition(".dist-info/")[2] for name in archive.namelist()} - {""}
    assert files == {str(name) for name in tracked() if name.parts[0] in packages}
    assert {"licenses/LICENSE", "licenses/NOTICE"} <= metadata


@pytest.mark.slow
def test_the_description_needs_no_picture_or_link_of_the_repository(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"keyglide-{VERSION}.dist-info/METADATA").decode()
    assert f"\nVersion: {VERSION}\n" in metadata
    description = metadata.partition("\n\n")[2]
    assert description == (ROOT / "docs" / "PYPI.md").read_text(encoding="utf-8")
    assert "<img" not in description and "](" not in description


@pytest.mark.slow
def test_an_installed_package_decodes_in_another_folder(installed: Path) -> None:
    where = run_installed(installed, "-c", "import keyglide, engine; print(keyglide.__file__); print(engine.__file__)")
    assert where.stdout.split() == [str(installed / "keyglide/__init__.py"), str(installed / "engine/__init__.py")], where.stderr
    decoded = run_installed(installed, "-m", "keyglide", ROOT / "examples" / "swipes.jsonl")
    assert decoded.returncode == 0, decoded.stderr
    assert decoded.stdout.splitlines()[-1].startswith("accuracy: ")
