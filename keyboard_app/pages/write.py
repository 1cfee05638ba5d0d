"""The page to write on: the text, the buttons above it, the candidate bar and the keys."""

from __future__ import annotations

from pathlib import Path

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.screenmanager import Screen

from keyboard_app.keys.keyboard import Keyboard  # noqa: F401  named in write.kv
from keyboard_app.keys.layout import complete, fit, keyboard_area
from keyboard_app.pages.candidate_bar import CandidateBar  # noqa: F401  named in write.kv
from keyboard_app.pages.clipboard import copy, cut, paste
from keyboard_app.pages.physical_keys import PhysicalKeys
from keyboard_app.pages.text_view import TextView  # noqa: F401  named in write.kv
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.style.widgets import load_kv
from keyboard_app.text.shift import Shift
from keyboard_app.text.sink import OwnField
from keyboard_app.text.writer import Writer

CLEARED = "Cleared. Undo brings the text back."


class WritePage(Screen):
    """Shows a typing session, and passes on to it what is done.

    Dispatches `on_settings`, `on_practice`, `on_globe`, and `on_word(word)` when a candidate is held.
    """

    grid = ObjectProperty()
    """engine.Grid"""
    message = StringProperty("")
    """shown until the person closes it; the session's notices go away by themselves"""
    text = StringProperty("")
    cursor = NumericProperty(0)
    selection = ListProperty([0, 0])
    """start and end of what is selected; the cursor twice for nothing"""
    underlined = ListProperty([0, 0])
    """start and end of the word that the choices are for"""
    choices = ListProperty()
    notice = StringProperty("")
    preview = StringProperty("")
    shows_popups = BooleanProperty(True)
    """whether the letter of a tapped key is shown above it"""
    shift = ObjectProperty(Shift.OFF)
    can_undo = BooleanProperty(False)
    can_redo = BooleanProperty(False)
    keyboard_height = NumericProperty(320.0)
    """px"""
    column = NumericProperty(360.0)
    """px: as wide as the keys"""
    arrangement = StringProperty("full")
    """where the keys are: one of keys.layout.Arrangement"""
    keyboard_size = StringProperty("medium")
    """one of layout.SIZES"""

    __events__ = ("on_settings", "on_emoji", "on_practice", "on_globe", "on_word")

    def __init__(self, session: TypingSession, field: OwnField, **properties: object) -> None:
        """field: the sink of the session's writer; the page shows its text."""
        load_kv(Path(__file__).with_suffix(".kv"))
        self.session = session
        self._field = field
        super().__init__(**properties)
        self._keys = PhysicalKeys(session, self.ids.text)
        self.bind(size=self._fit, keyboard_size=self._fit, grid=self._fit)
        session.subscribe(self.refresh)
        self.refresh()

    def on_settings(self) -> None:
        """The settings button was tapped."""

    def on_emoji(self) -> None:
        """The emoji button was tapped."""

    def on_practice(self) -> None:
        """The practice button was tapped."""

    def on_globe(self) -> None:
        """The globe key was tapped."""

    def on_word(self, word: str) -> None:
        """That candidate was held."""

    def hold(self, index: int) -> None:
        """Tells that a candidate was held."""
        if index < len(self.session.choices):
            self.dispatch("on_word", self.session.choices[index])

    def on_enter(self) -> None:
        self._keys.listen()

    def on_leave(self) -> None:
        self._keys.release()

    def refresh(self) -> None:
        """Shows the session as it is now."""
        writer = self.session.writer
        self.text, self.cursor = self._field.text, self._field.cursor
        self.choices, self.notice, self.preview = self.session.offers, self.session.notice, self.session.preview
        self.shift, self.can_undo, self.can_redo = self.session.shift, writer.can_undo, writer.can_redo
        self.selection = list(writer.selection)
        word = self.session.correctable
        self.underlined = [word.start, word.end] if word is not None else [0, 0]

    def act(self, action: str) -> None:
        """Does what an action key says."""
        if action == "globe":
            self.dispatch("on_globe")
        else:
            self.session.action(action)

    def place_cursor(self, offset: int) -> None:
        self.session.edit(lambda writer: writer.move_to(offset))

    def undo(self) -> None:
        self.session.edit(Writer.undo)

    def redo(self) -> None:
        self.session.edit(Writer.redo)

    def clear(self) -> None:
        self.session.edit(Writer.clear)
        self.session.say(CLEARED)

    def select(self, anchor: int, offset: int) -> None:
        self.session.edit(lambda writer: writer.select(anchor, offset))

    def select_word(self, offset: int) -> None:
        self.session.edit(lambda writer: writer.select_word(offset))

    def copy(self) -> None:
        """Puts the selection, or the whole text, into the clipboard."""
        copy(self.session)

    def cut(self) -> None:
        cut(self.session)

    def paste(self) -> None:
        paste(self.session)

    def _fit(self, *_: object) -> None:
        area = keyboard_area(self.width, self.height, self.keyboard_size)
        self.keyboard_height = area.height
        if min(self.size) > 0 and self.grid is not None:  # toolbar, text and candidates share the edges of the keys
            self.column = fit((), self.grid.width, complete(self.grid)[1], area).area.width
