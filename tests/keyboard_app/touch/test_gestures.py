"""What fingers mean, played as a list of touches without a window."""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Grid, Key, language_of, load_grids
from keyboard_app.keys.alternates import alternates
from keyboard_app.touch.events import Cancelled, End, Event, Lifted, LongPress, Place, Repeat, Slid, Swiped, Tap
from keyboard_app.touch.gestures import (
    FLICK_MS,
    LONG_PRESS_MS,
    PRESS_MS,
    REPEAT_DELAY_MS,
    REPEAT_INTERVAL_MS,
    STILL_MS,
    TYPING_MS,
    Touches,
)

QWERTY = load_grids()["qwerty_en"]
FRAME_MS = 16.0
WIDTH = QWERTY.key_width


class Hand:
    """Fingers on the English grid, at times of their own choosing. Remembers what was told, with the time."""

    def __init__(self) -> None:
        self.touches = Touches(WIDTH, lambda key: bool(alternates(language_of(QWERTY), QWERTY, key)))
        self.t = 0.0
        self.at: dict[int, tuple[float, float]] = {}
        self.told: list[Event] = []

    def down(self, where: str | tuple[float, float], finger: int = 0) -> None:
        self.at[finger] = x, y = spot(where)
        self.told += self.touches.down(finger, Place(x, y, QWERTY.key_at(x, y)), self.t)

    def slide(self, dx: float, dy: float = 0.0, finger: int = 0, steps: int = 4) -> None:
        """Moves by so many key widths in so many frames."""
        for _ in range(steps):
            self.wait(FRAME_MS)
            x, y = self.at[finger]
            self.move_to((x + dx * WIDTH / steps, y + dy * WIDTH / steps), finger)

    def move_to(self, where: str | tuple[float, float], finger: int = 0) -> None:
        self.at[finger] = x, y = spot(where)
        self.told += self.touches.move(finger, Place(x, y, QWERTY.key_at(x, y)), self.t)

    def draw(self, word: str, finger: int = 0, ms_per_key: float = 100.0) -> None:
        """From the key under the finger to those of the word, in frames."""
        for letter in word:
            start, end = np.array(self.at[finger]), np.array(spot(letter))
            for share in np.linspace(0, 1, round(ms_per_key / FRAME_MS) + 1)[1:]:
                self.wait(FRAME_MS)
                x, y = start + share * (end - start)
                self.move_to((float(x), float(y)), finger)

    def up(self, finger: int = 0) -> None:
        self.told += self.touches.up(finger, self.t)

    def wait(self, ms: float) -> None:
        """Lets frames go by."""
        end = self.t + ms
        while self.t < end:
            self.t = min(end, self.t + FRAME_MS)
            self.told += self.touches.tick(self.t)

    def tap(self, where: str | tuple[float, float], finger: int = 0, ms: float = 70.0) -> None:
        self.down(where, finger)
        self.wait(ms)
        self.up(finger)


def key(name: str) -> Key:
    return next(key for key in QWERTY.keys if name in (key.label, key.action))


def spot(where: str | tuple[float, float]) -> tuple[float, float]:
    """The middle of a key, or the point itself."""
    return where if isinstance(where, tuple) else (key(where).centre_x, key(where).centre_y)


def ends(events: Sequence[Event]) -> list[End]:
    return [event for event in events if not isinstance(event, LongPress | Repeat | Slid)]


def tapped(hand: Hand) -> str:
    """What was tapped, in its order; / where a word was swiped."""
    return "".join("/" if isinstance(event, Swiped) else event.key.label or "_" for event in hand.told if isinstance(event, Tap | Swiped))


@pytest.fixture
def hand() -> Hand:
    return Hand()


# --- one finger ---


def test_a_touch_without_movement_is_a_tap(hand: Hand) -> None:
    hand.tap("g")
    assert hand.told == [Tap(0, key("g"))]
    assert hand.touches.idle


def test_a_tap_that_slides_over_a_border_types_the_key_where_it_began(hand: Hand) -> None:
    hand.down((key("g").x + 0.9 * WIDTH, key("g").centre_y))
    hand.slide(0.4)
    hand.up()
    assert hand.told == [Tap(0, key("g"))]


@pytest.mark.parametrize("word", ["we", "as", "er", "op", "up", "oh", "to", "sa", "gb"])
def test_short_words_between_near_keys_can_be_swiped(hand: Hand, word: str) -> None:
    hand.down(word[0])
    hand.draw(word[1])
    assert hand.touches.swiping == (0,)
    hand.up()
    assert hand.told == [Swiped(0)]


def test_a_short_drawn_we_from_within_the_first_key_is_a_swipe(hand: Hand) -> None:
    hand.down((key("w").x + 0.7 * WIDTH, key("w").centre_y))
    hand.slide(0.7, steps=7)
    hand.up()
    assert hand.told == [Swiped(0)]


def test_sliding_along_one_high_key_is_a_tap(hand: Hand) -> None:
    hand.down((key("g").centre_x, key("g").y + 5))
    hand.slide(0, 1.4)  # the key is 1.6 widths high
    hand.up()
    assert hand.told == [Tap(0, key("g"))]


def test_a_slip_of_a_quick_tap_is_a_tap(hand: Hand) -> None:
    hand.down((key("g").x + 0.9 * WIDTH, key("g").centre_y))
    hand.slide(0.8, steps=4)
    assert hand.t < FLICK_MS
    hand.up()
    assert hand.told == [Tap(0, key("g"))]


def test_a_quick_long_flick_is_a_swipe(hand: Hand) -> None:
    hand.down("t")
    hand.slide(4, 0, steps=3)
    hand.up()
    assert hand.told == [Swiped(0)]


def test_a_swipe_that_returns_to_its_first_key_stays_a_swipe(hand: Hand) -> None:
    hand.down("p")
    hand.draw("op")
    hand.up()
    assert hand.told == [Swiped(0)]


@pytest.mark.parametrize("start", ["shift", "space", ",", (540.0, -30.0), (1200.0, 80.0)])
def test_a_swipe_may_begin_where_nothing_is_swiped(hand: Hand, start: str | tuple[float, float]) -> None:
    hand.down(start)
    hand.draw("dog")
    hand.up()
    assert hand.told == [Swiped(0)]


@pytest.mark.parametrize("start", ["shift", "space", "backspace", "enter", "."])
def test_a_tap_beside_the_letters_that_slides_up_a_whole_key_is_a_tap(hand: Hand, start: str) -> None:
    hand.down(start)
    hand.slide(0, -1.0)
    hand.up()
    assert hand.told == [Tap(0, key(start))]


def test_sliding_along_the_space_bar_goes_step_by_step_and_back(hand: Hand) -> None:
    hand.down((key("space").x + 10, key("space").centre_y))
    hand.slide(2.6, steps=50)
    hand.slide(-1.0, steps=20)
    hand.up()
    space = key("space")
    assert hand.told == [*(Slid(0, space, steps) for steps in (1, 2, 3, 4, 5, 4, 3)), Lifted(0)]


def test_a_slip_on_the_space_bar_is_a_space(hand: Hand) -> None:
    hand.down("space")
    hand.slide(0.7)
    hand.up()
    assert hand.told == [Tap(0, key("space"))]


def test_sliding_left_from_backspace_selects_word_by_word_and_writes_none(hand: Hand) -> None:
    hand.down("backspace")
    hand.slide(-2.5, steps=50)
    hand.up()
    assert hand.told == [*(Slid(0, key("backspace"), steps) for steps in (-1, -2, -3)), Lifted(0)]
    hand.told = []
    hand.down("backspace")
    hand.move_to("m")
    hand.up()
    assert [type(event) for event in hand.told] == [Slid, Lifted]


@pytest.mark.parametrize("letter", "azqdp")
def test_sliding_from_shift_to_a_letter_makes_it_a_capital(hand: Hand, letter: str) -> None:
    hand.down("shift")
    x, y = spot(letter)
    start = hand.at[0]
    for share in np.linspace(0, 1, 12):
        hand.move_to((start[0] + share * (x - start[0]), start[1] + share * (y - start[1])))
        hand.wait(FRAME_MS)
    hand.up()
    assert hand.told == [Tap(0, key(letter), capital=True)]


def test_a_slip_while_tapping_fast_is_a_tap_and_so_is_what_comes_after(hand: Hand) -> None:
    """As a screen of 60 Hz tells a slip of 0.65 key in 70 ms: the finger comes down and goes up between two frames."""
    hand.tap("h")
    hand.wait(TYPING_MS + 50)
    hand.down("e")
    for _ in range(5):
        hand.slide(0.65 / 5, steps=1)
    hand.up()
    for letter in "re":
        hand.wait(90)
        hand.down(letter)
        hand.slide(0.65, steps=4)
        hand.up()
    assert tapped(hand) == "here"


def test_a_swipe_may_leave_the_keys_and_come_back(hand: Hand) -> None:
    hand.down("w")
    hand.move_to((key("e").centre_x, -60.0))
    hand.draw("r")
    hand.slide(0, -4)
    hand.wait(300)
    hand.up()
    assert hand.told == [Swiped(0)]


def test_a_touch_beside_all_keys_is_nothing(hand: Hand) -> None:
    hand.tap((500.0, -100.0))
    assert hand.told == [Cancelled(0)]


def test_a_finger_that_slides_off_the_keys_types_nothing(hand: Hand) -> None:
    hand.down("t")
    hand.slide(0, -3)
    hand.up()
    assert hand.told == [Cancelled(0)]


# --- resting fingers ---


def test_a_finger_that_rests_on_a_letter_chooses_among_alternates(hand: Hand) -> None:
    hand.down("e")
    hand.wait(LONG_PRESS_MS - FRAME_MS)
    assert hand.told == []
    hand.wait(2 * FRAME_MS)
    assert hand.told == [LongPress(0, key("e"))]
    hand.slide(1.0)  # to another alternate
    hand.up()
    assert hand.told == [LongPress(0, key("e")), Lifted(0)]


def test_a_key_without_alternates_is_tapped_however_long(hand: Hand) -> None:
    hand.tap("m", ms=2000)
    hand.tap("space", ms=2000)
    assert hand.told == [Tap(0, key("m")), Tap(0, key("space"))]


def test_a_swipe_that_hesitates_is_a_swipe_also_after_a_long_press(hand: Hand) -> None:
    hand.down("e")
    hand.wait(LONG_PRESS_MS + 100)
    hand.slide(3)
    hand.touches.escape(0)
    hand.draw("u")
    hand.up()
    assert hand.told == [LongPress(0, key("e")), Swiped(0)]


def test_a_swipe_that_rests_on_its_way_is_no_long_press(hand: Hand) -> None:
    hand.down("e")
    hand.draw("i")
    hand.wait(3000)
    hand.draw("t")
    hand.up()
    assert hand.told == [Swiped(0)]


def test_held_backspace_repeats_after_a_delay(hand: Hand) -> None:
    hand.down("backspace")
    hand.wait(REPEAT_DELAY_MS + 5 * (REPEAT_INTERVAL_MS + FRAME_MS))
    hand.up()
    repeats = [event for event in hand.told if isinstance(event, Repeat)]
    assert 5 <= len(repeats) <= 7
    assert hand.told == [*repeats, Lifted(0)]


def test_a_slow_frame_makes_up_for_no_repeats(hand: Hand) -> None:
    hand.down("backspace")
    hand.t = 5000.0
    assert hand.touches.tick(hand.t) == [Repeat(0, key("backspace"))]
    assert hand.touches.tick(hand.t) == []


def test_a_slow_frame_makes_no_long_press_of_a_tap_or_a_swipe(hand: Hand) -> None:
    hand.down("e")
    hand.t = 60.0
    hand.up()
    hand.down("e")
    hand.t += 1000.0  # nothing was polled meanwhile
    hand.move_to("i")
    hand.up()
    assert hand.told == [Tap(0, key("e")), Swiped(0)]


def test_a_letter_is_shown_pressed_once_the_finger_rests_there(hand: Hand) -> None:
    hand.down("g", 0)
    hand.down("space", 1)
    assert hand.touches.pressed(hand.t) == {key("space")}  # no swipe begins there, or hardly ever
    hand.wait(PRESS_MS)
    assert hand.touches.pressed(hand.t) == {key("g"), key("space")}
    hand.slide(0.3, finger=0)
    assert hand.touches.pressed(hand.t) == {key("space")}


# --- several fingers ---


def test_two_thumbs_that_roll_over_type_in_the_order_of_coming_down(hand: Hand) -> None:
    for letter, following, finger in zip("typing", "yping ", itertools.cycle([0, 1]), strict=False):
        if finger not in hand.at or letter == "t":
            hand.down(letter, finger)
        hand.wait(50)
        if following != " ":
            hand.down(following, 1 - finger)  # the next is down before this is up
        hand.wait(30)
        hand.up(finger)
    assert tapped(hand) == "typing"


def test_the_second_finger_may_be_lifted_first(hand: Hand) -> None:
    hand.down("a", 0)
    hand.wait(30)
    hand.tap("p", 1, ms=40)
    assert hand.told == []
    hand.wait(40)
    hand.up(0)
    assert hand.told == [Tap(0, key("a")), Tap(1, key("p"))]


def test_slides_of_almost_a_key_in_fast_typing_are_taps(hand: Hand) -> None:
    for finger, letter in enumerate("quick"):
        hand.down((key(letter).x + 0.5 * WIDTH, key(letter).centre_y), finger % 2)
        hand.slide(0.8 if finger else 0.5, steps=6)
        hand.up(finger % 2)
        hand.wait(30)
    assert tapped(hand) == "quick"


def test_a_short_swipe_counts_again_when_the_typing_has_paused(hand: Hand) -> None:
    for pause, expected in ((TYPING_MS / 2, "aw"), (TYPING_MS + 50, "a/")):
        hand = Hand()
        hand.tap("a")
        hand.wait(pause)
        hand.down((key("w").x + 0.6 * WIDTH, key("w").centre_y))
        hand.slide(0.8, steps=10)
        hand.up()
        assert tapped(hand) == expected


def test_a_tap_during_a_swipe_comes_after_it(hand: Hand) -> None:
    hand.down("h", 0)
    hand.draw("e", 0)
    hand.tap("l", 1)
    hand.draw("lo", 0)
    assert hand.told == []
    hand.up(0)
    assert hand.told == [Swiped(0), Tap(1, key("l"))]


def test_two_swipes_at_once_are_both_kept(hand: Hand) -> None:
    hand.down("a", 0)
    hand.draw("s", 0)
    hand.down("o", 1)
    hand.draw("n", 1)
    hand.up(1)
    assert hand.told == []
    hand.draw("d", 0)
    hand.up(0)
    assert hand.told == [Swiped(0), Swiped(1)]


def test_a_thumb_that_rests_blocks_others_for_a_moment_only(hand: Hand) -> None:
    hand.down("m", 5)
    hand.wait(100)
    hand.tap("t", 0)
    hand.wait(LONG_PRESS_MS)
    assert hand.told == [Tap(0, key("t"))]
    hand.tap("o", 0)
    assert tapped(hand) == "to"
    hand.up(5)
    assert hand.told[-1] == Cancelled(5)  # it typed nothing while others did


def test_a_thumb_that_rests_on_space_types_none_when_others_come(hand: Hand) -> None:
    hand.down("space", 5)
    hand.wait(3000)
    hand.tap("t", 0)
    assert hand.told == [Tap(0, key("t"))]


def test_no_alternates_open_under_a_finger_that_others_wait_for(hand: Hand) -> None:
    hand.down("e", 5)
    hand.wait(200)
    hand.down("t", 0)
    hand.wait(LONG_PRESS_MS - 50)
    hand.up(0)
    hand.up(5)
    assert hand.told == [Tap(0, key("t")), Cancelled(5)]


def test_another_finger_closes_the_alternates(hand: Hand) -> None:
    hand.down("e", 0)
    hand.wait(LONG_PRESS_MS + 50)
    hand.tap("t", 1)
    hand.up(0)
    assert hand.told == [LongPress(0, key("e")), Cancelled(0), Tap(1, key("t"))]


@pytest.mark.parametrize("held_ms", [50.0, 2000.0])
def test_shift_held_by_one_thumb_comes_before_the_others_letter(hand: Hand, held_ms: float) -> None:
    hand.down("shift", 0)
    hand.wait(held_ms)
    hand.down("a", 1)
    assert hand.told == [Tap(0, key("shift"))]
    hand.wait(60)
    hand.up(1)
    hand.up(0)
    assert hand.told == [Tap(0, key("shift")), Tap(1, key("a"))]


def test_a_swipe_that_stands_still_for_long_ends_for_those_who_wait(hand: Hand) -> None:
    hand.down("h", 0)
    hand.draw("e", 0)
    hand.wait(2 * STILL_MS)
    assert hand.told == []  # nobody waits
    hand.tap("t", 1)
    hand.wait(FRAME_MS)
    assert hand.told == [Swiped(0), Tap(1, key("t"))]
    hand.draw("l", 0)
    hand.up(0)
    assert len(hand.told) == 2


# --- what goes wrong ---


def test_a_cancelled_finger_means_nothing_and_blocks_nobody(hand: Hand) -> None:
    hand.down("h", 0)
    hand.draw("e", 0)
    hand.tap("t", 1)
    hand.told += hand.touches.cancel(0)
    assert hand.told == [Cancelled(0), Tap(1, key("t"))]
    hand.up(0)
    assert len(hand.told) == 2


def test_keys_that_go_away_keep_what_was_done(hand: Hand) -> None:
    hand.down("h", 0)
    hand.draw("e", 0)
    hand.tap("t", 1)
    hand.down("o", 2)
    hand.told += hand.touches.cancel_all()
    assert hand.told == [Cancelled(0), Tap(1, key("t")), Cancelled(2)]
    assert hand.touches.idle


def test_a_finger_whose_lift_was_lost_begins_anew(hand: Hand) -> None:
    hand.down("a")
    hand.down("b")
    hand.up()
    assert hand.told == [Cancelled(0), Tap(0, key("b"))]


def test_fingers_that_were_never_down_are_ignored(hand: Hand) -> None:
    hand.up(3)
    hand.move_to("a", 3)
    assert hand.told == hand.touches.cancel(3) == []


# --- whatever fingers do ---

STEPS = st.tuples(
    st.sampled_from(["down", "move", "up", "cancel", "wait", "escape"]),
    st.integers(0, 3),
    st.tuples(st.floats(-200, 1300), st.floats(-200, 800)),
    st.floats(0, 900),
)


@given(st.lists(STEPS, max_size=40))
def test_every_touch_has_one_end_and_none_waits_for_ever(steps: list[tuple[str, int, tuple[float, float], float]]) -> None:
    hand = Hand()
    n_down = [0] * 4
    is_down = [False] * 4
    for what, finger, place, ms in steps:
        hand.wait(ms) if what == "wait" else setattr(hand, "t", hand.t + ms / 50)
        if what == "down":
            hand.down(place, finger)
            n_down[finger] += 1
            is_down[finger] = True
        elif what == "move" and is_down[finger]:
            hand.move_to(place, finger)
        elif what == "up":
            hand.up(finger)
            is_down[finger] = False
        elif what == "cancel":
            hand.told += hand.touches.cancel(finger)
        elif what == "escape":
            hand.touches.escape(finger)
    for finger in range(4):
        hand.up(finger)
    assert hand.touches.idle
    assert [sum(event.finger == finger for event in ends(hand.told)) for finger in range(4)] == n_down


@given(st.lists(st.tuples(st.sampled_from("qwertasdfgzxcvb"), st.integers(20, 160), st.integers(20, 160), st.floats(0, 0.5)), min_size=1))
def test_fast_taps_are_never_swipes_and_never_change_places(taps: list[tuple[str, int, int, float]]) -> None:
    """Fingers come down one after the other, and each is lifted when it likes; each slides by up to half a key."""
    hand = Hand()
    moments: list[tuple[float, int, str, str]] = []
    t = 0.0
    for finger, (letter, gap, duration, _) in enumerate(taps):
        t += gap
        moments += [(t, finger, "down", letter), (t + duration / 2, finger, "slide", letter), (t + duration, finger, "up", letter)]
    for t, finger, what, letter in sorted(moments, key=lambda moment: moment[:2]):
        hand.wait(t - hand.t)
        x, y = spot(letter)
        if what == "down":
            hand.down((x, y), finger)
        elif what == "slide":
            hand.move_to((x + taps[finger][3] * WIDTH, y), finger)
        else:
            hand.up(finger)
    assert tapped(hand) == "".join(letter for letter, *_ in taps)


def test_nearly_all_real_swipes_of_two_and_three_letters_are_swipes(shared_data: Path) -> None:
    """Of people, some of whom touched one key only. The figures for all of them stand in gestures.py."""
    swiped: list[bool] = []
    with gzip.open(shared_data / "how_we_swipe" / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in itertools.islice(lines, 4000):
            row = json.loads(line)
            if len(row["word"]) in (2, 3):
                swiped.append(is_swipe(QWERTY, row["curve"]))
    assert len(swiped) > 400
    assert np.mean(swiped) > 0.99


def is_swipe(grid: Grid, curve: dict[str, list[float]]) -> bool:
    """Whether a recorded trace, played to the touches as a finger's, is a swipe."""
    touches = Touches(grid.key_width, lambda key: False)
    events: list[Event] = []
    for at, (x, y, t) in enumerate(zip(curve["x"], curve["y"], curve["t"], strict=True)):
        place = Place(x, y, grid.key_at(x, y))
        events += touches.move(0, place, t) if at else touches.down(0, place, t)
    return Swiped(0) in events + touches.up(0, curve["t"][-1])
