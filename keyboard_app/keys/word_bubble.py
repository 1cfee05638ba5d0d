"""The word that a swipe is becoming, large and above the keys, where no finger hides it. Its look is in keyboard.kv."""

from __future__ import annotations

from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.label import Label

from keyboard_app.keys.layout import KeyLayout
from keyboard_app.style.lettering import marked_up
from keyboard_app.style.theme import LIGHT

FONT = 0.62
"""Font size of the word, in key heights."""
LETTER = 0.62
"""Width of a letter in font sizes: more than most letters have."""
GAP = 0.12
"""Space between the bubble and the keys, in key heights."""
HEIGHT = 1.75
"""Height of the bubble, in font sizes."""


class WordBubble(Label):
    """A word on a coloured background; nothing if the text is empty."""

    theme = ObjectProperty(LIGHT, rebind=True)

    word = StringProperty()

    def on_word(self, _bubble: Label, word: str) -> None:
        self.markup, self.text = True, marked_up(word)

    def place(self, layout: KeyLayout, bottom: float, room: float, window_top: float) -> None:
        """Puts the bubble in the middle, no wider than the keys, with its lower edge a little above `bottom`.

        room: how high it may be, for it hides what is there; 0: as high as is good to read. All in px.
        """
        area, key_height = layout.area, layout.key_height
        fits = room / HEIGHT if room else FONT * key_height
        self.font_size = min(FONT * key_height, area.width / (LETTER * len(self.word) + 2), fits)
        self.center_x = area.x + area.width / 2
        self.y = min(bottom + (0 if room else GAP * key_height), window_top - self.height)
