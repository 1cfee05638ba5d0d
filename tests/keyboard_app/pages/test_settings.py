"""Settings are shown as they are; what is tapped is told to the app; lists and folders are chosen from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.label import Label
from kivy.uix.screenmanager import Screen, ScreenManager
from kivy.uix.widget import Widget

from keyboard_app.pages.choose import ChoosePage, FilePage
from keyboard_app.pages.folder import Choice
from keyboard_app.pages.settings import SettingsPage
from keyboard_app.settings import Settings
from keyboard_app.style.at_once import AtOnce
from keyboard_app.style.theme import DARK
from keyboard_app.style.widgets import ThemedApp
from tests.support.window_driver import WindowDriver, open_window

THUMB_DP = 44
"""what a thumb hits"""


class PageApp(ThemedApp):
    """Shows one page, and keeps what it dispatches."""

    def __init__(self, page: type[Screen], events: tuple[str, ...]) -> None:
        super().__init__()
        self.page_class = page
        self.events = events
        self.told: list[tuple[object, ...]] = []

    def build(self) -> ScreenManager:
        manager = ScreenManager(transition=AtOnce())
        self.page = self.page_class(name="page")
        for event in self.events:
            self.page.fbind(event, self._tell, event)
        manager.add_widget(self.page)
        return manager

    def _tell(self, event: str, _: Screen, *arguments: object) -> None:
        self.told.append((event, *arguments))


@contextmanager
def open_page(page: type[Screen], events: tuple[str, ...], size: tuple[int, int] = (360, 640)) -> Iterator[WindowDriver]:
    app = PageApp(page, events)
    with open_window(lambda: app, size) as driver:
        yield driver


@pytest.fixture
def driver() -> Iterator[WindowDriver]:
    with open_page(SettingsPage, ("on_back", "on_choose", "on_ask")) as opened:
        yield opened


def tap_text(driver: WindowDriver, text: str) -> None:
    """Taps the middle of the label with that text. Raises: StopIteration where there is none."""
    label = next(widget for widget in driver.root.walk() if isinstance(widget, Label) and widget.text == text)
    scroll = getattr(getattr(driver.app, "page", None), "ids", {}).get("scroll")
    if scroll is not None:
        scroll.scroll_to(label, animate=False)
        driver.frames(2)
    driver.tap(*label.to_window(*label.center))


def test_a_row_asks_for_its_setting(driver: WindowDriver) -> None:
    for title in ("Keyboard grid", "Grids file", "Model", "Lexicon"):
        tap_text(driver, title)
    assert driver.app.told == [("on_ask", "grid"), ("on_ask", "grids_file"), ("on_ask", "model"), ("on_ask", "lexicon")]


def test_a_switch_asks_for_the_opposite(driver: WindowDriver) -> None:
    tap_text(driver, "Preview while swiping")
    driver.app.page.settings = replace(Settings(), spaces=False)
    driver.frames()
    tap_text(driver, "Automatic spaces")
    assert driver.app.told == [("on_choose", "preview", False), ("on_choose", "spaces", True)]


def test_one_of_several_is_chosen_and_the_chosen_one_asks_nothing(driver: WindowDriver) -> None:
    driver.app.page.ids.scroll.scroll_y = 0
    driver.frames(2)
    tap_text(driver, "Letter")
    tap_text(driver, "Word")
    tap_text(driver, "Dark")
    assert driver.app.told == [("on_choose", "backspace", "letter"), ("on_choose", "theme", "dark")]


def test_what_is_chosen_is_written_under_its_name(driver: WindowDriver) -> None:
    driver.app.page.settings = replace(Settings(), model="/some/bundle")
    driver.app.page.grid_title = "Russian"
    driver.frames()
    texts = [widget.text for widget in driver.root.walk() if isinstance(widget, Label)]
    assert "Russian" in texts
    assert "/some/bundle" in texts
    assert texts.count("Keyglide's own") == 2


def test_a_message_can_be_closed(driver: WindowDriver) -> None:
    page = driver.app.page
    page.message = "The model is none. " * 6
    driver.frames(2)
    notice = next(widget for widget in page.walk() if getattr(widget, "text", None) == page.message)
    close = next(widget for widget in notice.walk() if isinstance(widget, ButtonBehavior))
    driver.tap(*close.to_window(*close.center))
    driver.frames()
    assert page.message == ""
    assert notice.height == 0


@pytest.mark.parametrize("size", [(360, 640), (640, 360), (1280, 800)])
def test_everything_is_large_enough_for_a_thumb(size: tuple[int, int]) -> None:
    with open_page(SettingsPage, (), size) as driver:
        buttons = [widget for widget in driver.root.walk() if isinstance(widget, ButtonBehavior) and not widget.disabled]
        assert len(buttons) > 10
        assert [button for button in buttons if min(button.size) < THUMB_DP * 0.9 * driver.app.unit] == []


@pytest.mark.parametrize("size", [(240, 400), (360, 640), (640, 360), (1280, 800)])
def test_no_text_is_cut(size: tuple[int, int]) -> None:
    with open_page(SettingsPage, (), size) as driver:
        assert [label.text for label in labels_of(driver.root) if label.is_shortened or label.texture_size[1] > label.height + 1] == []


def labels_of(root: Widget) -> list[Label]:
    return [widget for widget in root.walk() if isinstance(widget, Label) and widget.text]


def test_a_list_marks_the_chosen_one_and_tells_the_tapped_one() -> None:
    with open_page(ChoosePage, ("on_choose", "on_back")) as driver:
        driver.app.page.choices = [Choice("qwerty_en", "qwerty_en"), Choice("extra", "extra")]
        driver.app.page.chosen = "qwerty_en"
        driver.frames(3)
        marked = [row.text for row in driver.app.page.ids.rows.children[0].children if row.marked]
        assert marked == ["qwerty_en"]
        tap_text(driver, "extra")
        assert driver.app.told == [("on_choose", "extra")]


def test_a_folder_is_opened_and_a_file_in_it_chosen(tmp_path: Path) -> None:
    (tmp_path / "grids").mkdir()
    (tmp_path / "grids" / "mine.json").touch()
    with open_page(FilePage, ("on_choose", "on_back")) as driver:
        driver.app.page.browse("Grids file", "file", str(tmp_path / "none.json"))
        driver.frames(3)
        tap_text(driver, "grids")
        driver.frames(3)
        assert driver.app.page.subtitle == str(tmp_path / "grids")
        tap_text(driver, "mine.json")
        tap_text(driver, "Use Keyglide's own")
        assert driver.app.told == [("on_choose", str(tmp_path / "grids" / "mine.json")), ("on_choose", "")]


def test_the_folder_itself_is_chosen_where_a_folder_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    with open_page(FilePage, ("on_choose", "on_back")) as driver:
        driver.app.page.browse("Model folder", "folder", str(tmp_path / "none"))
        driver.frames(3)
        tap_text(driver, "bundle")
        driver.frames(3)
        tap_text(driver, "Use this folder")
        assert driver.app.told == [("on_choose", str(tmp_path / "bundle"))]


def test_the_page_follows_the_theme(driver: WindowDriver) -> None:
    title = next(label for label in labels_of(driver.root) if label.text == "Keyboard grid")
    driver.app.theme = DARK
    driver.frames()
    assert tuple(title.color) == DARK.text
