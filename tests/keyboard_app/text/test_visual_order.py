"""Right-to-left text: the order in which it is drawn, and where its characters are then."""

from __future__ import annotations

import pytest
from bidi import get_display
from hypothesis import given
from hypothesis import strategies as st

from keyboard_app.text.laid_text import LaidText
from keyboard_app.text.visual_order import is_plain, runs_left, visual_line, visual_text

HELLO = "\u05e9\u05dc\u05d5\u05dd"
"""shalom: shin, lamed, vav, final mem"""
OLLEH = HELLO[::-1]


def measure(text: str) -> float:
    return 10.0 * len(text)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("hello", "hello"),
        (HELLO, OLLEH),
        (f"{HELLO} 12", f"12 {OLLEH}"),
        (f"say {HELLO} now", f"say {OLLEH} now"),
        (f"{HELLO} abc.", f".abc {OLLEH}"),
        (f"({HELLO})!", f"!({OLLEH})"),
        (f"one\n{HELLO}!", f"one\n!{OLLEH}"),
        ("\u0633\u0644\u0627\u0645", "\ufee1\ufe8e\ufee0\ufeb3"),  # salam: initial seen, medial lam, final alef, isolated meem
        ("\u0643\u062a\u0628", "\ufe90\ufe98\ufedb"),  # ktb: initial kaf, medial teh, final beh
        ("", ""),
    ],
)
def test_the_order_in_which_text_is_drawn(text: str, drawn: str) -> None:
    assert visual_text(text) == drawn


@pytest.mark.parametrize(
    ("text", "leftwards"), [("abc", False), (HELLO, True), (f"12, {HELLO} abc", True), (f"a {HELLO}", False), ("12", False)]
)
def test_the_first_letter_says_where_a_paragraph_runs(text: str, leftwards: bool) -> None:
    assert runs_left(text) is leftwards


def test_cursors_of_a_hebrew_word_go_from_right_to_left() -> None:
    line = visual_line(HELLO, True)
    assert [line.cursor(offset, measure) for offset in range(5)] == [40, 30, 20, 10, 0]
    assert line.spans(0, 2, measure) == [(20, 40)]


def test_cursors_and_selection_where_directions_mix() -> None:
    line = visual_line(f"ab {HELLO} c", False)
    assert line.text == f"ab {OLLEH} c"
    assert [line.cursor(offset, measure) for offset in range(10)] == [0, 10, 20, 70, 60, 50, 40, 70, 80, 90]
    assert line.spans(1, 5, measure) == [(10, 30), (50, 70)]


@given(st.text(alphabet=f"ab1 .({HELLO}\u0627\u0628\u200f", max_size=12), st.booleans())
def test_the_order_is_that_of_python_bidi_and_each_character_has_its_place(text: str, leftwards: bool) -> None:
    line = visual_line(text, leftwards)
    mirrored = str.maketrans("()", ")(")
    theirs = str(get_display(line.text and _shaped(text), base_dir="R" if leftwards else "L"))
    assert line.text.translate(mirrored).replace("(", ")") == theirs.replace("(", ")")
    assert sorted(line.places) == list(range(len(text)))
    for offset in range(len(text) + 1):
        near = line.cursor(line.offset_at(line.cursor(offset, measure), measure), measure)
        assert near == line.cursor(offset, measure)
    if text:
        total = sum(right - left for left, right in line.spans(0, len(text), measure))
        assert total == measure(line.text)


def _shaped(text: str) -> str:
    import arabic_reshaper

    keep = {"delete_harakat": False, "delete_tatweel": False, "support_ligatures": False, "shift_harakat_position": False}
    return str(arabic_reshaper.ArabicReshaper(configuration=keep).reshape(text))


class TestLaidText:
    def test_hebrew_lines_end_at_the_right_edge(self) -> None:
        laid = LaidText(f"{HELLO} {HELLO}\nab", 60, measure)
        assert [laid.shown(row) for row in range(3)] == [f" {OLLEH}", OLLEH, "ab"]
        assert [laid.indent(row) for row in range(3)] == [10, 20, 0]
        assert [laid.runs_left(row) for row in range(3)] == [True, True, False]
        assert [laid.x_of(1, 5), laid.x_of(1, 9), laid.x_of(2, 10)] == [60, 20, 0]

    def test_what_is_touched_is_where_its_cursor_is(self) -> None:
        text = f"ab {HELLO}, c {HELLO}"
        laid = LaidText(text, 1000, measure)
        for offset in range(len(text) + 1):
            found = laid.offset_at(0, laid.x_of(0, offset))
            assert laid.x_of(0, found) == laid.x_of(0, offset)

    def test_a_broken_paragraph_keeps_its_direction(self) -> None:
        laid = LaidText(f"{HELLO} abcd", 50, measure)
        assert [laid.runs_left(row) for row in range(2)] == [True, True]
        assert laid.indent(1) == 10

    def test_plain_text_is_drawn_as_it_stands(self) -> None:
        laid = LaidText("one two  \nthree", 100, measure)
        assert is_plain(laid.text)
        assert [laid.shown(row) for row in range(2)] == ["one two", "three"]
        assert (laid.spans(0, 4, 7), laid.spans(1, 10, 10)) == ([(40, 70)], [(0, 0)])
