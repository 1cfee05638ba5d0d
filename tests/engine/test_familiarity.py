"""How far a grid is from those that a model was trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.familiarity import distance_by_keys, distance_by_letters
from engine.grid import Grid, GridCollection, Key
from engine.key_places import KeyPlaces
from engine.recognizer import SwipeRecognizer
from tests.conftest import LATIN
from tests.support.decoding import Run, Swiped, lines


def letters_of(grid: Grid) -> str:
    return "".join(key.name for key in grid.letter_keys)


def by_keys(grid: Grid) -> tuple[float, tuple[str, ...]]:
    found = distance_by_keys(KeyPlaces.on(grid, letters_of(grid)))
    return found.distance, found.reasons


def changed(grid: Grid, x: float = 1, y: float = 1, w: float = 1, h: float = 1) -> Grid:
    """The grid with places and sizes of its keys multiplied."""
    keys = tuple(Key(key.label, key.action, key.x * x, key.y * y, key.w * w, key.h * h) for key in grid.keys)
    return replace(grid, name="changed", keys=keys, width=grid.width * 9, height=grid.height * 9)


def rows(*lengths: int) -> Grid:
    letters = iter("abcdefghijklmnopqrstuvwxyzабвгдежзийклмнопрстуфхцчшщъыьэюяαβγδεζηθικλμνξ")
    keys = [Key(next(letters), None, 10 * x, 10 * y, 10, 10) for y, length in enumerate(lengths) for x in range(length)]
    return Grid("rows", 10 * max(lengths), 10 * len(lengths), tuple(keys))


class TestModelsThatKnowLetters:
    @pytest.mark.parametrize("name", ["qwerty_en", "qwerty_pl", "qwerty_nl"])
    def test_the_same_letters_in_the_same_places_are_near(self, qwerty: Grid, grids: GridCollection, name: str) -> None:
        assert distance_by_letters(grids[name], LATIN, [qwerty]).distance == 0

    @pytest.mark.parametrize("factors", [{"x": 3, "w": 3}, {"y": 0.5, "h": 0.5}, {"x": 0.6, "w": 0.6}])
    def test_scale_and_height_of_the_rows_say_nothing(self, qwerty: Grid, factors: dict[str, float]) -> None:
        assert distance_by_letters(changed(qwerty, **factors), LATIN, [qwerty]).distance == pytest.approx(0, abs=1e-4)

    @pytest.mark.parametrize(("name", "keys"), [("dvorak_en", "3.2"), ("colemak_en", "1.4"), ("azerty_fr", "0.5"), ("qwertz_de", "0.6")])
    def test_other_arrangements_are_far(self, qwerty: Grid, grids: GridCollection, name: str, keys: str) -> None:
        found = distance_by_letters(grids[name], LATIN, [qwerty])
        assert found.distance > 1
        assert found.reasons == (f"its letters lie {keys} keys from where 'qwerty_en' has them, on average",)
        assert found.warning(grids[name]).startswith(f"the model was trained on other keyboards than '{name}', so that")

    def test_the_nearest_of_those_that_were_learnt_counts(self, qwerty: Grid, grids: GridCollection) -> None:
        assert distance_by_letters(grids["dvorak_en"], LATIN, [qwerty, grids["dvorak_en"]]).distance == 0

    def test_nothing_is_said_where_nothing_is_known_of_training(self, qwerty: Grid) -> None:
        assert distance_by_letters(qwerty, LATIN, []).reasons == ()


class TestModelsThatReadKeys:
    def test_all_shipped_grids_are_familiar(self, grids: GridCollection) -> None:
        assert {name: by_keys(grid) for name, grid in grids.items()} == dict.fromkeys(grids, (0, ()))

    @pytest.mark.parametrize(
        ("grid", "reason"),
        [
            (rows(4, 4, 3), "it has 11 keys with letters, training had 20 to 46"),
            (rows(12, 12, 12, 12), "it has 48 keys with letters, training had 20 to 46"),
            (rows(26), "its letters take 26.0 keys by 1.0, in training 0.8 to 4.6 to 1"),
        ],
    )
    def test_what_training_lacked(self, grid: Grid, reason: str) -> None:
        distance, reasons = by_keys(grid)
        assert reasons == (reason,)
        assert distance > 0

    def test_gaps_between_keys(self, qwerty: Grid) -> None:
        distance, reasons = by_keys(changed(qwerty, x=2, y=2))
        assert "neighbouring keys are 2.00 keys apart, in training about 1" in reasons
        assert distance == pytest.approx(0.6, abs=0.01)

    def test_a_key_much_larger_than_the_others(self, qwerty: Grid) -> None:
        wide = replace(qwerty, keys=tuple(replace(key, w=key.w * 2) if key.label == "m" else key for key in qwerty.keys))
        assert by_keys(wide)[1] == ("its largest key is 2.0 times as large as most, in training all were alike",)


def test_a_recognizer_says_how_far_its_grid_is(toy_recognizer: SwipeRecognizer, grids: GridCollection) -> None:
    assert toy_recognizer.grid_distance.distance == 0
    far = SwipeRecognizer(toy_recognizer.bundle, toy_recognizer.lexicon, grids["dvorak_en"])
    assert np.isclose(far.grid_distance.distance, 21, atol=1)


def test_the_command_line_warns_once_of_each_grid(run: Run, swipe_of: Swiped) -> None:
    cat = swipe_of("cat")
    far = [cat | {"grid_name": "dvorak_en"} for _ in range(3)]
    result = run(lines(cat, *far, cat | {"grid_name": "colemak_en"}), "--json")
    warnings = [line for line in result.err.splitlines() if line.startswith("warning: ")]
    assert [warning.split("'")[1] for warning in warnings] == ["dvorak_en", "colemak_en"]
    assert len(result.out.splitlines()) == 5
    assert not [line for line in run(lines(cat), "--json").err.splitlines() if line.startswith("warning: ")]
