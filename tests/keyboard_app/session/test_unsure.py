"""Swipes of which no word is likely enough: the words are offered, and none is written until the person picks one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from keyboard_app.session.learning import Used
from keyboard_app.session.own_words import Say
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.session.unsure import Unsure
from keyboard_app.text.writer import Writer, WritingOptions
from tests.keyboard_app.session.test_typing_session import Typing

ABOVE = 0.6
"""More than the probability of every word in these tests."""


@pytest.fixture
def typing() -> Iterator[Typing]:
    typing = Typing()
    typing.session.least_probability = ABOVE
    yield typing
    typing.may_load.set()
    typing.worker.stop()


class Learnt:
    """Notes what is learnt, in the place of the person's words."""

    def __init__(self) -> None:
        self.uses: list[tuple[str, str]] = []

    def learn(self, uses: Iterable[Used], offer: Say) -> None:
        self.uses += [(one.word, one.use) for one in uses]

    def learn_pair(self, text: str) -> None:
        pass


def test_nothing_is_written_and_the_words_are_offered_as_they_would_be_written(typing: Typing) -> None:
    typing.swipe_and_wait(1)
    assert typing.text == ""
    assert typing.session.choices == typing.session.offers == ("Hello", "Hell", "Help", "Held")
    assert typing.session.preview == "Hello?"
    assert typing.session.correctable is None


@pytest.mark.parametrize(("index", "text", "others"), [(0, "Hello", ("Hell", "Help", "Held")), (2, "Help", ("Hello", "Hell", "Held"))])
def test_the_word_that_is_picked_is_written_and_the_others_are_offered(
    typing: Typing, index: int, text: str, others: tuple[str, ...]
) -> None:
    typing.swipe_and_wait(1)
    typing.session.take(index)
    assert (typing.text, typing.session.choices, typing.session.preview) == (text, others, "")
    typing.session.choose(0)
    assert typing.text == others[0]


def test_a_space_takes_the_first_and_the_next_one_is_a_space(typing: Typing) -> None:
    typing.swipe_and_wait(1)
    typing.session.action("space")
    assert typing.text == "Hello"
    typing.session.action("space")
    assert typing.text == "Hello "


def test_another_swipe_takes_its_place(typing: Typing) -> None:
    typing.swipe_and_wait(1)
    typing.session.least_probability = 0.0
    typing.swipe_and_wait(3)
    assert (typing.text, typing.session.preview) == ("London", "")


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.type("a"),
        lambda session: session.action("backspace"),
        lambda session: session.edit(lambda writer: writer.move_to(0)),
    ],
)
def test_whatever_else_is_done_lets_it_go(typing: Typing, act: Callable[[TypingSession], None]) -> None:
    typing.session.type("x ")
    typing.swipe_and_wait(1)
    assert typing.session.choices == ("hello", "hell", "help", "held")
    act(typing.session)
    assert typing.session.preview == ""
    assert "hello" not in typing.session.choices


def test_who_has_gone_on_gets_the_best_word(typing: Typing) -> None:
    typing.swipe(1)
    typing.session.type(",")
    typing.until_written()
    assert typing.text == "Hello,"
    typing.session.edit(Writer.clear)
    typing.swipe(1)
    typing.swipe(2)
    typing.until_written()
    assert typing.text == "Hello"
    assert typing.session.choices == ("were", "wee", "wet", "we're")


def test_while_the_next_word_is_being_drawn_the_best_is_written(typing: Typing) -> None:
    typing.swipe(1)
    typing.preview(0, 1)
    typing.until_written()
    assert typing.text == "Hello"


def test_a_word_that_is_probable_enough_is_written(typing: Typing) -> None:
    typing.session.least_probability = 0.5
    typing.swipe_and_wait(1)
    assert typing.text == "Hello"


def test_a_text_that_changed_by_itself_lets_it_go(typing: Typing) -> None:
    typing.swipe_and_wait(1)
    typing.session.writer.paste("from elsewhere")
    typing.session.say("")
    assert not typing.session.choices
    assert typing.session.preview == ""


def test_what_is_picked_instead_of_the_best_is_learnt(typing: Typing) -> None:
    learnt = Learnt()
    typing.session.own_words = learnt  # type: ignore[assignment]
    typing.swipe_and_wait(1)
    typing.session.choose(0)
    assert learnt.uses == []
    typing.swipe_and_wait(1)
    typing.session.choose(1)
    assert learnt.uses == [("hell", "picked")]


def test_why_a_word_is_offered_can_be_told(typing: Typing) -> None:
    typing.swipe_and_wait(1)
    found = typing.session.source_of("help")
    assert found is not None
    assert (found.index, found.before) == (2, "")


def test_picking_needs_a_word_that_is_there() -> None:
    with pytest.raises(IndexError):
        Unsure.of(Writer(WritingOptions()), ["hello"]).picked(1)
