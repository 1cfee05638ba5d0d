"""One model on the grids of many records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import GridRecognizers, Swipe, SwipeRecord
from tests.conftest import ROOT

INLINE = {"width": 10, "height": 10, "keys": [{"label": "a", "hitbox": {"x": 0, "y": 0, "w": 10, "h": 10}}]}


def record(grid: object) -> SwipeRecord:
    return SwipeRecord("line 1", Swipe.from_points([0, 1], [0, 1], [0, 1]), None, grid)  # type: ignore[arg-type]


@pytest.fixture
def recognizers(toy_bundle: Path, toy_lexicon: Path) -> GridRecognizers:
    return GridRecognizers.load(toy_bundle, toy_lexicon)


def test_each_record_is_read_on_its_own_grid(recognizers: GridRecognizers) -> None:
    qwerty = json.loads((ROOT / "grids" / "grid_name_to_grid.json").read_text(encoding="utf-8"))["qwerty_en"]
    assert recognizers.for_record(record(None)).grid.name == recognizers.grid_of(None).name == "qwerty_en"
    inline = recognizers.for_record(record({"grid_name": "mine", **qwerty}))
    assert inline.grid.name == "mine"
    assert inline is recognizers.for_record(record({"grid_name": "mine", **qwerty}))


def test_a_grid_that_the_model_cannot_read_is_still_known(recognizers: GridRecognizers) -> None:
    for grid, name in (("default", "yandex_ru"), ({"grid_name": "inline", **INLINE}, "inline")):
        assert recognizers.grid_of(record(grid)).name == name
        with pytest.raises(ValueError, match=f"grid '{name}' has no key for"):
            recognizers.for_record(record(grid))


def test_an_unknown_or_broken_grid_is_refused(recognizers: GridRecognizers) -> None:
    for grid, reason in (("qwerty_eng", "did you mean 'qwerty_en'"), ({"grid_name": "broken", "width": 1}, "grid 'broken' is not")):
        for read in (recognizers.grid_of, recognizers.for_record):
            with pytest.raises(ValueError, match=reason):
                read(record(grid))


def test_one_grid_for_all_is_checked_at_once(toy_bundle: Path, toy_lexicon: Path) -> None:
    with pytest.raises(ValueError, match="grid 'yandex_ru' has no key for"):
        GridRecognizers.load(toy_bundle, toy_lexicon, grid_name="default")
    recognizers = GridRecognizers.load(toy_bundle, toy_lexicon, grid_name="qwerty_en")
    assert recognizers.for_record(record("default")).grid.name == "qwerty_en"
