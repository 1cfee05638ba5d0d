"""Which pairs of words are learnt: those that the person has left behind, as they stand then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from engine.context.words import last_pair
from keyboard_app.session.learning import Moment, Used
from keyboard_app.session.own_words import Say
from keyboard_app.session.settled import settled
from keyboard_app.text.writer import Writer, WritingOptions
from tests.keyboard_app.session.test_typing_session import Typing
from tests.support.scripts import played


def pairs(*steps: str, text: str = "") -> list[tuple[str, str] | None]:
    """The pairs of a script as `played` reads it."""
    writer, found = Writer(WritingOptions(), text), []

    for before in played(writer, steps):
        if (end := settled(before, Moment.of(writer))) is not None:
            found.append(last_pair(end))
    return found


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (["~hello"], []),
        (["~hello", "~dog"], [("", "Hello")]),
        (["~hello", "~dog", "~sleeps"], [("", "Hello"), ("Hello", "dog")]),
        (["~hello/hell", "<choose 0>", "~dog"], [("", "Hell")]),  # what was picked
        (["~hello", "<backspace>", "~dog", "~sleeps"], [("", "Dog")]),  # not what was taken back
        (["~hello", ".", "~dog", "!"], [("", "Hello"), ("", "Dog")]),
        (["~hello", ",", "~dog", "."], [("", "Hello"), ("Hello", "dog")]),
        (["~hello", "<enter>", "~dog", "<enter>"], [("", "Hello"), ("", "Dog")]),
        (["dog eats a"], [("", "dog"), ("dog", "eats")]),
        (["dog", "<space>", "<space>"], [("", "dog")]),  # a full stop
        (["don't go."], [("", "don't"), ("don't", "go")]),
        (["at 12 o."], [("", "at"), None, None]),
        (["~hello", "~dog", "<at 0>", "a "], [("", "Hello")]),  # elsewhere in the text
        (["~hello", "~dog", "<undo>", "~cat"], [("", "Hello"), ("", "Hello")]),
    ],
)
def test_what_is_settled(steps: list[str], expected: list[tuple[str, str] | None]) -> None:
    assert pairs(*steps) == expected


class Words:
    """Notes the texts whose last pairs are learnt, in the place of the person's words."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def learn(self, uses: Iterable[Used], offer: Say) -> None:
        pass

    def learn_pair(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def typing() -> Iterator[Typing]:
    typing = Typing()
    typing.session.own_words = Words()  # type: ignore[assignment]
    yield typing
    typing.may_load.set()
    typing.worker.stop()


def test_a_session_learns_them_in_the_order_of_the_text(typing: Typing) -> None:
    typing.swipe(1)
    typing.swipe(3)
    typing.session.type(".")
    typing.until_written()
    assert typing.session.own_words.texts == ["Hello", "Hello London"]  # type: ignore[union-attr]


def test_a_suggested_word_settles_the_one_before(typing: Typing) -> None:
    typing.swipe_and_wait(1)
    typing.session.action("space")
    typing.window.until(lambda: typing.session.choices == ("after", "hello", "now"))
    typing.session.choose(0)
    assert typing.session.own_words.texts == ["Hello"]  # type: ignore[union-attr]


def test_without_the_words_before_nothing_is_learnt_of_their_order(typing: Typing) -> None:
    typing.session.uses_context = False
    typing.swipe(1)
    typing.swipe(3)
    typing.until_written()
    assert typing.session.own_words.texts == []  # type: ignore[union-attr]
