"""The page on which the keyboard is set up."""

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
    """A setting that is on or off. The whole row is tapped."""

    title = StringProperty("")
    detail = StringProperty("")
    active = ObjectProperty(False)


class SettingsPage(Screen):
    """Shows the settings. Dispatches `on_back`, `on_choose(name, value)` and, for what another page asks, `on_ask(name)`."""

    settings = ObjectProperty(Settings(), rebind=True)
    grid_title = StringProperty("")
    """how the grid that is shown is named"""
    message = StringProperty("")
    """about a choice that does not work, or one that is being looked at"""
    kept_in = StringProperty("")
    """the settings file"""

    __events__ = ("on_back", "on_choose", "on_ask")

    def __init__(self, **properties: object) -> None:
        load_kv(Path(__file__).with_suffix(".kv"))
        super().__init__(**properties)

    def on_back(self) -> None:
        """The way back was tapped."""

    def on_choose(self, name: str, value: object) -> None:
        """That setting shall have that value."""

    def on_ask(self, name: str) -> None:
        """That setting is chosen on a page of its own."""

    def switch(self, name: str) -> None:
        self.dispatch("on_choose", name, not getattr(self.settings, name))

    @staticmethod
    def named(path: str) -> str:
        """How a path is shown; "" is Keyglide's own."""
        return path or OWN
