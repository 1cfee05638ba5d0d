"""Words and candidates are said aloud, once, and only if the person wants it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keyboard_app.session.speech import Speech
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.session.worker import RecognitionWorker
from keyboard_app.text.writer import Writer, WritingOptions
from tests.support.recognizing import WindowThread


@pytest.fixture
def session() -> Iterator[TypingSession]:
    worker = RecognitionWorker(WindowThread().post)
    yield TypingSession(Writer(WritingOptions()), worker, 1.0)
    worker.stop()


def test_a_new_word_is_said_with_what_else_it_may_be(session: TypingSession) -> None:
    said: list[str] = []
    speech = Speech(session, said.append)
    session.edit(lambda writer: writer.commit(["off"]))
    speech.is_on = True
    session.edit(lambda writer: writer.commit(["hello", "help"]))
    session.edit(lambda writer: writer.press_shift(0.0))
    session.edit(lambda writer: writer.choose(0))
    for letter in "so":
        session.tap(letter)
    session.action("space")
    assert said == ["hello, help", "help, hello", "So"]
