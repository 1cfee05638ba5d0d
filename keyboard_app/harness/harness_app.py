"""The harness as an app: opens its window, passes key presses on to it, and can save a picture of it."""

from __future__ import annotations

import importlib
import logging
import sys

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.textinput import TextInput

from keyboard_app.harness.engine_thread import EngineThread, describe
from keyboard_app.harness.harness_window import HarnessWindow
from keyboard_app.harness.panels import load_look
from keyboard_app.harness.source import Source, Start
from keyboard_app.session.practice import swipes_path
from keyboard_app.style.screenshot import run_for_screenshot
from keyboard_app.style.theme import DARK, LIGHT, system_theme
from keyboard_app.style.widgets import ThemedApp

KEYS = {
    "spacebar": "play",
    ",": "step back",
    ".": "step",
    "home": "start",
    "end": "end",
    "left": "previous letter",
    "right": "next letter",
    "up": "previous candidate",
    "down": "next candidate",
    "tab": "other model",
    "pageup": "previous swipe",
    "pagedown": "next swipe",
    "s": "speed",
    "r": "record",
    "a": "show all",
    "w": "show wrong",
    "c": "show changed",
    "/": "search",
}
"""What keys do, by Kivy's names for them, except while a text field has the focus."""


class HarnessApp(ThemedApp):
    """Replays recorded swipes in a window."""

    title = "Keyglide harness"

    def __init__(self, source: Source, start: Start) -> None:
        super().__init__()
        load_look()
        _find_clipboard()
        self.theme = {"light": LIGHT, "dark": DARK}.get(start.theme) or system_theme()
        self._source = source
        self._start = start
        self._thread = EngineThread(lambda call: Clock.schedule_once(lambda _: call()))

    def build(self) -> HarnessWindow:
        window = HarnessWindow(self._source, self._start, self._start.record_to or swipes_path(), self._thread)
        Window.bind(on_key_down=self._press)
        return window

    def on_stop(self) -> None:
        super().on_stop()
        Window.unbind(on_key_down=self._press)
        self._thread.stop()

    def _press(self, _window: object, key: int, _scancode: int, _text: str | None, modifiers: list[str]) -> bool:
        """Handles a key; returns whether it is one of ours."""
        name = Window._system_keyboard.keycode_to_string(key)
        if "ctrl" in modifiers:
            if name == "q":
                self.stop()
            return bool(name == "q")
        if name == "escape":
            self.root.commands["cancel"]()
            return True
        if name not in KEYS or _is_writing():
            return False
        self.root.commands[KEYS[name]]()
        return True


def open_harness(source: Source, start: Start) -> int:
    """Shows the window until it is closed; returns 1 if something could not be read or drawn, otherwise 0."""
    app = HarnessApp(source, start)
    try:
        if start.screenshot is None:
            app.run()
        else:
            run_for_screenshot(app, start.screenshot, lambda: app.root is not None and app.root.session.is_settled)
    except OSError as error:
        print("error:", describe(error), file=sys.stderr)
        return 1
    problems = app.root.session.problems if app.root is not None else []
    for problem in problems:
        print("error:", problem, file=sys.stderr)
    return 1 if problems else 0


def _find_clipboard() -> None:
    """Finds the clipboard before text fields do: Kivy would log a traceback for each program that it tries."""
    logging.disable(logging.CRITICAL)
    importlib.import_module("kivy.core.clipboard")
    logging.disable(logging.NOTSET)


def _is_writing() -> bool:
    """Whether a text field has the focus."""
    return any(isinstance(widget, TextInput) and widget.focus for widget in Window.children[0].walk()) if Window.children else False
