from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from engine import Grid, language_of, load_grids
from keyboard_app.keys.layout import complete
from keyboard_app.keys.symbol_pages import next_page_label, number_page, symbol_pages
from tests.keyboard_app.keys.test_layout import LETTERS

GRIDS = {**load_grids(), "letters": LETTERS}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_pages_are_on_the_grids_own_height_without_overlaps_or_gaps(grid: Grid) -> None:
    height = complete(grid)[1]
    for page in (*symbol_pages(language_of(grid), grid), number_page(grid)):
        for key in page:
            assert key.x >= 0 and key.y >= 0 and key.w > 0 and key.h > 0
            assert key.x + key.w <= grid.width + 1e-6 and key.y + key.h <= height + 1e-6
        rows = sorted({(key.y, key.h) for key in page})
        assert len(rows) == 4
        for (top, tall), (below, _) in itertools.pairwise(rows):
            assert top + tall == pytest.approx(below)
        for top, _ in rows:
            in_row = sorted((key for key in page if key.y == top), key=lambda key: key.x)
            assert sum(key.w for key in in_row) == pytest.approx(grid.width)
            for left, right in itertools.pairwise(in_row):
                assert left.x + left.w == pytest.approx(right.x)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_the_space_bar_stays_in_its_row(grid: Grid) -> None:
    (own,) = (key for key in complete(grid)[0] if key.action == "space")
    for page in symbol_pages(language_of(grid), grid):
        (space,) = (key for key in page if key.action == "space")
        assert (space.y, space.h) == pytest.approx((own.y, own.h))
        assert max(space.x, own.x) < min(space.x + space.w, own.x + own.w)


def test_every_page_can_be_left_and_written_on(qwerty: Grid) -> None:
    for page in symbol_pages(language_of(qwerty), qwerty):
        actions = sorted(key.action for key in page if key.action is not None)
        assert actions == ["backspace", "enter", "space", "toLetters", "toNumberState"]


def test_symbols_stand_once(qwerty: Grid) -> None:
    labels = [key.label for page in symbol_pages(language_of(qwerty), qwerty) for key in page if key.label is not None]
    assert len(labels) == len(set(labels)) >= 55
    assert set("0123456789@#$%&*()-+=/\\_'\":;!?,.[]{}<>~|^€№«»—…") <= set(labels)


def test_actions_say_where_they_lead(grids: dict[str, Grid]) -> None:
    extra = grids["yandex_ru_extra"]
    pages = symbol_pages(language_of(extra), extra)
    assert next_page_label(extra.keys) == "?123"
    assert [next_page_label(page) for page in pages] == ["=\\<", "?123"]


@pytest.mark.parametrize(("name", "first", "later"), [("qwerty_en", "$", "₽"), ("yandex_ru", "₽", "$")])
def test_the_first_page_has_the_languages_own_currency(grids: Mapping[str, Grid], name: str, first: str, later: str) -> None:
    pages = symbol_pages(language_of(grids[name]), grids[name])
    assert [any(key.label == sign for key in page) for sign in (first, later) for page in pages] == [True, False, False, True]
