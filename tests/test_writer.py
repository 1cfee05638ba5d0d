"""The writer: little scripts of what a person does, and what then stands in the text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Grid
from keyboard_app.practice import prompts_for
from keyboard_app.shift import DOUBLE_TAP_MS
from keyboard_app.writer import TEXT_LIMIT, Shift, TextFullError, Writer, WritingOptions

LETTERS = WritingOptions(backspace="letter")
PLAIN = WritingOptions(capitals=False, spaces=False)
STEP = re.compile(r"~(?P<swipe>[^\s~]+)|<(?P<key>\w+)(?: (?P<n>\d+))?>|(?P<gap>\s)|(?P<tap>.)", re.DOTALL)


class Person:
    """Follows a script. ~word swipes it (~us/is: with a second candidate), <space> and the like press a key, the rest is tapped.

    Spaces and line breaks in a script only part its steps. Letters are tapped in the case that the keys show.
    """

    def __init__(self, options: WritingOptions | None = None, text: str = "") -> None:
        self.writer = Writer(options or WritingOptions(), text)
        self.now_ms = 0.0

    def follow(self, script: str) -> Person:
        for step in STEP.finditer(script):
            if step["swipe"]:
                self.writer.commit(step["swipe"].split("/"))
            elif step["key"]:
                self.press(step["key"], int(step["n"] or 0))
            elif step["tap"]:
                self.tap(step["tap"])
        return self

    def tap(self, character: str) -> None:
        self.writer.type(character.lower() if self.writer.shift is Shift.OFF else character.upper())

    def press(self, key: str, n: int) -> None:
        writer = self.writer
        if key == "shift":
            self.now_ms += 2 * DOUBLE_TAP_MS
            writer.press_shift(self.now_ms)
        elif key == "again":
            self.now_ms += DOUBLE_TAP_MS / 2
            writer.press_shift(self.now_ms)
        elif key in ("choose", "at"):
            (writer.choose if key == "choose" else writer.move_to)(n)
        else:
            getattr(writer, {"word": "delete_word"}.get(key, key))()

    @property
    def shown(self) -> str:
        """The text with a bar at the cursor."""
        return f"{self.writer.text[: self.writer.cursor]}|{self.writer.text[self.writer.cursor :]}"


def shown(script: str, text: str = "", options: WritingOptions | None = None) -> str:
    """The text after the script; `text` has a bar where the cursor is at first."""
    person = Person(options, text.replace("|", ""))
    if "|" in text:
        person.writer.move_to(text.index("|"))
    return person.follow(script).shown


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
    assert shown("~see <space> .") == "See .|", "this space was meant"


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


@pytest.mark.parametrize("name", ["qwerty_en", "default"])
def test_our_prompts_are_written_by_swipes_and_taps_of_what_they_show(grids: dict[str, Grid], name: str) -> None:
    person, expected = Person(), []
    for prompt in prompts_for(grids[name], None):
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
    ("script", "expected"),
    [
        ("hi . <space> you", "Hi. You|"),
        ("~so. i ~am", "So. I am|"),
        ("~see www.example.com", "See www.example.com|"),
        ("~at 3 . 1 4 ~or", "At 3.14 or|"),
        ("~fruit, e.g. <space> ~pears", "Fruit, e.g. pears|"),
        ("~at <space> 5 <space> a.m. <space> ~today", "At 5 a.m. today|"),
        ("~pens, etc. <space> ~and", "Pens, etc. and|"),
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


@pytest.mark.parametrize("after", [",", "a", "<space>", "<enter>", "<backspace>", "<at 0>", "<clear>", "<word>"])
def test_choices_go_when_the_word_is_left(after: str) -> None:
    assert Person().follow(f"~is/us {after}").writer.choices == ()


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
        ("hel|lo", "~big", "hel big| lo"),
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
    with pytest.raises(TextFullError, match="100,000 are the most: copy it away and clear it, or paste less"):
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


# --- whatever is done ---

WORDS = st.lists(st.sampled_from(["hello", "I'm", "iPhone", "us", "ёж", "'tis", "well-known"]), min_size=1, max_size=4)
ACTIONS = st.one_of(
    st.tuples(st.just("type"), st.sampled_from("aZя.,?!\"'()«5 \n-@%👍\u0301")),
    st.tuples(st.just("commit"), WORDS),
    st.tuples(st.just("paste"), st.text(max_size=5)),
    st.tuples(st.just("move_to"), st.integers(-2, 30)),
    st.tuples(st.just("choose"), st.integers(0, 2)),
    st.tuples(st.sampled_from(["space", "enter", "backspace", "delete_word", "clear", "undo", "redo"])),
    st.tuples(st.just("press_shift"), st.just(0.0)),
)
OPTIONS = st.builds(WritingOptions, st.sampled_from(["word", "letter"]), st.booleans(), st.booleans())
TEXTS = st.text('ab. \n"(é👍\u0301', max_size=8)


def do(writer: Writer, action: tuple[object, ...]) -> None:
    if action[0] != "choose" or writer.choices[action[1] :]:  # type: ignore[misc]
        getattr(writer, str(action[0]))(*action[1:])


def state(writer: Writer) -> tuple[object, ...]:
    return writer.text, writer.cursor, writer.shift, writer.choices


@given(OPTIONS, TEXTS, st.lists(ACTIONS, max_size=20))
def test_undoing_everything_gives_the_first_text_and_redoing_the_last(options: WritingOptions, text: str, actions: list) -> None:
    writer = Writer(options, text)
    for action in actions:
        do(writer, action)
    last = writer.text
    n_undone = 0
    while writer.can_undo:
        writer.undo()
        n_undone += 1
    if "redo" not in [action[0] for action in actions]:
        assert writer.text == text
    for _ in range(n_undone):
        writer.redo()
    assert writer.text == last


@given(OPTIONS, TEXTS, st.lists(ACTIONS, max_size=10), ACTIONS)
def test_undo_restores_exactly_and_redo_too(options: WritingOptions, text: str, actions: list, action: tuple[object, ...]) -> None:
    writer = Writer(options, text)
    for earlier in actions:
        do(writer, earlier)
    writer.move_to(writer.cursor // 2)  # whatever was typed or erased before is a step of its own
    before = state(writer)
    do(writer, action)
    after = state(writer)
    if after[0] != before[0] and action[0] not in ("undo", "redo"):
        writer.undo()
        assert state(writer) == before
        writer.redo()
        assert state(writer) == after


@given(OPTIONS, TEXTS, st.lists(ACTIONS, max_size=20))
def test_the_cursor_stays_in_the_text(options: WritingOptions, text: str, actions: list) -> None:
    writer = Writer(options, text)
    for action in actions:
        do(writer, action)
        assert 0 <= writer.cursor <= len(writer.text)


@given(TEXTS, st.lists(ACTIONS, max_size=10), WORDS)
def test_a_swiped_word_stands_alone_and_backspace_takes_all_of_it_away(text: str, actions: list, words: list[str]) -> None:
    writer = Writer(WritingOptions(), text)
    for action in actions:
        do(writer, action)
    before = state(writer)
    word = writer.as_written(words[0])
    writer.commit(words)
    written = writer.text[: writer.cursor]
    assert written.endswith(word)
    assert not written[: -len(word)][-1:].isalnum()
    assert not writer.text[writer.cursor :][:1].isalnum()
    assert word not in writer.choices
    writer.backspace()
    assert state(writer) == before


@given(TEXTS, st.lists(ACTIONS, max_size=10), WORDS, st.integers(0, 2))
def test_choosing_twice_gives_the_first_word_back(text: str, actions: list, words: list[str], index: int) -> None:
    writer = Writer(WritingOptions(), text)
    for action in [*actions, ("commit", words)]:
        do(writer, action)
    before = state(writer)
    do(writer, ("choose", index))
    do(writer, ("choose", index))
    assert state(writer) == before


@given(st.lists(st.one_of(WORDS, st.sampled_from(list("a.,?!;:)"))), max_size=20))
def test_automatic_spaces_are_never_doubled_nor_before_punctuation(steps: list) -> None:
    writer = Writer(WritingOptions())
    for step in steps:
        writer.type(step) if isinstance(step, str) else writer.commit(step)
    assert not re.search(r"  |^ | $| [.,?!;:)]", writer.text)
