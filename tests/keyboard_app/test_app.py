"""The keyboard as a whole: fingers on its window become text, and what is chosen holds and is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from kivy.core.window import Window
from kivy.graphics import SmoothLine
from kivy.uix.label import Label

from keyboard_app.app import KeyboardApp, Start
from keyboard_app.pages.clipboard import COPIED, COPIED_PART, NO_CLIPBOARD, NOTHING_TO_PASTE
from keyboard_app.pages.emoji import EmojiCell
from keyboard_app.style import font_scale
from keyboard_app.style.accessible import name_of
from keyboard_app.style.theme import DARK, LIGHT
from keyboard_app.style.widgets import Drawing
from keyboard_app.text.shift import Shift
from keyboard_app.text.writer import TEXT_LIMIT
from tests.keyboard_app.pages.test_dock import Field
from tests.support.window_driver import WindowDriver, clipboard, open_window

Opener = Callable[..., AbstractContextManager[WindowDriver]]
CONTROL = ["ctrl"]
NO_SCANCODE = 0
MS_PER_LETTER = 250
"""Slow, so that on a busy machine, too, enough frames see the finger."""
KEYS = {
    "backspace": 8,
    "enter": 13,
    "escape": 27,
    "tab": 9,
    "down": 274,
    "left": 276,
    "right": 275,
    "up": 273,
    "home": 278,
    "end": 279,
    "delete": 127,
}


@pytest.fixture
def opener(tmp_path: Path, toy_bundle: Path, toy_lexicon: Path) -> Opener:
    """Opens the app on settings of its own, with a model that is quick to load where no word is swiped."""
    toy = {"model": str(toy_bundle), "lexicon": str(toy_lexicon)}

    @contextmanager
    def open_app(size: tuple[int, int] = (360, 640), overrides: dict[str, str] = toy, **start: Any) -> Iterator[WindowDriver]:
        app = KeyboardApp(Start(tmp_path / "settings.json", tmp_path / "swipes.jsonl", overrides=overrides, **start))
        with open_window(lambda: app, size) as driver:
            driver.until_done()
            yield driver

    return open_app


@pytest.fixture
def driver(opener: Opener) -> Iterator[WindowDriver]:
    with opener() as opened:
        yield opened


@pytest.fixture
def english(opener: Opener) -> Iterator[WindowDriver]:
    """With the model that words are swiped for."""
    with opener(overrides={}) as opened:
        yield opened


def center(driver: WindowDriver, name: str) -> tuple[float, float]:
    """Where the key of that name stands."""
    layout = driver.app.pages.write.ids.keyboard.layout_of_keys
    result: tuple[float, float] = next(placed.centre for placed in layout.keys if placed.key.name == name)
    return result


def tap(driver: WindowDriver, *names: str) -> None:
    for name in names:
        driver.tap(*center(driver, name))


def swipe(driver: WindowDriver, word: str) -> None:
    """Swipes a word, key by key, and waits until it is written."""
    before = driver.app.text
    driver.swipe([center(driver, letter) for letter in word], MS_PER_LETTER * len(word))
    driver.until(lambda: driver.app.text != before)


def tap_tool(driver: WindowDriver, caption: str) -> None:
    driver.frames()
    button = next(widget for widget in driver.root.walk() if getattr(widget, "caption", None) == caption)
    driver.tap(*button.to_window(*button.center))


def press(name: str, *modifiers: str) -> None:
    """Presses a physical key."""
    Window.dispatch("on_key_down", KEYS.get(name, ord(name[0])), NO_SCANCODE, name, list(modifiers))


def write(text: str) -> None:
    """Types on a physical keyboard."""
    for letter in text:
        Window.dispatch("on_textinput", letter)


def test_swiped_and_tapped_words_stand_in_the_text(english: WindowDriver) -> None:
    swipe(english, "people")
    swipe(english, "there")
    tap(english, ".")
    assert english.app.text == "People there."
    tap(english, "o", "k")
    english.frames(2)
    assert english.app.pages.write.ids.text.text == "People there. Ok"


def test_an_unclear_swipe_offers_words_and_writes_the_one_that_is_tapped(english: WindowDriver) -> None:
    scribble = [center(english, letter) for letter in "zoamq"]
    page = english.app.pages.write
    english.swipe(scribble, 400)
    english.until(lambda: page.choices)
    assert english.app.text == ""
    assert page.preview == f"{page.choices[0]}?"
    english.frames(2)
    second = page.choices[1]
    english.tap(*page.ids.candidates.to_window(*page.ids.candidates.cell_center(1)))
    assert (english.app.text, page.preview) == (second, "")
    english.app.configuration.choose("hold_back", False)
    english.swipe(scribble, 400)
    english.until(lambda: english.app.text != second)
    assert page.preview == ""


def test_the_word_swiped_right_before_the_window_closes_is_in_the_text(english: WindowDriver) -> None:
    english.drag([center(english, letter) for letter in "people"], MS_PER_LETTER * 6)
    english.up()
    assert english.app.text == ""
    english.app.dispatch("on_stop")
    assert english.app.text == "People"


def test_a_tapped_choice_takes_the_words_place_and_the_buttons_undo_and_clear(english: WindowDriver) -> None:
    swipe(english, "water")
    english.frames(2)
    bar = english.app.pages.write.ids.candidates
    assert len(bar.choices) >= 3
    chosen = bar.choices[1]
    english.tap(*bar.cell_center(1))
    assert english.app.text == chosen != "Water"
    tap_tool(english, "Undo")
    assert english.app.text == "Water"
    tap_tool(english, "Redo")
    tap_tool(english, "Clear")
    assert english.app.text == ""
    tap_tool(english, "Undo")
    assert english.app.text == chosen


def test_a_tap_in_the_text_sets_the_cursor(opener: Opener) -> None:
    with opener(text="one three") as driver:
        view = driver.app.pages.write.ids.text
        x, bottom = view.cursor_place(4)
        driver.tap(x, bottom + view.line_height / 2)
        driver.frames()
        assert view.cursor == 4
        write("two ")
        assert driver.app.text == "one two three"


def place_of(driver: WindowDriver, offset: int) -> tuple[float, float]:
    """A point of the window on the text's line, at that offset."""
    view = driver.app.pages.write.ids.text
    x, bottom = view.cursor_place(offset)
    return x, bottom + view.line_height / 2


def test_a_word_written_earlier_is_corrected_by_tapping_it(english: WindowDriver) -> None:
    for word in ("water", "people", "there"):
        swipe(english, word)
    tap(english, ".")
    bar = english.app.pages.write.ids.candidates
    english.frames(2)
    assert tuple(bar.choices) == english.app.session.choices != (), "a full stop leaves the candidates"
    english.tap(*place_of(english, 2))
    english.frames(2)
    assert english.app.pages.write.underlined == [0, 5]
    chosen = bar.choices[0]
    english.tap(*bar.cell_center(0))
    assert english.app.text == f"{chosen} people there."


def test_a_finger_slides_the_cursor_and_deletes_words(opener: Opener) -> None:
    with opener(text="one two three") as driver:
        width = driver.app.pages.write.ids.keyboard.layout_of_keys.key_width
        x, y = center(driver, "action space")
        driver.swipe([(x, y), (x - 1.6 * width, y)], 300)
        assert driver.app.field.cursor == 10
        x, y = center(driver, "action backspace")
        driver.drag([(x, y), (x - 1.7 * width, y)], 300)
        driver.frames()
        assert driver.app.pages.write.selection == [4, 10]
        driver.up()
        assert driver.app.text == "one ree"
        tap_tool(driver, "Undo")
        assert driver.app.text == "one two three"


def test_a_swipe_inside_a_word_takes_its_place(opener: Opener) -> None:
    with opener(overrides={}, text="Meet me") as driver:
        driver.tap(*place_of(driver, 2))
        swipe(driver, "quickly")
        assert driver.app.text == "Quickly me"


def test_two_taps_a_drag_and_a_long_press_select(opener: Opener) -> None:
    with opener(text="one three five", overrides={}) as driver:
        page = driver.app.pages.write
        driver.tap(*place_of(driver, 5))
        driver.tap(*place_of(driver, 5))
        driver.frames()
        assert page.selection == [4, 9]
        driver.swipe([place_of(driver, 0), place_of(driver, 3)], 200)
        driver.frames()
        assert page.selection == [0, 3]
        driver.tap(*place_of(driver, 12))
        driver.frames()
        assert page.selection == [12, 12]
        driver.run_for(500)
        driver.down(*place_of(driver, 11))
        driver.run_for(600)
        assert page.selection == [10, 14]
        driver.up()
        swipe(driver, "people")
        assert driver.app.text == "one three people"
        tap(driver, "action backspace")
        assert driver.app.text == "one three five"
        tap(driver, "action backspace")
        assert driver.app.text == "one three "


def test_the_selection_is_cut_copied_and_pasted_with_the_buttons(opener: Opener) -> None:
    with opener(text="one two") as driver:
        driver.swipe([place_of(driver, 4), place_of(driver, 7)], 200)
        tap_tool(driver, "Copy")
        assert (clipboard.text, driver.app.session.notice) == ("two", COPIED_PART)
        tap_tool(driver, "Cut")
        assert driver.app.text == "one "
        tap_tool(driver, "Paste")
        tap_tool(driver, "Paste")
        assert driver.app.text == "one twotwo"
        tap_tool(driver, "Copy")
        assert clipboard.text == "one twotwo"
        clipboard.copy("")
        tap_tool(driver, "Paste")
        assert driver.app.session.notice == NOTHING_TO_PASTE


def test_a_physical_keyboard_selects(driver: WindowDriver) -> None:
    write("abcd efg ")
    press("left")
    press("left", "shift")
    press("left", "shift")
    driver.frames()
    assert driver.app.pages.write.selection == [6, 8]
    press("x", *CONTROL)
    assert (clipboard.text, driver.app.text) == ("fg", "abcd e ")
    press("left", "shift", "ctrl")
    write("z")
    assert driver.app.text == "abcd z "
    press("a", *CONTROL)
    press("delete")
    assert driver.app.text == ""
    press("z", *CONTROL)
    press("end")
    press("home", "ctrl", "shift")
    press("backspace")
    assert driver.app.text == ""


def test_a_physical_keyboard_writes(driver: WindowDriver) -> None:
    write("abcd ")
    press("left")
    press("backspace")
    press("home")
    write("x")
    press("end")
    press("enter")
    write("ef")
    press("up")
    press("delete")
    assert driver.app.text == "xac \nef"


def test_the_clipboard_takes_and_gives_the_text(driver: WindowDriver) -> None:
    write("héllo ёж ")
    press("c", *CONTROL)
    assert (clipboard.text, driver.app.session.notice) == ("héllo ёж ", COPIED)
    press("v", *CONTROL)
    assert driver.app.text == "héllo ёж héllo ёж "
    press("z", *CONTROL)
    assert driver.app.text == "héllo ёж "
    press("y", *CONTROL)
    press("backspace", *CONTROL)
    assert driver.app.text == "héllo ёж héllo "


def test_a_system_without_a_clipboard_is_named(driver: WindowDriver) -> None:
    clipboard.is_there = False
    write("kept")
    press("c", *CONTROL)
    assert driver.app.session.notice == NO_CLIPBOARD


def test_a_million_characters_are_refused_with_a_message(driver: WindowDriver) -> None:
    write("kept")
    clipboard.copy("x" * 1_000_000)
    press("v", *CONTROL)
    driver.frames()
    assert driver.app.text == "kept"
    assert f"the limit is {TEXT_LIMIT:,}" in driver.app.pages.write.ids.candidates.notice


def test_shift_shows_on_the_keys(driver: WindowDriver) -> None:
    keyboard = driver.app.pages.write.ids.keyboard
    before = keyboard.shift
    tap(driver, "h")
    assert (before, keyboard.shift) == (Shift.ONCE, Shift.OFF)
    tap(driver, "action shift", "i", "j")
    assert driver.app.text == "HIj"


def test_what_is_chosen_holds_at_once_and_after_a_restart(driver: WindowDriver, opener: Opener, tmp_path: Path) -> None:
    app = driver.app
    app.configuration.choose("theme", "dark")
    app.configuration.choose("backspace", "letter")
    app.configuration.choose("preview", False)
    assert app.theme == DARK
    assert app.session.writer.options.backspace == "letter"
    assert json.loads((tmp_path / "settings.json").read_text())["theme"] == "dark"
    again = KeyboardApp(Start(tmp_path / "settings.json", tmp_path / "swipes.jsonl"))
    again.worker.stop()
    assert not again.session.show_previews
    assert (again.theme, again.configuration.settings) == (DARK, app.configuration.saved)


def test_the_globe_goes_through_the_grids_and_the_page_says_what_cannot_be_swiped(english: WindowDriver) -> None:
    english.app.configuration.choose("globe", "qwerty_en,hebrew_he")
    tap(english, "action globe")
    page = english.app.pages.write
    english.until(lambda: page.message)
    assert "Swiping is off, but you can tap. Keyglide has no model for the letters of the keyboard 'עברית' yet" in page.message
    tap(english, "\u05e9")
    assert english.app.text == "\u05e9"
    english.swipe([center(english, "\u05e9"), center(english, "\u05d3"), center(english, "\u05d2")], 200)
    english.until(lambda: "no model for the letters" in page.notice)
    tap(english, "action globe")
    english.until(lambda: not english.app.worker.loading and not page.message)
    assert english.app.configuration.opened.grid.name == "qwerty_en"


def test_the_globes_grids_are_chosen_in_the_settings(english: WindowDriver) -> None:
    app = english.app
    app.configuration.choose("globe", "qwerty_en,qwertz_de")
    tap_tool(english, "Settings")
    settings = app.manager.current_screen
    assert settings.globe_titles.split(", ")[0] == "English"
    settings.dispatch("on_ask", "globe")
    page = app.manager.current_screen
    assert (app.manager.current, list(page.several)) == ("globe", ["qwerty_en", "qwertz_de"])
    page.dispatch("on_choose", "dvorak_en")
    assert list(page.several) == ["qwerty_en", "dvorak_en", "qwertz_de"]
    for name in ("qwertz_de", "qwerty_en", "dvorak_en"):
        page.dispatch("on_choose", name)
    assert list(page.several) == ["dvorak_en"]  # the last one stays
    press("escape")
    assert (app.manager.current, settings.globe_titles) == ("settings", "English (Dvorak)")


def test_a_second_language_is_chosen_in_the_settings(english: WindowDriver) -> None:
    app = english.app
    tap_tool(english, "Settings")
    settings = app.manager.current_screen
    assert settings.second_title == "None"
    settings.dispatch("on_ask", "second_language")
    page = app.manager.current_screen
    assert page.chosen == ""
    assert {"", "en"} <= {choice.value for choice in page.choices}
    page.dispatch("on_choose", "en")
    assert (app.manager.current, settings.second_title, app.configuration.settings.second_language) == ("settings", "English", "en")
    english.until_done()


def test_a_bundle_that_is_none_is_refused_and_the_old_one_kept(english: WindowDriver, tmp_path: Path) -> None:
    app = english.app
    app.pages.show("settings")
    app.configuration.choose("model", str(tmp_path))
    page = app.manager.current_screen
    english.until(lambda: "Nothing was changed" in page.message)
    assert "manifest.json" in page.message
    assert app.configuration.settings.model == ""


def test_a_missing_bundle_at_the_start_is_replaced_with_a_message(opener: Opener, tmp_path: Path) -> None:
    with opener(overrides={"model": str(tmp_path / "gone")}) as driver:
        driver.until(lambda: driver.app.pages.write.message)
        assert "Keyglide's own model is used" in driver.app.pages.write.message
        swipe(driver, "there")
        assert driver.app.text == "There"


def test_damaged_settings_and_grids_are_said_in_the_window(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{")
    (tmp_path / "grids.json").write_text('{"digits": {"width": 10, "height": 10, "keys": []}}')
    with opener(overrides={"grids_file": str(tmp_path / "grids.json")}) as driver:
        message = driver.app.pages.write.message
        assert "The settings were damaged" in message
        assert "Grid 'digits' has no letter keys" in message
        assert (tmp_path / "settings.damaged-1.json").read_text() == "{"
        tap(driver, "q")
        assert driver.app.text == "Q"


def test_settings_that_cannot_be_saved_hold_and_say_so(driver: WindowDriver, tmp_path: Path) -> None:
    (tmp_path / "settings.json").mkdir()
    driver.app.pages.show("settings")
    driver.app.configuration.choose("theme", "dark")
    assert driver.app.theme == DARK
    assert "Your choice could not be saved" in driver.app.manager.current_screen.message


def test_settings_of_this_run_are_not_saved(opener: Opener, tmp_path: Path) -> None:
    with opener(overrides={"theme": "dark", "grid": "extra"}) as driver:
        assert driver.app.theme == DARK
        driver.app.configuration.choose("capitals", False)
        saved = json.loads((tmp_path / "settings.json").read_text())
        assert (saved["theme"], saved["grid"], saved["capitals"]) == ("system", "qwerty_en", False)
        driver.app.configuration.choose("theme", "light")
        assert driver.app.theme == LIGHT


def test_the_text_is_there_again_at_the_next_start_and_goes_with_clear(opener: Opener, tmp_path: Path) -> None:
    draft = tmp_path / "data" / "draft.txt"
    with opener(draft=draft) as driver:
        write("kept ")
        driver.run_for(1100)
        assert draft.read_text() == "kept "
        assert draft.stat().st_mode & 0o777 == 0o600
        write("too")
        with opener(draft=draft) as second:
            assert second.app.text == ""
    with opener(draft=draft) as driver:
        assert driver.app.text == "kept too"
        assert not driver.app.session.writer.can_undo
        tap_tool(driver, "Clear")
        assert not draft.exists()
        tap_tool(driver, "Undo")
    with opener(draft=draft) as driver:
        assert driver.app.text == "kept too"
        driver.app.configuration.choose("keep_draft", False)
        assert not draft.exists()
    with opener(draft=draft) as driver:
        assert driver.app.text == ""


def test_a_draft_that_cannot_be_kept_or_read_is_said_once(opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "draft.txt").write_bytes(b"\xff")
    with opener(draft=tmp_path / "draft.txt") as driver:
        assert "the text of the last time is damaged" in driver.app.pages.write.message.lower()
    (tmp_path / "file").write_text("")
    with opener(draft=tmp_path / "file" / "draft.txt") as driver:
        assert "cannot be kept" in driver.app.pages.write.message


def test_pages_are_gone_to_and_left(driver: WindowDriver) -> None:
    manager = driver.app.manager
    tap_tool(driver, "Settings")
    assert manager.current == "settings"
    settings = manager.current_screen
    assert settings.grid_title == "English"
    settings.dispatch("on_ask", "grid")
    assert manager.current == "grid"
    manager.current_screen.dispatch("on_choose", "default")
    assert (manager.current, settings.grid_title) == ("settings", "Русский (Яндекс)")
    settings.dispatch("on_ask", "lexicon")
    press("escape")
    assert manager.current == "settings"
    press("escape")
    tap_tool(driver, "Practice")
    assert manager.current == "practice"
    press("escape")
    driver.frames(2)
    write("a")
    assert (manager.current, driver.app.text) == ("write", "a")


def test_the_icons_of_files_stand_on_the_lines_of_their_names(driver: WindowDriver, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"grids {number}.json").touch()
    driver.app.pages.show("files")
    driver.app.manager.current_screen.browse("Grids file", "file", str(tmp_path / "grids 0.json"))
    for scroll in (1.0, 0.4):
        driver.app.manager.current_screen.ids.rows.scroll_y = scroll
        driver.frames(5)
        drawings = [widget for widget in driver.root.walk() if isinstance(widget, Drawing) and widget.icon == "file"]
        assert len(drawings) > 5
        for drawing in drawings:
            heights = [y for line in drawing.canvas.children if isinstance(line, SmoothLine) for y in line.points[1::2]]
            assert (min(heights) + max(heights)) / 2 == pytest.approx(drawing.center_y, abs=2)


def test_toolbar_text_candidates_and_keys_share_their_edges(opener: Opener) -> None:
    with opener((1280, 800), text="one") as driver:
        page = driver.app.pages.write
        keys = page.ids.keyboard.layout_of_keys.area
        tools = [widget for widget in driver.root.walk() if getattr(widget, "caption", "")]
        assert page.column == pytest.approx(keys.width)
        assert min(tool.x for tool in tools) == pytest.approx(keys.x, abs=1)
        assert max(tool.right for tool in tools) == pytest.approx(keys.x + keys.width, abs=1)
        before = page.keyboard_height
        driver.app.configuration.choose("keyboard_size", "small")
        assert page.keyboard_height < before
        unit = driver.app.unit
        driver.app.configuration.choose("text_size", "large")
        assert driver.app.unit > unit


@pytest.mark.parametrize(("size", "into"), [((360, 640), "own"), ((1024, 348), "xtest")])
def test_texts_are_as_large_as_the_desktop_wants_them_unless_a_size_was_chosen(
    opener: Opener, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], into: str
) -> None:
    asked = [1.25]
    monkeypatch.setattr(font_scale, "SOURCES", (lambda: asked[-1],))
    monkeypatch.setattr("keyboard_app.app.open_sink", lambda *_: Field())
    with opener(size, into=into) as driver:
        app = driver.app
        usual = app.unit / app.text_scale
        driver.until(lambda: app.unit == pytest.approx(1.25 * usual))
        asked.append(1.5)
        Window._focus = False
        Window._focus = True
        driver.until(lambda: app.unit == pytest.approx(1.5 * usual))
        app.configuration.choose("text_size", "medium")
        assert app.unit == pytest.approx(usual)
        app.configuration.choose("text_size", "system")
        assert app.unit == pytest.approx(1.5 * usual)


def test_a_late_answer_of_the_desktop_does_not_take_the_place_of_a_newer_one(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[None] = []
    may_answer = Event()

    def answer() -> float:
        asked.append(None)
        if len(asked) > 1:
            return 1.5
        may_answer.wait(180)
        return 1.25

    monkeypatch.setattr(font_scale, "SOURCES", (answer,))
    with opener() as driver:
        app = driver.app
        driver.until(lambda: asked)
        Window._focus = False
        Window._focus = True
        driver.until(lambda: app.system_font_scale == 1.5)
        may_answer.set()
        driver.until(lambda: not any(thread.name == "font scale" for thread in threading.enumerate()))
        driver.frames(2)
        assert app.system_font_scale == 1.5


def test_all_pages_can_be_used_with_a_physical_keyboard_alone(driver: WindowDriver) -> None:
    focus, manager = driver.app.focus, driver.app.manager
    write("a")
    for _ in range(8):
        press("tab")
        if focus.focused.caption == "Settings":
            break
    driver.frames()
    press("enter")
    driver.frames(3)
    assert (manager.current, driver.app.text) == ("settings", "a")
    titles = []
    for _ in range(30):
        press("down")
        titles.append(getattr(focus.focused, "title", ""))
        if titles[-1] == "Automatic capitals":
            break
    assert titles[1] == "Keyboard grid"
    driver.frames(2)
    row = focus.focused
    assert 0 < row.to_window(*row.center)[1] < Window.height, "it was scrolled into sight"
    press("enter")
    driver.frames(3)
    assert not driver.app.configuration.settings.capitals
    press("tab", "shift")
    assert focus.focused.title == "Automatic spaces"
    press("escape")
    driver.frames(2)
    press("left")
    write("b")
    assert (manager.current, driver.app.text) == ("write", "ba")


def test_emoji_are_found_by_name_and_written(driver: WindowDriver) -> None:
    write("hi ")
    tap_tool(driver, "Emoji")
    page = driver.app.manager.current_screen
    assert len(page.found) > 1500
    assert page.found[0] == "😀"
    driver.frames(3)
    for label in "pizz":
        page.key(label)
    assert page.found == ["🍕"]
    driver.frames(3)
    cell = next(widget for widget in page.walk() if isinstance(widget, EmojiCell) and widget.emoji == "🍕")
    driver.tap(*cell.to_window(*cell.center))
    driver.frames(2)
    assert (driver.app.manager.current, driver.app.text) == ("write", "hi 🍕")
    tap(driver, "action backspace")
    assert driver.app.text == "hi "


def test_practice_shows_a_persons_own_prompts_that_the_grid_can_swipe(opener: Opener) -> None:
    with opener(prompts=("ёж ест", "cats swim")) as driver:
        driver.app.pages.show("practice")
        practice = driver.app.manager.current_screen.practice
        assert [practice.prompt_at(turn).word for turn in range(3)] == ["cats", "swim", "cats"]


def test_physical_keys_write_only_where_the_text_is(driver: WindowDriver) -> None:
    tap_tool(driver, "Settings")
    write("lost")
    assert driver.app.text == ""


@pytest.mark.parametrize("size", [(320, 480), (360, 640), (640, 360), (1280, 800)])
def test_the_tools_are_large_enough_for_a_thumb_and_nothing_overlaps(opener: Opener, size: tuple[int, int]) -> None:
    with opener(size) as driver:
        tools = [widget for widget in driver.root.walk() if getattr(widget, "caption", "")]
        assert len(tools) == 8
        assert all(min(tool.size) >= 44 * driver.app.unit for tool in tools)
        lefts = sorted((tool.x, tool.right) for tool in tools)
        assert all(right <= left + 1 for (_, right), (left, _) in pairwise(lefts))
        page = driver.app.pages.write
        assert page.ids.text.height > 2 * page.ids.text.line_height
        assert page.ids.keyboard.top <= page.ids.candidates.y + 1 <= page.ids.text.y + 2


@pytest.mark.parametrize(
    ("size", "text_size", "shown"),
    [
        ((360, 640), "small", True),
        ((360, 640), "medium", True),
        ((360, 640), "large", False),
        ((320, 480), "medium", True),
        ((480, 640), "large", True),
        ((1280, 800), "large", True),
    ],
)
def test_captions_of_the_tools_do_not_touch_and_are_left_out_where_they_would_be_hard_to_read(
    opener: Opener, size: tuple[int, int], text_size: str, shown: bool
) -> None:
    with opener(size) as driver:
        driver.app.configuration.choose("text_size", text_size)
        driver.frames(2)
        tools = [widget for widget in driver.root.walk() if getattr(widget, "caption", "")]
        labels = [widget for tool in tools for widget in tool.children if isinstance(widget, Label)]
        assert [bool(label.text) for label in labels] == [shown] * 8
        assert len({label.font_size for label in labels}) == 1
        for tool, label in zip(tools, labels, strict=True):
            assert label.texture_size[0] + 4 * driver.app.unit < tool.width
            assert not shown or label.font_size > 0.8 * 11 * driver.app.unit
            assert name_of(tool) == tool.caption


def test_a_tap_and_a_swipe_right_after_the_page_has_changed_count(english: WindowDriver) -> None:
    """The finger is down before the next frame."""
    pages = english.app.pages
    pages.show("settings")
    english.frames(3)
    pages.show("write")
    tap(english, "i")
    assert english.app.text == "I"
    pages.show("emoji")
    english.frames(3)
    pages.show("write")
    english.swipe([center(english, letter) for letter in "people"], 6 * MS_PER_LETTER)
    english.until_done()
    assert english.app.text == "I people"


def test_each_page_is_told_that_it_has_come_or_gone_and_the_last_one_alone_is_there(driver: WindowDriver) -> None:
    pages, manager = driver.app.pages, driver.app.manager
    told: list[str] = []
    pages.show("words")
    pages.show("write")
    for page in (manager.get_screen(name) for name in ("words", "write")):
        for event in ("on_pre_enter", "on_enter", "on_pre_leave", "on_leave"):
            page.bind(**{event: lambda page, event=event: told.append(f"{page.name} {event}")})
    pages.show("words")
    assert told == ["words on_pre_enter", "write on_pre_leave", "words on_enter", "write on_leave"]
    pages.show("settings")
    assert manager.children == [manager.get_screen("settings")]


def test_turkish_keys_show_and_write_capitals_with_their_dots(opener: Opener) -> None:
    with opener(overrides={"grid": "qwerty_tr"}) as driver:
        tap(driver, "i", "ı", "action shift", "ı")
        assert driver.app.text == "İıI"
        driver.app.session.edit(lambda writer: writer.clear())
        driver.app.session.edit(lambda writer: writer.commit(["için", "ılık"]))
        assert driver.app.text == "İçin" and driver.app.session.choices == ("Ilık",)


@pytest.mark.parametrize(
    ("tapped", "swiped", "text"),
    [
        ("giv", "en", "Given"),  # no candidate of the swipe
        ("wal", "king", "Walking"),
        ("so", "there", "So there"),
        ("the", "people", "The people"),
        ("lond", "on", "London"),
        ("do", "nt", "Don't"),
    ],
)
def test_a_word_begun_by_taps_is_finished_by_a_swipe(english: WindowDriver, tapped: str, swiped: str, text: str) -> None:
    tap(english, *tapped)
    swipe(english, swiped)
    assert english.app.text == text
    tap(english, "action backspace")
    assert english.app.text == tapped.capitalize()


def test_what_is_tapped_before_the_model_is_there_is_finished_as_well(tmp_path: Path) -> None:
    app = KeyboardApp(Start(tmp_path / "settings.json", tmp_path / "swipes.jsonl", words=tmp_path / "words.db"))
    with open_window(lambda: app, (360, 640)) as driver:
        tap(driver, *"giv")
        swipe(driver, "en")
        assert driver.app.text == "Given"
