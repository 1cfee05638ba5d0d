"""What long presses offer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine import Grid, language_of, load_languages
from engine.language import no_language
from keyboard_app.keys.alternates import alternates, hints, top_row_digits
from keyboard_app.text.shift import Shift


def of(grid: Grid, letter: str, shift: Shift = Shift.OFF) -> str:
    return "".join(alternates(language_of(grid), grid, next(key for key in grid.keys if key.label == letter), shift))


def test_letters_offer_their_accents_and_the_top_row_its_digits_first(qwerty: Grid) -> None:
    assert of(qwerty, "e").startswith("3éèêë")
    assert of(qwerty, "p") == "0"
    assert of(qwerty, "a") == "àáâäãåæā"
    assert of(qwerty, "m") == ""


def test_shift_gives_capitals(qwerty: Grid) -> None:
    assert of(qwerty, "e", Shift.ONCE).startswith("3ÉÈÊË")
    assert of(qwerty, "s", Shift.LOCK)[0] == "ß"  # its capital is two letters


def test_letters_without_a_key_of_their_own_come_first(grids: dict[str, Grid]) -> None:
    assert of(grids["yandex_ru"], "е") == "ё5"
    assert of(grids["yandex_ru"], "ь") == "ъ"
    assert of(grids["yandex_ru_extra"], "е") == "5"  # ё and ъ have keys there
    assert of(grids["yandex_ru_extra"], "ь") == ""


def test_the_top_row_counts_from_the_left(grids: dict[str, Grid]) -> None:
    assert top_row_digits(grids["qwerty_en"]) == dict(zip("qwertyuiop", "1234567890", strict=True))
    assert top_row_digits(grids["yandex_ru"]) == dict(zip("йцукенгшщз", "1234567890", strict=True))


def test_corners_show_what_is_offered_first(grids: dict[str, Grid]) -> None:
    assert hints(language_of(grids["qwerty_en"]), grids["qwerty_en"]) == top_row_digits(grids["qwerty_en"])
    assert {"е": "ё", "ь": "ъ", "й": "1"}.items() <= hints(language_of(grids["yandex_ru"]), grids["yandex_ru"]).items()


def test_actions_offer_nothing(qwerty: Grid) -> None:
    assert [alternates(language_of(qwerty), qwerty, key) for key in qwerty.keys if key.action is not None] == [()] * 6


@pytest.mark.parametrize("code", load_languages())
def test_alternates_are_single_characters_and_stand_in_one_row_of_ten(code: str) -> None:
    for offered in load_languages()[code].alternates.values():
        assert len(offered) <= 8  # with a digit and a letter without a key there are ten


@pytest.mark.parametrize("code", load_languages())
def test_every_key_with_alternates_can_be_reached(grids: Mapping[str, Grid], code: str) -> None:
    language = load_languages()[code]
    labels = {key.label for name in language.grids for key in grids[name].keys}
    labels |= {sign for page in language.symbols for row in page for sign in row}
    assert language.alternates.keys() - no_language().alternates.keys() <= labels
    assert no_language().alternates.keys() - labels <= {"₽"}  # Spanish and French have other money in its place
