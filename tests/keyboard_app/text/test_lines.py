"""Lines cover the text in order, fit the width, and a tap finds the offset that it stands on."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from keyboard_app.text.lines import Line, break_lines, line_of, offset_at

TEXTS = st.text(alphabet="ab \n", max_size=80)


def width_of(text: str) -> float:
    return 10.0 * len(text)


def lines_of(text: str, width: float) -> list[str]:
    return [text[line.start : line.end] for line in break_lines(text, width, width_of)]


def test_words_go_to_the_next_line_whole() -> None:
    assert lines_of("see you at noon", 80) == ["see you ", "at noon"]


def test_a_space_may_hang_over_the_edge() -> None:
    assert lines_of("noon see", 40) == ["noon ", "see"]


def test_a_word_wider_than_the_line_is_broken() -> None:
    assert lines_of("so incomprehensible", 60) == ["so ", "incomp", "rehens", "ible"]


def test_a_word_of_a_hundred_thousand_letters_is_measured_in_pieces() -> None:
    measured: list[int] = []

    def measure(text: str) -> float:
        measured.append(len(text))
        return width_of(text)

    assert len(break_lines("x" * 100_000, 400, measure)) == 2500
    assert max(measured) <= 128


def test_line_breaks_are_kept_and_an_empty_text_has_a_line() -> None:
    assert lines_of("a\n\nb\n", 50) == ["a", "", "b", ""]
    assert break_lines("", 50, width_of) == (Line(0, 0),)


@given(TEXTS, st.integers(1, 12))
def test_the_lines_hold_the_whole_text_in_order_and_fit(text: str, columns: int) -> None:
    lines = break_lines(text, 10 * columns, width_of)
    rebuilt = ""
    for line in lines:
        rebuilt += text[len(rebuilt) : line.start] + text[line.start : line.end]
        assert len(text[line.start : line.end].rstrip()) <= columns
    assert rebuilt == text
    assert all(text[one.end : other.start] in ("", "\n") for one, other in pairwise(lines))


@given(TEXTS, st.integers(1, 12), st.data())
def test_a_place_is_found_again_where_it_is_drawn(text: str, columns: int, data: st.DataObject) -> None:
    lines = break_lines(text, 10 * columns, width_of)
    offset = data.draw(st.integers(0, len(text)))
    line = lines[line_of(lines, offset)]
    assert line.start <= offset <= line.end
    assert offset_at(text, line, width_of(text[line.start : offset]), width_of) == offset


def test_a_tap_goes_to_the_nearer_side_of_a_letter() -> None:
    line = Line(0, 5)
    assert [offset_at("hello", line, x, width_of) for x in (-5, 4, 6, 44, 200)] == [0, 0, 1, 4, 5]
