"""What the pages share: sizes that follow the window, the theme, buttons, switches and notices. Their look is in widgets.kv."""

from __future__ import annotations

from pathlib import Path

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics import Color
from kivy.lang import Builder
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget

from keyboard_app.style.icons import ICONS, add_icon
from keyboard_app.style.lettering import width_of
from keyboard_app.style.theme import LIGHT, Theme, px_per_dp

TEXT_SIZES = {"small": 0.87, "medium": 1.0, "large": 1.25}
"""The sizes of texts that people can choose, as factors."""
CAPTION, APART = 11, 8
"""dp: how large captions are, and how far apart from each other at least."""
LEAST_CAPTION = 0.85
"""Share of the usual size below which captions are left out: then the person has asked for larger texts than there is room for."""
MEASURED = 100
"""px: the size at which captions are measured."""
LOOK = Path(__file__).with_suffix(".kv")
"""How the widgets of this module look."""


def load_kv(path: Path) -> None:
    """Loads a .kv file, once."""
    file = str(path)
    if file not in Builder.files:
        Builder.load_file(file, encoding="utf-8")


class ThemedApp(App):
    """An app whose pages go by `unit` and `theme`."""

    unit = NumericProperty(1.0)
    """px per dp; follows the window's size and the chosen size of texts"""
    text_size = StringProperty("medium")
    """one of TEXT_SIZES, or "system" """
    system_font_scale = NumericProperty(1.0)
    """how much larger than usual the desktop wants texts to be"""
    theme = ObjectProperty(LIGHT, rebind=True)

    def __init__(self) -> None:
        super().__init__()
        load_kv(LOOK)
        Window.bind(size=self._fit)
        self.bind(text_size=self._fit, system_font_scale=self._fit)
        self._fit()
        self.on_theme(self, self.theme)

    def on_theme(self, _app: App, theme: Theme) -> None:
        """Clears the window in the pages' colour: without a GPU, a rectangle behind each page took up to half of a frame's time."""
        Window.clearcolor = theme.background

    def load_kv(self, filename: str | None = None) -> bool:
        """Loads nothing: Kivy would look for a .kv file named after the app, but ours are loaded by `load_kv` above."""
        return False

    def _fit(self, *_: object) -> None:
        self.unit = px_per_dp(*Window.size) * self.text_scale

    @property
    def text_scale(self) -> float:
        """How much larger than usual texts and buttons are."""
        return float(TEXT_SIZES.get(self.text_size, self.system_font_scale))

    def on_stop(self) -> None:
        Window.unbind(size=self._fit)


class Drawing(Widget):
    """An icon of `ICONS` in the middle of its box."""

    icon = StringProperty("")
    color = ListProperty([0, 0, 0, 1])
    side = NumericProperty(24.0)
    """px"""

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self.bind(icon=self._draw, color=self._draw, side=self._draw, pos=self._draw, size=self._draw)
        self._draw()

    def _draw(self, *_: object) -> None:
        self.canvas.clear()
        if not self.icon:
            return
        # not center_x and center_y: Kivy keeps their old values until after it has told of a new size
        left, bottom = self.x + (self.width - self.side) / 2, self.y + (self.height - self.side) / 2
        self.canvas.add(Color(*self.color))
        add_icon(self.canvas, ICONS[self.icon], left, bottom, self.side)


class IconButton(ButtonBehavior, BoxLayout):
    """An icon with its name below."""

    icon = StringProperty("")
    caption = StringProperty("")
    """read aloud, too, where it is not shown"""
    caption_size = NumericProperty(11.0)
    """px; 0: the icon stands alone"""


class Toolbar(BoxLayout):
    """Buttons of one width in a row, whose captions are all as large: smaller than usual where they must, or left out."""

    unit = NumericProperty(1.0)
    """px per dp"""
    caption_size = NumericProperty(11.0)
    """of the buttons; px"""

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        fit = Clock.create_trigger(self._fit, -1)  # once the buttons have their captions
        self.bind(width=fit, unit=fit, children=fit)
        fit()

    def _fit(self, *_: object) -> None:
        buttons = [child for child in self.children if isinstance(child, IconButton) and child.caption]
        if buttons:
            room = min(button.width for button in buttons) - APART * self.unit
            needed = max(width_of(button.caption, MEASURED) for button in buttons) / MEASURED
            self.caption_size = caption_size(room / needed, CAPTION * self.unit)


def caption_size(fitting: float, usual: float) -> float:
    """As large as fits, but not larger than usual; 0, which leaves captions out, where that would be hard to read. px"""
    size = min(fitting, usual)
    return size if size >= LEAST_CAPTION * usual else 0.0


class ThumbButton(ButtonBehavior, Label):
    """A button with a word on it, large enough for a thumb."""

    primary = BooleanProperty(False)
    """whether people most likely want this one"""


class Segments(BoxLayout):
    """A few words, one of which is chosen."""

    options = ListProperty()
    chosen = StringProperty("")

    __events__ = ("on_choose",)

    def __init__(self, **properties: object) -> None:
        super().__init__(**properties)
        self.bind(options=self._fill)
        self._fill()

    def on_choose(self, option: str) -> None:
        """A word other than the chosen one was tapped."""

    def _fill(self, *_: object) -> None:
        self.clear_widgets()
        for option in self.options:
            segment = Segment(text=option.capitalize(), option=option, owner=self)
            segment.bind(on_release=lambda pressed: self._choose(pressed.option))
            self.add_widget(segment)

    def _choose(self, option: str) -> None:
        if option != self.chosen:
            self.dispatch("on_choose", option)


class Segment(ButtonBehavior, Label):
    """One word of `Segments`."""

    option = StringProperty("")
    owner = ObjectProperty(rebind=True)


class Toggle(Widget):
    """Shows whether something is on. People tap the row around it."""

    active = BooleanProperty(False)


class Notice(BoxLayout):
    """A message with a button that closes it. Without text it takes up no room."""

    text = StringProperty("")


class TitleBar(BoxLayout):
    """The top of a page, with a button that goes back."""

    title = StringProperty("")
    column = NumericProperty(0.0)
    """px: the width of what is below it, in the middle; 0: as wide as the page"""

    __events__ = ("on_back",)

    def on_back(self) -> None:
        """The back button was tapped."""
