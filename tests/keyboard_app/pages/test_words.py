"""The person's words in the app: added with one tap, blocked by a long press, listed, copied and wiped; and never learnt from secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import Grid, SwipeRecognizer
from keyboard_app.app import KeyboardApp, Start
from keyboard_app.pages.text_touches import LONG_PRESS_MS
from keyboard_app.settings import Settings, save_settings
from tests.support.window_driver import WindowDriver, open_window

SIZE = (360, 640)


class Writing:
    """A person at the app, with the toy model and lexicon."""

    def __init__(self, driver: WindowDriver, app: KeyboardApp) -> None:
        self.driver, self.app = driver, app
        driver.until_done()

    @property
    def page(self) -> Any:
        return self.app.manager.current_screen

    @property
    def choices(self) -> list[str]:
        return list(self.page.choices)

    def type(self, text: str) -> None:
        for letter in text:
            self.app.session.type(letter)
        self.settle()

    def settle(self) -> None:
        self.driver.until_done()

    def words(self) -> dict[str, str]:
        """By word: what it is to the recognizer."""
        found: list[dict[str, str]] = []
        self.app.worker.ask(lambda recognizer: {one.word: one.kind for one in recognizer.words}, found.append)
        self.driver.until(lambda: found)
        return found[0]


Begin = Callable[..., Writing]


@pytest.fixture
def begin(toy_bundle: Path, toy_lexicon: Path, tmp_path: Path) -> Iterator[Begin]:
    opened: list[Any] = []

    def begin(**chosen: Any) -> Writing:
        settings = Settings(model=str(toy_bundle), lexicon=str(toy_lexicon), keep_draft=False, **chosen)
        save_settings(settings, tmp_path / "settings.json")
        app = KeyboardApp(Start(tmp_path / "settings.json", tmp_path / "swipes.jsonl", words=tmp_path / "words.db"))
        window = open_window(lambda: app, SIZE)
        opened.append(window)
        return Writing(window.__enter__(), app)

    yield begin
    for window in reversed(opened):
        window.__exit__(None, None, None)


def test_a_typed_word_that_the_lexicon_lacks_is_added_with_one_tap(begin: Begin) -> None:
    writing = begin()
    writing.type("a coal ")
    assert writing.choices == ["Add “coal”"]
    writing.driver.tap(*writing.page.ids.candidates.cell_center(0))
    writing.settle()
    assert writing.words() == {"coal": "added"}
    assert writing.page.notice == "'coal' can be swiped now."
    writing.type("cat ")
    assert writing.choices == []
    assert writing.words() == {"coal": "added", "cat": "learnt"}


def test_words_are_there_at_the_next_start_unless_they_are_switched_off(begin: Begin, tmp_path: Path) -> None:
    writing = begin()
    writing.type("a coal ")
    writing.app.session.add_word()
    writing.settle()
    assert begin().words() == {"coal": "added"}
    off = begin(own_words=False)
    assert off.words() == {}
    off.type("dog wetter ")
    assert off.choices == []
    assert off.words() == {}


def test_nothing_is_learnt_from_a_password(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    writing = begin()
    monkeypatch.setattr(type(writing.app.session), "secret", True)
    writing.type("a coal wetter ")
    assert writing.choices == []
    assert writing.words() == {}


def test_a_held_candidate_is_blocked(begin: Begin) -> None:
    writing = begin()
    writing.app.session.writer.commit(["cat", "cart", "car"])
    writing.app.session.say("")
    writing.driver.frames(2)
    writing.driver.down(*writing.page.ids.candidates.cell_center(1))
    writing.driver.run_for(LONG_PRESS_MS + 100)
    writing.driver.up()
    assert (writing.page.name, writing.page.title) == ("word", "Car")
    writing.page.tapped("block")
    writing.settle()
    assert writing.words() == {"car": "blocked"}
    assert writing.page.message == "'car' will not be offered any more."
    writing.page.tapped("forget")
    writing.settle()
    assert writing.words() == {}
    writing.app.pages.back()
    assert writing.page.name == "write"
    assert writing.app.text == "Cat"  # nothing was chosen


def test_the_page_lists_searches_adds_copies_and_wipes(begin: Begin, tmp_path: Path) -> None:
    writing = begin()
    writing.app.pages.show("words")
    page = writing.page
    for word in ("coal", "wetter"):
        for letter in word:
            page.session.type(letter)
        page.add()
        writing.settle()
    assert page.rows == [("coal", "added"), ("wetter", "added")]
    assert page.ids.add.disabled
    page.session.type("w")
    assert not page.ids.add.disabled
    assert page.rows == [("wetter", "added")]
    page.session.type("4")
    page.add()
    writing.settle()
    assert "'w4' cannot be swiped" in page.message
    page.export(tmp_path)
    writing.settle()
    assert [one["word"] for one in json.loads((tmp_path / "keyglide-words.json").read_text())["words"]] == ["coal", "wetter"]
    page.wipe()
    assert "Tap Wipe again" in page.message
    assert writing.words().keys() == {"coal", "wetter"}
    page.wipe()
    writing.settle()
    assert page.rows == []
    assert b"wetter" not in b"".join(file.read_bytes() for file in tmp_path.glob("words*"))
    page.import_(tmp_path / "keyglide-words.json")
    writing.settle()
    assert page.rows == [("coal", "added"), ("wetter", "added")]
    writing.app.pages.back()
    assert writing.page.name == "settings"


def test_a_damaged_file_of_words_is_named_and_typing_goes_on(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "words.db").write_bytes(b"no words" * 1000)
    writing = begin()
    writing.driver.frames(2)
    assert str(tmp_path / "words.damaged-1.db") in writing.page.message
    writing.type("a coal ")
    assert writing.words() == {"coal": "learnt"}


def test_why_a_word_was_offered(begin: Begin, toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    from tests.support import toy

    writing = begin()
    writing.app.session.swipe(toy.swipe_of("cat", qwerty))
    writing.driver.until(lambda: writing.app.text)
    writing.app.pages.show_word("Cat", "write")
    writing.page.tapped("why")
    writing.settle()
    assert writing.page.message.startswith("'cat' has -0.5: the swipe -0.1, how common it is -0.4.\n'ca")


def test_why_a_word_was_offered_after_other_words(begin: Begin, toy_lexicon: Path, qwerty: Grid) -> None:
    from tests.support import toy, toy_context

    context = toy_lexicon.with_name("toy.context")
    context.write_bytes(toy_context.content())
    writing = begin()
    writing.app.worker.ask(lambda recognizer: setattr(recognizer, "context", context), lambda _: None)
    writing.app.worker.ask(lambda recognizer: recognizer.words.learn_pairs([("could", "car")] * 2000), lambda _: None)
    writing.type("We could ")
    writing.app.session.swipe(toy.swipe_of("cat", qwerty))
    writing.driver.until(lambda: len(writing.app.text) > len("We could "))
    writing.app.pages.show_word("car", "write")
    writing.page.tapped("why")
    writing.settle()
    assert ", the words before +" in writing.page.message
    assert "Without the words before it would come second" in writing.page.message
    assert "comes from your own text, which had it there." in writing.page.message


def test_the_pairs_are_listed_searched_and_forgotten_one_by_one(begin: Begin, tmp_path: Path) -> None:
    writing = begin()
    pairs = [("the", "cat"), ("the", "cat"), ("", "hello"), ("a", "car")]
    writing.app.worker.ask(lambda recognizer: recognizer.words.learn_pairs(pairs), lambda _: None)
    writing.app.pages.show("words")
    writing.settle()
    page = writing.page
    assert page.rows == []
    assert not page.ids.export.disabled
    writing.driver.frames(2)
    pairs_of_kinds = next(one for one in page.ids.kinds.children if one.option == "pairs")
    writing.driver.tap(*pairs_of_kinds.to_window(*pairs_of_kinds.center))
    assert page.rows == [("hello", "begins a sentence"), ("a car", "written once"), ("the cat", "written about 2 times")]
    page.session.type("hel")
    assert page.rows == [("hello", "begins a sentence")]
    page.add()
    writing.settle()
    assert writing.words() == {}, "a pair is not added by hand"
    page.tapped("hello")
    assert (writing.page.name, writing.page.title) == ("word", "hello")
    writing.page.tapped("forget_pair")
    writing.settle()
    assert writing.page.message == "'hello' is forgotten."
    writing.page.tapped("forget_pair")
    writing.settle()
    assert "there is nothing to forget" in writing.page.message
    writing.app.pages.back()
    writing.settle()
    assert (writing.page.name, writing.page.rows) == ("words", [])
    writing.page.session.edit(lambda writer: writer.clear())
    writing.page.tapped("the cat")
    assert writing.page.title == "the cat"
    writing.page.tapped("forget_pair")
    writing.app.pages.back()
    writing.settle()
    assert writing.page.rows == [("a car", "written once")]


def test_pairs_that_do_not_count_are_shown_and_can_be_forgotten(begin: Begin) -> None:
    writing = begin()
    writing.app.worker.ask(lambda recognizer: recognizer.words.learn_pairs([("the", "cat")]), lambda _: None)
    writing.app.configuration.choose("own_pairs", False)
    writing.settle()
    writing.app.pages.show("words")
    writing.settle()
    writing.page.show_kind("pairs")
    assert writing.page.rows == [("the cat", "written once")]
    assert "switched off" in writing.page.message
    writing.page.show_kind("words")
    assert writing.page.message == ""
