"""The pages of the docked window: the keys with the candidate bar, and the handle of the hidden dock."""

from __future__ import annotations

from pathlib import Path

from kivy.input.motionevent import MotionEvent
from kivy.properties import BooleanProperty, ListProperty, ObjectProperty, StringProperty
from kivy.uix.screenmanager import Screen
from kivy.uix.widget import Widget

from keyboard_app.keys.keyboard import Keyboard  # noqa: F401  named in dock.kv
from keyboard_app.pages.candidate_bar import CandidateBar  # noqa: F401  named in dock.kv
from keyboard_app.pages.clipboard import copy_text
from keyboard_app.session.outlet import Outlet
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.style.widgets import load_kv
from keyboard_app.text.shift import Shift

WAITING = "Not written yet: {text}"
SIGNS = {
    "password": "Password: nothing is shown or learnt",
    "number": "Number",
    "email": "E-mail address",
    "url": "Web address",
    "terminal": "Terminal",
}
"""What the bar says about a field, by its purpose."""


class Grip(Widget):
    """A place to drag the window by. Dispatches `on_drag(start)` for each move of the finger, and `on_drop`.

    start: where the finger came down, in pixels from the window's top left corner; None once it has moved.
    """

    __events__ = ("on_drag", "on_drop")

    def on_drag(self, start: tuple[float, float] | None) -> None:
        """The finger is down, or has moved."""

    def on_drop(self) -> None:
        """The finger was lifted."""

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self.disabled or not self.collide_point(*touch.pos):
            return False
        touch.grab(self)
        x, y = self.to_window(*touch.opos)
        self.dispatch("on_drag", (x, self.get_root_window().height - y))
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        self.dispatch("on_drag", None)
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self.dispatch("on_drag", None)  # the last move may have come with the lift
        self.dispatch("on_drop")
        return True


class DockPage(Screen):
    """Shows a typing session that writes into other programs.

    Dispatches `on_settings`, `on_practice` (never), `on_globe`, `on_hide`, and `on_word(word)` when a candidate is held; for its grips,
    `on_move(start)`, `on_resize(start)` and `on_drop`.
    """

    grid = ObjectProperty()
    """engine.Grid"""
    message = StringProperty("")
    """shown until the person closes it"""
    choices = ListProperty()
    notice = StringProperty("")
    preview = StringProperty("")
    arrangement = StringProperty("full")
    """where the keys are: one of keys.layout.Arrangement"""
    keyboard_size = StringProperty("medium")
    """of no use here: the dock has a height of its own"""
    shows_popups = BooleanProperty(True)
    """whether the letter of a tapped key is shown above it"""
    shift = ObjectProperty(Shift.OFF)
    waiting = StringProperty("")
    """what could not be delivered"""
    waiting_title = StringProperty("")
    purpose = StringProperty("text")
    """of the field that is written into"""
    sign = StringProperty("")
    """what kind of field is written into; "" for plain text"""
    floating = BooleanProperty(False)

    __events__ = ("on_settings", "on_emoji", "on_practice", "on_globe", "on_word", "on_hide", "on_move", "on_resize", "on_drop")

    def __init__(self, session: TypingSession, outlet: Outlet, **properties: object) -> None:
        load_kv(Path(__file__).with_suffix(".kv"))
        self.session = session
        self._outlet = outlet
        super().__init__(**properties)
        session.subscribe(self.refresh)
        self.refresh()

    def on_settings(self) -> None:
        """The settings button was tapped."""

    def on_emoji(self) -> None:
        """The emoji button was tapped."""

    def on_practice(self) -> None:
        """For those who have a page of the same kind that practises."""

    def on_globe(self) -> None:
        """The globe key was tapped."""

    def on_word(self, word: str) -> None:
        """That candidate was held."""

    def hold(self, index: int) -> None:
        """Tells that a candidate was held."""
        if index < len(self.session.choices):
            self.dispatch("on_word", self.session.choices[index])

    def on_hide(self) -> None:
        """The button that hides the window was tapped."""

    def on_move(self, start: tuple[float, float] | None) -> None:
        """The grip was dragged; start: as from a `Grip`."""

    def on_resize(self, start: tuple[float, float] | None) -> None:
        """The grip at the corner was dragged; likewise."""

    def on_drop(self) -> None:
        """A grip was let go."""

    def refresh(self) -> None:
        """Shows the session as it is now."""
        session = self.session
        self.choices, self.preview, self.shift = session.offers, session.preview, session.shift
        self.notice = session.notice or self._outlet.sink.trouble
        self.waiting = self._outlet.waiting
        self.waiting_title = WAITING.format(text=self.waiting.replace("\n", " ")) if self.waiting else ""
        self.purpose = self._outlet.purpose
        self.sign = SIGNS.get(self._outlet.purpose, "")

    def act(self, action: str) -> None:
        """Does what an action key says."""
        if action == "globe":
            self.dispatch("on_globe")
        else:
            self.session.action(action)

    def copy_waiting(self) -> None:
        if copy_text(self.waiting, self.session):
            self._outlet.take_waiting()
        self.refresh()

    def insert_waiting(self) -> None:
        if self._outlet.sink.listening:
            self._outlet.insert_waiting()
        self.refresh()


class HandlePage(Screen):
    """The handle of the hidden dock. Dispatches `on_show`."""

    __events__ = ("on_show",)

    def __init__(self, **properties: object) -> None:
        load_kv(Path(__file__).with_name("dock.kv"))
        super().__init__(**properties)

    def on_show(self) -> None:
        """The handle was tapped."""
