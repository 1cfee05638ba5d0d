from __future__ import annotations

from keyboard_app.text.shift import Shift


def test_keys_show_and_type_their_letter_in_the_case_of_shift() -> None:
    for case in (Shift.ONCE, Shift.LOCK):
        assert [case.letter(label) for label in "éяё."] == ["É", "Я", "Ё", "."]
        assert case.letter("ß") == "ß"
    assert [Shift.OFF.letter(label) for label in "éя."] == ["é", "я", "."]


def test_an_i_keeps_its_dot_where_the_language_has_one_without() -> None:
    for case in (Shift.ONCE, Shift.LOCK):
        assert [case.letter(label, dotless=True) for label in "iış"] == ["İ", "I", "Ş"]
        assert [case.letter(label) for label in "iı"] == ["I", "I"]
    assert Shift.OFF.letter("i", dotless=True) == "i"
    assert [Shift.ONCE.cased(word, dotless=True) for word in ("için", "ılık", "iPhone", "şimdi")] == ["İçin", "Ilık", "iPhone", "Şimdi"]
    assert Shift.LOCK.cased("ışık için", dotless=True) == "IŞIK İÇİN"
