"""The keyboard in a real window, touched by fingers through Kivy's event loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.core.image import Image
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from engine import Grid, Swipe, language_of
from keyboard_app.keys.alternates import alternates
from keyboard_app.keys.keyboard import Keyboard
from keyboard_app.keys.layout import Area, keyboard_area
from keyboard_app.keys.trail import TRAIL_MS
from keyboard_app.style.theme import DARK, LIGHT
from keyboard_app.text.shift import Shift
from keyboard_app.touch.gestures import LONG_PRESS_MS, REPEAT_DELAY_MS
from tests.support.window_driver import Finger, WindowDriver, open_window

PHONE = (360, 640)


@dataclass
class Typing:
    """A keyboard in a window, and what it reported."""

    driver: WindowDriver
    keyboard: Any
    """a Keyboard, whose layout is there"""
    typed: list[str] = field(default_factory=list)
    """text, and the names of actions in angle brackets"""
    swipes: list[Swipe] = field(default_factory=list)
    progress: list[Swipe | None] = field(default_factory=list)

    def at(self, name: str) -> tuple[float, float]:
        """The middle of a key by its label or action, px."""
        placed = (placed for placed in self.keyboard.layout_of_keys.keys if name in (placed.key.label, placed.key.action))
        centre: tuple[float, float] = next(one.centre for one in placed)
        return centre

    def tap(self, *names: str) -> None:
        for name in names:
            self.driver.tap(*self.at(name))

    def hold(self, name: str, ms: float = LONG_PRESS_MS + 60) -> None:
        """Puts the finger on the key and leaves it there."""
        self.driver.down(*self.at(name))
        self.driver.run_for(ms)

    def swipe(self, *names: str, ms: float = 200, finger: int = 0) -> None:
        self.driver.swipe([self.at(name) for name in names], ms, finger)

    @property
    def text(self) -> str:
        return "".join(self.typed)


@contextmanager
def typing_on(grid: Grid, size: tuple[int, int] = PHONE) -> Iterator[Typing]:
    def build() -> FloatLayout:
        area = keyboard_area(*size)
        root = FloatLayout()
        root.add_widget(Keyboard(grid=grid, size_hint=(1, None), height=area.height, pos=(area.x, area.y)))
        return root

    with open_window(build, size) as driver:
        typing = Typing(driver, driver.root.children[0])
        typing.keyboard.bind(
            on_key=lambda _, label: typing.typed.append(label),
            on_type=lambda _, text: typing.typed.append(text),
            on_action=lambda _, name: typing.typed.append(f"<{name}>"),
            on_slide=lambda _, action, steps: typing.typed.append(f"<{action} {steps}>"),
            on_slide_end=lambda _, action: typing.typed.append(f"<{action} end>"),
            on_swipe=lambda _, swipe: typing.swipes.append(swipe),
            on_swipe_progress=lambda _, swipe: typing.progress.append(swipe),
        )
        yield typing


@pytest.fixture
def typing(qwerty: Grid) -> Iterator[Typing]:
    with typing_on(qwerty) as typing:
        yield typing


def test_taps_type_letters_and_name_actions(typing: Typing) -> None:
    typing.tap("h", "i", ",", "space", "shift", "backspace", "enter", "globe")
    assert typing.text == "hi,<space><shift><backspace><enter><globe>"
    assert typing.swipes == typing.progress == []


def test_the_case_of_a_letter_is_left_to_who_writes_it(typing: Typing) -> None:
    """What is tapped may be written later, after the word of a swipe that was made before."""
    typing.keyboard.shift = Shift.ONCE
    typing.tap("h")
    typing.keyboard.shift = Shift.OFF
    typing.tap("h")
    assert typing.text == "hh"


def test_a_swipe_goes_through_its_keys_in_grid_units(typing: Typing, qwerty: Grid) -> None:
    typing.swipe("h", "e", "l", "o", ms=400)
    (swipe,) = typing.swipes
    for letter, end in (("h", 0), ("o", -1)):
        key = qwerty.letter_key(letter)
        assert (swipe.x[end], swipe.y[end]) == pytest.approx((key.centre_x, key.centre_y), abs=0.5)
    keys = [qwerty.key_at(x, y) for x, y in zip(swipe.x, swipe.y, strict=True)]
    assert {qwerty.letter_key(letter) for letter in "helo"} <= set(keys)
    assert 350 < swipe.t[-1] < 800
    assert len(swipe) > 8
    assert typing.text == ""


def test_a_swipe_is_reported_while_it_goes_on(typing: Typing) -> None:
    typing.swipe("h", "e", "l", "o", ms=400)
    *during, last = typing.progress
    assert last is None
    lengths = [len(swipe) for swipe in during if swipe]
    assert len(lengths) == len(during)
    assert len(lengths) >= 3
    assert lengths == sorted(set(lengths))
    assert lengths[-1] <= len(typing.swipes[0])


def test_tapped_keys_are_shown_pressed(typing: Typing) -> None:
    view = typing.keyboard.view
    typing.driver.down(*typing.at("g"))
    typing.driver.up()
    assert {key.label for key in view.pressed} == {"g"}
    typing.driver.until(lambda: not view.pressed)
    typing.driver.down(*typing.at("g"))
    typing.driver.until(lambda: view.pressed)
    assert typing.text == "g"  # the second one is not lifted yet
    typing.driver.up()
    typing.driver.down(*typing.at("space"))
    assert "space" in {key.action for key in view.pressed}
    typing.driver.up()


def test_the_letter_of_a_tapped_key_pops_up_and_that_of_a_swiped_one_does_not(typing: Typing) -> None:
    popups = typing.keyboard.key_popups
    typing.driver.down(*typing.at("g"))
    typing.driver.up()
    assert {key.label for key in popups.pressed} == {"g"}
    typing.driver.run_for(200)
    assert not popups.pressed
    typing.driver.drag([typing.at("g"), typing.at("t"), typing.at("o")], 300)
    assert not popups.pressed
    typing.driver.up()
    typing.keyboard.shows_popups = False
    typing.driver.tap(*typing.at("g"))
    assert not popups.pressed


def test_swiped_keys_are_not_shown_pressed(typing: Typing) -> None:
    shown: list[object] = []
    typing.keyboard.view.bind(pressed=lambda _, pressed: shown.append(pressed))
    typing.driver.down(*typing.at("t"))
    for name in "yo":
        typing.driver.move(*typing.at(name))
        typing.driver.run_for(150)
    typing.driver.up()
    typing.driver.frames(3)
    assert len(typing.swipes) == 1
    assert not any(shown)


def test_symbols_lie_behind_a_key_and_the_letters_behind_another(typing: Typing) -> None:
    typing.tap("toNumberState", "7", "@", "toNumberState", "€", "toNumberState", "7", "toLetters", "q")
    assert typing.text == "7@€7q"


def test_a_space_leads_back_from_symbols_to_letters(typing: Typing) -> None:
    typing.tap("toNumberState", "7", "space", "q")
    assert typing.text == "7<space>q"


def test_slides_are_told_with_their_steps_and_their_end(typing: Typing) -> None:
    layout = typing.keyboard.layout_of_keys
    x, y = typing.at("space")
    typing.driver.swipe([(x, y), (x + 0.9 * layout.key_width, y)], 200)
    assert typing.text == "<space 1><space end>"
    typing.typed.clear()
    x, y = typing.at("backspace")
    typing.driver.swipe([(x, y), (x - 1.7 * layout.key_width, y)], 200)
    assert typing.text == "<backspace -1><backspace -2><backspace end>"


def test_sliding_from_shift_types_a_capital(typing: Typing) -> None:
    typing.driver.swipe([typing.at("shift"), typing.at("d")], 200)
    assert typing.text == "D"


def test_a_swipe_may_begin_a_few_pixels_above_the_keys(typing: Typing, qwerty: Grid) -> None:
    x, _ = typing.at("t")
    typing.driver.swipe([(x, typing.keyboard.top + 8), typing.at("h"), typing.at("e")], 300)
    (swipe,) = typing.swipes
    assert swipe.y[0] < 0
    assert abs(swipe.x[0] - qwerty.letter_key("t").centre_x) < 10
    typing.driver.tap(x, typing.keyboard.top + 8)
    assert typing.text == ""


def test_nothing_is_swiped_on_symbols(typing: Typing) -> None:
    typing.tap("toNumberState")
    typing.swipe("1", "9")
    assert typing.swipes == []
    assert typing.text == ""


def test_a_long_press_writes_the_first_alternate(typing: Typing) -> None:
    typing.hold("e")
    typing.driver.up()
    assert typing.text == "3"
    assert not typing.keyboard.popup.options


def test_sliding_chooses_an_alternate(typing: Typing) -> None:
    typing.keyboard.shift = Shift.ONCE
    typing.hold("e")
    x, y = typing.at("e")
    typing.driver.move(x + typing.keyboard.layout_of_keys.key_width, y)
    typing.driver.up()
    assert typing.text == "É"


def test_an_alternate_is_chosen_from_far_in_its_row(typing: Typing) -> None:
    typing.hold("a")
    popup = typing.keyboard.popup
    x, y = typing.at("a")
    typing.driver.move(x + 0.3 * popup.width, y + 0.6 * typing.keyboard.layout_of_keys.key_height)
    typing.driver.move(popup.x + 0.95 * popup.width, popup.center_y)
    last = popup.options[-1]
    typing.driver.up()
    assert typing.text == last
    assert typing.swipes == []


@pytest.mark.parametrize("word", ["she", "ask", "it's"])
def test_a_finger_that_rests_first_and_then_swipes_beside_the_row_draws_a_word(typing: Typing, word: str) -> None:
    """Two of a hundred real swipes rest so long on their first key that its alternates open."""
    first, *others = [letter for letter in word if letter.isalpha()]
    typing.hold(first)
    assert typing.keyboard.popup.options
    x, y = typing.at(first)
    for letter in others:
        to_x, to_y = typing.at(letter)
        for share in (0.25, 0.5, 0.75, 1.0):
            typing.driver.move(x + share * (to_x - x), y + share * (to_y - y))
        x, y = to_x, to_y
    typing.driver.up()
    assert typing.text == ""
    assert len(typing.swipes) == 1


def test_a_second_finger_may_choose_the_alternate(typing: Typing) -> None:
    typing.hold("a")
    popup = typing.keyboard.popup
    assert popup.options[:3] == ["à", "á", "â"]
    typing.driver.tap(popup.x + 2.5 * popup.width / len(popup.options), popup.center_y, finger=1)
    typing.driver.up()
    assert typing.text == "â"
    assert not popup.options


@pytest.mark.parametrize("size", [(320, 480), PHONE, (1280, 800)])
def test_alternates_stay_in_the_window(qwerty: Grid, size: tuple[int, int]) -> None:
    with typing_on(qwerty, size) as typing:
        popup, layout = typing.keyboard.popup, typing.keyboard.layout_of_keys
        for placed in layout.keys:
            options = alternates(language_of(qwerty), qwerty, placed.key) or ("a",)
            popup.open(placed, options, placed.centre, Area(0, 0, *size))
            assert popup.x >= popup.margin
            assert popup.right + popup.margin <= size[0]
            assert popup.top + popup.margin <= size[1]
            assert popup.y > placed.y + placed.h
            assert popup.chosen == options[0]


def test_a_long_press_that_moves_away_becomes_a_swipe(typing: Typing, qwerty: Grid) -> None:
    typing.hold("p")
    assert typing.keyboard.popup.options
    typing.driver.move(*typing.at("p"))
    for name in "oiu":
        typing.driver.move(*typing.at(name))
        typing.driver.frames(2)
    typing.driver.up()
    assert typing.text == ""
    (swipe,) = typing.swipes
    assert qwerty.key_at(swipe.x[0], swipe.y[0]) == qwerty.letter_key("p")
    assert not typing.keyboard.popup.options


def test_held_backspace_repeats(typing: Typing) -> None:
    typing.hold("backspace", REPEAT_DELAY_MS + 300)
    typing.driver.up()
    assert typing.typed.count("<backspace>") >= 3
    n = len(typing.typed)
    typing.driver.run_for(150)
    assert len(typing.typed) == n


def test_two_thumbs_type_in_order(typing: Typing) -> None:
    for finger, letter in enumerate("keyboards"):
        typing.driver.down(*typing.at(letter), finger=finger)
        typing.driver.frames()
        if finger:
            typing.driver.up(finger=finger - 1)
    typing.driver.up(finger=8)
    assert typing.text == "keyboards"
    assert typing.swipes == []


def test_what_a_second_finger_taps_comes_after_the_swipe(typing: Typing) -> None:
    order: list[str] = []
    typing.keyboard.bind(on_swipe=lambda *_: order.append("swipe"), on_key=lambda _, label: order.append(label))
    typing.driver.drag([typing.at("h"), typing.at("e")], 120, finger=0)
    typing.driver.tap(*typing.at("m"), finger=1)
    assert order == []
    typing.driver.up(finger=0)
    assert order == ["swipe", "m"]


def test_a_swipe_may_begin_at_the_edge_and_leave_the_keys(typing: Typing) -> None:
    _, y = typing.at("q")
    typing.driver.swipe([(0, y), typing.at("w"), (120, 600), typing.at("t")], 250)
    assert len(typing.swipes) == 1
    assert typing.swipes[0].y.min() < 0  # above the keys


def test_touches_beside_the_keyboard_are_not_its_own(typing: Typing) -> None:
    typing.driver.tap(180, 600)
    assert typing.text == ""


@pytest.mark.parametrize(("button", "expected"), [("left", "g"), ("right", ""), ("scrolldown", "")])
def test_only_the_left_button_of_a_mouse_types(typing: Typing, button: str, expected: str) -> None:
    x, y = typing.at("g")
    touch = Finger(0, (x / (PHONE[0] - 1), y / (PHONE[1] - 1)))
    touch.profile, touch.button = ["pos", "button"], button
    for step in ("begin", "end"):
        EventLoop.post_dispatch_input(step, touch)
    assert typing.text == expected


def test_the_window_s_size_may_change_during_a_swipe(typing: Typing) -> None:
    typing.driver.drag([typing.at("h"), typing.at("e")], 100)
    typing.driver.resize(640, 480)
    typing.driver.move(*typing.at("t"))
    typing.driver.up()
    assert len(typing.swipes) == 1
    typing.tap("a")
    assert typing.text == "a"


def test_another_grid_is_typed_on_at_once(typing: Typing, grids: dict[str, Grid]) -> None:
    typing.driver.drag([typing.at("h"), typing.at("e")], 100)
    typing.keyboard.grid = grids["yandex_ru"]
    typing.driver.up()
    assert typing.swipes == []  # its keys went away under the finger
    typing.driver.frames(2)
    typing.tap("ж")
    typing.hold("е")
    typing.driver.up()
    assert typing.text == "жё"
    typing.swipe("п", "р", "и")
    assert len(typing.swipes) == 1


def test_a_grid_of_letters_alone_can_be_written_on(qwerty: Grid) -> None:
    with typing_on(Grid("letters", qwerty.width, 519.0, qwerty.letter_keys)) as typing:
        typing.tap("h", "space", "backspace", "enter", "toNumberState", "1", "toLetters", "shift")
        assert typing.text == "h<space><backspace><enter>1<shift>"


def test_a_keyboard_without_a_grid_waits_for_one(qwerty: Grid) -> None:
    with open_window(lambda: BoxLayout(), PHONE) as driver:
        keyboard: Any = Keyboard()
        driver.root.add_widget(keyboard)
        driver.frames()
        driver.tap(100, 100)
        keyboard.grid = qwerty
        driver.frames()
        assert len(keyboard.layout_of_keys.keys) == 34


def test_a_keyboard_taken_out_of_the_window_gives_its_fingers_up(typing: Typing) -> None:
    typing.driver.drag([typing.at("h"), typing.at("e")], 100)
    typing.driver.root.remove_widget(typing.keyboard)
    typing.driver.up()
    typing.driver.frames(2)
    assert typing.swipes == []
    assert typing.progress[-1] is None


def test_no_frames_are_spent_while_nothing_is_touched(typing: Typing) -> None:
    before = len(Clock.get_events())
    typing.swipe("h", "e")
    typing.tap("a")
    typing.driver.run_for(TRAIL_MS + 250)  # pressed keys and trails are gone
    assert len(Clock.get_events()) <= before


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_previewed_word_stands_above_the_keys(typing: Typing, theme: object, tmp_path: Path) -> None:
    typing.keyboard.theme = theme
    before = pixels(typing.driver, tmp_path / "before.png")
    typing.keyboard.preview_word = "hello"
    typing.driver.frames(2)
    bubble, keys = typing.keyboard.bubble, typing.keyboard.layout_of_keys.area
    assert bubble.y >= keys.y + keys.height
    assert bubble.x >= 0
    during = pixels(typing.driver, tmp_path / "during.png")
    changed = np.argwhere((before != during).any(axis=2))
    assert changed[:, 0].min() >= PHONE[1] - bubble.top - 2
    assert changed[:, 0].max() <= PHONE[1] - bubble.y + 2
    typing.keyboard.preview_word = ""
    assert (pixels(typing.driver, tmp_path / "after.png") == before).all()


def test_the_previewed_word_hides_the_older_candidates_and_no_text(typing: Typing) -> None:
    typing.keyboard.preview_word = "hello"
    bubble = typing.keyboard.bubble
    for headroom in (36, 48):
        typing.keyboard.headroom = headroom
        typing.driver.frames(2)
        assert typing.keyboard.top <= bubble.y
        assert bubble.top <= typing.keyboard.top + headroom + 1
        assert bubble.font_size > 0.5 * headroom


def test_the_longest_word_fits_into_the_smallest_window(qwerty: Grid) -> None:
    with typing_on(qwerty, (320, 480)) as typing:
        typing.keyboard.preview_word = "counterrevolutionaries"
        typing.driver.frames(3)
        assert typing.keyboard.bubble.x >= 0
        assert typing.keyboard.bubble.right <= 320


def test_a_swipe_leaves_a_trail_that_fades(typing: Typing, tmp_path: Path) -> None:
    before = pixels(typing.driver, tmp_path / "before.png")
    typing.driver.drag([typing.at("a"), typing.at("l")], 150)
    x, y = typing.at("k")
    row, column = PHONE[1] - 1 - round(y), round(x)
    during = pixels(typing.driver, tmp_path / "during.png")
    assert (during[row, column] != before[row, column]).any()
    typing.driver.up()
    typing.driver.run_for(TRAIL_MS + 250)
    assert (pixels(typing.driver, tmp_path / "after.png") == before).all()


def pixels(driver: WindowDriver, path: Path) -> np.ndarray:
    """What the window shows: (height, width, 4), from the top."""
    driver.frames()
    data = Image(str(driver.screenshot(path)), keep_data=True, nocache=True).image._data[0]
    return np.frombuffer(data.data, dtype=np.uint8).reshape(data.height, data.width, -1)
