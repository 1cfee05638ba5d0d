"""The shipped grids: made from rows of letters, whole, and with a key for every letter."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from engine.grid import Grid, GridCollection, Key
from grids import generate
from grids.layouts import LAYOUTS


def rows_of(grid: Grid) -> list[list[Key]]:
    by_row = sorted(grid.keys, key=lambda key: (key.y, key.x))
    return [list(row) for _, row in itertools.groupby(by_row, key=lambda key: key.y)]


def test_the_file_is_what_is_made() -> None:
    text = generate.FILE.read_text(encoding="utf-8")
    assert generate.as_text(generate.updated(json.loads(text))) == text
    assert generate.main(["--check"]) == 0


def test_a_change_by_hand_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = generate.FILE.read_text(encoding="utf-8")
    changed = tmp_path / "changed.json"
    changed.write_text(text.replace('"label": "ü"', '"label": "û"'), encoding="utf-8")
    assert generate.run(changed, check=True) == 1
    assert "run python -m grids.generate" in capsys.readouterr().err
    assert generate.run(changed, check=False) == 0
    assert changed.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", LAYOUTS)
def test_keys_touch_and_fill_the_grid(grids: GridCollection, name: str) -> None:
    grid, rows = grids[name], rows_of(grids[name])
    assert len(rows) == len(LAYOUTS[name].rows) + 1
    for row in rows:
        for one, other in itertools.pairwise(row):
            assert one.x + one.w == other.x
        assert len({(key.y, key.h) for key in row}) == 1
    assert [row[0].y for row in rows[1:]] == [row[0].y + row[0].h for row in rows[:-1]]
    assert (rows[-1][0].x, rows[-1][-1].x + rows[-1][-1].w) == (0, grid.width)
    assert max(abs(row[0].x - (grid.width - row[-1].x - row[-1].w)) for row in rows) <= 1  # in the middle, to the unit
    assert max(key.w for key in grid.letter_keys) - min(key.w for key in grid.letter_keys) <= 1


@pytest.mark.parametrize("name", LAYOUTS)
def test_letters_stand_in_the_rows_of_the_layout(grids: GridCollection, name: str) -> None:
    layout = LAYOUTS[name]
    shown = ["".join(key.label or {"shift": "⇧", "backspace": "⌫"}[key.action or ""] for key in row) for row in rows_of(grids[name])[:-1]]
    assert tuple(shown) == layout.rows
    assert dict(grids[name].aliases) == {letter: key for key, letters in layout.aliases.items() for letter in letters}


@pytest.mark.parametrize(
    ("name", "alphabet"),
    [
        ("jcuken_ru", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"),
        ("jcuken_uk", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
        ("qwertz_de", "abcdefghijklmnopqrstuvwxyzäöüß"),
        ("azerty_fr", "abcdefghijklmnopqrstuvwxyzàâçéèêëîïôùûüÿ"),
        ("qwerty_es", "abcdefghijklmnñopqrstuvwxyzáéíóúü"),
        ("qwerty_pl", "aąbcćdeęfghijklłmnńoóprsśtuwyzźżqvx"),
        ("qwerty_it", "abcdefghijklmnopqrstuvwxyzàèéìòù"),
        ("qwerty_pt", "abcdefghijklmnopqrstuvwxyzáâãàçéêíóôõú"),
        ("qwerty_tr", "abcçdefgğhıijklmnoöprsştuüvyzqwx"),
        ("qwerty_nl", "abcdefghijklmnopqrstuvwxyzéëïö"),
        ("qwerty_sv", "abcdefghijklmnopqrstuvwxyzåäöé"),
        ("qwerty_el", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"),
        ("hebrew_he", "אבגדהוזחטיכךלמםנןסעפףצץקרשת"),
        ("qwertz_cs", "aábcčdďeéěfghiíjklmnňoópqrřsštťuúůvwxyýzž"),
        ("qwertz_sk", "aáäbcčdďeéfghiíjklĺľmnňoóôpqrŕsštťuúvwxyýzž"),
        ("qwertz_hu", "aábcdeéfghiíjklmnoóöőpqrstuúüűvwxyz"),
        ("qwertz_hr", "abcčćdđefghijklmnoprsštuvzž"),
        ("qwertz_sl", "abcčdefghijklmnoprsštuvzž"),
        ("qwerty_da", "abcdefghijklmnopqrstuvwxyzæøå"),
        ("qwerty_nb", "abcdefghijklmnopqrstuvwxyzæøåéèòóà"),
        ("qwerty_fi", "abcdefghijklmnopqrsštuvwxyzžåäö"),
        ("qwerty_ro", "aăâbcdefghiîjklmnopqrsștțuvwxyz"),
        ("qwerty_ca", "aàbcçdeéèfghiíïjklmnoóòpqrstuúüvwxyz"),
        ("qwerty_lt", "aąbcčdeęėfghiįyjklmnoprsštuųūvzž"),
        ("qwerty_lv", "aābcčdeēfgģhiījkķlļmnņoprsštuūvzž"),
        ("qwerty_id", "abcdefghijklmnopqrstuvwxyz"),
        ("bds_bg", "абвгдежзийклмнопрстуфхцчшщъьюя"),
        ("lynert_mk", "абвгдѓежзѕијклљмнњопрстќуфхцчџш"),
        ("arabic_ar", "ابتثجحخدذرزسشصضطظعغفقكلمنهويءةىؤئأإآ"),
        ("persian_fa", "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیئؤ"),
        ("dvorak_en", "abcdefghijklmnopqrstuvwxyz"),
        ("colemak_en", "abcdefghijklmnopqrstuvwxyz"),
    ],
)
def test_every_letter_of_its_language_is_on_a_key(grids: GridCollection, name: str, alphabet: str) -> None:
    assert grids[name].centres(alphabet).shape == (len(alphabet), 2)


def test_actions_share_what_the_letters_of_their_row_leave(grids: GridCollection) -> None:
    shift, *_, backspace = rows_of(grids["qwertz_de"])[2]
    assert (shift.w, backspace.w) == (196, 196)
    assert rows_of(grids["hebrew_he"])[0][-1].w == 216
