"""The words above the keys, drawn and tapped in real windows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kivy.graphics import Rectangle

from keyboard_app.pages.candidate_bar import HEIGHT_DP, SMALLEST_CELL_DP, WORD_DP, CandidateBar, cell_widths
from keyboard_app.style.theme import DARK, px_per_dp
from tests.support.window_driver import WindowDriver, open_window

SIZES = [(360, 640), (320, 480), (1280, 800)]
LONG = ("internationalisation's", "counterrevolutionaries", "electroencephalograph", "incomprehensibilities")
RUSSIAN = ("ёж", "достопримечательность", "ответственность")
NOTICE = "grid 'yandex_ru' has no key for 'a', 'b', 'c' and 23 more of the lexicon's alphabet: take a model and a grid of one language"


class Bar:
    """A bar at the bottom of a window, and what was chosen on it."""

    def __init__(self, driver: WindowDriver, bar: CandidateBar) -> None:
        self.driver, self.bar = driver, bar
        self.chosen: list[int] = []
        bar.bind(on_choose=lambda _, index: self.chosen.append(index))

    def show(self, *choices: str, notice: str = "") -> None:
        self.bar.choices, self.bar.notice = choices, notice
        self.driver.frames(2)

    @property
    def textures(self) -> list[Rectangle]:
        """The texts that are drawn, each at its picture's own size."""
        drawn = [one for one in self.bar.canvas.children if isinstance(one, Rectangle)]
        return [one for one in drawn if tuple(one.size) == tuple(one.texture.size)]


def _bar(size: tuple[int, int], **properties: object) -> CandidateBar:
    unit = px_per_dp(*size)
    return CandidateBar(unit=unit, size_hint_y=None, height=HEIGHT_DP * unit, **properties)


def _open(size: tuple[int, int], **properties: object):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return open_window(lambda: _bar(size, **properties), size)


@given(st.lists(st.floats(1, 300), min_size=1, max_size=8), st.floats(50, 2000))
def test_cells_fill_the_room_and_give_what_is_needed_where_they_can(needs: list[float], room: float) -> None:
    widths = cell_widths(needs, room)
    assert sum(widths) == pytest.approx(room)
    for need, width in zip(needs, widths, strict=True):
        if sum(needs) <= room:
            assert width >= need - 1e-9
        else:
            assert width <= need + 1e-9
    if sum(needs) <= room:  # who got more than needed got no more than anybody else
        assert all(width == pytest.approx(need) or width == pytest.approx(min(widths)) for need, width in zip(needs, widths, strict=True))
    else:  # who got less got no less than anybody else
        assert all(width == pytest.approx(need) or width == pytest.approx(max(widths)) for need, width in zip(needs, widths, strict=True))


def test_short_words_get_equal_cells() -> None:
    assert cell_widths([50, 60, 40], 300) == [100, 100, 100]


@pytest.mark.parametrize("size", SIZES)
def test_a_tap_on_a_word_chooses_it(size: tuple[int, int]) -> None:
    with _open(size) as driver:
        shown = Bar(driver, driver.root)
        shown.show("gas", "had", "Haas")
        for index in (2, 0, 1):
            driver.tap(*shown.bar.cell_center(index))
        assert shown.chosen == [2, 0, 1]


def test_a_finger_that_slides_off_chooses_nothing() -> None:
    with _open((360, 640)) as driver:
        shown = Bar(driver, driver.root)
        shown.show("gas", "had")
        x, y = shown.bar.cell_center(0)
        for away in (shown.bar.cell_center(1), (x, shown.bar.top + 50)):
            driver.down(x, y)
            driver.move(*away)
            driver.up()
            driver.down(x, y)
            driver.move(*away)
            driver.move(x, y)
            driver.up()
        driver.frames(2)
        assert shown.chosen == []


def test_other_words_under_a_finger_that_is_down_are_not_chosen() -> None:
    """A swiped word may come while a thumb is on the bar."""
    with _open((360, 640)) as driver:
        shown = Bar(driver, driver.root)
        shown.show("gas", "had")
        driver.down(*shown.bar.cell_center(0))
        driver.frames()
        shown.show("hello", "yellow")
        driver.up()
        driver.frames()
        assert shown.chosen == []
        driver.tap(*shown.bar.cell_center(0))
        assert shown.chosen == [0]


def test_a_second_finger_does_not_disturb_the_first() -> None:
    with _open((360, 640)) as driver:
        shown = Bar(driver, driver.root)
        shown.show("gas", "had")
        driver.down(*shown.bar.cell_center(0), finger=1)
        driver.down(*shown.bar.cell_center(1), finger=2)
        driver.up(finger=2)
        driver.up(finger=1)
        driver.frames()
        assert shown.chosen == [0]


def test_touches_elsewhere_are_not_its_own() -> None:
    with _open((360, 640)) as driver:
        shown = Bar(driver, driver.root)
        shown.show("gas")
        driver.tap(180, 300)
        driver.down(180, 300)
        driver.move(*shown.bar.cell_center(0))
        driver.up()
        driver.frames()
        assert shown.chosen == []


def test_a_notice_takes_the_words_place() -> None:
    with _open((360, 640)) as driver:
        shown = Bar(driver, driver.root)
        shown.show("gas", "had", notice="No word found: swipe it again.")
        assert len(shown.textures) == 1
        driver.tap(100, 20)
        assert shown.chosen == []
        shown.show("gas", "had")
        assert len(shown.textures) == 2


def test_a_long_notice_asks_for_its_height() -> None:
    with _open((360, 640)) as driver:
        shown = Bar(driver, driver.root)
        shown.bar.bind(least_height=shown.bar.setter("height"))
        shown.show(notice=NOTICE)
        driver.frames(2)
        assert shown.bar.height > HEIGHT_DP * shown.bar.unit
        (text,) = shown.textures
        assert text.size[1] <= shown.bar.height
        shown.show("gas")
        driver.frames(2)
        assert shown.bar.height == HEIGHT_DP * shown.bar.unit


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("words", [("gas", "had", "Haas"), LONG, RUSSIAN, tuple("abcdefghijklmnop")])
def test_words_stay_in_their_cells_and_cells_in_the_bar(size: tuple[int, int], words: tuple[str, ...]) -> None:
    with _open(size) as driver:
        shown = Bar(driver, driver.root)
        shown.show(*words)
        assert shown.textures
        right = 0.0
        for text in shown.textures:
            assert text.pos[0] >= right
            assert shown.bar.y <= text.pos[1] and text.pos[1] + text.size[1] <= shown.bar.top
            right = text.pos[0] + text.size[0]
        assert right <= size[0]
        centers = [shown.bar.cell_center(index)[0] for index in range(len(shown.textures))]
        if len(centers) > 1:
            apart = min(after - before for before, after in pairwise(centers))
            assert apart >= SMALLEST_CELL_DP * shown.bar.unit - 1


def test_words_shrink_before_they_are_shortened() -> None:
    with _open((360, 640)) as driver:
        shown = Bar(driver, driver.root)
        shown.show("gas")
        tall = shown.textures[0].size[1]
        shown.show("internationalization", "internationally", "international")
        shrunk = shown.textures[0].size
        assert shrunk[1] < tall
        driver.resize(1280, 800)
        shown.show("internationalization", "internationally", "international")
        assert shown.textures[0].size[1] == tall
        narrow = shrunk[0] / shown.textures[0].size[0]
        assert narrow >= WORD_DP[-1] / WORD_DP[0] - 0.05


def test_follows_the_theme() -> None:
    with _open((360, 640), choices=("gas",)) as driver:
        bar = driver.root
        bar.theme = DARK
        driver.frames()
        colours = [tuple(one.rgba) for one in bar.canvas.children if hasattr(one, "rgba")]
        assert colours[0] == pytest.approx(DARK.bar)
        assert colours[-1] == pytest.approx(DARK.bar_text)
