from __future__ import annotations

from keyboard_app.text.shift import Shift


def test_keys_show_and_type_their_letter_in_the_case_of_shift() -> None:
    for case in (Shift.ONCE, Shift.LOCK):
        assert [case.letter(label) for label in "éяё."] == ["É", "Я", "Ё", "."]
        assert case.letter("ß") == "ß"
    assert [Shift.OFF.letter(label) for label in "éя."] == ["é", "я", "."]
