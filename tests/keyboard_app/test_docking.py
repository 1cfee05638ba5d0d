"""The docked window is dragged by its grips, and no move of the finger is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kivy.core.window import Window

from keyboard_app.app import KeyboardApp, Start
from keyboard_app.dock.place import Place
from keyboard_app.pages.dock import Grip
from keyboard_app.settings import load_settings
from tests.keyboard_app.pages.test_dock import Field
from tests.support.window_driver import WindowDriver, open_window

SCREEN = (1024, 768)


class Screen:
    """A `DockWindow` that moves nothing, and a pointer that the test moves."""

    def __init__(self) -> None:
        self.at = (0, 0)
        self.place = Place(0, 0, 1, 1)

    def screen(self) -> tuple[int, int]:
        return SCREEN

    def put(self, place: Place, reserve: bool) -> None:
        self.place = place

    def corner(self) -> tuple[int, int]:
        return self.place.x, self.place.y

    def pointer(self) -> tuple[int, int]:
        return self.at

    def close(self) -> None: ...


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def driver(tmp_path: Path, toy_bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch, screen: Screen) -> Iterator[WindowDriver]:
    monkeypatch.setattr("keyboard_app.app.open_sink", lambda *_: Field())
    monkeypatch.setattr("keyboard_app.dock.remote.serve", lambda _: None)
    toy = {"model": str(toy_bundle), "lexicon": str(toy_lexicon)}
    start = Start(tmp_path / "settings.json", tmp_path / "swipes.jsonl", overrides=toy, into="xtest", words=tmp_path / "words.db")
    with open_window(lambda: KeyboardApp(start), (1024, 307)) as driver:
        driver.until_done()
        driver.app.dock(screen)
        driver.frames(2)
        yield driver


def test_what_the_finger_moved_before_its_touch_was_seen_counts(driver: WindowDriver, screen: Screen, tmp_path: Path) -> None:
    before = screen.place
    assert before == Place(0, 768 - 307, 1024, 307)
    grip: Any = next(widget for widget in driver.root.walk() if isinstance(widget, Grip))
    x, y = grip.to_window(*grip.center)
    down = round(x), round(before.y + Window.height - y)
    screen.at = down[0], down[1] - 15  # it has gone on when the touch is handled
    driver.down(x, y)
    driver.frames()
    screen.at = down[0], down[1] - 40
    driver.move(x, y + 20)
    driver.frames()
    screen.at = down[0], down[1] - 60
    driver.up()
    driver.frames()
    assert abs(screen.place.height - before.height - 60) <= 1
    assert load_settings(tmp_path / "settings.json").settings.dock_height == screen.place.height
