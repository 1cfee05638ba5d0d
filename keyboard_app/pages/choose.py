"""Pages for choosing one of many: a name from a list, a file, a folder."""

from __future__ import annotations

from pathlib import Path

from kivy.properties import BooleanProperty, ListProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.screenmanager import Screen

from keyboard_app.pages.folder import Choice, Wanted, list_folder, start_folder
from keyboard_app.style.widgets import ThumbButton, load_kv


class ChooseRow(ButtonBehavior, BoxLayout):
    """One row. It tells its page when it is tapped."""

    text = StringProperty("")
    icon = StringProperty("")
    value = StringProperty("")
    page = ObjectProperty(None, allownone=True, rebind=True)
    marked = BooleanProperty(False)
    """whether it is the chosen one"""


class ChoosePage(Screen):
    """A list to choose from. Dispatches `on_choose(value)` and `on_back`."""

    title = StringProperty("")
    subtitle = StringProperty("")
    choices = ListProperty()
    """of folder.Choice"""
    chosen = StringProperty("")
    """the value that is marked"""
    several = ListProperty()
    """more values that are marked, where several can be chosen"""
    offers = ListProperty()
    """of folder.Choice: the buttons below the list, the likeliest last"""
    message = StringProperty("")

    __events__ = ("on_choose", "on_back")

    def __init__(self, **properties: object) -> None:
        load_kv(Path(__file__).with_suffix(".kv"))
        super().__init__(**properties)

    def on_choose(self, value: str) -> None:
        """That value was chosen."""

    def on_back(self) -> None:
        """The person went back without choosing."""

    def tapped(self, value: str) -> None:
        self.dispatch("on_choose", value)

    def on_offers(self, *_: object) -> None:
        self.ids.offers.clear_widgets()
        for offer in self.offers:
            button = ThumbButton(text=offer.text, primary=offer is self.offers[-1])
            button.bind(on_release=lambda _, value=offer.value: self.dispatch("on_choose", value))
            self.ids.offers.add_widget(button)


class FilePage(ChoosePage):
    """Shows the folders of this machine, to choose a file or a folder. "" stands for Keyglide's own."""

    def browse(self, title: str, wanted: Wanted, path: str, own: str = "Use Keyglide's own") -> None:
        """Starts in the folder of that path. own: what stands on the button for Keyglide's own; "" for no such button."""
        self.title, self.wanted, self.chosen, self._own = title, wanted, path, own
        self._open(start_folder(path))

    def tapped(self, value: str) -> None:
        folder = Path(value)
        if folder.is_dir():
            self._open(folder)
        else:
            self.dispatch("on_choose", value)

    def _open(self, folder: Path) -> None:
        listing = list_folder(folder, self.wanted)
        self.subtitle, self.choices, self.message = str(folder), listing.choices, listing.notice
        own = [Choice(self._own, "")] if self._own else []
        self.offers = [*own, Choice("Use this folder", str(folder))] if self.wanted == "folder" else own
        self.ids.rows.scroll_y = 1
