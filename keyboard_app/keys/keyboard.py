"""The keyboard widget: keys, trails and touches."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.input.motionevent import MotionEvent
from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.floatlayout import FloatLayout

from engine import language_of
from keyboard_app.keys.alternates import alternates, hints
from keyboard_app.keys.alternates_popup import AlternatesPopup
from keyboard_app.keys.grid_view import GridView
from keyboard_app.keys.key_popups import KeyPopups
from keyboard_app.keys.layout import Area, KeyLayout, complete, fit
from keyboard_app.keys.symbol_pages import letters_for, number_page, symbol_pages
from keyboard_app.keys.trail import Trail, thickness_on
from keyboard_app.keys.word_bubble import WordBubble
from keyboard_app.style.theme import LIGHT
from keyboard_app.text.shift import Shift
from keyboard_app.touch.clock import clock_ms
from keyboard_app.touch.events import Cancelled, Event, Lifted, LongPress, Place, Repeat, Slid, Swiped, Tap
from keyboard_app.touch.gestures import Touches
from keyboard_app.touch.swipe_recorder import SwipeRecorder

if TYPE_CHECKING:
    from engine import Key, Swipe

PREVIEW_MS = 15.0
"""The least time between two reports of an unfinished swipe: about a frame. PreviewFilter picks some of them."""
FEEDBACK_MS = 80.0
"""A tapped key is shown pressed for at least this long."""
ABOVE = 0.4
"""Key heights: a finger that comes down this little above the keys and moves onto them swipes."""
REPORTED = {"space", "enter", "backspace", "shift", "globe"}
"""Actions that are reported for others to do. Any others that a grid may have do nothing."""

Builder.load_file(str(Path(__file__).with_name("keyboard.kv")), encoding="utf-8")


class Keyboard(FloatLayout):
    """The keys of a grid, to tap and to swipe on, with pages of symbols and with alternates.

    Dispatches on_key(label), on_type(text), on_action(one of `REPORTED`), on_swipe(engine.Swipe), and, while a finger is swiping,
    on_swipe_progress(engine.Swipe), with None once that has ended.
    """

    grid = ObjectProperty(None, allownone=True)
    """engine.Grid | None"""
    theme = ObjectProperty(LIGHT, rebind=True)
    shift = ObjectProperty(Shift.OFF)
    """the case that letters are shown in"""
    purpose = StringProperty("text")
    """one of text.sink.Purpose: numbers, e-mail and web addresses have keys of their own"""
    arrangement = StringProperty("full")
    """one of layout.Arrangement"""
    shows_popups = BooleanProperty(True)
    """whether the letter of a tapped key is shown above it"""
    preview_word = StringProperty("")
    """shown above the keys; "" for none"""
    headroom = NumericProperty(0.0)
    """px above the keys that the shown word may hide, such as older candidates; 0: as much as it needs"""

    __events__ = ("on_key", "on_type", "on_action", "on_slide", "on_slide_end", "on_swipe", "on_swipe_progress")

    def __init__(self, **properties: Any) -> None:
        self._pages: tuple[tuple[Key, ...], ...] = ()
        self._page = 0
        self._touches = Touches(1.0, self._has_alternates)
        self._recorders: dict[int, SwipeRecorder] = {}
        self._trailed: set[int] = set()
        self._slides: dict[int, str] = {}
        """the fingers that slide, and the action of the key that they began on"""
        self._held: int | None = None
        """the finger that is choosing an alternate"""
        self._flashed: dict[Key, float] = {}
        """tapped keys, and until when they are shown pressed"""
        self._reported: tuple[int, int] | None = None
        """the finger of the last report, and how many points it had"""
        self._reported_ms = 0.0
        super().__init__(**properties)
        self.view, self.trail, self.bubble, self.popup = GridView(), Trail(), WordBubble(), AlternatesPopup()
        self.key_popups = KeyPopups()
        for widget in (self.view, self.trail, self.key_popups, self.bubble, self.popup):
            self.add_widget(widget)
            self.bind(theme=widget.setter("theme"))
            widget.theme = self.theme
        self.bind(shift=self.key_popups.setter("shift"))
        self.view.bind(layout_of_keys=self.key_popups.setter("layout_of_keys"))
        self.bind(shift=self.view.setter("shift"), preview_word=self.bubble.setter("word"))
        self.view.shift, self.bubble.word = self.shift, self.preview_word
        self.bind(pos=self._lay_out, size=self._lay_out, arrangement=self._lay_out, headroom=self._lay_out, parent=self._give_up)
        self.bind(grid=self._use_grid, purpose=self._use_grid)
        self.bubble.bind(size=self._place_bubble, word=self._place_bubble)
        self._frames = Clock.create_trigger(self._tick, 0, interval=True)
        self._use_grid()

    @property
    def layout_of_keys(self) -> KeyLayout | None:
        """Where the keys of the current page are in the window; None without a grid or a size."""
        return self.view.layout_of_keys  # type: ignore[no-any-return]

    def on_key(self, label: str) -> None:
        """The key of that letter or sign was tapped; its case is up to the listener."""

    def on_type(self, text: str) -> None:
        """An alternate was chosen: it is written as it is."""

    def on_action(self, name: str) -> None:
        """A key with an action of `REPORTED` was tapped, or is repeating."""

    def on_slide(self, action: str, steps: int) -> None:
        """A finger slides along the space bar, or to the left from backspace: it is that many steps from its start."""

    def on_slide_end(self, action: str) -> None:
        """The finger that slid was lifted."""

    def on_swipe(self, swipe: Swipe) -> None:
        """A word was swiped."""

    def on_swipe_progress(self, swipe: Swipe | None) -> None:
        """A finger has swiped this much so far; None: that has ended."""

    # --- touches ---

    def on_touch_down(self, touch: MotionEvent) -> bool:
        if self._held is not None and self.popup.choose_at(*touch.pos):
            self._write_alternate()
            return True
        if self.layout_of_keys is None or not _is_finger(touch):
            return False
        if not self.collide_point(*touch.pos):
            touch.ud[self] = self._is_just_above(touch)  # it may still become a swipe that began too high
            return False
        self._begin(touch)
        return True

    def on_touch_move(self, touch: MotionEvent) -> bool:
        if touch.grab_current is None and touch.ud.get(self) and self.collide_point(*touch.pos):
            touch.ud[self] = False
            self._begin(touch)
            self._move(touch, clock_ms(touch.time_update))
            return True
        if touch.grab_current is not self:
            return False
        self._move(touch, clock_ms(touch.time_update))
        return True

    def on_touch_up(self, touch: MotionEvent) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        t_ms = clock_ms(max(touch.time_end, touch.time_update))
        self._move(touch, t_ms)
        self._tell(self._touches.up(touch.uid, t_ms))
        return True

    def _begin(self, touch: MotionEvent) -> None:
        """Takes a touch, from where it came down."""
        touch.grab(self)
        t_ms = clock_ms(touch.time_start)
        self._tell(self._touches.make_way(t_ms))
        place = self._place(*touch.opos)
        self._recorders[touch.uid] = SwipeRecorder()
        self._recorders[touch.uid].add(place.x, place.y, t_ms)
        self._tell(self._touches.down(touch.uid, place, t_ms))
        self._frames()

    def _is_just_above(self, touch: MotionEvent) -> bool:
        layout: KeyLayout = self.view.layout_of_keys
        top = layout.area.y + layout.area.height
        return bool(0 <= touch.y - top <= ABOVE * layout.key_height and self.x <= touch.x <= self.right)

    def _place(self, x: float, y: float) -> Place:
        """A point of the window, px."""
        layout: KeyLayout = self.view.layout_of_keys
        return Place(*layout.to_grid(x, y), layout.nearest_key(x, y))

    def _move(self, touch: MotionEvent, t_ms: float) -> None:
        finger = touch.uid
        if finger not in self._recorders or self.layout_of_keys is None:
            return  # its end has been reported
        place = self._place(*touch.pos)
        self._recorders[finger].add(place.x, place.y, t_ms)
        self._tell(self._touches.move(finger, place, t_ms))
        if finger == self._held:
            self.popup.slide(*touch.pos)
            if self.popup.is_left(*touch.pos):
                self._close_alternates()
                self._touches.escape(finger)
        if finger in self._trailed:
            self.trail.extend(finger, *touch.pos)
        elif finger in self._touches.swiping:
            self._begin_trail(finger)
        self._report()

    def _tick(self, _dt: float) -> None:
        now = clock_ms()
        self._tell(self._touches.tick(now))
        self._report()
        self._flashed = {key: until for key, until in self._flashed.items() if until > now}
        self._show_pressed()
        if self._touches.idle and not self._flashed:
            self._frames.cancel()

    def _give_up(self, *_: object) -> None:
        """Cancels all touches, because the keys under them go away."""
        self._tell(self._touches.cancel_all())

    # --- what touches mean ---

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case Tap(_, key, capital=True):
                    self._flashed[key] = clock_ms() + FEEDBACK_MS
                    self.dispatch("on_type", Shift.ONCE.letter(key.label or "", self.view.dotless))
                case Tap(_, key) | Repeat(_, key):
                    self._tap(key)
                case Slid(finger, key, steps):
                    self._slides[finger] = str(key.action)
                    self.dispatch("on_slide", key.action, steps)
                case LongPress(finger, key):
                    self._open_alternates(finger, key)
                case Swiped(finger):
                    self._end_report(finger)
                    self.dispatch("on_swipe", self._recorders[finger].swipe())
                case Lifted(finger):
                    self._end_slide(finger)
                    if finger == self._held:
                        self._write_alternate()
                case Cancelled(finger):
                    self._end_slide(finger)
                    if finger == self._held:
                        self._close_alternates()
            if not isinstance(event, LongPress | Repeat | Slid):
                self._forget(event.finger)
        self._show_pressed()

    def press(self, key: Key) -> None:
        """Does what tapping a key of this page does, for those who press it in another way."""
        self._tap(key)
        self._frames()

    def _tap(self, key: Key) -> None:
        self._flashed[key] = clock_ms() + FEEDBACK_MS
        if key.label is not None:
            self.dispatch("on_key", key.label)
        elif key.action == "toNumberState":
            self._turn_to(self._page % (len(self._pages) - 1) + 1)
        elif key.action == "toLetters":
            self._turn_to(0)
        elif key.action in REPORTED:
            self.dispatch("on_action", key.action)
            if key.action == "space" and self._page:
                self._turn_to(0)

    def _end_slide(self, finger: int) -> None:
        action = self._slides.pop(finger, None)
        if action is not None:
            self.dispatch("on_slide_end", action)

    def _forget(self, finger: int) -> None:
        self._end_report(finger)
        self._recorders.pop(finger, None)
        self._trailed.discard(finger)
        self.trail.end(finger)

    def _report(self) -> None:
        """Reports the swipe that began first, if it has moved since the last time."""
        now = clock_ms()
        for finger in self._touches.swiping[:1]:
            state = (finger, len(self._recorders[finger]))
            if state != self._reported and now - self._reported_ms >= PREVIEW_MS:
                self._reported, self._reported_ms = state, now
                self.dispatch("on_swipe_progress", self._recorders[finger].swipe())

    def _end_report(self, finger: int) -> None:
        if self._reported is not None and self._reported[0] == finger:
            self._reported = None
            self.dispatch("on_swipe_progress", None)

    # --- alternates ---

    def _has_alternates(self, key: Key) -> bool:
        return bool(alternates(self._language, self.grid, key, self.shift))

    def _open_alternates(self, finger: int, key: Key) -> None:
        layout = self.view.layout_of_keys
        start = layout.to_px(*self._recorders[finger].last)
        bounds = Area(self.x, self.y, self.width, self._window_top - self.y)
        self.popup.open(layout.placed(key), alternates(self._language, self.grid, key, self.shift), start, bounds)
        self._held = finger

    def _write_alternate(self) -> None:
        finger, chosen = self._held, self.popup.chosen
        self._close_alternates()
        self.dispatch("on_type", chosen)
        if finger is not None:
            self._tell(self._touches.cancel(finger))

    def _close_alternates(self) -> None:
        self.popup.close()
        self._held = None

    # --- what is shown ---

    def _use_grid(self, *_: object) -> None:
        self._give_up()
        grid, view = self.grid, self.view
        self._touches = Touches(1.0 if grid is None else grid.key_width, self._has_alternates)
        if grid is None:
            self._pages = ()
        else:
            language = self._language = language_of(grid)
            self.view.dotless = self.key_popups.dotless = grid.has_letter("ı")
            numbers = (number_page(grid),) if self.purpose == "number" else ()
            self._pages = (letters_for(self.purpose, complete(grid)[0]), *numbers, *symbol_pages(language, grid))
            view.hints, view.space_label, view.letters_label = (
                hints(language, grid),
                language.space_label(grid),
                language.letters_label(grid),
            )
        self._turn_to(1 if grid is not None and self.purpose == "number" else 0)

    def _turn_to(self, page: int) -> None:
        self._give_up()
        self._page = page
        self._lay_out()

    def _lay_out(self, *_: object) -> None:
        if self.grid is None or self.width <= 0 or self.height <= 0:
            self.view.layout_of_keys = None
            return
        area = Area(self.x, self.y, self.width, self.height)
        layout = fit(self._pages[self._page], self.grid.width, complete(self.grid)[1], area, self.arrangement)
        self.view.layout_of_keys = layout
        self.trail.thickness = thickness_on(layout)
        self._place_bubble()

    def _place_bubble(self, *_: object) -> None:
        layout = self.layout_of_keys
        if layout is not None:
            self.bubble.place(layout, self.top, self.headroom, self._window_top)

    @property
    def _window_top(self) -> float:
        """How far up the bubble and the alternates may go, px."""
        root = self.get_root_window()
        return float((root or self).height)

    def _begin_trail(self, finger: int) -> None:
        self._trailed.add(finger)
        layout = self.view.layout_of_keys
        first, *rest = [layout.to_px(x, y) for x, y in self._recorders[finger].points]
        self.trail.begin(finger, *first)
        for point in rest:
            self.trail.extend(finger, *point)

    def _show_pressed(self) -> None:
        self.view.pressed = self._touches.pressed(clock_ms()) | self._flashed.keys()
        self.key_popups.pressed = self.view.pressed if self.shows_popups and not self.popup.options else frozenset()


def _is_finger(touch: MotionEvent) -> bool:
    """Whether it is a finger or the left mouse button, and not the wheel or another button."""
    return "button" not in touch.profile or touch.button == "left"
