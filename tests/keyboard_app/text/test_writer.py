"""The writer: little scripts of what a person does, and what then stands in the text. Spaces and capitals."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine import Grid, language_of, load_languages
from keyboard_app.session.practice import prompts_for
from keyboard_app.text.writer import Shift, WritingOptions
from tests.support.writing import LETTERS, PLAIN, Person, shown

# --- spaces ---


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("~hello ~world", "Hello world|"),
        ("~hello, ~how ~are ~you?", "Hello, how are you?|"),
        ("~hello! ~nice ~day. ~bye", "Hello! Nice day. Bye|"),
        ("~have a ~good ~day", "Have a good day|"),
        ("~it ~is 5 : 3 0", "It is 5:30|"),
        ("hi ~there", "Hi there|"),
        ("hi <space> ~there", "Hi there|"),
        ("~hi <space> ~there", "Hi there|"),
        ("~hello <enter> ~world", "Hello\nWorld|"),
        ("~we ( ~me & ~you ) ~know", "We (me & you) know|"),
        ('~he ~said " ~hello " ~twice', 'He said "hello" twice|'),
        ('" ~hello " , ~he ~said', '"Hello", he said|'),
        ("~they ~said “ ~no ” ~again", "They said “no” again|"),
        ("« ~да » , ~сказал ~он", "«Да», сказал он|"),
        ("~the ~dog's ~bone", "The dog's bone|"),
        ("~the ~dog ' s ~bone", "The dog's bone|"),
        ("~well - ~known", "Well-known|"),
        ("~yes <space> - ~no", "Yes - no|"),
        ("~yes / ~no", "Yes/no|"),
        ("~read # ~news", "Read #news|"),
        ("~mail <space> @ ~bob", "Mail @bob|"),
        ('~so ( " ~hello " )', 'So ("hello")|'),
        ('" ~hi <enter> ~he ~said " ~no "', '"Hi\nHe said "no"|'),
        ("~cost $ 5 , ~no ~more", "Cost $5, no more|"),
        ("~wait … ~what", "Wait… What|"),
        ("~hello <space> : )", "Hello :)|"),
        ("~room 1 0 1 ~please", "Room 101 please|"),
        ("~sum + ~more", "Sum + more|"),
        ("~5% ~of", "5% of|"),
        ("~привет , ~как ~дела ?", "Привет, как дела?|"),
    ],
)
def test_spaces_come_where_they_belong(script: str, expected: str) -> None:
    assert shown(script) == expected


def test_no_space_is_doubled_and_none_is_left_before_punctuation() -> None:
    assert shown("~see a <backspace>") == "See |"
    assert shown("~see a <backspace> .") == "See.|"
    assert shown("~see a <backspace> . i") == "See. I|"
    assert shown("~see a n d <backspace> <backspace> <backspace> .") == "See.|"
    assert shown("~see a <backspace> ~i <backspace> .", options=LETTERS) == "See.|"
    assert shown("~see a <backspace> <backspace> x .") == "Seex.|"
    assert shown("~see a <backspace> ~you") == "See you|"
    assert shown("~see a <backspace> <space> ~you") == "See you|"
    assert shown("~see a <backspace> <enter>") == "See\n|"
    assert shown("~see <space> .") == "See.|", "people tap it out of habit"
    assert shown("see <space> , i") == "See, i|"
    assert shown("see <space> , <space> i") == "See, i|"
    assert shown("see <space> :)") == "See :)|", "this space was meant"
    assert shown("see <space> <space> .", options=PLAIN) == "see  .|"
    assert shown("see <space> .", options=PLAIN) == "see .|"


def test_two_taps_of_space_make_a_full_stop() -> None:
    assert shown("~hello <space> <space> ~you") == "Hello. You|"
    assert shown("hi <space> <space> <space>") == "Hi.  |"
    assert shown("hi <space> <space> <undo>") == "Hi |"
    assert shown("hi ? <space> <space>") == "Hi?  |"
    assert shown("hi <space> <at 0> <at 3> <space>") == "Hi  |", "not in a row"
    assert shown("<space> <space>") == "  |"
    assert shown("hi <space> <space>", options=PLAIN) == "hi  |"


def test_spaces_can_be_left_to_the_person() -> None:
    assert shown("~hello ~world , ~a", options=PLAIN) == "helloworld,a|"
    assert shown("~hello <space> a ~day", options=PLAIN) == "hello aday|"


@pytest.mark.parametrize("name", ["qwerty_en", "yandex_ru"])
def test_our_prompts_are_written_by_swipes_and_taps_of_what_they_show(grids: dict[str, Grid], name: str) -> None:
    person, expected = Person(), []
    for prompt in prompts_for(language_of(grids[name]), grids[name], None):
        sentence = prompt if prompt[-1] in "!?" else f"{prompt}."
        expected.append(sentence[0].upper() + sentence[1:])
        for at, word in enumerate(re.findall(r"[\w']+|[^\w\s]", sentence)):
            if len(word) > 1:
                is_small = at == 0 and not word.startswith("I'")
                person.writer.commit([word.lower() if is_small else word])
            elif word == "I" and at > 0:
                person.follow("<shift> I")
            else:
                person.tap(word)
    assert person.writer.text == " ".join(expected)


# --- capitals and shift ---


@pytest.mark.parametrize(
    ("code", "script", "expected"),
    [
        ("en", "~pens, etc. <space> ~and", "Pens, etc. and|"),
        ("en", "~see ~ул. <space> ~им", "See ул. Им|"),
        ("ru", "~на ~ул. <space> ~мира", "На ул. мира|"),
        ("ru", "~pens, etc. <space> ~and", "Pens, etc. And|"),
    ],
)
def test_the_stop_of_the_languages_own_abbreviations_ends_no_sentence(code: str, script: str, expected: str) -> None:
    assert shown(script, options=WritingOptions(abbreviations=load_languages()[code].abbreviations)) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("hi . <space> you", "Hi. You|"),
        ("~so. i ~am", "So. I am|"),
        ("~see www.example.com", "See www.example.com|"),
        ("~at 3 . 1 4 ~or", "At 3.14 or|"),
        ("~fruit, e.g. <space> ~pears", "Fruit, e.g. pears|"),
        ("~at <space> 5 <space> a.m. <space> ~today", "At 5 a.m. today|"),
        ("~и <space> т.д. <space> ~и", "И т.д. и|"),
        ("~well... <space> ~yes", "Well... Yes|"),
        ("~really ?! <space> ~yes", "Really?! Yes|"),
        ("~yes . <enter> <enter> ~dear", "Yes.\n\nDear|"),
        ("~go (~now.) ~then", "Go (now.) Then|"),
        ("~i'm ~in ~London ~with ~iPhone", "I'm in London with iPhone|"),
        ("~iPhone ~sales", "iPhone sales|"),
        ("<shift> ~hello", "hello|"),
        ("~hello <shift> ~world ~is", "Hello World is|"),
        ("~hello <shift> , ~world", "Hello, World|"),
        ("~hello <shift> ~'tis", "Hello 'Tis|"),
        ("~hello <shift> <shift> ~world", "Hello world|"),
        ("~see <shift> <again> ~nasa ~at hq <shift> ~and", "See NASA AT HQ and|"),
        ("~see <shift> <again> <again> ~this", "See this|"),
        ("~see <shift> <again> <again> <again> ~this", "See This|"),
        ("~see <shift> <space> ~this", "See This|"),
        ("~see <space> x <shift> <backspace> ~this", "See This|"),
        ("~see <shift> <again> ~this <clear> ~now", "NOW|"),
        ("~see <shift> <again> ~i'm <enter> ~ok", "See I'M\nOK|"),
        ("<shift> <again> ~stop", "STOP|"),
        ("<shift> <again> <shift> <shift> ~stop", "Stop|"),
        ("<shift> iphone", "iphone|"),
        ("~ёж ~в ~Москве", "Ёж в Москве|"),
    ],
)
def test_capitals_come_where_they_belong(script: str, expected: str) -> None:
    assert shown(script) == expected


def test_capitals_can_be_left_to_the_person() -> None:
    options = replace(WritingOptions(), capitals=False)
    assert shown("hi . <space> ~you ~and <shift> ~me", options=options) == "hi. you and Me|"


def test_the_keys_show_the_case_of_the_next_letter() -> None:
    person = Person()
    assert person.writer.shift is Shift.ONCE
    assert person.follow("~hello").writer.shift is Shift.OFF
    assert person.follow(".").writer.shift is Shift.ONCE, "a space and a capital are due"
    assert person.follow("<undo>").writer.shift is Shift.OFF
    assert person.follow("<shift>").writer.shift is Shift.ONCE
    assert person.follow("<again>").writer.shift is Shift.LOCK
    assert person.follow("~so <enter> x <at 0>").writer.shift is Shift.LOCK
    assert person.follow("<shift>").writer.shift is Shift.OFF
    assert Person(text="By hand.").writer.shift is Shift.OFF, "as in example.com"


def test_a_word_is_previewed_as_it_would_be_written() -> None:
    person = Person()
    assert person.writer.as_written("hello") == "Hello"
    person.follow("hi.")
    assert person.writer.as_written("you") == "You"
    assert person.follow("~so").writer.as_written("you") == "you"
    assert person.follow("<shift> <again>").writer.as_written("you") == "YOU"


# --- quotation marks and addresses ---


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("~say ' ~hello ' ~there", "Say 'hello' there|"),
        ("~say ' h e l l o ' ~there", "Say 'hello' there|"),
        ("~say <space> ' ~hello ' ~there", "Say 'hello' there|"),
        ("~say ' ~hello ' . ~he", "Say 'hello'. He|"),
        ("~the ~dogs ' ~tails", "The dogs' tails|"),
        ("~the ~dog ' s ~tail", "The dog's tail|"),
        ("~we ' ll ~go", "We'll go|"),
        ("~fish & ~chips", "Fish & chips|"),
        ("~fish & c h i p s", "Fish & chips|"),
        ("r&d", "R&d|"),
        ("~two + t w o", "Two + two|"),
        ("john@ ~example . ~com", "john@example.com|"),
        ("~john @ ~Example . ~com ~so", "john@example.com so|"),
        ("~mail ~John @ ~example . ~com . ~so", "Mail john@example.com. So|"),
        ("www. ~example . ~com", "www.example.com|"),
        ("www. ~example . ~cook/com", "www.example.com|"),
        ("john@ ~example . ~out/our/org", "john@example.org|"),
        ("https:// ~example . ~cook/come", "https://example.cook|"),
        ("https:// ~example . ~com / ~cook/com", "https://example.com/cook|"),
        ("~see https:// ~example . ~com", "See https://example.com|"),
        ("<shift> john", "john|"),
        ("~see <shift> john@", "See John@|"),
        ("~hello <space> . ~world", "Hello. World|"),
        ("~hello <space> , t h e r e", "Hello, there|"),
    ],
)
def test_quotation_marks_and_addresses_are_written_as_people_write_them(script: str, expected: str) -> None:
    assert shown(script) == expected


@pytest.mark.parametrize("backwards", [False, True])
def test_a_swiped_word_that_is_selected_can_be_corrected(backwards: bool) -> None:
    writer = Person().follow("~see/sea ~you/your ~there").writer
    writer.select(7, 4) if backwards else writer.select(4, 7)
    assert writer.choices == ("your",)
    writer.choose(0)
    assert (writer.text, writer.selection, writer.choices) == ("See your there", (8, 8), ("you",))
    writer.undo()
    assert (writer.text, writer.selected) == ("See you there", "you")


@pytest.mark.parametrize("span", [(4, 6), (3, 7), (0, 7), (4, 8), (8, 13)])
def test_another_selection_offers_nothing(span: tuple[int, int]) -> None:
    writer = Person().follow("~see/sea ~you/your ~there").writer
    writer.select(*span)
    assert writer.choices == ()
