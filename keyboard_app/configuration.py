"""The settings in force, and the grid and lexicon that they name. A choice takes effect at once and is saved. Never Kivy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

from keyboard_app import open_files
from keyboard_app.open_files import reason
from keyboard_app.session.worker import Post, RecognitionWorker
from keyboard_app.settings import Settings, load_settings, save_settings

if TYPE_CHECKING:
    from engine import Grid, Lexicon, SwipeRecognizer

CHECKS: Mapping[str, Callable[[str], object]] = {
    "grids_file": open_files.check_grids_file,
    "model": open_files.check_model,
    "lexicon": open_files.check_lexicon,
}
"""For each setting that names a file or a folder: what tries to open it before the choice is accepted."""

OF_RECOGNIZER = ("model", "lexicon", "second_language", "own_words", "own_pairs", "offensive")
"""The settings, besides the grid, that another recognizer is loaded for."""


class MessageBoard(Protocol):
    """Shows people what came of their choices."""

    def say_in_settings(self, message: str) -> None:
        """Shows a message about the last choice; "" clears it."""

    def tell(self, message: str) -> None:
        """Shows a message until the person closes it."""

    def withdraw(self, message: str) -> None:
        """Clears that message if it is still shown."""


class Configuration:
    """What the person has chosen. Every method is called on the window's thread."""

    def __init__(self, file: Path, overrides: Mapping[str, str], worker: RecognitionWorker, post: Post) -> None:
        """Opens the grid; the recognizer is opened by `load`.

        file: the settings file. overrides: settings for this run only; choosing one of them in the app replaces the override.
        post: makes a call on the window's thread.
        """
        self.file = file
        loaded = load_settings(file)
        self.saved, self._overrides = loaded.settings, dict(overrides)
        self.opened = open_files.open_grid(self.settings)
        self.recognizer: SwipeRecognizer | None = None
        """None until one is loaded. The worker's thread uses it: only its lexicon is for others to read"""
        self._worker, self._post = worker, post
        self.prepare: Callable[[SwipeRecognizer], None] = lambda _: None
        """called on the worker's thread with each recognizer that was loaded, before it reads a swipe"""
        self._board: MessageBoard | None = None
        self._early_messages = [notice for notice in (loaded.notice, self.opened.notice) if notice]
        self._listeners: list[Callable[[], None]] = []
        self._recognizer_listeners: list[Callable[[], None]] = []
        self._loaded_grid: Grid | None = None
        """the grid of the recognizer that is loaded or on its way"""
        self._swiping_is_off = ""
        """the last message that said that the model cannot be used"""

    @property
    def settings(self) -> Settings:
        """The settings in force: the saved ones with this run's overrides."""
        return replace(self.saved, **self._overrides)  # type: ignore[arg-type]

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Calls the listener whenever other settings have come into force."""
        self._listeners.append(listener)

    @property
    def lexicon(self) -> Lexicon | None:
        """The recognizer's, with the words that were laid over it; None until one is loaded."""
        return None if self.recognizer is None else self.recognizer.lexicon

    def subscribe_to_recognizer(self, listener: Callable[[], None]) -> None:
        """Calls the listener whenever `recognizer` has changed."""
        self._recognizer_listeners.append(listener)

    def show_messages_on(self, board: MessageBoard) -> None:
        """Shows all messages there from now on, and those that came before."""
        self._board = board
        if self._early_messages:
            board.tell("\n".join(self._early_messages))

    def choose(self, name: str, value: Any) -> None:
        """Sets a setting. A file or folder is opened first, in the background, and the choice is dropped if that fails."""
        check = CHECKS.get(name)
        if check is None:
            self._set(name, value)
            return
        self._answer("Opening it ...")
        Thread(target=self._check, args=(check, name, value), daemon=True).start()

    def next_grid(self) -> None:
        """Goes to the next grid of the globe's, and from the last one to the first."""
        names, now = self.cycle, self.opened.grid.name
        self._set("grid", names[(names.index(now) + 1) % len(names)] if now in names else names[0])

    @property
    def cycle(self) -> tuple[str, ...]:
        """The names of the grids that the globe goes through."""
        return self.opened.cycle(self.settings.globe)

    def toggle_on_globe(self, name: str) -> None:
        """Has the globe go to a grid, or leave it out. One grid stays."""
        names = [one for one in self.opened.grids if (one in self.cycle) is not (one == name)]
        if names:
            self._set("globe", ",".join(names))

    def load(self) -> None:
        """Has the worker open the recognizer that the settings name."""
        settings, grid = self.settings, self.opened.grid
        self._loaded_grid = grid
        self._use_recognizer(None)

        def load() -> SwipeRecognizer:
            recognizer = open_files.open_recognizer(settings, grid, lambda message: self._post(lambda: self.tell(message)))
            self.prepare(recognizer)
            self._post(lambda: self._use_recognizer(recognizer))
            return recognizer

        self._worker.load(load, self._loaded)

    def _use_recognizer(self, recognizer: SwipeRecognizer | None) -> None:
        self.recognizer = recognizer
        for listener in self._recognizer_listeners:
            listener()

    def _check(self, check: Callable[[str], object], name: str, value: str) -> None:
        """Runs on a thread of its own."""
        try:
            check(value)
        except open_files.UNUSABLE as error:
            refused = f"{reason(error)}. Nothing was changed."
            self._post(lambda: self._answer(refused))
        else:
            self._post(lambda: self._set(name, value))

    def _set(self, name: str, value: Any) -> None:
        before = self.settings
        self._overrides.pop(name, None)
        self.saved = replace(self.saved, **{name: value})
        problem = self._apply(before)
        try:
            save_settings(self.saved, self.file)
        except OSError as error:
            problem = f"{reason(error)}. Your choice could not be saved: it lasts until you close the window."
        self._answer(problem)

    def _apply(self, before: Settings) -> str:
        """Puts the settings into force; returns what went wrong, or ""."""
        now, problem = self.settings, ""
        if (now.grid, now.grids_file) != (before.grid, before.grids_file):
            self.opened = open_files.open_grid(now)
            problem = self.opened.notice
        for listener in self._listeners:
            listener()
        if self.opened.grid != self._loaded_grid or any(getattr(now, name) != getattr(before, name) for name in OF_RECOGNIZER):
            self.load()
        return problem

    def _loaded(self, problem: str) -> None:
        """Says that swiping does not work, and takes that back once it does."""
        if self._board is not None:
            self._board.withdraw(self._swiping_is_off)
        self._swiping_is_off = f"Swiping is off, but you can tap. {problem.rstrip('.')}." if problem else ""
        if problem:
            self.tell(self._swiping_is_off)

    def tell(self, message: str) -> None:
        """Shows a message on the writing page, once there is one."""
        if self._board is None:
            self._early_messages.append(message)
        else:
            self._board.tell(message)

    def _answer(self, message: str) -> None:
        if self._board is not None:
            self._board.say_in_settings(message)
