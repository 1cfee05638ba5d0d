"""What fingers mean: turns touches that come, move, rest and go into taps, swipes, long presses and repeats.

    down ---> undecided --lift-------------------------> Tap
                 |--moves far, over another letter-----> (swiping) --lift--> Swiped
                 |--rests on a key with alternates-----> LongPress --lift--> Lifted
                 |--rests on backspace-----------------> Repeat, Repeat ... --lift--> Lifted
                 |--slides on space, from backspace----> Slid, Slid ... --lift--> Lifted
                 `--rests while others type------------> (resting: holds nobody up, and may still become any of these)

Every finger that comes down ends in exactly one of Tap, Swiped, Lifted and Cancelled, in the order the fingers came down: a later
finger waits for an earlier one. Nobody waits for ever: see LONG_PRESS_MS and STILL_MS.

Source: measured on How We Swipe's training set. With TAP_TRAVEL, 0.20 % of the 7,511 swipes of two letters count as taps, 0.39 % of
the 9,940 of three, 0.27 % of all 59,587 (most of these stay on one key), and five of 586 "we". With TAP_TRAVEL_TYPING it is 1.0 % and
0.45 %; with 1.2 key widths it would be 2.5 % of two letters. 2.3 % of all swipes rest at their start for longer than LONG_PRESS_MS:
that is why a long press can still become a swipe (`escape`).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from math import hypot
from typing import TYPE_CHECKING

from keyboard_app.touch.events import Cancelled, End, Event, Lifted, LongPress, Place, Repeat, Slid, Swiped, Tap

if TYPE_CHECKING:
    from engine import Key

TAP_TRAVEL = 0.6
"""Key widths: a touch that stays this close to its start is a tap, even if it leaves its key."""
TAP_TRAVEL_TYPING = 1.0
"""The same for fast typing: right after another tap, or with another finger still down."""
TYPING_MS = 350.0
"""A touch this soon after a tap counts as fast typing."""
ACTION_TRAVEL = 1.5
"""The same for a touch that starts where no word does: on space, shift or punctuation, or away from the keys."""
FLICK_MS = 100.0
FLICK_TRAVEL = 1.0
"""A touch shorter than both, in milliseconds and in key widths, was a tap that slipped. Of 8,362 real swipes (dev), seven are that fast
and that short, five of them broken off; with 80 ms, a slip of 70 ms on a screen that is read 60 times a second was taken for a word."""
SLIDE_TRAVEL = 0.8
"""Key widths that a finger moves along the space bar, or to the left from backspace, until it slides."""
SHIFT_TRAVEL = 1.2
"""Key widths from where shift was touched to a letter that is to be a capital."""
SHIFT_BEND = 1.2
"""The way there, in distances as the crow flies: more is the path of a word."""
SLIDE_STEPS = {"space": 0.5, "backspace": 0.8}
"""Key widths of a step: a character that the cursor moves, a word that is selected."""
SLIDE_OFF = 1.5
"""Key widths: a touch that leaves its key and goes this far without reaching another letter means nothing."""
HOLD_TRAVEL = 0.4
"""Key widths: a finger that stays this close to its start is at rest."""
PRESS_MS = 120.0
PRESS_TRAVEL = 0.15
"""A letter is shown pressed once a finger has rested on it for that long, within that many key widths: 24 % of real swipes start so;
with 60 ms it would be 70 %. A quicker tap is shown when it types."""
LONG_PRESS_MS = 450.0
"""A finger that rests this long makes a long press; if others are typing, it stops holding them up."""
REPEAT_DELAY_MS = 400.0
"""How long backspace must be held before it repeats."""
REPEAT_INTERVAL_MS = 60.0
STILL_MS = 1000.0
"""A swipe that stands still for this long while another finger waits for it has ended."""


class _State(Enum):
    UNDECIDED = auto()
    SWIPING = auto()
    HELD = auto()
    REPEATING = auto()
    RESTING = auto()
    SLIDING = auto()
    SHIFTING = auto()


class _Touch:
    """One finger, from when it comes down until its end is reported."""

    def __init__(self, finger: int, start: Place, t_ms: float, tap_travel: float, key_width: float) -> None:
        self.finger = finger
        self.start = start
        self.place = start
        self.tap_travel = tap_travel
        """grid units"""
        self.key_width = key_width
        """grid units"""
        self.told_steps = 0
        self.path = 0.0
        """how far it has gone, grid units"""
        self.down_ms = t_ms
        self.moved_ms = t_ms
        self.repeat_ms = t_ms + REPEAT_DELAY_MS
        self.travel = 0.0
        """the farthest that it has been from its start, grid units"""
        self.state = _State.UNDECIDED
        self.overtaken = False
        """whether a later finger was reported first"""
        self.end: End | None = None

    @property
    def blocks(self) -> bool:
        """Whether later fingers wait for this one."""
        return self.end is None and self.state in (_State.UNDECIDED, _State.SWIPING)

    def move(self, place: Place, t_ms: float) -> None:
        if (place.x, place.y) != (self.place.x, self.place.y):
            self.moved_ms = t_ms
            self.path += hypot(place.x - self.place.x, place.y - self.place.y)
        self.place = place
        distance = hypot(place.x - self.start.x, place.y - self.start.y)
        self.travel = max(self.travel, distance)
        if self.state is _State.UNDECIDED and self._slides(place):
            self.state = _State.SLIDING
        elif self.state in (_State.UNDECIDED, _State.SHIFTING) and self._slides_from_shift(distance):
            self.state = _State.SHIFTING
        elif self.state is _State.SHIFTING:
            self.state = _State.UNDECIDED
        decidable = self.state in (_State.UNDECIDED, _State.RESTING)
        if decidable and distance >= self.tap_travel and place.key is not None and place.key.is_letter and place.key != self.start.key:
            self.state = _State.SWIPING

    @property
    def steps(self) -> int:
        """How far a sliding finger is from its start, in steps."""
        return int((self.place.x - self.start.x) / (SLIDE_STEPS[self._action] * self.key_width))

    @property
    def _action(self) -> str:
        return (self.start.key.action or "") if self.start.key is not None else ""

    def _slides_from_shift(self, distance: float) -> bool:
        """Whether it has gone straight from shift to a letter; otherwise it draws a word that began there by mistake."""
        key = self.place.key
        is_on_letter = key is not None and key.is_letter and distance >= SHIFT_TRAVEL * self.key_width
        return self._action == "shift" and is_on_letter and self.path <= SHIFT_BEND * distance

    def _slides(self, place: Place) -> bool:
        across = place.x - self.start.x
        if self._action == "space" and place.key == self.start.key:
            return abs(across) >= SLIDE_TRAVEL * self.key_width
        return self._action == "backspace" and across <= -SLIDE_TRAVEL * self.key_width


class Touches:
    """Works out what fingers mean. Times are milliseconds on any clock that never goes back; positions are in grid units."""

    def __init__(self, key_width: float, has_alternates: Callable[[Key], bool]) -> None:
        """key_width: of a typical letter, grid units. has_alternates: whether long-pressing the key offers anything."""
        self._key_width = key_width
        self._has_alternates = has_alternates
        self._touches: list[_Touch] = []
        """those whose end is not yet reported, in the order they came down"""
        self._tap_ms = float("-inf")
        """when the last tap ended"""

    def pressed(self, t_ms: float) -> frozenset[Key]:
        """The keys to show pressed. A letter is one only once its finger rests, so that keys do not flash when a swipe starts."""
        return frozenset(touch.start.key for touch in self._touches if touch.start.key is not None and self._is_pressing(touch, t_ms))

    @property
    def swiping(self) -> tuple[int, ...]:
        """The fingers that are swiping now, in the order they came down."""
        return tuple(touch.finger for touch in self._touches if touch.end is None and touch.state is _State.SWIPING)

    @property
    def idle(self) -> bool:
        """Whether no finger is down, and nothing is left to report."""
        return not self._touches

    def make_way(self, t_ms: float) -> list[Event]:
        """What ends because another finger comes down now. Call it before looking up that finger's key: the page may change."""
        for touch in self._touches:
            self._yield(touch, t_ms)
        return self._told()

    def down(self, finger: int, place: Place, t_ms: float) -> list[Event]:
        events = self.cancel(finger) + self.make_way(t_ms)  # if it is down already, its lift was lost
        self._touches.append(_Touch(finger, place, t_ms, self._tap_travel(place, t_ms) * self._key_width, self._key_width))
        return events + self.tick(t_ms)

    def move(self, finger: int, place: Place, t_ms: float) -> list[Event]:
        touch = self._open(finger)
        slid: list[Event] = []
        if touch is not None:
            touch.move(place, t_ms)
            slid = self._slide(touch)
        return slid + self.tick(t_ms)

    def up(self, finger: int, t_ms: float) -> list[Event]:
        """The finger was lifted, where it was last."""
        touch = self._open(finger)
        if touch is not None:
            touch.end = self._end(touch, t_ms)
            if isinstance(touch.end, Tap) and touch.end.key.action != "shift":
                self._tap_ms = t_ms
        return self.tick(t_ms)

    def cancel(self, finger: int) -> list[Event]:
        """The window took the finger away: it meant nothing, unless it was lifted before."""
        touch = self._open(finger)
        if touch is not None:
            touch.end = Cancelled(finger)
        return self._told()

    def cancel_all(self) -> list[Event]:
        """The keys go away under the fingers. Only what lifted fingers did still counts."""
        for touch in self._touches:
            touch.end = touch.end or Cancelled(touch.finger)
        return self._told()

    def escape(self, finger: int) -> None:
        """A long press has moved away from its alternates: it is a swipe."""
        touch = self._open(finger)
        if touch is not None and touch.state is _State.HELD:
            touch.state = _State.SWIPING

    def tick(self, t_ms: float) -> list[Event]:
        """What has become of resting fingers. Call it every frame while not `idle`."""
        events: list[Event] = []
        for at, touch in enumerate(self._touches):
            if touch.end is None:
                blocked = any(earlier.blocks for earlier in self._touches[:at])
                events += self._rest(touch, t_ms, blocked, waited_for=at + 1 < len(self._touches))
        return events + self._told()

    def _slide(self, touch: _Touch) -> list[Event]:
        """What a finger does by sliding."""
        key = touch.start.key
        if touch.state is not _State.SLIDING or key is None or touch.steps == touch.told_steps:
            return []
        touch.told_steps = touch.steps
        return [Slid(touch.finger, key, touch.steps)]

    def _open(self, finger: int) -> _Touch | None:
        """That finger's touch; None if it has been lifted, or its end is decided."""
        return next((touch for touch in self._touches if touch.finger == finger and touch.end is None), None)

    def _rest(self, touch: _Touch, t_ms: float, blocked: bool, waited_for: bool) -> list[Event]:
        """What a finger does by resting. blocked: an earlier one still holds it up; waited_for: there is a later one."""
        if touch.state is _State.SWIPING and waited_for and t_ms - touch.moved_ms >= STILL_MS:
            touch.end = Swiped(touch.finger)
        if touch.state is _State.REPEATING or self._starts_repeating(touch, t_ms, blocked):
            return self._repeat(touch, t_ms)
        if touch.state is not _State.UNDECIDED or t_ms - touch.down_ms < LONG_PRESS_MS:
            return []
        key = touch.start.key
        if waited_for:
            touch.state = _State.RESTING
        elif key is not None and not blocked and touch.travel < HOLD_TRAVEL * self._key_width and self._has_alternates(key):
            touch.state = _State.HELD
            return [LongPress(touch.finger, key)]
        return []

    def _is_pressing(self, touch: _Touch, t_ms: float) -> bool:
        if touch.end is not None or touch.state is _State.SWIPING:
            return False
        may_swipe = touch.state is _State.UNDECIDED and touch.start.key is not None and touch.start.key.is_letter
        rests = t_ms - touch.down_ms >= PRESS_MS and touch.travel <= PRESS_TRAVEL * self._key_width
        return rests or not may_swipe

    def _yield(self, touch: _Touch, t_ms: float) -> None:
        """What happens to a finger that is down when another one comes down."""
        key = touch.start.key
        if touch.end is not None or key is None:
            return
        if touch.state is _State.HELD:
            touch.end = Cancelled(touch.finger)
        elif touch.state is _State.SHIFTING:
            touch.end = self._end(touch, t_ms)
        elif touch.state is _State.UNDECIDED and (key.action == "shift" or (key.action and t_ms - touch.down_ms < LONG_PRESS_MS)):
            touch.end = Tap(touch.finger, key)  # shift held for the next letter; space tapped by the other thumb
            self._tap_ms = self._tap_ms if key.action == "shift" else t_ms

    def _starts_repeating(self, touch: _Touch, t_ms: float, blocked: bool) -> bool:
        repeats = touch.start.key is not None and touch.start.key.action == "backspace"
        rests = touch.travel < HOLD_TRAVEL * self._key_width and t_ms >= touch.repeat_ms
        return touch.state is _State.UNDECIDED and repeats and rests and not blocked

    def _repeat(self, touch: _Touch, t_ms: float) -> list[Event]:
        touch.state = _State.REPEATING
        key = touch.start.key
        if key is None or t_ms < touch.repeat_ms:
            return []
        touch.repeat_ms = t_ms + REPEAT_INTERVAL_MS  # repeats missed in a slow frame are not made up for
        return [Repeat(touch.finger, key)]

    def _end(self, touch: _Touch, t_ms: float) -> End:
        """What a finger meant that has now been lifted."""
        if touch.state in (_State.HELD, _State.REPEATING, _State.SLIDING):
            return Lifted(touch.finger)
        if touch.state is _State.SHIFTING:
            to = touch.place.key
            return Tap(touch.finger, to, capital=True) if to is not None and to.is_letter else Cancelled(touch.finger)
        flicked = t_ms - touch.down_ms < FLICK_MS and touch.travel < FLICK_TRAVEL * self._key_width
        if touch.state is _State.SWIPING and not flicked:
            return Swiped(touch.finger)
        slid_off = touch.travel > SLIDE_OFF * self._key_width and touch.place.key != touch.start.key
        if touch.start.key is None or slid_off or touch.overtaken:
            return Cancelled(touch.finger)
        return Tap(touch.finger, touch.start.key)

    def _told(self) -> list[Event]:
        """Reports the ends that no longer have to wait, in their order."""
        events: list[Event] = []
        resting: list[_Touch] = []
        for touch in self._touches[:]:
            if touch.blocks:
                break
            if touch.end is None:
                resting.append(touch)
                continue
            events.append(touch.end)
            self._touches.remove(touch)
            for earlier in resting:
                earlier.overtaken = True
        return events

    def _tap_travel(self, place: Place, t_ms: float) -> float:
        """How many key widths a touch that starts now may travel as a tap."""
        if place.key is None or not place.key.is_letter:
            return ACTION_TRAVEL
        others = (touch for touch in self._touches if touch.state is _State.UNDECIDED)
        typing = t_ms - self._tap_ms < TYPING_MS or any(t_ms - touch.down_ms < LONG_PRESS_MS for touch in others)
        return TAP_TRAVEL_TYPING if typing else TAP_TRAVEL
