"""Pictures are taken of the app in use."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from keyboard_app.screenshots import __main__ as screenshots
from keyboard_app.screenshots.driven_app import bend
from keyboard_app.style.kivy_setup import DISPLAYS

LARGEST_BYTES = 200_000
"""of a picture in the README"""


def test_the_readmes_picture_is_taken_without_a_display(tmp_path: Path) -> None:
    picture = tmp_path / "keyboard.png"
    environment = {name: value for name, value in os.environ.items() if name not in DISPLAYS}
    command = [sys.executable, "-m", "keyboard_app.screenshots", "--readme", str(picture)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    content = picture.read_bytes()
    assert struct.unpack(">II", content[16:24]) == screenshots.README_SIZE
    assert len(content) < LARGEST_BYTES


@pytest.mark.parametrize("options", [[], ["folder", "--readme", "picture.png"], ["folder", "--size", "tall"]])
def test_what_is_asked_for_must_be_clear(options: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        screenshots.parse_args(options)
    assert stopped.value.code == 2


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "keyboard_app.screenshots", str(tmp_path / "file"), "--size", "360x640"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 1
    assert str(tmp_path / "file") in done.stderr
    assert "Traceback" not in done.stderr


def test_the_finger_goes_smoothly_through_every_key() -> None:
    keys = np.array([(0.0, 0.0), (100.0, 50.0), (100.0, 50.0), (20.0, 80.0)])
    path = bend(keys)
    distances = np.hypot(*(path[:, None] - keys).transpose(2, 0, 1))
    assert distances.min(axis=0).max() < 1e-9
    assert np.hypot(*np.diff(path, axis=0).T).max() < 20
    assert len(bend(keys[:1])) == 1
