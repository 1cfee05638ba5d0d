"""What is done on the keyboard becomes text in the order in which it was done, and failures are said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.model import NextWord
from engine.recognizer import Recognition
from engine.swipe import Swipe
from keyboard_app.session.typing_session import LOADING, NO_WORD, TypingSession
from keyboard_app.session.worker import RecognitionWorker
from keyboard_app.text.writer import TEXT_LIMIT, Shift, Writer, WritingOptions
from tests.engine.test_spelling import lexicon_of
from tests.support.recognizing import TIMEOUT_S, NamedRecognizer, WindowThread, number_of, numbered_swipe, recognition

WORDS = {
    1: recognition("hello", "hell", "help", "held", "yellow"),
    2: recognition("were", "wee", "wet", forms=("we're",)),
    3: recognition("London"),
    4: recognition(),
}
KEY_WIDTH = 1.0


class Dictionary(NamedRecognizer):
    """Answers a swipe with the words of its number. Number 5 cannot be decoded."""

    def __init__(self) -> None:
        super().__init__("")
        self.before: list[str | None] = []
        self.lexicon = lexicon_of("hello", "help")

    def next_words(self, before: str, n: int) -> list[NextWord]:
        return [NextWord(word, 0.1) for word in ("after", before.split()[-1].lower(), "now")][:n]

    def decode(self, swipe: Swipe, *, before: str | None = None) -> Recognition:
        self.before.append(before)
        self.decoded.append(str(number_of(swipe)))
        if number_of(swipe) == 5:
            raise ValueError("the swipe is 0 units long")
        return WORDS[number_of(swipe)]


class Typing:
    """A session whose model loads when the test lets it."""

    def __init__(self) -> None:
        self.window = WindowThread()
        self.worker = RecognitionWorker(self.window.post)
        self.may_load = Event()
        self.recognizer = Dictionary()
        self.worker.load(self._load, lambda _: None)
        self.n_changes = 0
        self.session = TypingSession(Writer(WritingOptions()), self.worker, KEY_WIDTH)
        self.session.subscribe(self._count)

    def _load(self) -> Dictionary:
        assert self.may_load.wait(TIMEOUT_S)
        return self.recognizer

    def _count(self) -> None:
        self.n_changes += 1

    @property
    def text(self) -> str:
        return self.session.writer.text

    def swipe(self, number: int) -> None:
        self.session.swipe(numbered_swipe(number))

    def swipe_and_wait(self, number: int) -> None:
        self.swipe(number)
        self.until_written()

    def until_written(self) -> None:
        self.may_load.set()
        self.window.until(lambda: not self.session.n_waiting)

    def preview(self, *x: float) -> None:
        """Moves the finger along the x, in key widths, on to a number; a tenth of a second for each."""
        self.session.swipe_progress(Swipe.from_points(x, [0.0] * len(x), [100 * step for step in range(len(x))]))


@pytest.fixture
def typing() -> Iterator[Typing]:
    typing = Typing()
    yield typing
    typing.may_load.set()
    typing.worker.stop()


def test_writes_taps_at_once(typing: Typing) -> None:
    for letter in ("H", "i"):
        typing.session.type(letter)
    typing.session.action("space")
    assert typing.text == "Hi "
    assert typing.n_changes == 3


def test_writes_the_best_word_and_offers_the_next_three(typing: Typing) -> None:
    typing.swipe_and_wait(1)
    assert typing.text == "Hello"
    assert typing.session.choices == ("Hell", "Help", "Held")


def test_offers_the_other_written_forms_of_the_best_word_after_the_others(typing: Typing) -> None:
    typing.session.type("x")
    typing.swipe_and_wait(2)
    assert typing.text == "x were"
    assert typing.session.choices == ("wee", "wet", "we're")
    typing.session.choose(2)
    assert typing.text == "x we're"
    assert typing.session.choices == ("wee", "wet", "were")


def test_what_is_tapped_after_a_swipe_waits_for_its_word(typing: Typing) -> None:
    typing.swipe(1)
    typing.session.type(",")
    typing.swipe(3)
    typing.session.action("backspace")
    typing.session.type("!")
    assert typing.text == ""
    assert typing.session.n_waiting == 2
    typing.until_written()
    assert typing.text == "Hello,!"


def test_letters_tapped_while_a_word_is_on_its_way_are_small_after_it(typing: Typing) -> None:
    typing.swipe(1)
    assert typing.session.shift is Shift.OFF
    for letter in "are":
        typing.session.tap(letter)
    typing.until_written()
    assert typing.text == "Hello are"
    typing.swipe(1)
    typing.session.tap(".")
    typing.session.tap("i")
    typing.until_written()
    assert typing.text == "Hello are hello. I"


def test_the_words_before_a_swipe_go_to_the_recognizer_unless_that_is_switched_off(typing: Typing) -> None:
    typing.session.type("I am")
    typing.swipe(1)
    typing.swipe(3)
    typing.until_written()
    typing.session.uses_context = False
    typing.swipe_and_wait(2)
    assert typing.recognizer.before == ["I am", "I am hello", None]


def test_the_next_words_are_offered_after_a_space_and_one_leads_to_the_next(typing: Typing) -> None:
    typing.swipe_and_wait(1)
    assert typing.session.choices == ("Hell", "Help", "Held")
    typing.session.action("space")
    typing.window.until(lambda: typing.session.choices == ("after", "hello", "now"))
    typing.session.choose(1)
    assert typing.text == "Hello hello"
    typing.window.until(lambda: typing.session.choices == ("after", "hello", "now"))
    typing.session.choose(0)
    assert typing.text == "Hello hello after"
    typing.session.edit(Writer.undo)
    assert typing.text == "Hello hello"
    typing.session.uses_context = False
    typing.session.action("space")
    assert not typing.session.choices


def test_a_tapped_word_is_completed_and_corrected_where_the_person_chooses_so(typing: Typing) -> None:
    for letter in "xhel":
        typing.session.tap(letter)
    typing.session.edit(Writer.clear)
    for letter in "hel":
        typing.session.tap(letter)
    typing.may_load.set()
    typing.window.until(lambda: typing.session.choices == ("hello", "help"))
    typing.session.choose(0)
    assert typing.text == "Hello"
    assert typing.session.choices == ("Hel",)
    typing.session.action("space")
    for letter in "hlelo":
        typing.session.tap(letter)
    typing.window.until(lambda: typing.session.choices == ("hello",))
    typing.session.action("space")
    assert typing.text == "Hello hlelo ", "it is offered, and not applied by itself"
    typing.session.action("backspace")
    typing.window.until(lambda: typing.session.choices == ("hello",))
    typing.session.corrects = True
    typing.session.action("space")
    assert typing.text == "Hello hello "
    typing.session.edit(Writer.undo)
    typing.session.edit(Writer.undo)
    assert typing.text == "Hello hlelo"


def test_says_that_a_swipe_waits_for_the_model(typing: Typing) -> None:
    typing.swipe(1)
    assert typing.session.notice == LOADING
    typing.session.type(".")
    assert typing.session.notice == LOADING
    typing.until_written()
    assert typing.session.notice == ""


def test_undo_and_other_edits_come_in_their_turn(typing: Typing) -> None:
    typing.swipe(1)
    typing.swipe(3)
    typing.session.edit(Writer.undo)
    typing.session.edit(lambda writer: writer.move_to(0))
    typing.session.type("A")
    typing.until_written()
    assert typing.text == "AHello"


def test_shift_counts_for_the_swipe_after_it(typing: Typing) -> None:
    typing.swipe(1)
    typing.session.action("shift")
    typing.swipe(2)
    typing.until_written()
    assert typing.text == "Hello Were"


def test_the_double_tap_of_shift_is_timed_when_it_is_tapped(typing: Typing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two slow presses that waited together for the model are no double tap."""
    milliseconds = iter([10_000.0, 12_000.0])
    monkeypatch.setattr("keyboard_app.session.typing_session.clock_ms", lambda: next(milliseconds))
    typing.swipe(1)
    typing.session.action("shift")
    typing.session.action("shift")
    monkeypatch.undo()
    typing.until_written()
    assert typing.session.writer.shift is Shift.OFF


def test_a_choice_is_for_the_word_that_is_shown_not_for_those_on_their_way(typing: Typing) -> None:
    typing.swipe_and_wait(1)
    typing.swipe(3)
    typing.session.type("!")
    typing.session.choose(0)
    typing.until_written()
    assert typing.text == "Hell London!"


def test_says_that_no_word_was_found_until_the_next_thing_is_done(typing: Typing) -> None:
    typing.swipe_and_wait(4)
    assert (typing.text, typing.session.notice) == ("", NO_WORD)
    typing.session.type("a")
    assert typing.session.notice == ""


def test_a_tap_that_waited_does_not_take_the_notice_away(typing: Typing) -> None:
    typing.swipe(4)
    typing.session.type("a")
    typing.until_written()
    assert (typing.text, typing.session.notice) == ("a", NO_WORD)


def test_says_why_a_swipe_could_not_be_read_and_goes_on(typing: Typing) -> None:
    typing.swipe_and_wait(5)
    assert "the swipe is 0 units long" in typing.session.notice
    typing.swipe_and_wait(1)
    assert (typing.text, typing.session.notice) == ("Hello", "")


def test_without_a_recognizer_taps_write_and_swipes_say_why(typing: Typing) -> None:
    typing.may_load.set()

    def load() -> Dictionary:
        raise ValueError("grid 'yandex_ru' has no key for 'a'")

    typing.worker.load(load, typing.session.say)
    typing.swipe_and_wait(1)
    typing.session.say("")
    typing.swipe_and_wait(1)
    assert typing.session.notice == "grid 'yandex_ru' has no key for 'a'"
    typing.session.type("й")
    assert typing.text == "й"


def test_a_full_text_says_so_and_stays(typing: Typing) -> None:
    typing.session.edit(lambda writer: writer.paste("a" * TEXT_LIMIT))
    typing.session.type("b")
    assert f"{TEXT_LIMIT:,}" in typing.session.notice
    typing.session.action("backspace")
    assert typing.session.notice == ""
    typing.swipe_and_wait(1)
    assert f"{TEXT_LIMIT:,}" in typing.session.notice
    assert typing.text == "a" * (TEXT_LIMIT - 1)


def test_refuses_actions_that_are_not_the_writers(typing: Typing) -> None:
    with pytest.raises(ValueError, match="no action 'globe': it knows space, enter, backspace, shift"):
        typing.session.action("globe")


# --- previews ---


def test_shows_the_likely_word_while_the_finger_moves(typing: Typing) -> None:
    typing.may_load.set()
    typing.preview(0, 1)
    typing.window.until(lambda: typing.session.preview)
    assert typing.session.preview == "Hello"  # as it would be written at the start of a text
    assert typing.text == ""


def test_a_swipe_and_an_end_take_the_preview_away(typing: Typing) -> None:
    typing.may_load.set()
    ends: list[Callable[[], object]] = [lambda: typing.session.swipe_progress(None), lambda: typing.swipe(3)]
    for end in ends:
        typing.preview(0, 1)
        typing.window.until(lambda: typing.session.preview)
        end()
        assert typing.session.preview == ""
    typing.until_written()
    assert typing.session.preview == ""


def test_a_preview_that_comes_after_the_lift_is_not_shown(typing: Typing) -> None:
    typing.swipe_and_wait(3)
    typing.preview(0, 1)
    late = typing.window.wait_for_post()
    typing.session.swipe_progress(None)
    late()
    assert typing.session.preview == ""


def test_decodes_nothing_while_the_finger_rests(typing: Typing) -> None:
    typing.swipe_and_wait(3)
    typing.preview(0, 1)
    typing.window.until(lambda: typing.session.preview)
    for tremble in (1.02, 0.97, 1.0):
        typing.preview(0, 1, tremble)
    typing.swipe_and_wait(3)
    assert typing.recognizer.decoded == ["3", "1", "3"]


def test_previews_can_be_switched_off(typing: Typing) -> None:
    typing.session.show_previews = False
    typing.preview(0, 1)
    typing.swipe_and_wait(3)
    assert typing.recognizer.decoded == ["3"]


def test_tells_the_window_of_every_change_of_the_preview_once(typing: Typing) -> None:
    typing.swipe_and_wait(3)
    before = typing.n_changes
    typing.session.swipe_progress(None)
    assert typing.n_changes == before
    typing.preview(0, 1)
    typing.window.until(lambda: typing.session.preview)
    assert typing.n_changes == before + 1
    typing.preview(0, 1, 1.5)
    typing.window.wait_for_post()()
    assert typing.recognizer.decoded == ["3", "1", "1"]
    assert typing.n_changes == before + 1
    typing.session.swipe_progress(None)
    assert typing.n_changes == before + 2


# --- all at once ---

STEPS = st.lists(st.one_of(st.sampled_from(["a", ".", "space", "backspace", "shift", "undo", "tick"]), st.integers(1, 5)), max_size=25)


@given(STEPS)
def test_the_text_does_not_depend_on_when_the_words_come(steps: list[str | int]) -> None:
    at_once, late = Typing(), Typing()
    at_once.may_load.set()
    for step in steps:
        for typing in (at_once, late):
            if isinstance(step, int):
                typing.swipe(step)
            elif step in ("space", "backspace"):
                typing.session.action(step)
            elif step == "undo":
                typing.session.edit(Writer.undo)
            elif step == "shift":
                typing.session.edit(lambda writer: writer.press_shift(0.0))
            elif step == "tick":
                if typing is late and typing.may_load.is_set() and typing.session.n_waiting:
                    waiting = typing.session.n_waiting
                    typing.window.until(lambda: typing.session.n_waiting < waiting)  # noqa: B023
                typing.may_load.set()
            else:
                typing.session.type(step)
        at_once.until_written()
    late.until_written()
    for typing in (at_once, late):
        typing.worker.stop()
    assert late.text == at_once.text
    assert late.session.writer.cursor == at_once.session.writer.cursor
