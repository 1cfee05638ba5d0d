"""Grids: the shipped ones, what is read back, and the text of every complaint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import Grid, GridCollection, Key, load_grids, pick_grid
from grids.layouts import LAYOUTS
from tests.conftest import ALPHABETS, CYRILLIC, LATIN
from tests.support import naive

ACTIONS = {"shift", "backspace", "toNumberState", "globe", "space", "enter"}


def box(x: float, y: float, w: float, h: float) -> dict[str, float]:
    return {"x": x, "y": y, "w": w, "h": h}


def grid_of(*keys: Any, **fields: Any) -> dict[str, Any]:
    """A grid of 400 x 200 units with these keys; without keys, a and b side by side."""
    some = [{"label": "a", "hitbox": box(0, 0, 100, 150)}, {"label": "b", "hitbox": box(100, 0, 100, 150)}]
    return {"width": 400, "height": 200, "keys": list(keys) or some, **fields}


@st.composite
def boards(draw: st.DrawFn) -> dict[str, Any]:
    """Rows of touching keys, most of them letters, some of them with an action."""
    n_rows, n_columns = draw(st.integers(1, 4)), draw(st.integers(1, 7))
    w, h = draw(st.integers(1, 200)), draw(st.integers(1, 200))
    letters = iter(draw(st.permutations(LATIN + "ёжю")))
    keys = []
    for row in range(n_rows):
        for column in range(n_columns):
            is_action = (row or column) and draw(st.booleans())
            name = {"action": draw(st.sampled_from(sorted(ACTIONS)))} if is_action else {"label": next(letters)}
            keys.append({**name, "hitbox": box(column * w, row * h, w, h)})
    return {"width": n_columns * w, "height": n_rows * h, "keys": keys}


def to_json(grid: Grid) -> dict[str, Any]:
    keys = [
        {**({"label": key.label} if key.action is None else {"action": key.action}), "hitbox": box(key.x, key.y, key.w, key.h)}
        for key in grid.keys
    ]
    return {"width": grid.width, "height": grid.height, "keys": keys}


class TestShippedGrids:
    def test_names(self, grids: GridCollection) -> None:
        assert list(grids) == [*LAYOUTS, "yandex_ru", "yandex_ru_extra"]

    @pytest.mark.parametrize("name", ALPHABETS)
    def test_every_letter_of_the_alphabet_has_a_key(self, grids: GridCollection, name: str) -> None:
        centres = grids[name].centres(ALPHABETS[name])
        assert centres.shape == (len(ALPHABETS[name]), 2)
        assert centres.dtype == np.float64

    @pytest.mark.parametrize("name", ALPHABETS)
    def test_has_the_keys_of_a_keyboard(self, grids: GridCollection, name: str) -> None:
        keys = grids[name].keys
        assert {key.action for key in keys if key.action is not None} == ACTIONS
        assert {",", "."} <= {key.label for key in keys}

    def test_qwerty_has_26_letters_in_three_rows(self, qwerty: Grid) -> None:
        assert (qwerty.width, qwerty.height) == (1080, 640)
        rows = sorted(qwerty.letter_keys, key=lambda key: (key.y, key.x))
        assert "".join(str(key.label) for key in rows) == "qwertyuiopasdfghjklzxcvbnm"
        assert {(key.w, key.h) for key in rows} == {(108, 173)}

    def test_qwerty_keys_share_nothing(self, qwerty: Grid) -> None:
        boxes = [{"x": int(key.x), "y": int(key.y), "w": int(key.w), "h": int(key.h)} for key in qwerty.keys]
        shared = [naive.shared_sides(one, other) for index, one in enumerate(boxes) for other in boxes[:index]]
        assert all(min(sides) == 0 for sides in shared)

    def test_qwerty_last_row_is_filled(self, qwerty: Grid) -> None:
        last = sorted((key for key in qwerty.keys if key.y == 519), key=lambda key: key.x)
        assert [key.x for key in last[1:]] == [key.x + key.w for key in last[:-1]]
        assert last[0].x == 0
        assert last[-1].x + last[-1].w == 1080
        assert {key.y + key.h for key in last} == {640}

    def test_qwerty_letters_are_where_the_recordings_have_them(self, qwerty: Grid, shared_data: Path) -> None:
        recorded = load_grids(shared_data / "how_we_swipe" / "grid.json")["qwerty_en"]
        assert qwerty.letter_keys == recorded.letter_keys

    @pytest.mark.parametrize(("alias", "name"), [("default", "yandex_ru"), ("extra", "yandex_ru_extra")])
    def test_the_contests_names_are_aliases(self, grids: GridCollection, alias: str, name: str) -> None:
        assert grids[alias] is grids[name] is pick_grid(grids, alias)
        assert grids[alias].name == name
        assert alias in grids
        assert alias not in list(grids)

    @pytest.mark.parametrize(("contest_name", "name"), [("default", "yandex_ru"), ("extra", "yandex_ru_extra")])
    def test_russian_keys_are_those_of_the_contest(self, grids: GridCollection, contest_name: str, name: str, shared_data: Path) -> None:
        contest = load_grids(shared_data / "yandex_grids.json")[contest_name]
        assert grids[name].keys == contest.keys
        assert (grids[name].width, grids[name].height) == (contest.width, contest.height) == (1080, 667)

    def test_default_types_yo_on_ye(self, grids: GridCollection) -> None:
        assert dict(grids["yandex_ru"].aliases) == {"ё": "е", "ъ": "ь"}
        yo, ye, hard, soft = grids["yandex_ru"].centres("ёеъь")
        assert yo.tolist() == ye.tolist()
        assert hard.tolist() == soft.tolist()

    def test_extra_has_keys_of_their_own(self, grids: GridCollection) -> None:
        assert not grids["yandex_ru_extra"].aliases
        assert len(np.unique(grids["yandex_ru_extra"].centres(CYRILLIC), axis=0)) == len(CYRILLIC)


class TestGeometry:
    def test_key_size_is_the_median_of_letters(self) -> None:
        keys = [{"label": "a", "hitbox": box(0, 0, 30, 40)}, {"label": "b", "hitbox": box(30, 0, 30, 40)}]
        keys += [{"label": "c", "hitbox": box(60, 0, 90, 80)}, {"action": "space", "hitbox": box(0, 100, 400, 100)}]
        keys += [{"label": ".", "hitbox": box(200, 0, 1, 1)}]
        grid = Grid.from_json("g", grid_of(*keys))
        assert (grid.key_width, grid.key_height, grid.key_radius) == (30, 40, 25)
        assert [key.name for key in grid.letter_keys] == ["a", "b", "c"]

    def test_origin_is_the_middle_of_the_letters(self, qwerty: Grid) -> None:
        assert qwerty.origin == (540, 259.5)

    def test_letters_that_share_a_key_have_its_number(self, grids: GridCollection) -> None:
        keys, number = grids["yandex_ru"].keys_of("объект")
        assert "".join(key.label or "" for key in keys) == "обьект"
        assert (number.tolist(), number.dtype) == ([0, 1, 2, 3, 4, 5], np.dtype(np.int64))
        keys, number = grids["yandex_ru"].keys_of("ёеъь")
        assert [key.label for key in keys] == ["е", "ь"]
        assert number.tolist() == [0, 0, 1, 1]
        keys, number = grids["yandex_ru_extra"].keys_of("ёеъь")
        assert [key.label for key in keys] == ["ё", "е", "ъ", "ь"]
        with pytest.raises(ValueError, match="grid 'qwerty_en' has no key for 'ё'"):
            grids["qwerty_en"].keys_of("aё")

    def test_has_a_letter_with_a_key_or_an_alias(self, grids: GridCollection) -> None:
        grid = grids["yandex_ru"]
        assert [letter for letter in "еёъ,aі" if grid.has_letter(letter)] == ["е", "ё", "ъ"]

    def test_centres_follow_the_alphabet(self) -> None:
        grid = Grid.from_json("g", grid_of(aliases={"ä": "a"}))
        assert grid.centres("baä").tolist() == [[150, 75], [50, 75], [50, 75]]

    def test_an_edge_belongs_to_the_key_that_begins_there(self) -> None:
        grid = Grid.from_json("g", grid_of())
        assert [grid.letter_key("a"), grid.letter_key("b")] == [grid.key_at(99.9, 0), grid.key_at(100, 149.9)]
        assert grid.key_at(100, 150) is None
        assert grid.key_at(-0.1, 10) is None

    @given(boards(), st.floats(-10, 1500), st.floats(-10, 900))
    def test_key_at_is_the_first_key_around_the_point(self, board: dict[str, Any], x: float, y: float) -> None:
        grid = Grid.from_json("g", board)
        around = [key for key in grid.keys if 0 <= x - key.x < key.w and 0 <= y - key.y < key.h]
        assert grid.key_at(x, y) == (around[0] if around else None)

    @given(boards())
    def test_reads_back_what_was_written(self, board: dict[str, Any]) -> None:
        grid = Grid.from_json("g", board)
        assert to_json(grid) == board
        assert Grid.from_json("g", json.loads(json.dumps(to_json(grid)))) == grid


class TestOverlaps:
    def test_neighbours_may_share_a_border(self) -> None:
        grid = Grid.from_json("g", grid_of({"label": "a", "hitbox": box(0, 0, 99, 150)}, {"label": "b", "hitbox": box(97, 0, 99, 150)}))
        assert len(grid.keys) == 2

    def test_a_real_overlap(self) -> None:
        keys = {"label": "a", "hitbox": box(0, 0, 100, 150)}, {"label": "b", "hitbox": box(96, 0, 100, 150)}
        expected = r"grid 'g': keys 'a' and 'b' overlap by 4 x 150 units, more than the 2.5 that neighbours may share"
        with pytest.raises(ValueError, match=expected):
            Grid.from_json("g", grid_of(*keys))

    def test_an_action_overlaps_as_well(self) -> None:
        keys = {"label": "a", "hitbox": box(0, 0, 100, 150)}, {"action": "shift", "hitbox": box(50, 50, 10, 10)}
        with pytest.raises(ValueError, match=r"keys 'a' and 'action shift' overlap by 10 x 10 units"):
            Grid.from_json("g", grid_of(*keys))

    @given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 90), st.integers(1, 90)), min_size=2, max_size=4))
    def test_agrees_with_counting_units(self, corners: list[tuple[int, int, int, int]]) -> None:
        boxes = [dict(zip("xywh", corner, strict=True)) for corner in corners]
        keys = [{"label": label, "hitbox": hitbox} for label, hitbox in zip("abcd", boxes, strict=False)]
        pairs = [(one, other) for index, one in enumerate(boxes) for other in boxes[:index]]
        overlaps = any(
            min(naive.shared_sides(one, other)) > 0.025 * min(one["w"], one["h"], other["w"], other["h"]) for one, other in pairs
        )
        if overlaps:
            with pytest.raises(ValueError, match="overlap by"):
                Grid.from_json("g", grid_of(*keys))
        else:
            assert len(Grid.from_json("g", grid_of(*keys)).keys) == len(keys)


A = {"label": "a", "hitbox": box(0, 0, 100, 150)}
SHAPE = r"grid 'g' is not \{width, height, keys: \[\{label or action, hitbox: \{x, y, w, h\}\}\]\}: "


class TestComplaints:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ([], SHAPE),
            ("qwerty", SHAPE),
            ({"width": 1, "height": 1}, SHAPE + "KeyError.*keys"),
            ({"width": 1, "keys": [A]}, SHAPE + "KeyError.*height"),
            (grid_of({"label": "a"}), SHAPE + "KeyError.*hitbox"),
            (grid_of({"label": "a", "hitbox": {"x": 0, "y": 0, "w": 1}}), SHAPE + "KeyError.*h'"),
            (grid_of({"label": "a", "hitbox": box("left", 0, 1, 1)}), SHAPE + ".*left"),  # type: ignore[arg-type]
            (grid_of({"label": "a", "hitbox": None}), SHAPE),
            (grid_of(width=10**400), SHAPE + "OverflowError"),
            (grid_of({"hitbox": box(0, 0, 9, 9)}), SHAPE + ".*a key needs a label or an action, one of them, got"),
            (grid_of({"label": "a", "action": "shift", "hitbox": box(0, 0, 9, 9)}), SHAPE + ".*one of them"),
            (grid_of({"label": 7, "hitbox": box(0, 0, 9, 9)}), SHAPE + ".*one of them"),
            (grid_of(width=0), r"grid 'g' is 0.0 x 200.0 units: both must be above 0"),
            (grid_of(height=-1), r"grid 'g' is 400.0 x -1.0 units: both must be above 0"),
            (grid_of(width=float("nan")), r"both must be above 0"),
            ({"width": 1, "height": 1, "keys": []}, r"grid 'g' has no letter keys among its 0 keys: nothing can be swiped"),
            (grid_of({"action": "space", "hitbox": box(0, 0, 9, 9)}), r"no letter keys among its 1 keys"),
            (grid_of(A, {"label": "b", "hitbox": box(100, 0, 0, 9)}), r"grid 'g', key 'b': hitbox \(100.0, 0.0, 0.0, 9.0\) has no area"),
            (grid_of(A, {"action": "shift", "hitbox": box(100, 0, 9, -1)}), r"key 'action shift': hitbox .* has no area"),
            (grid_of(A, {"label": "b", "hitbox": box(float("nan"), 0, 9, 9)}), r"key 'b': hitbox .* has no area"),
            (grid_of({"label": "a", "hitbox": box(-1, 0, 9, 9)}), r"key 'a': hitbox .* leaves the grid of 400.0 x 200.0 units"),
            (grid_of({"label": "a", "hitbox": box(0, 195, 9, 9)}), r"key 'a': hitbox .* leaves the grid"),
            (grid_of({"label": "a", "hitbox": box(392, 0, 9, 9)}), r"key 'a': hitbox .* leaves the grid"),
            (grid_of(A, {"label": "a", "hitbox": box(100, 0, 9, 9)}), r"grid 'g' has more than one key for 'a': keep one of each"),
            (grid_of(A, aliases={"ä": "e"}), r"grid 'g' aliases 'ä' to 'e': the first must have no key, the second must have one"),
            (grid_of(title=["Mine"]), r"the title is a line of text, got \['Mine'\]"),
            (grid_of(aliases={"b": "a"}), r"grid 'g' aliases 'b' to 'a': the first must have no key"),
            (grid_of(A, {"label": ",", "hitbox": box(100, 0, 9, 9)}, aliases={"ä": ","}), r"aliases 'ä' to ','.* the second must have one"),
        ],
    )
    def test_a_grid(self, value: object, expected: str) -> None:
        with pytest.raises(ValueError, match=expected):
            Grid.from_json("g", value)

    def test_a_letter_without_a_key(self, grids: GridCollection) -> None:
        expected = "grid 'qwerty_en' has no key for 'ё': add a letter alias to the grid or drop the letter"
        with pytest.raises(ValueError, match=expected):
            grids["qwerty_en"].centres("abё")

    def test_a_label_that_is_no_letter_cannot_be_swiped(self, qwerty: Grid) -> None:
        with pytest.raises(ValueError, match="no key for ','"):
            qwerty.letter_key(",")

    def test_an_unknown_grid_names_the_known_and_the_nearest(self, grids: GridCollection) -> None:
        expected = r"^unknown grid 'qwerty': known are 'arabic_ar', .*, 'yandex_ru_extra'; did you mean 'qwerty_en'\?$"
        with pytest.raises(ValueError, match=expected):
            pick_grid(grids, "qwerty")

    def test_an_unknown_grid_that_is_like_none(self, grids: GridCollection) -> None:
        with pytest.raises(ValueError, match=r"^unknown grid 'ЙЦУКЕН': known are 'arabic_ar', .*, 'yandex_ru', 'yandex_ru_extra'$"):
            pick_grid(grids, "ЙЦУКЕН")

    def test_pick_by_name(self, grids: GridCollection) -> None:
        assert pick_grid(grids, "extra") is grids["yandex_ru_extra"]


class TestFiles:
    def test_reads_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "grids.json"
        path.write_text(json.dumps({"mine": grid_of()}), encoding="utf-8")
        for named in (path, str(path)):
            assert load_grids(named)["mine"].letter_key("b") == Key("b", None, 100, 0, 100, 150)

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (b"{", "is not JSON: Expecting property name"),
            (b"", "is not JSON"),
            (b"\xff\xfe", "is not JSON: 'utf-8' codec"),
            (b"[]", "must hold an object of grids by name, and at least one"),
            (b"{}", "must hold an object of grids by name, and at least one"),
            (b'{"mine": 3}', "grid 'mine' is not"),
            (b'{"old": "mine"}', "grid alias 'old' must name a grid of the same file, got 'mine': known are $"),
        ],
    )
    def test_a_broken_file(self, tmp_path: Path, text: bytes, expected: str) -> None:
        path = tmp_path / "grids.json"
        path.write_bytes(text)
        with pytest.raises(ValueError, match=expected):
            load_grids(path)

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            load_grids(tmp_path / "none.json")


class TestAliases:
    """A JSON string in place of a geometry."""

    @staticmethod
    def load(tmp_path: Path, **fields: object) -> GridCollection:
        path = tmp_path / "grids.json"
        path.write_text(json.dumps(fields), encoding="utf-8")
        return load_grids(path)

    def test_an_alias_is_looked_up_but_not_listed(self, tmp_path: Path) -> None:
        grids = self.load(tmp_path, old="mine", mine=grid_of())
        assert grids["old"] is grids["mine"]
        assert (list(grids), len(grids), grids.get("gone")) == (["mine"], 1, None)

    @pytest.mark.parametrize(
        ("aliases", "expected"),
        [
            ({"old": "mnie"}, r"grid alias 'old' must name a grid of the same file, got 'mnie': known are 'mine'; did you mean 'mine'\?"),
            ({"old": "older", "older": "mine"}, "grid alias 'old' must name a grid of the same file, got 'older'"),
            ({"old": "old"}, "grid alias 'old' must name a grid of the same file, got 'old'"),
        ],
    )
    def test_an_alias_names_a_grid_of_its_file(self, tmp_path: Path, aliases: dict[str, str], expected: str) -> None:
        with pytest.raises(ValueError, match=expected):
            self.load(tmp_path, mine=grid_of(), **aliases)

    def test_an_alias_cannot_be_a_grid_too(self) -> None:
        one, other = Grid.from_json("one", grid_of()), Grid.from_json("other", grid_of())
        with pytest.raises(ValueError, match="'one' is both a grid and an alias of 'other': rename one of them"):
            GridCollection({"one": one, "other": other}, {"one": "other"})

    def test_a_second_file_stands_above_the_shipped_one(self, tmp_path: Path, grids: GridCollection) -> None:
        both = grids | self.load(tmp_path, default=grid_of(), mine=grid_of(), qwerty_en="mine")
        assert list(both) == [*(name for name in LAYOUTS if name != "qwerty_en"), "yandex_ru", "yandex_ru_extra", "default", "mine"]
        assert both["default"].name == "default"  # their own, no longer an alias of ours
        assert both["qwerty_en"].name == "mine"
        assert both["extra"] is grids["yandex_ru_extra"]

    def test_an_alias_of_a_replaced_grid_leads_to_the_new_one(self, tmp_path: Path, grids: GridCollection) -> None:
        both = grids | self.load(tmp_path, yandex_ru=grid_of())
        assert both["default"] is both["yandex_ru"]
        assert both["default"].width == 400
