"""The dock as the app has it: placed on the screen, dragged by its grips, hidden and shown by its handle and from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kivy.clock import Clock

from keyboard_app.configuration import Configuration
from keyboard_app.dock.place import Docked, DockWindow, Place
from keyboard_app.navigation import Navigation
from keyboard_app.pages.dock import DockPage, HandlePage
from keyboard_app.settings import Settings

HANDLE = "handle"
"""the name of the handle's page"""
FIELD_LOST_S = 0.4
"""for how long no field has the cursor before the dock hides: from one to the next takes a moment"""


class Docking:
    """Keeps the window where the person wants it. Every method is called on the window's thread."""

    def __init__(self, window: DockWindow, configuration: Configuration, pages: Navigation, page: DockPage) -> None:
        self._window, self._configuration, self._pages, self._page = window, configuration, pages, page
        self._docked = docked_by(configuration.settings)
        self._hidden = False
        self._in_field: bool | None = None
        self._hide_soon = Clock.create_trigger(lambda _: self._hide_by_itself(), FIELD_LOST_S)
        self._from: tuple[Docked, tuple[int, int]] | None = None
        """where a drag began: what was chosen then, and the pointer"""
        handle = HandlePage(name=HANDLE)
        handle.bind(on_show=lambda _: self.show())
        pages.add(handle)
        page.bind(
            on_hide=lambda _: self.hide(),
            on_move=lambda _, start: self._drag(start, Docked.dragged),
            on_resize=lambda _, start: self._drag(start, Docked.resized),
            on_drop=lambda _: self._keep(),
        )
        configuration.subscribe(self._follow_settings)
        self._put()

    @property
    def hidden(self) -> bool:
        return self._hidden

    def hide(self) -> None:
        """Leaves the handle alone on the screen."""
        self._hidden = True
        self._pages.show_added(HANDLE)
        self._put()

    def show(self) -> None:
        self._hidden = False
        self._pages.show("write")
        self._put()

    def do(self, method: str) -> None:
        """What was asked for from outside: Toggle, Show or Hide."""
        hide = not self._hidden if method == "Toggle" else method == "Hide"
        if hide != self._hidden:
            self.hide() if hide else self.show()

    def follow(self, in_field: bool | None) -> None:
        """Shows or hides the dock by itself, if the person wants that. in_field: as a sink tells it."""
        if in_field is None or in_field == self._in_field or not self._configuration.settings.follow_fields:
            return
        self._in_field = in_field
        if not in_field:
            self._hide_soon()
            return
        self._hide_soon.cancel()
        if self._hidden:
            self.show()

    def close(self) -> None:
        self._window.close()

    def _hide_by_itself(self) -> None:
        """Not while the person is in the settings, where no field of a program has the cursor."""
        if not self._hidden and self._page.manager.current == self._page.name:
            self.hide()

    def _put(self) -> None:
        screen = self._window.screen()
        self._page.floating = self._docked.choice == "floating"
        place = self._docked.handle(screen) if self._hidden else self._docked.place(screen)
        self._window.put(place, reserve=not self._hidden and self._docked.choice == "bottom")

    def _drag(self, start: tuple[float, float] | None, change: Callable[[Docked, tuple[int, int], tuple[int, int]], Docked]) -> None:
        """start: where in the window the finger came down: it may have gone on since, and that counts, too."""
        pointer = self._window.pointer()
        if start is not None:
            corner = self._window.corner()
            self._from = self._docked, (corner[0] + round(start[0]), corner[1] + round(start[1]))
        if self._from is None:
            return
        docked, (x, y) = self._from
        moved = change(docked, self._window.screen(), (pointer[0] - x, pointer[1] - y))
        if moved != self._docked:
            self._docked = moved
            self._put()

    def _keep(self) -> None:
        """Remembers where the person has put the window."""
        self._from = None
        place = self._docked.floating
        values = {
            "dock_height": self._docked.height,
            "floating_x": place.x,
            "floating_y": place.y,
            "floating_width": place.width,
            "floating_height": place.height,
        }
        for name, value in values.items():
            if getattr(self._configuration.settings, name) != value:
                self._configuration.choose(name, value)

    def _follow_settings(self) -> None:
        if not self._configuration.settings.follow_fields:
            self._in_field = None
        choice = self._configuration.settings.dock
        if choice != self._docked.choice:
            self._docked = replace(self._docked, choice=choice)
            self._put()


def docked_by(settings: Settings) -> Docked:
    place = Place(settings.floating_x, settings.floating_y, settings.floating_width, settings.floating_height)
    return Docked(settings.dock, settings.dock_height, place)
