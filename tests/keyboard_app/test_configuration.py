"""What is chosen comes into force, is saved, and is dropped with a message where it does not work. Without a window."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from keyboard_app.configuration import Configuration
from keyboard_app.session.worker import RecognitionWorker
from tests.support.recognizing import WindowThread


class Board:
    """Keeps what it is told to show."""

    def __init__(self) -> None:
        self.message, self.answer = "", ""
        self.n_loaded = 0
        """with every load the last one's message is withdrawn"""

    def say_in_settings(self, message: str) -> None:
        self.answer = message

    def tell(self, message: str) -> None:
        self.message = message

    def withdraw(self, message: str) -> None:
        self.message = "" if self.message == message else self.message
        self.n_loaded += 1


class App:
    """What a configuration is used by, but for the window."""

    def __init__(self, file: Path, **overrides: str) -> None:
        self.window, self.board, self.n_changes = WindowThread(), Board(), 0
        self.worker = RecognitionWorker(self.window.post)
        self.configuration = Configuration(file, overrides, self.worker, self.window.post)
        self.configuration.subscribe(self._count)

    def _count(self) -> None:
        self.n_changes += 1


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


@pytest.fixture
def app(file: Path, toy_bundle: Path, toy_lexicon: Path) -> Iterator[App]:
    app = App(file, model=str(toy_bundle), lexicon=str(toy_lexicon))
    app.configuration.show_messages_on(app.board)
    yield app
    app.worker.stop()


def test_a_choice_is_in_force_saved_and_told(app: App, file: Path) -> None:
    app.configuration.choose("capitals", False)
    assert not app.configuration.settings.capitals
    assert json.loads(file.read_text())["capitals"] is False
    assert (app.n_changes, app.board.answer) == (1, "")


def test_an_override_holds_until_it_is_chosen_and_is_not_saved(app: App, file: Path, toy_bundle: Path) -> None:
    app.configuration.choose("preview", False)
    assert app.configuration.settings.model == str(toy_bundle)
    assert json.loads(file.read_text())["model"] == ""
    app.configuration.choose("model", "")
    app.window.until(lambda: app.configuration.settings.model == "")
    assert json.loads(file.read_text())["model"] == ""


def test_what_cannot_be_opened_is_not_chosen(app: App, file: Path, tmp_path: Path) -> None:
    before = app.configuration.settings
    app.configuration.choose("lexicon", str(tmp_path / "none"))
    assert app.board.answer == "Opening it ..."
    app.window.until(lambda: app.board.answer != "Opening it ...")
    assert app.board.answer == f"'{tmp_path / 'none'}': no such file or directory. Nothing was changed."
    assert app.configuration.settings == before
    assert not file.exists()
    assert app.n_changes == 0


def test_another_grid_is_opened_and_its_recognizer_loaded(app: App) -> None:
    app.configuration.load()
    app.window.until(lambda: app.configuration.lexicon is not None)
    app.configuration.choose("globe", "qwerty_en,hebrew_he")
    app.configuration.next_grid()
    assert app.configuration.opened.grid.name != "qwerty_en"
    assert app.configuration.lexicon is None
    app.window.until(lambda: app.board.message)
    assert app.board.message.startswith("Swiping is off, but you can tap. ")


def test_whether_offensive_words_are_offered_has_another_recognizer_loaded(app: App) -> None:
    app.configuration.load()
    app.window.until(lambda: app.configuration.lexicon is not None)
    before = app.configuration.recognizer
    app.configuration.choose("capitals", False)
    assert app.configuration.recognizer is before
    app.configuration.choose("offensive", True)
    assert app.configuration.recognizer is None
    app.window.until(lambda: app.configuration.recognizer is not None)


def test_a_message_about_swiping_goes_when_swiping_works_again_and_others_stay(app: App) -> None:
    for kept in ("", "something else"):
        app.configuration.choose("grid", "hebrew_he")
        app.window.until(lambda: app.board.message.startswith("Swiping is off"))
        app.board.message = kept or app.board.message
        app.configuration.choose("grid", "qwerty_en")
        app.board.n_loaded = 0
        app.window.until(lambda: app.board.n_loaded)
        assert app.board.message == kept


def test_what_is_said_before_there_is_a_window_is_shown_later(file: Path) -> None:
    file.write_text("{")
    app = App(file, grid="nonsense")
    app.configuration.show_messages_on(app.board)
    app.worker.stop()
    damaged, unknown = app.board.message.split("\n")
    assert damaged.startswith("The settings were damaged")
    assert "Unknown grid 'nonsense'" in unknown
