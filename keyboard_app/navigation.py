"""The app's pages, each made when it is first shown, and the ways between them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from kivy.uix.screenmanager import Screen, ScreenManager

from engine import load_languages, titles_of
from keyboard_app.configuration import Configuration
from keyboard_app.pages.choose import ChoosePage, FilePage
from keyboard_app.pages.dock import DockPage
from keyboard_app.pages.emoji import EmojiPage
from keyboard_app.pages.folder import Choice, Wanted
from keyboard_app.pages.practice import PracticePage
from keyboard_app.pages.settings import SettingsPage
from keyboard_app.pages.word import WordPage
from keyboard_app.pages.words import WordsPage
from keyboard_app.pages.write import WritePage
from keyboard_app.session.own_words import OwnWords
from keyboard_app.session.practice import Practice
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.sinks.choose import TITLES

PageName = Literal["write", "settings", "emoji", "practice", "grid", "globe", "second_language", "files", "into", "words", "word"]
NO_SECOND = "None"
FILES: dict[str, tuple[str, Wanted]] = {
    "grids_file": ("Grids file", "file"),
    "model": ("Model folder", "folder"),
    "lexicon": ("Lexicon", "file"),
}
"""For each setting that names a path: the title of the page that asks for it, and what is asked for."""
FILES_OF_WORDS: dict[str, tuple[str, Wanted]] = {
    "import": ("Words to add", "file"),
    "export": ("Folder for a copy of them", "folder"),
}
"""The same for the page of the person's words."""


class Navigation:
    """Shows one page at a time in a screen manager, `write` first, and messages on the pages they belong to (`MessageBoard`)."""

    def __init__(
        self,
        manager: ScreenManager,
        configuration: Configuration,
        session: TypingSession,
        write: WritePage | DockPage,
        make_practice: Callable[[], Practice],
        own_words: OwnWords,
    ) -> None:
        self._manager, self._configuration, self._session = manager, configuration, session
        self._make_practice, self._own_words = make_practice, own_words
        self._asked = ""
        """what the page of files is open for: a setting, "import" or "export" """
        self.write = write
        write.name, write.grid = "write", configuration.opened.grid
        write.shows_popups, write.keyboard_size = configuration.settings.popups, configuration.settings.keyboard_size
        write.arrangement = configuration.settings.arrangement
        self.write.bind(
            on_settings=lambda _: self.show("settings"),
            on_emoji=lambda _: self.show("emoji"),
            on_practice=lambda _: self.show("practice"),
            on_globe=lambda _: configuration.next_grid(),
            on_word=lambda _, word: self.show_word(word, "write"),
        )
        manager.add_widget(self.write)
        configuration.subscribe(self._show_settings)
        configuration.show_messages_on(self)

    def show(self, name: PageName) -> None:
        """Goes to that page."""
        if not self._manager.has_screen(name):
            makers = {
                "settings": self._settings,
                "emoji": self._emoji,
                "practice": self._practice,
                "grid": self._grids,
                "globe": self._globe,
                "second_language": self._second_language,
                "files": self._files,
                "into": self._into,
                "words": self._words,
                "word": self._word,
            }
            self._manager.add_widget(makers[name]())
        if name == "settings":
            self.say_in_settings("")
        self._manager.current = name

    def show_word(self, word: str, came_from: PageName) -> None:
        """Goes to the page about a word."""
        self.show("word")
        self._manager.get_screen("word").ask_about(word, came_from)

    def add(self, page: Screen) -> None:
        """Adds a page that others made."""
        self._manager.add_widget(page)

    def show_added(self, name: str) -> None:
        """Goes to such a page."""
        self._manager.current = name

    def back(self) -> None:
        """Goes back to the page that this one was opened from."""
        current = self._manager.current
        if current == "files" and self._asked in FILES_OF_WORDS:
            self.show("words")
        elif current == "word":
            self.show(self._manager.get_screen("word").came_from)
        else:
            self.show("settings" if current in ("grid", "globe", "second_language", "files", "into", "words") else "write")

    # --- messages ---

    def say_in_settings(self, message: str) -> None:
        if self._manager.has_screen("settings"):
            self._manager.get_screen("settings").message = message

    def tell(self, message: str) -> None:
        self.write.message = message

    def withdraw(self, message: str) -> None:
        if self.write.message == message:
            self.write.message = ""

    # --- the pages ---

    def _show_settings(self) -> None:
        """Has the pages show the settings now in force."""
        grid = self._configuration.opened.grid
        self.write.grid, self.write.shows_popups = grid, self._configuration.settings.popups
        self.write.keyboard_size = self._configuration.settings.keyboard_size
        self.write.arrangement = self._configuration.settings.arrangement
        if self._manager.has_screen("settings"):
            page = self._manager.get_screen("settings")
            page.into_title = TITLES[self._configuration.settings.into]
            page.settings, page.grid_title, page.globe_titles = self._configuration.settings, self._grid_title(), self._globe_titles()
            page.second_title = self._second_title()
        for name in ("emoji", "practice", "grid", "globe", "second_language", "into", "words"):  # made again when next shown
            if self._manager.current == name == "globe":
                self._manager.current_screen.several = self._configuration.cycle
            elif self._manager.has_screen(name):
                self._manager.remove_widget(self._manager.get_screen(name))

    def _settings(self) -> SettingsPage:
        configuration = self._configuration
        page = SettingsPage(
            name="settings",
            settings=configuration.settings,
            grid_title=self._grid_title(),
            globe_titles=self._globe_titles(),
            into_title=TITLES[configuration.settings.into],
            second_title=self._second_title(),
            kept_in=str(configuration.file),
        )
        page.bind(
            on_back=lambda _: self.show("write"),
            on_choose=lambda _, name, value: configuration.choose(name, value),
            on_ask=lambda _, name: self._ask(name),
        )
        return page

    def _emoji(self) -> EmojiPage:
        page = EmojiPage(name="emoji", worker=self._session.worker, grid=self._configuration.opened.grid)
        page.bind(on_back=lambda _: self.show("write"), on_choose=lambda _, emoji: self._write_emoji(emoji))
        return page

    def _write_emoji(self, emoji: str) -> None:
        self.show("write")
        self._session.type(emoji)

    def _practice(self) -> PracticePage:
        grid = self._configuration.opened.grid
        page = PracticePage(name="practice", practice=self._make_practice(), worker=self._session.worker, grid=grid)
        page.bind(on_back=lambda _: self.show("write"))
        return page

    def _grids(self) -> ChoosePage:
        opened = self._configuration.opened
        choices = tuple(Choice(title, name) for name, title in titles_of(opened.grids).items())
        page = ChoosePage(name="grid", title="Keyboard grid", choices=choices, chosen=opened.grid.name)
        page.bind(on_back=lambda _: self.show("settings"), on_choose=lambda _, name: self._choose("grid", name))
        return page

    def _into(self) -> ChoosePage:
        choices = tuple(Choice(title, name) for name, title in TITLES.items())
        page = ChoosePage(name="into", title="Write into", choices=choices, chosen=self._configuration.settings.into)
        page.bind(on_back=lambda _: self.show("settings"), on_choose=lambda _, name: self._choose("into", name))
        return page

    def _globe(self) -> ChoosePage:
        configuration = self._configuration
        choices = tuple(Choice(title, name) for name, title in titles_of(configuration.opened.grids).items())
        page = ChoosePage(name="globe", title="Globe key", choices=choices, several=configuration.cycle)
        page.bind(on_back=lambda _: self.show("settings"), on_choose=lambda _, name: configuration.toggle_on_globe(name))
        return page

    def _second_language(self) -> ChoosePage:
        installed = [Choice(language.name, code) for code, language in load_languages().items() if language.is_installed]
        chosen = self._configuration.settings.second_language
        page = ChoosePage(name="second_language", title="Second language", choices=(Choice(NO_SECOND, ""), *installed), chosen=chosen)
        page.bind(on_back=lambda _: self.show("settings"), on_choose=lambda _, code: self._choose("second_language", code))
        return page

    def _second_title(self) -> str:
        second = load_languages().get(self._configuration.settings.second_language)
        return second.name if second is not None else NO_SECOND

    def _globe_titles(self) -> str:
        titles = titles_of(self._configuration.opened.grids)
        return ", ".join(titles[name] for name in self._configuration.cycle)

    def _grid_title(self) -> str:
        opened = self._configuration.opened
        return titles_of({**opened.grids, opened.grid.name: opened.grid})[opened.grid.name]

    def _files(self) -> FilePage:
        page = FilePage(name="files")
        page.bind(on_back=lambda _: self.back(), on_choose=lambda _, path: self._choose(self._asked, path))
        return page

    def _words(self) -> WordsPage:
        page = WordsPage(self._own_words, self._session.worker, name="words", grid=self._configuration.opened.grid)
        page.bind(
            on_back=lambda _: self.show("settings"),
            on_word=lambda _, word: self.show_word(word, "words"),
            on_pair=lambda _, first, second: self._show_pair(first, second),
            on_import=lambda _: self._ask("import"),
            on_export=lambda _: self._ask("export"),
        )
        return page

    def _word(self) -> WordPage:
        page = WordPage(self._own_words, self._session, name="word")
        page.bind(on_back=lambda _: self.back())
        return page

    def _show_pair(self, first: str, second: str) -> None:
        self.show("word")
        self._manager.get_screen("word").ask_about_pair(first, second)

    def _ask(self, setting: str) -> None:
        if setting in ("grid", "globe", "second_language", "into", "words"):
            self.show(setting)  # type: ignore[arg-type]
        elif setting in FILES_OF_WORDS:
            self._asked = setting
            self.show("files")
            self._manager.get_screen("files").browse(*FILES_OF_WORDS[setting], "", own="")
        else:
            self._asked = setting
            self.show("files")
            self._manager.get_screen("files").browse(*FILES[setting], getattr(self._configuration.settings, setting))

    def _choose(self, setting: str, value: str) -> None:
        if setting in FILES_OF_WORDS:
            self.show("words")
            page = self._manager.get_screen("words")
            if setting == "import":
                page.import_(Path(value))
            else:
                page.export(Path(value))
            return
        self.show("settings")
        self._configuration.choose(setting, value)
