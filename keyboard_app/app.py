"""The keyboard app: its window, and the objects that its pages share. It draws nothing itself."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.screenmanager import ScreenManager

from keyboard_app import memory
from keyboard_app.configuration import Configuration
from keyboard_app.dock.place import BAR_DP, KEYS_DP, DockWindow
from keyboard_app.docking import Docking
from keyboard_app.draft_keeper import DraftKeeper
from keyboard_app.navigation import Navigation, PageName
from keyboard_app.pages.clipboard import keep_after_closing
from keyboard_app.pages.dock import DockPage
from keyboard_app.pages.write import WritePage
from keyboard_app.screen_reader import ScreenReader
from keyboard_app.session.outlet import Outlet
from keyboard_app.session.own_words import OwnWords, words_path
from keyboard_app.session.practice import Practice, prompts_for
from keyboard_app.session.speech import Speech
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.session.unsure import LEAST_PROBABILITY
from keyboard_app.session.worker import RecognitionWorker
from keyboard_app.sinks.choose import BackEnd, OutsideSink, open_sink
from keyboard_app.style.at_once import AtOnce
from keyboard_app.style.font_scale import system_font_scale
from keyboard_app.style.key_focus import KeyFocus
from keyboard_app.style.kivy_setup import frame_corner
from keyboard_app.style.rest import wake
from keyboard_app.style.theme import DARK, LIGHT, PHONE, px_per_dp, system_theme
from keyboard_app.style.widgets import ThemedApp
from keyboard_app.style.window_place import WindowPlace, save_place
from keyboard_app.text.sink import OwnField
from keyboard_app.text.vocabulary import LexiconVocabulary, NoVocabulary
from keyboard_app.text.writer import Writer, WritingOptions


@dataclass(frozen=True)
class Start:
    """How the app starts."""

    config: Path
    """the settings file"""
    swipes: Path
    """where practice keeps its swipes"""
    prompts: tuple[str, ...] = ()
    """what practice shows; if empty, Keyglide's own prompts"""
    page: PageName = "write"
    text: str = ""
    window: Path | None = None
    """the file that keeps the window's size and place; None: they are not kept"""
    draft: Path | None = None
    """the file that keeps the text from one start to the next; None: it is not kept"""
    overrides: Mapping[str, str] = field(default_factory=dict)
    """settings for this run only, by name; choosing one of them in the app replaces the override"""
    into: BackEnd = "own"
    """where the text goes; with another than its own page, the window is a dock"""
    words: Path = field(default_factory=words_path)
    """the file of the person's own words"""
    sink: OutsideSink | None = None
    """the way into other programs, where it is open already"""


class WindowCalls:
    """Calls from other threads, made on the window's thread in the order posted: before the next frame, or by `make`."""

    def __init__(self) -> None:
        self._calls: deque[Callable[[], None]] = deque()

    def post(self, call: Callable[[], None]) -> None:
        self._calls.append(call)
        Clock.schedule_once(self.make)
        wake()

    def make(self, *_: object) -> None:
        """Makes the calls that are waiting."""
        while self._calls:
            self._calls.popleft()()


def _icon() -> str:
    """Keyglide's icon; "" where the package that has it is not installed."""
    package = find_spec("keyglide")
    return "" if package is None or package.origin is None else str(Path(package.origin).with_name("keyglide.svg"))


class KeyboardApp(ThemedApp):
    """The app with its window."""

    title = "Keyglide"
    icon = _icon()

    def __init__(self, start: Start) -> None:
        """Raises: OSError, where there is no way into other programs."""
        self._start = start
        super().__init__()
        self.calls = WindowCalls()
        self.worker = RecognitionWorker(self.calls.post)
        self.configuration = Configuration(start.config, start.overrides, self.worker, self.calls.post)
        self.field = OwnField()
        self._keeper = DraftKeeper(start.draft if start.into == "own" else None, self.configuration)
        self.sink = start.sink or (None if start.into == "own" else open_sink(start.into, self.calls.post))
        self.outlet = None if self.sink is None else Outlet(self.sink)
        self.docking: Docking | None = None
        text = start.text or self._keeper.open() if self.outlet is None else ""
        writer = Writer(self._writing_options(), text, self.outlet or self.field)
        self.session = TypingSession(writer, self.worker, self.configuration.opened.grid.key_width, self.outlet)
        self.own_words = OwnWords(self.worker, start.words)
        self.own_words.enabled = self.configuration.settings.own_words
        self.session.own_words = self.own_words
        self.configuration.prepare = lambda recognizer: self.own_words.open(recognizer, self._tell)
        self.configuration.subscribe(self._apply_settings)
        self.configuration.subscribe_to_recognizer(self._use_recognizer)
        self._keeper.follow(self.session, self.field)
        self._speech = Speech(self.session)
        self._n_asked = 0
        """how often the desktop was asked for the size of texts"""
        self._has_settled = True
        """whether nothing was loaded since memory was last handed back"""
        self._quiet = Clock.create_trigger(lambda _: self._hand_memory_back(), memory.QUIET_S)
        self.session.subscribe(self._wait_for_quiet)
        self._apply_settings()

    @property
    def text(self) -> str:
        return self.field.text

    def build(self) -> ScreenManager:
        self.manager = ScreenManager(transition=AtOnce())
        page = WritePage(self.session, self.field) if self.outlet is None else DockPage(self.session, self.outlet)
        self.pages = Navigation(self.manager, self.configuration, self.session, page, self._make_practice, self.own_words)
        self.pages.show(self._start.page)
        Window.bind(on_key_down=self._shortcut, focus=self._follow_system, on_flip=self._first_frame)
        self.focus = KeyFocus(lambda: self.manager.current_screen, lambda: self.unit, lambda: self.theme.accent)
        self.focus.begin()
        self._screen_reader = ScreenReader(self.manager, self.focus, self.session, self.calls.post)
        return self.manager

    def on_stop(self) -> None:
        super().on_stop()
        Window.unbind(on_key_down=self._shortcut, focus=self._follow_system, on_flip=self._first_frame)
        self.focus.end()
        self._screen_reader.close()
        self.own_words.close()
        self.worker.stop()
        self.calls.make()  # writes the words of the last swipes
        self._keeper.close()
        self._keep_place()
        if self.sink is not None:
            self.sink.close()
        if self.docking is not None:
            self.docking.close()
        keep_after_closing()

    def dock(self, window: DockWindow) -> None:
        """Makes the window a dock; it follows what is asked for from outside, too. `build` has been called."""
        from keyboard_app.dock import remote, tray

        assert isinstance(self.pages.write, DockPage), "the text goes to the keyboard's own page"
        docking = self.docking = Docking(window, self.configuration, self.pages, self.pages.write)
        self.session.subscribe(lambda: docking.follow(self.sink.in_field if self.sink is not None else None))
        remote.serve(lambda method: self.calls.post(lambda: docking.do(method)))
        tray.serve(lambda chosen: self.calls.post(lambda: self._do_from_tray(chosen)))

    def _do_from_tray(self, chosen: str) -> None:
        assert self.docking is not None, "there is no dock"
        if chosen == "Quit":
            self.stop()
            return
        self.docking.do("Show" if chosen == "Settings" else chosen)
        if chosen == "Settings":
            self.pages.show("settings")

    def open_settings(self, *_: object) -> None:
        """F1 opens our settings page instead of Kivy's."""
        self.pages.show("settings")

    def _fit(self, *_: object) -> None:
        if self._start.into == "own":
            super()._fit()
        else:
            self.unit = px_per_dp(Window.width, Window.height * PHONE[1] / (KEYS_DP + BAR_DP)) * self.text_scale

    def show_when_drawn(self) -> None:
        """Shows the window, which is hidden, once it has its first frame."""

        def show(*_: object) -> None:
            Window.unbind(on_flip=show)
            Window.show()

        Window.bind(on_flip=show)

    def _first_frame(self, *_: object) -> None:
        Window.unbind(on_flip=self._first_frame)
        self.configuration.load()
        self._ask_for_font_scale()
        self._screen_reader.ask()

    def _keep_place(self) -> None:
        if self._start.window is not None:
            with contextlib.suppress(OSError):  # the next window then opens as if it were the first
                width, height = map(int, Window.system_size)
                save_place(WindowPlace(width, height, *frame_corner(int(Window.left), int(Window.top))), self._start.window)

    def _make_practice(self) -> Practice:
        opened, lexicon = self.configuration.opened, self.configuration.lexicon
        return Practice(self._start.swipes, prompts_for(opened.language, opened.grid, lexicon, self._start.prompts))

    def _tell(self, message: str) -> None:
        """From any thread."""
        self.calls.post(lambda: self.configuration.tell(message))

    def _apply_settings(self) -> None:
        self._follow_system_theme()
        settings = self.configuration.settings
        if self.outlet is None:
            self.session.writer.options = self._writing_options()
        else:
            self.outlet.use_options(self._writing_options())
        self.session.uses_context, self.session.corrects = settings.context, settings.corrections
        self.session.least_probability = LEAST_PROBABILITY if settings.hold_back else 0.0
        has_changed, self.text_size = self.text_size != settings.text_size, settings.text_size
        if has_changed:
            self._ask_for_font_scale()
        self._speech.is_on = settings.speech
        self.session.show_previews = settings.preview
        self.own_words.enabled, self.own_words.pairs = settings.own_words, settings.own_pairs
        self.session.use_key_width(self.configuration.opened.grid.key_width)

    def _use_recognizer(self) -> None:
        recognizer = self.configuration.recognizer
        self.session.writer.vocabulary = NoVocabulary() if recognizer is None else LexiconVocabulary(recognizer)
        self._has_settled = False
        self._wait_for_quiet()

    def _wait_for_quiet(self) -> None:
        self._quiet.cancel()
        self._quiet()

    def _hand_memory_back(self) -> None:
        if self.worker.loading:
            self._quiet()
        elif self._has_settled:
            memory.trim()
        else:
            self._has_settled = True
            memory.settle()

    def _writing_options(self) -> WritingOptions:
        settings, opened = self.configuration.settings, self.configuration.opened
        dotless = opened.grid.has_letter("ı")
        return WritingOptions(settings.backspace, settings.capitals, settings.spaces, opened.language.abbreviations, dotless)

    def _follow_system_theme(self, *_: object) -> None:
        themes = {"light": LIGHT, "dark": DARK}
        self.theme = themes.get(self.configuration.settings.theme) or system_theme()

    def _follow_system(self, *_: object) -> None:
        """The person comes back to the window, perhaps from the desktop's settings."""
        self._follow_system_theme()
        self._ask_for_font_scale()
        self._screen_reader.ask()

    def _ask_for_font_scale(self) -> None:
        self._n_asked += 1
        question = self._n_asked

        def ask() -> None:
            scale = system_font_scale()
            self.calls.post(lambda: take(scale))

        def take(scale: float) -> None:
            if question == self._n_asked:  # what an earlier question found out may be out of date
                self.system_font_scale = scale

        if self.text_size == "system":
            Thread(target=ask, name="font scale", daemon=True).start()

    def _shortcut(self, _: object, key: int, __: int, ___: str | None, modifiers: list[str]) -> bool:
        if key == ord("q") and "ctrl" in modifiers:
            self.stop()
            return True
        if key == 27 and self.manager.current != "write":
            self.pages.back()
            return True
        return self.focus.press(key, modifiers, arrows=self.manager.current != "write")
