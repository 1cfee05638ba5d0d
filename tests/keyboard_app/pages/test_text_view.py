"""A text on a page: a tap finds its place, the cursor stays in sight, a drag scrolls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keyboard_app.pages.text_view import BLINK_S, N_BLINKS, TextView
from tests.support.window_driver import WindowDriver, open_window

LONG = "\n".join(f"line {at}" for at in range(100))


@pytest.fixture
def driver() -> Iterator[WindowDriver]:
    with open_window(lambda: TextView(text="one two three\nfour", padding=10, margin=20), (360, 200)) as opened:
        yield opened


@pytest.fixture
def view(driver: WindowDriver) -> TextView:
    result: TextView = driver.root
    return result


@pytest.fixture
def places(view: TextView) -> list[int]:
    """Where the text was tapped."""
    tapped: list[int] = []
    view.bind(on_place=lambda _, offset: tapped.append(offset))
    return tapped


@pytest.mark.parametrize("offset", [0, 5, 13, 14, 18])
def test_a_tap_at_the_cursors_place_finds_its_offset(driver: WindowDriver, view: TextView, places: list[int], offset: int) -> None:
    x, bottom = view.cursor_place(offset)
    driver.tap(x, bottom + view.line_height / 2)
    assert places == [offset]


def test_a_tap_beside_and_below_the_text_finds_its_end(driver: WindowDriver, view: TextView, places: list[int]) -> None:
    driver.tap(350, 185)
    driver.tap(350, 5)
    driver.tap(3, 5)
    assert places == [13, 18, 14]


def test_a_tap_after_a_word_at_the_edge_stays_on_its_line(driver: WindowDriver, view: TextView, places: list[int]) -> None:
    view.text = "word " * 30
    driver.frames()
    end = view.line_ends(0)[1]
    assert view.text[end] == " "
    assert view.cursor_place(end)[1] == view.cursor_place(0)[1]
    assert view.cursor_place(end + 1)[1] < view.cursor_place(0)[1]
    driver.tap(358, view.cursor_place(0)[1] + 5)
    assert places == [end]


def test_the_cursor_is_scrolled_into_sight(driver: WindowDriver, view: TextView) -> None:
    view.text = LONG
    view.cursor = len(LONG)
    driver.frames(2)
    assert view.scroll == view.highest_scroll > 0
    view.cursor = 0
    driver.frames()
    assert view.scroll == 0


def test_a_drag_scrolls_and_sets_no_cursor(driver: WindowDriver, view: TextView, places: list[int]) -> None:
    view.text = LONG
    driver.frames(2)
    driver.swipe([(100, 20), (100, 120)], 60)
    assert view.scroll == pytest.approx(100, abs=3)
    assert places == []
    driver.swipe([(100, 20), (100, -5000)], 40)
    assert view.scroll == 0


def test_a_narrower_window_breaks_the_lines_anew(driver: WindowDriver, view: TextView) -> None:
    view.text = "word " * 20
    driver.frames(2)
    before = view.line_ends(0)[1]
    driver.resize(200, 200)
    assert view.line_ends(0)[1] < before


def test_up_and_down_keep_the_column(driver: WindowDriver, view: TextView) -> None:
    view.text = "iiii\nmmmm\niiii"
    driver.frames(2)
    assert view.line_above(0, -1) == 5
    assert view.line_above(5, 1) == 0
    assert view.line_above(7, 1) == 4
    assert view.line_above(2, 1) == 0
    assert view.line_above(12, -1) == 14


SHALOM = "\u05e9\u05dc\u05d5\u05dd"


def test_hebrew_stands_at_the_right_and_its_cursor_goes_left(driver: WindowDriver, view: TextView, places: list[int]) -> None:
    view.text = f"{SHALOM} {SHALOM}\nfour"
    driver.frames()
    xs = [view.cursor_place(offset)[0] for offset in range(10)]
    assert xs == sorted(xs, reverse=True)
    assert xs[0] == view.right - view.margin
    assert view.cursor_place(10)[0] == view.x + view.margin
    for offset in (0, 3, 9):
        x, bottom = view.cursor_place(offset)
        driver.tap(x, bottom + view.line_height / 2)
        driver.frames(60)  # or the next one would be the second of two taps
    assert places == [0, 3, 9]
    assert [view.runs_left(offset) for offset in (0, 9, 10)] == [True, True, False]


def test_a_selection_of_hebrew_and_latin_is_drawn_where_the_text_is(driver: WindowDriver, view: TextView) -> None:
    view.text = f"ab {SHALOM} cd"
    driver.frames()
    spans = list(view._spans(1, 5))
    assert len(spans) == 2  # b and a space; the first two letters of shalom, which are its rightmost
    assert spans[0][0] == round(view.cursor_place(1)[0])
    assert spans[1][0] + spans[1][2] == pytest.approx(view.cursor_place(3)[0], abs=1)


def test_the_cursor_stops_blinking_when_nobody_writes(driver: WindowDriver, view: TextView) -> None:
    def blinks() -> bool:
        before = view._cursor_shows
        driver.run_for(BLINK_S * 1000 + 20)
        return bool(view._cursor_shows != before)

    assert blinks()
    driver.run_for((N_BLINKS + 2) * BLINK_S * 1000)
    assert view._cursor_shows and not blinks()
    view.cursor = 3
    driver.frames()
    assert blinks()
