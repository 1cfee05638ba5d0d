"""The writer: choosing, removing, undoing, writing into a text, and what does not fit."""

from __future__ import annotations

import pytest

from keyboard_app.text.writer import TEXT_LIMIT, Shift, TextFullError, Writer, WritingOptions
from keyboard_app.text.written import N_KEPT
from tests.support.writing import LETTERS, Person, shown

# --- choices ---


def test_another_candidate_takes_the_place_of_the_word_which_is_then_offered() -> None:
    person = Person().follow("~hello ~word/world/ward/work")
    assert person.writer.choices == ("world", "ward", "work")
    assert person.follow("<choose 1>").shown == "Hello ward|"
    assert person.writer.choices == ("world", "word", "work")
    assert person.follow("<choose 1> ~is").shown == "Hello word is|"


def test_choices_are_as_they_would_be_written() -> None:
    person = Person().follow("~is/us/IS/i's")
    assert (person.shown, person.writer.choices) == ("Is|", ("Us", "IS", "I's"))
    person.follow("<shift> <again> ~us/is/US/Us")
    assert (person.shown, person.writer.choices) == ("Is US|", ("IS",))


def test_other_forms_keep_their_capitals() -> None:
    assert shown("~wait ~lets/let's/Lets <choose 1>") == "Wait Lets|"


@pytest.mark.parametrize("after", ["a", "<enter>", "<backspace>", "<clear>", "<word>", ", a", "? ! <space>"])
def test_choices_go_when_the_word_is_left(after: str) -> None:
    assert Person().follow(f"~is/us {after}").writer.choices == ()


@pytest.mark.parametrize("after", [",", "<space>", ". <space>", ", <backspace>", "<space> <backspace>", "a <backspace> <backspace>"])
def test_choices_stay_over_a_space_and_a_closing_mark(after: str) -> None:
    person = Person().follow(f"~is/us {after}")
    assert person.writer.choices == ("Us",)
    before = person.shown
    assert person.follow("<choose 0>").shown == before.replace("Is", "Us")
    assert person.follow("<choose 0>").shown == before


def test_what_is_not_offered_cannot_be_chosen() -> None:
    for index in (-1, 1):
        with pytest.raises(IndexError, match=f"no choice {index} among the 1 offered"):
            Person().follow("~is/us").writer.choose(index)
    with pytest.raises(IndexError, match="among the 0 offered"):
        Writer(WritingOptions()).choose(0)


def test_a_swipe_without_candidates_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one candidate"):
        Writer(WritingOptions()).commit([])


# --- removing ---


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("~hello ~world <backspace>", "Hello|"),
        ("~hello ~world <backspace> <backspace>", "|"),
        ("~hello ~word/world <choose 0> <backspace>", "Hello|"),
        ("~hello <space> ~world <backspace>", "Hello |"),
        ("~hello , ~world <backspace> <backspace>", "Hello|"),
        ("~hello , <backspace> <backspace>", "Hell|"),
        ("~hello s <backspace>", "Hello |"),
        ("~hello <shift> ~world <backspace> ~word", "Hello Word|"),
        ("~hello ~world <backspace> a", "Hello a|"),
        ("<backspace>", "|"),
    ],
)
def test_backspace_removes_a_swiped_word(script: str, expected: str) -> None:
    assert shown(script) == expected


def test_backspace_offers_the_word_before_again() -> None:
    person = Person().follow("~is/us ~it <backspace>")
    assert person.writer.choices == ("Us",)
    assert person.follow("<choose 0> ~all").shown == "Us all|"


def test_backspace_removes_a_letter_where_so_chosen() -> None:
    assert shown("~hello ~world <backspace>", options=LETTERS) == "Hello worl|"
    assert shown("~hello ~a <backspace> <backspace> ,", options=LETTERS) == "Hello,|"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("abc", "ab"),
        ("cafe\u0301", "caf"),
        ("и\u0306", ""),
        ("a👍🏽", "a"),
        ("a👩\u200d👩\u200d👧\u200d👦", "a"),
        ("a❤\ufe0f", "a"),
        ("1\ufe0f\u20e3", ""),
        ("🇩🇪🇫🇷", "🇩🇪"),
        ("x\u200d", ""),
        ("a\n\u0301", "a\n"),
        ("a\r\nb", "a\n"),
        ("a\r\n", "a"),
        ("🏴\U000e0067\U000e0062\U000e007f", ""),
    ],
)
def test_backspace_removes_a_visible_character(text: str, left: str) -> None:
    assert Person(LETTERS, text).follow("<backspace>").writer.text == left


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one two|", "one |"),
        ("one two  |", "one |"),
        ("don't|", "|"),
        ("well-known|", "|"),
        ("one ...|", "one |"),
        ("one, |two", "one|two"),
        ("|one", "|one"),
        ("один два|", "один |"),
    ],
)
def test_a_word_can_be_deleted(text: str, expected: str) -> None:
    assert shown("<word>", text) == expected


# --- undo ---


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("<undo> <redo>", "|"),
        ("~hello ~world <undo>", "Hello|"),
        ("~hello ~world <undo> <undo>", "|"),
        ("~hello ~world <undo> <undo> <redo> <redo>", "Hello world|"),
        ("~hello ~word/world <choose 0> <undo>", "Hello word|"),
        ("~hello ~world <backspace> <undo>", "Hello world|"),
        ("~hello ~world <clear> <undo>", "Hello world|"),
        ("~hello , ~world <undo> <undo> <undo>", "|"),
        ("~one two <undo>", "One|"),
        ("two <space> three <undo> <undo>", "Two|"),
        ("two <backspace> <backspace> <undo>", "Two|"),
        ("two <backspace> <backspace> <undo> <undo>", "|"),
        ("ab <at 0> c <undo>", "|Ab"),
        ("ab <at 0> <at 2> c <undo>", "Ab|"),
        ("~hello <undo> x <redo>", "X|"),
        ("~hello ~world <at 2> <undo>", "Hello|"),
        ("~see a <backspace> . <undo>", "See |"),
    ],
)
def test_undo_goes_back_by_what_was_done(script: str, expected: str) -> None:
    assert shown(script) == expected


def test_undo_restores_choices_and_shift() -> None:
    person = Person().follow("~hello ~is/us <shift> ~it")
    assert person.follow("<undo>").writer.shift is Shift.ONCE
    assert person.follow("~now <undo>").shown == "Hello is|"
    assert person.writer.choices == ("us",)
    assert person.follow("<choose 0> <undo> <choose 0>").shown == "Hello us|"


def test_it_is_known_whether_there_is_something_to_undo() -> None:
    writer = Person().follow("~hello").writer
    assert (writer.can_undo, writer.can_redo) == (True, False)
    writer.undo()
    assert (writer.can_undo, writer.can_redo) == (False, True)


# --- in the middle of a text ---


@pytest.mark.parametrize(
    ("text", "script", "expected"),
    [
        ("hello |world", "~big", "hello big| world"),
        ("hello| world", "~big ~bad", "hello big bad| world"),
        ("hello |world", "~big a", "hello big a| world"),
        ("hello |world", "~big <space> ~bad", "hello big bad| world"),
        ("hello |world", "~big <space>", "hello big |world"),
        ("hello |world", "~big , ~bad", "hello big, bad| world"),
        ("hello |world", "~big <backspace>", "hello |world"),
        ("hello |world", "~big/bag/bug <choose 1> <backspace>", "hello |world"),
        ("hello |world", "~big/beautiful <choose 0> ~old", "hello beautiful old| world"),
        ("hello |world", "~big <undo>", "hello |world"),
        ("hello|, world", "~you", "hello you|, world"),
        ("(|)", "~maybe", "(Maybe|)"),
        ("is (|)", "~maybe", "is (maybe|)"),
        ("say (|x)", "~maybe", "say (maybe| x)"),
        ("hel|lo", "~big", "Big|"),
        ("oh hel|lo you", "~big", "oh big| you"),
        ("oh don'|t you", "~big", "oh big| you"),
        ("oh hello| you", "~big", "oh hello big| you"),
        ("oh |hello you", "~big", "oh big| hello you"),
        ("oh hel|lo you", "~big <backspace>", "oh hel|lo you"),
        ("oh hel|lo you", "~big/bag <choose 1>", "oh hello| you"),
        ("oh hel|lo you", "~big ~dog", "oh big dog| you"),
        ("|hello", "~oh", "Oh| hello"),
        ("Hi.| Bye.", "~you", "Hi. You| Bye."),
        ("Hi. |Bye.", "~you", "Hi. You| Bye."),
        ("one\n|two", "~and", "one\nAnd| two"),
        ("one|\ntwo", "~and", "one and|\ntwo"),
        ("hel|lo", "x", "helx|lo"),
        ("hel|lo", "<enter>", "hel\n|lo"),
    ],
)
def test_words_are_put_into_a_text(text: str, script: str, expected: str) -> None:
    assert shown(script, text) == expected


def test_the_cursor_stays_in_the_text_and_out_of_characters() -> None:
    writer = Writer(WritingOptions(), "e\u0301🇩🇪🇫🇷👩\u200d👧a")
    stops = []
    for offset in range(-2, len(writer.text) + 3):
        writer.move_to(offset)
        stops.append(writer.cursor)
    assert stops == [0, 0, 0, 0, 2, 2, 4, 4, 6, 6, 6, 9, 10, 10, 10]


def test_moving_to_where_the_cursor_is_keeps_the_choices() -> None:
    assert Person().follow("~is/us <at 2>").writer.choices == ("Us",)


# --- what does not fit ---


def test_a_pasted_text_keeps_its_letters_and_loses_what_cannot_be_shown() -> None:
    writer = Writer(WritingOptions(), "ab")
    writer.move_to(1)
    writer.paste("x\r\ny\rz\x00\x1b\ud83d\t👍")
    assert writer.text == "ax\ny\nz\t👍b"
    writer.paste("\x00")
    writer.undo()
    assert writer.text == "ab"


@pytest.mark.parametrize("script", ["a", "~word", "<space>", "<enter>"])
def test_a_full_text_takes_nothing_more_and_stays_as_it_is(script: str) -> None:
    person = Person(text="x" * TEXT_LIMIT)
    with pytest.raises(TextFullError, match="the limit is 100,000: copy it out and clear it, or paste less"):
        person.follow(script)
    assert person.writer.text == "x" * TEXT_LIMIT
    assert not person.writer.can_undo
    assert person.follow("<backspace> a").writer.text == "x" * (TEXT_LIMIT - 1) + "a"


def test_a_million_characters_are_refused() -> None:
    with pytest.raises(TextFullError, match="would have 1,000,000 characters"):
        Writer(WritingOptions(), "x" * 1_000_000)
    writer = Writer(WritingOptions(), "kept")
    with pytest.raises(TextFullError, match="would have 1,000,004 characters"):
        writer.paste("x" * 1_000_000)
    assert writer.text == "kept"


def test_history_forgets_the_oldest_steps() -> None:
    writer = Writer(WritingOptions())
    for _ in range(30):
        writer.paste("x" * TEXT_LIMIT)
        writer.clear()
    n_steps = 0
    while writer.can_undo:
        writer.undo()
        n_steps += 1
    assert n_steps == 10
    assert writer.text == ""


# --- a word written earlier ---


def test_an_older_word_is_corrected_where_the_cursor_is_put() -> None:
    person = Person().follow("~meat/meet/mat ~me ~here/there")
    for offset in (0, 2, 4):
        person.writer.move_to(offset)
        assert person.writer.choices == ("Meet", "Mat")
    assert person.follow("<choose 0>").shown == "Meet| me here"
    assert person.follow("<at 9> <choose 0>").shown == "Meet me there|"
    assert person.follow("<at 0> <choose 1>").shown == "Mat| me there"
    assert person.follow("<undo> <undo> <undo>").shown == "Meat| me here"


def test_an_older_word_keeps_its_choices_wherever_it_moves_and_loses_them_when_it_is_changed() -> None:
    person = Person().follow("~is/us ~it/in <at 0> ~so/do")
    person.writer.move_to(len(person.writer.text))
    assert (person.shown, person.writer.choices) == ("So Is it|", ("in",))
    person.writer.move_to(4)
    assert person.writer.choices == ("Us",)
    assert person.follow("x").writer.choices == ()
    assert person.follow("<backspace>").writer.choices == ()


def test_the_last_two_hundred_words_can_be_corrected() -> None:
    person = Person()
    for _ in range(N_KEPT + 1):
        person.follow("~is/us")
    assert person.follow("<at 1>").writer.choices == ()
    assert person.follow("<at 4>").writer.choices == ("us",)


def test_a_word_put_in_the_place_of_another_offers_it() -> None:
    person = Person().follow("~meat/meet ~me <at 2> ~quickly/quick")
    assert (person.shown, person.writer.choices) == ("Quickly| me", ("Quick", "Meat"))
