"""The app's pages: made when they are first shown, and the ways between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from keyboard_app.keys.symbol_pages import space_label
from keyboard_app.pages.choose import ChoosePage, FilePage
from keyboard_app.pages.folder import Choice, Wanted
from keyboard_app.pages.practice import PracticePage
from keyboard_app.pages.settings import SettingsPage
from keyboard_app.pages.write import WritePage
from keyboard_app.session.practice import Practice, prompts_for

if TYPE_CHECKING:
    from engine import Grid
    from keyboard_app.app import KeyboardApp

PageName = Literal["write", "settings", "practice", "grid", "files"]
FILES: dict[str, tuple[str, Wanted]] = {
    "grids_file": ("File with grids", "file"),
    "model": ("Folder of the model", "folder"),
    "lexicon": ("Lexicon", "file"),
}
"""What is asked of a person who chooses each, and what it is."""


class Pages:
    """Shows one page at a time in the app's manager. All but the first are made when they are first shown."""

    def __init__(self, app: KeyboardApp) -> None:
        self._app = app
        self._asked = ""
        """the setting that the page of files is open for"""
        self.write = WritePage(app.session, name="write", grid=app.opened.grid, message="\n".join(app.notices))
        self.write.bind(
            on_settings=lambda _: self.show("settings"),
            on_practice=lambda _: self.show("practice"),
            on_globe=lambda _: app.next_grid(),
        )
        app.manager.add_widget(self.write)

    def show(self, name: PageName) -> None:
        """Shows that page."""
        manager = self._app.manager
        if not manager.has_screen(name):
            makers = {"settings": self._settings, "practice": self._practice, "grid": self._grids, "files": self._files}
            manager.add_widget(makers[name]())
        if name == "settings":
            self.say_in_settings("")
        manager.current = name

    def back(self) -> None:
        """To the page that the one in front was opened from."""
        self.show("settings" if self._app.manager.current in ("grid", "files") else "write")

    def say_in_settings(self, message: str) -> None:
        if self._app.manager.has_screen("settings"):
            self._app.manager.get_screen("settings").message = message

    def settings_changed(self) -> None:
        """Has the pages show what holds now."""
        manager = self._app.manager
        self.write.grid = self._app.opened.grid
        if manager.has_screen("settings"):
            page = manager.get_screen("settings")
            page.settings, page.grid_title = self._app.settings, _titled(self._app.opened.grid)
        for name in ("practice", "grid"):  # made anew when they are next shown: they belong to a grid and its file
            if manager.has_screen(name):
                manager.remove_widget(manager.get_screen(name))

    def _settings(self) -> SettingsPage:
        app = self._app
        page = SettingsPage(name="settings", settings=app.settings, grid_title=_titled(app.opened.grid), kept_in=str(app.start.config))
        page.bind(
            on_back=lambda _: self.show("write"),
            on_choose=lambda _, name, value: app.choose(name, value),
            on_ask=lambda _, name: self._ask(name),
        )
        return page

    def _practice(self) -> PracticePage:
        app = self._app
        practice = Practice(app.start.swipes, prompts_for(app.opened.grid, app.lexicon, app.start.prompts))
        page = PracticePage(name="practice", practice=practice, worker=app.worker, grid=app.opened.grid, theme=app.theme)
        page.bind(on_back=lambda _: self.show("write"))
        app.bind(theme=page.setter("theme"))
        return page

    def _grids(self) -> ChoosePage:
        opened = self._app.opened
        choices = tuple(Choice(_titled(grid), name) for name, grid in opened.grids.items())
        page = ChoosePage(name="grid", title="Keyboard grid", choices=choices, chosen=opened.grid.name)
        page.bind(on_back=lambda _: self.show("settings"), on_choose=lambda _, name: self._chosen("grid", name))
        return page

    def _files(self) -> FilePage:
        page = FilePage(name="files")
        page.bind(on_back=lambda _: self.show("settings"), on_choose=lambda _, path: self._chosen(self._asked, path))
        return page

    def _ask(self, setting: str) -> None:
        if setting == "grid":
            self.show("grid")
        else:
            self._asked = setting
            self.show("files")
            self._app.manager.get_screen("files").browse(*FILES[setting], getattr(self._app.settings, setting))

    def _chosen(self, setting: str, value: str) -> None:
        self.show("settings")
        self._app.choose(setting, value)


def _titled(grid: Grid) -> str:
    """A grid's name, after its language where that is known."""
    language = space_label(grid)
    return grid.name if language == grid.name else f"{language}  ·  {grid.name}"
