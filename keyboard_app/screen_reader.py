"""The window as screen readers hear it, where one is running: AT-SPI is asked for it at the start, and when the window gets the focus."""

from __future__ import annotations

from threading import Thread

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.screenmanager import ScreenManager

from keyboard_app.accessibility import server as accessibility
from keyboard_app.accessibility.server import Post, Server
from keyboard_app.session.speech import Speech
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.style.accessible import Describer
from keyboard_app.style.key_focus import KeyFocus

SOON_S = 0.1
"""Changes are told together, so that fast typing is not held up."""


class ScreenReader:
    """Tells the bus of screen readers what the window shows, and what was written."""

    def __init__(self, manager: ScreenManager, focus: KeyFocus, session: TypingSession, post: Post) -> None:
        self._manager, self._focus, self._session, self._post = manager, focus, session, post
        self._server: Server | None = None
        self._asking = False
        self._describer = Describer()
        self._tell_soon = Clock.create_trigger(lambda _: self._tell(), SOON_S)

    def ask(self, *_: object) -> None:
        """Finds out on another thread whether a screen reader is running, unless one was found."""
        if self._server is None and not self._asking:
            self._asking = True
            Thread(target=self._connect, name="accessibility bus", daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            Window.unbind(on_flip=self._has_changed)
            self._server.close()

    def _connect(self) -> None:
        server = None
        try:
            if (address := accessibility.wanted_address()) is not None:
                server = Server(address, self._post)
        except (OSError, ValueError):  # without the bus there is nobody to tell
            pass
        finally:
            self._post(lambda: self._begin(server))

    def _begin(self, server: Server | None) -> None:
        self._asking = False
        if server is None:
            return
        self._server = server
        Speech(self._session, server.announce).is_on = True
        Window.bind(on_flip=self._has_changed)
        self._tell_soon()

    def _has_changed(self, *_: object) -> None:
        self._tell_soon()

    def _tell(self) -> None:
        assert self._server is not None
        self._server.show(self._describer.page(self._manager.current_screen, self._focus.focused))
