"""Nothing of one test's window is left to the next one."""

from __future__ import annotations

import functools

from kivy.app import App
from kivy.lang import Builder
from kivy.properties import NumericProperty
from kivy.uix.widget import Widget

from tests.support.window_driver import open_window

ROOM = """
Widget:
    reading: app.level
    canvas:
        Color:
            rgba: app.level, app.level, app.level, 1
"""


class LevelApp(App):
    """Its page reads `level`, which changes once more as the app stops: a rule that draws still waits then."""

    level = NumericProperty(0.0)

    def load_kv(self, filename: str | None = None) -> bool:
        return False

    def build(self) -> Widget:
        return Builder.load_string(ROOM)

    def on_stop(self) -> None:
        self.level += 0.5


def itself(app: LevelApp) -> LevelApp:
    return app


def test_a_rule_that_waits_at_the_end_does_not_tie_the_next_page_to_the_closed_app() -> None:
    for _ in range(2):
        app = LevelApp()
        with open_window(functools.partial(itself, app)) as driver:
            app.level = 0.25
            assert driver.root.reading == 0.25
