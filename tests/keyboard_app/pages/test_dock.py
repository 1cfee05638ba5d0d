"""The docked window: its keys follow what the field of the other program is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from keyboard_app.app import KeyboardApp, Start
from keyboard_app.pages.dock import SIGNS
from keyboard_app.pages.emoji import EmojiCell
from keyboard_app.text.sink import Purpose
from tests.keyboard_app.session.test_outlet import Program
from tests.support.window_driver import WindowDriver, open_window

MS_PER_LETTER = 250
"""Slow, so that on a busy machine, too, enough frames see the finger."""


class Field(Program):
    """A field of another program, which the keyboard writes into."""

    def close(self) -> None: ...

    def become(self, purpose: Purpose) -> None:
        """Another field of that purpose gets the cursor."""
        self.purpose, self.before, self.after = purpose, "", ""
        self.focus()


class Docked:
    """The docked keyboard, whose keys are tapped by name."""

    def __init__(self, driver: WindowDriver, field: Field) -> None:
        self.driver, self.field = driver, field

    @property
    def keys(self) -> set[str]:
        """The labels and actions that are shown."""
        keyboard: Any = self.driver.app.pages.write.ids.keyboard
        return {placed.key.label or placed.key.action for placed in keyboard.layout_of_keys.keys}

    def tap(self, *names: str) -> None:
        for name in names:
            layout = self.driver.app.pages.write.ids.keyboard.layout_of_keys
            self.driver.tap(*next(placed.centre for placed in layout.keys if name in (placed.key.label, placed.key.action)))

    def swipe(self, letters: str) -> None:
        """Swipes along the keys, and lifts the finger when the likely word had time to be shown."""
        layout = self.driver.app.pages.write.ids.keyboard.layout_of_keys
        centres = [next(placed.centre for placed in layout.keys if placed.key.label == letter) for letter in letters]
        self.driver.drag(centres, MS_PER_LETTER * len(letters))
        self.driver.until_done()
        self.driver.up()


@pytest.fixture
def docked(tmp_path: Path, toy_bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Docked]:
    field = Field()
    monkeypatch.setattr("keyboard_app.app.open_sink", lambda *_: field)
    toy = {"model": str(toy_bundle), "lexicon": str(toy_lexicon)}
    start = Start(tmp_path / "settings.json", tmp_path / "swipes.jsonl", overrides=toy, into="xtest", words=tmp_path / "words.db")
    with open_window(lambda: KeyboardApp(start), (1024, 348)) as driver:
        driver.until_done()
        yield Docked(driver, field)


def test_a_field_for_numbers_has_digits_at_once_and_the_letters_come_back_with_the_next_field(docked: Docked) -> None:
    letters = docked.keys
    docked.field.become("number")
    docked.driver.frames(2)
    assert set("0123456789+-/:,.") <= docked.keys and "q" not in docked.keys
    docked.tap("4", "2", ".", "5", "backspace", "7")
    assert docked.field.before == "42.7"
    docked.tap("toLetters")
    assert "q" in docked.keys
    docked.tap("toNumberState")
    assert "5" in docked.keys and "+" in docked.keys
    docked.field.become("text")
    docked.driver.frames(2)
    assert docked.keys == letters


@pytest.mark.parametrize(("purpose", "sign"), [("email", "@"), ("url", "/")])
def test_a_field_for_addresses_has_their_sign_beside_the_space_bar(docked: Docked, purpose: Purpose, sign: str) -> None:
    letters = docked.keys
    docked.field.become(purpose)
    docked.driver.frames(2)
    assert docked.keys == letters - {","} | {sign}
    docked.tap("a", sign, "b", ".", "c")
    assert docked.field.before == f"a{sign}b.c"
    docked.field.become("text")
    docked.driver.frames(2)
    assert docked.keys == letters


def test_in_a_password_field_the_bar_says_so_and_nothing_is_shown_or_learnt(docked: Docked, monkeypatch: pytest.MonkeyPatch) -> None:
    app, driver, page = docked.driver.app, docked.driver, docked.driver.app.pages.write
    learnt: list[object] = []
    monkeypatch.setattr(app.own_words, "learn", lambda uses, offer: learnt.extend(uses))
    monkeypatch.setattr(app.session, "least_probability", 0.0)
    shown: set[str] = set()
    driver.frames(2)
    page.bind(preview=lambda _, word: shown.add(word))
    fields: tuple[tuple[Purpose, str], ...] = (("text", ""), ("password", SIGNS["password"]))
    for purpose, says in fields:
        docked.field.become(purpose)
        driver.frames(2)
        sign = page.ids.sign
        assert sign.text == says and (sign.width > 0) is bool(says) and sign.right <= page.width
        shown.clear()
        learnt.clear()
        docked.swipe("qwert")
        driver.until(lambda: docked.field.before)
        driver.frames(2)
        assert bool(page.choices) is not bool(says)
        assert bool(shown - {""}) is not bool(says)
        docked.tap("backspace", "a", "b", "enter")
        assert bool(learnt) is not bool(says)


def test_an_emoji_is_found_and_written_into_the_program(docked: Docked) -> None:
    app = docked.driver.app
    button = next(widget for widget in app.pages.write.walk() if getattr(widget, "icon", "") == "emoji")
    docked.driver.tap(*button.to_window(*button.center))
    docked.driver.frames(3)
    page: Any = app.manager.current_screen
    assert page.name == "emoji"
    page.query = "rocket"
    docked.driver.frames(3)
    (cell,) = (widget for widget in page.walk() if isinstance(widget, EmojiCell))
    place = cell.to_window(*cell.center)
    assert page.keyboard_height < place[1] < docked.driver.app.manager.height  # it is seen
    docked.driver.tap(*place)
    docked.driver.run_for(300)
    assert (app.manager.current, docked.field.before) == ("write", "\U0001f680")


def test_the_likely_word_is_shown_in_the_bar_and_hides_no_key(docked: Docked) -> None:
    page: Any = docked.driver.app.pages.write
    page.preview = "something"
    docked.driver.frames(3)
    bubble, layout = page.ids.keyboard.bubble, page.ids.keyboard.layout_of_keys
    assert bubble.height > 0 and bubble.y >= layout.area.y + layout.area.height - 1
    assert bubble.top <= docked.driver.app.manager.height
