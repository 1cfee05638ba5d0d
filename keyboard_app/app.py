"""The keyboard app: its pages, and what they share: settings, text, worker. Nothing here draws."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.screenmanager import NoTransition, ScreenManager

from keyboard_app import open_files
from keyboard_app.navigation import PageName, Pages
from keyboard_app.open_files import reason
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.session.worker import RecognitionWorker
from keyboard_app.settings import Settings, load_settings, save_settings
from keyboard_app.style.theme import DARK, LIGHT, system_theme
from keyboard_app.style.widgets import LookApp
from keyboard_app.text.writer import Writer, WritingOptions

if TYPE_CHECKING:
    from engine import Lexicon, SwipeRecognizer

CHECKS: Mapping[str, Callable[[str], object]] = {
    "grids_file": open_files.check_grids_file,
    "model": open_files.check_model,
    "lexicon": open_files.check_lexicon,
}
"""What is opened before it is chosen."""


@dataclass(frozen=True)
class Start:
    """How the app starts."""

    config: Path
    """the settings file"""
    swipes: Path
    """where practice keeps its swipes"""
    prompts: tuple[str, ...] = ()
    """what practice shows; none: ours"""
    page: PageName = "write"
    text: str = ""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """settings of this run alone, by name; one that is chosen in the panel takes the override's place"""


class WindowCalls:
    """Calls that other threads have the window's thread make, in their order: before the next frame, or by `make`."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], None]] = deque()

    def post(self, call: Callable[[], None]) -> None:
        self._calls.append(call)
        Clock.schedule_once(self.make)

    def make(self, *_: object) -> None:
        """Makes those that wait."""
        while self._calls:
            self._calls.popleft()()


class KeyboardApp(LookApp):
    """The window. What is chosen takes effect at once and is saved."""

    title = "Keyglide"

    def __init__(self, start: Start) -> None:
        super().__init__()
        self.start = start
        loaded = load_settings(start.config)
        self.saved, self.overrides = loaded.settings, dict(start.overrides)
        self.opened = open_files.open_grid(self.settings)
        self.lexicon: Lexicon | None = None
        """the recognizer's; None until one is loaded"""
        self._swiping_is_off = ""
        """what was last said about a model that cannot be used"""
        self.notices = [notice for notice in (loaded.notice, self.opened.notice) if notice]
        self.calls = WindowCalls()
        self.worker = RecognitionWorker(self.calls.post)
        writer = Writer(_writing_options(self.settings), start.text)
        self.session = TypingSession(writer, self.worker, self._refresh, self.opened.grid.key_width)
        self._follow_system_theme()

    @property
    def settings(self) -> Settings:
        """What holds now: the saved ones, and this run's."""
        return replace(self.saved, **self.overrides)  # type: ignore[arg-type]

    @property
    def text(self) -> str:
        return self.session.writer.text

    def build(self) -> ScreenManager:
        self.manager = ScreenManager(transition=NoTransition())
        self.pages = Pages(self)
        self.pages.show(self.start.page)
        Window.bind(on_key_down=self._shortcut, focus=self._follow_system_theme)
        Window.bind(on_flip=self._first_frame)
        return self.manager

    def on_stop(self) -> None:
        super().on_stop()
        Window.unbind(on_key_down=self._shortcut, focus=self._follow_system_theme, on_flip=self._first_frame)
        self.worker.stop()
        self.calls.make()  # writes the words of the last swipes

    def open_settings(self, *_: object) -> None:
        """F1: our page in the place of Kivy's."""
        self.pages.show("settings")

    def choose(self, name: str, value: Any) -> None:
        """Sets a setting; what must be opened is opened first, beside the window, and kept only if that worked."""
        check = CHECKS.get(name)
        if check is None:
            self._set(name, value)
            return
        self.pages.say_in_settings("Looking at it ...")
        Thread(target=self._check, args=(check, name, value), daemon=True).start()

    def next_grid(self) -> None:
        """The globe key: the next grid of the file, after the last the first."""
        names = list(self.opened.grids)
        self._set("grid", names[(names.index(self.opened.grid.name) + 1) % len(names)])

    def tell(self, message: str) -> None:
        """Shows a message until the person closes it."""
        self.pages.write.message = message

    # --- settings ---

    def _check(self, check: Callable[[str], object], name: str, value: str) -> None:
        """On a thread of its own."""
        try:
            check(value)
        except open_files.UNUSABLE as error:
            refused = f"{reason(error)}. What was chosen before is kept."
            self.calls.post(lambda: self.pages.say_in_settings(refused))
        else:
            self.calls.post(lambda: self._set(name, value))

    def _set(self, name: str, value: Any) -> None:
        before = self.settings
        self.overrides.pop(name, None)
        self.saved = replace(self.saved, **{name: value})
        problem = self._apply(before)
        try:
            save_settings(self.saved, self.start.config)
        except OSError as error:
            problem = f"{reason(error)}. The choice holds until the window closes: it could not be saved."
        self.pages.say_in_settings(problem)

    def _apply(self, before: Settings) -> str:
        """Has the settings hold; what went wrong, or ""."""
        now, problem = self.settings, ""
        self._follow_system_theme()
        self.session.writer.options = _writing_options(now)
        self.session.show_previews = now.preview
        if (now.grid, now.grids_file) != (before.grid, before.grids_file):
            self.opened = open_files.open_grid(now)
            problem = self.opened.notice
            self.session.use_key_width(self.opened.grid.key_width)
        self.pages.settings_changed()
        if (self.opened.grid, now.model, now.lexicon) != (self._loaded_grid, before.model, before.lexicon):
            self._load()
        return problem

    def _follow_system_theme(self, *_: object) -> None:
        themes = {"light": LIGHT, "dark": DARK}
        self.theme = themes.get(self.settings.theme) or system_theme()

    # --- the recognizer ---

    def _first_frame(self, *_: object) -> None:
        Window.unbind(on_flip=self._first_frame)
        self._load()

    def _load(self) -> None:
        """Has the worker open what the settings name."""
        settings, grid = self.settings, self.opened.grid
        self._loaded_grid = grid

        self.lexicon = None

        def load() -> SwipeRecognizer:
            recognizer = open_files.open_recognizer(settings, grid, lambda message: self.calls.post(lambda: self.tell(message)))
            self.calls.post(lambda: setattr(self, "lexicon", recognizer.lexicon))
            return recognizer

        self.worker.load(load, self._loaded)

    def _loaded(self, problem: str) -> None:
        """Says that the model cannot be used; no longer, once one can."""
        if self.pages.write.message == self._swiping_is_off:
            self.tell("")
        self._swiping_is_off = f"Swiping is off, tapping works. {problem.rstrip('.')}." if problem else ""
        if problem:
            self.tell(self._swiping_is_off)

    def _refresh(self) -> None:
        self.pages.write.refresh()

    def _shortcut(self, _: object, key: int, __: int, ___: str | None, modifiers: list[str]) -> bool:
        if key == ord("q") and "ctrl" in modifiers:
            self.stop()
            return True
        if key == 27 and self.manager.current != "write":
            self.pages.back()
            return True
        return False


def _writing_options(settings: Settings) -> WritingOptions:
    return WritingOptions(settings.backspace, settings.capitals, settings.spaces)
