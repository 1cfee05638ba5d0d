"""Where a visible character starts and ends: what backspace, delete and the cursor keys go by."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from keyboard_app.text.rules import LOOK_BACK, character_end, character_start

CHARACTERS = ["a", "é", "e\u0301", "\n", " ", "👍🏽", "👩\u200d👩\u200d👧", "🇩🇪", "1\ufe0f\u20e3", "한", "한", "नि", "ก็"]


@pytest.mark.parametrize("before", ["", "a", "x\n", " ", "🇫🇷", "👍"])
@pytest.mark.parametrize("character", CHARACTERS)
def test_a_character_is_found_from_both_sides(before: str, character: str) -> None:
    text = before + character + "b"
    assert character_start(text, len(before + character)) == len(before)
    assert character_end(text, len(before)) == len(before + character)


def test_the_end_of_the_text_stays() -> None:
    assert character_end("ab", 2) == 2


@given(st.lists(st.sampled_from([*CHARACTERS, "\u0301", "\u200d", "🇩", "\u0600"]), min_size=1, max_size=20).map("".join), st.data())
def test_characters_start_where_unicode_says(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(1, len(text)))
    *_, last = regex.findall(r"\X", text[:offset])
    assert character_start(text, offset) == offset - len(last)


def test_characters_pair_up_from_their_start_however_far_it_is() -> None:
    flags = "🇩🇪" * LOOK_BACK
    assert character_start(flags, len(flags)) == len(flags) - 2
    assert character_start("word " * LOOK_BACK + flags, 5 * LOOK_BACK + len(flags)) == 5 * LOOK_BACK + len(flags) - 2
