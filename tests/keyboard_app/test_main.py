"""`python -m keyboard_app`: what it is given is checked, and what it cannot do it says, without a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from keyboard_app import __main__ as command
from keyboard_app.style.kivy_setup import DISPLAYS
from keyboard_app.text.writer import TEXT_LIMIT

BLOCKED = "import runpy, sys; sys.modules['{package}'] = None; runpy.run_module('keyboard_app', run_name='__main__')"
"""Runs the command as if that package were not installed."""

INTERRUPTED = """
import runpy
from keyboard_app.style.kivy_setup import prepare
prepare()
from kivy.core.window import Window
def say(_):
    Window.unbind(on_flip=say)
    print("drawn", flush=True)
Window.bind(on_flip=say)
runpy.run_module("{module}", run_name="__main__")
"""
"""Runs the command and says when it has drawn its window."""


def run(*options: str | Path, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, without a display."""
    own = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    start = ["-c", code] if code else ["-m", "keyboard_app"]
    line = [sys.executable, *start, *map(str, options)]
    return subprocess.run(line, env=own | environment, capture_output=True, text=True, timeout=180, check=False)


def test_it_prints_the_text_and_draws_the_window_without_a_display(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("see you at noon\nёж", encoding="utf-8")
    picture = tmp_path / "deep" / "window.png"
    options: list[str | Path] = ["--text", tmp_path / "note.txt", "--config", tmp_path / "settings.json", "--size", "363x480"]
    done = run(*options, "--print", "--screenshot", picture)
    assert (done.returncode, done.stdout, done.stderr) == (0, "see you at noon\nёж\n", "")
    assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_it_prints_what_the_locale_lacks(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("café", encoding="utf-8")
    options: list[str | Path] = ["--text", tmp_path / "note.txt", "--config", tmp_path / "settings.json", "--print"]
    done = run(*options, "--screenshot", tmp_path / "window.png", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout, done.stderr) == (0, "caf\\xe9\n", "")


def test_without_display_and_offscreen_driver_it_says_what_to_do(tmp_path: Path) -> None:
    done = run("--config", tmp_path / "settings.json", SDL_VIDEODRIVER="nonsense")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no window can be opened" in done.stderr
    assert "SDL_VIDEODRIVER is nonsense" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("environment", "display"), [({}, "not set"), ({"DISPLAY": ":4711"}, ":4711")])
def test_a_window_that_nobody_would_see_is_not_opened(tmp_path: Path, environment: dict[str, str], display: str) -> None:
    done = run("--config", tmp_path / "settings.json", **environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"no window can be shown: there is no display (DISPLAY is {display}, WAYLAND_DISPLAY is not set). ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("module", ["keyboard_app", "keyboard_app.harness"])
def test_control_c_ends_it_without_a_word(tmp_path: Path, module: str) -> None:
    options = ["--config", str(tmp_path / "settings.json")] if module == "keyboard_app" else []
    line = [sys.executable, "-c", INTERRUPTED.format(module=module), *options]
    environment = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    with subprocess.Popen(
        line, env={**environment, "SDL_VIDEODRIVER": "offscreen"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "drawn\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=180)
    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize("package", ["kivy", "platformdirs", "regex"])
def test_without_a_package_of_its_own_it_says_how_to_install_it(package: str) -> None:
    done = run(code=BLOCKED.format(package=package))
    assert done.returncode == 1
    assert done.stderr == f"the keyboard needs {package}, and it is not installed. Install it with: pip install 'keyglide[app]'\n"


def test_a_million_characters_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "long.txt").write_text("x" * 1_000_000)
    assert call("--text", tmp_path / "long.txt") == 1
    assert f"long.txt is longer than the {TEXT_LIMIT:,} characters that the keyboard can hold: start with a part" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"\xff\xfe", "is not text in UTF-8"), ("ж".encode() * (TEXT_LIMIT + 1), "is longer than"), (None, "No such file or directory")],
)
def test_a_text_that_cannot_be_begun_with_is_named(
    content: bytes | None, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "text.txt"
    if content is not None:
        file.write_bytes(content)
    assert call("--text", file) == 1
    said = capsys.readouterr().err
    assert said.startswith(str(file))
    assert why in said


def test_prompts_without_a_word_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "prompts.txt").write_text("\n - \n1 2\n")
    assert call("--prompts", tmp_path / "prompts.txt") == 1
    assert "has no words to practise: give a file with one sentence per line" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["big", "480", "10x10", "100000x500", "-480x800"])
def test_a_size_that_no_window_has_is_a_usage_error(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.parse_args([f"--size={size}"])
    assert stopped.value.code == 2
    assert "--size" in capsys.readouterr().err


def call(*options: str | Path) -> int:
    """The command in this process, up to where the window would open."""
    before = sys.argv
    sys.argv = ["keyboard_app", *map(str, options)]
    try:
        return command.main()
    finally:
        sys.argv = before
