"""Where the window was is kept, and what makes no sense is not used."""

from __future__ import annotations

from pathlib import Path

import pytest

from keyboard_app.style.window_place import WindowPlace, load_place, save_place


def test_a_place_is_kept(tmp_path: Path) -> None:
    place = WindowPlace(600, 700, 300, 60)
    save_place(place, tmp_path / "new" / "window.json")
    assert load_place(tmp_path / "new" / "window.json") == place


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"width": 600}',
        '{"width": 10, "height": 700, "left": 0, "top": 0}',
        '{"width": 600, "height": 700, "left": -5, "top": 0}',
        '{"width": "x", "height": 700, "left": 0, "top": 0}',
    ],
)
def test_what_is_no_place_is_left_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "window.json").write_text(content)
    assert load_place(tmp_path / "window.json") is None


def test_without_a_file_there_is_no_place(tmp_path: Path) -> None:
    assert load_place(tmp_path / "window.json") is None
