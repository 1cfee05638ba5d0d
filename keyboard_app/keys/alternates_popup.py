"""The row of alternates above a long-pressed key. Its look is in keyboard.kv."""

from __future__ import annotations

from collections.abc import Sequence

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label

from keyboard_app.keys.layout import Area, PlacedKey
from keyboard_app.style.lettering import marked_up
from keyboard_app.style.theme import LIGHT

CELL = 1.3
"""Greatest width of an alternate, in key heights: the keys of a wide window are wider."""
STEP = 0.25
"""Key widths that the finger must move before the choice follows it."""
LEAVE = 0.75
"""Key widths or heights: a finger this far from the row and its key has left them."""

BELOW = 0.25
"""Key heights: this far below the row, the finger still chooses from it."""


class Alternate(Label):
    """One alternate of the row."""

    option = StringProperty()
    """what it writes"""
    theme = ObjectProperty(LIGHT, rebind=True)
    chosen = BooleanProperty(False)


class AlternatesPopup(BoxLayout):
    """Offers alternates in a row above a key. The first is chosen until the finger slides."""

    theme = ObjectProperty(LIGHT, rebind=True)
    options = ListProperty()
    """empty while closed"""
    margin = NumericProperty(0.0)
    """px around the row"""

    def __init__(self, **properties: object) -> None:
        self._key: PlacedKey | None = None
        self._start = (0.0, 0.0)
        self._slid = False
        super().__init__(size=(0, 0), **properties)

    @property
    def chosen(self) -> str:
        """The alternate that lifting the finger writes."""
        return str(next(cell.option for cell in self.children if cell.chosen))

    def open(self, key: PlacedKey, options: Sequence[str], start: tuple[float, float], bounds: Area) -> None:
        """Shows the options above the key, within the bounds. start: where the finger rests. All in px, y up."""
        self._key, self._start, self._slid = key, start, False
        self.margin = key.h * 0.06
        lowest, highest = bounds.x + 2 * self.margin, bounds.x + bounds.width - 2 * self.margin
        cell_width = min(key.w, CELL * key.h, (highest - lowest) / len(options))
        self.size = cell_width * len(options), key.h * 0.9
        rightwards = key.centre[0] < bounds.x + bounds.width / 2
        left = key.centre[0] - cell_width / 2 if rightwards else key.centre[0] + cell_width / 2 - self.width
        self.x = min(max(left, lowest), highest - self.width)
        self.y = min(key.y + key.h + 2 * self.margin, bounds.y + bounds.height - self.height - 2 * self.margin)
        self.options = list(options) if rightwards else list(reversed(options))
        self.clear_widgets()
        for option in self.options:
            self.add_widget(Alternate(option=option, text=marked_up(option), markup=True, theme=self.theme, chosen=option == options[0]))

    def close(self) -> None:
        self.options, self.size, self.margin = [], (0, 0), 0  # what is invisible should not take time either
        self.clear_widgets()

    def slide(self, x: float, y: float) -> None:
        """The finger is at that point now: chooses the alternate above or below it."""
        if self._key is None or not self.options:
            return
        moved = max(abs(x - self._start[0]), abs(y - self._start[1]))
        self._slid = self._slid or moved > STEP * self._key.w
        if self._slid:
            self._choose(x)

    def choose_at(self, x: float, y: float) -> bool:
        """Chooses the alternate at that point; returns whether there is one."""
        inside = bool(self.options) and self.collide_point(x, y)
        if inside:
            self._choose(x)
        return inside

    def is_left(self, x: float, y: float) -> bool:
        """Whether the finger is far from both the row and its key, and so is swiping. The row may be much wider than the key."""
        if self._key is None:
            return False
        key, across, along = self._key, LEAVE * self._key.w, LEAVE * self._key.h
        at_row = self.x - across <= x <= self.right + across and self.y - BELOW * key.h <= y <= self.top + along
        at_key = key.x - across <= x <= key.x + key.w + across and key.y - along <= y <= self.top + along
        return not (at_row or at_key)

    def _choose(self, x: float) -> None:
        count = len(self.options)
        at = min(max(int((x - self.x) / self.width * count), 0), count - 1)
        for index, cell in enumerate(reversed(self.children)):
            cell.chosen = index == at
