"""The settings page."""

from __future__ import annotations

from pathlib import Path

from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import Screen

from keyboard_app.settings import Settings
from keyboard_app.style.widgets import load_kv

OWN = "Keyglide's own"


class SettingRow(ButtonBehavior, BoxLayout):
    """A setting whose value is chosen on another page."""

    title = StringProperty("")
    value = StringProperty("")


class SwitchRow(ButtonBehavior, BoxLayout):
    """A setting that is on or off. The whole row is the button."""

    title = StringProperty("")
    detail = StringProperty("")
    active = ObjectProperty(False)


class SettingsPage(Screen):
    """Shows the settings. Dispatches `on_back`, `on_choose(name, value)` and, for what is chosen on another page, `on_ask(name)`."""

    settings = ObjectProperty(Settings(), rebind=True)
    grid_title = StringProperty("")
    """the title of the grid in use"""
    second_title = StringProperty("")
    """the name of the second language"""
    globe_titles = StringProperty("")
    """what the grids of the globe key are called"""
    into_title = StringProperty("")
    """the title of where the text goes"""
    message = StringProperty("")
    """about a choice that does not work, or that is being opened"""
    kept_in = StringProperty("")
    """the settings file"""

    __events__ = ("on_back", "on_choose", "on_ask")

    def __init__(self, **properties: object) -> None:
        load_kv(Path(__file__).with_suffix(".kv"))
        super().__init__(**properties)

    def on_back(self) -> None:
        """The back button was tapped."""

    def on_choose(self, name: str, value: object) -> None:
        """That value was chosen for that setting."""

    def on_ask(self, name: str) -> None:
        """That setting was tapped, and is chosen on another page."""

    def switch(self, name: str) -> None:
        self.dispatch("on_choose", name, not getattr(self.settings, name))

    @staticmethod
    def named(path: str) -> str:
        """What is shown for a path; "" is Keyglide's own."""
        return path or OWN
