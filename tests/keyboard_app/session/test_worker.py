"""The worker thread: nothing lost, nothing out of turn, nothing late, whatever the engine does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from threading import Event
from typing import NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.recognizer import Recognition, SwipeRecognizer
from engine.swipe import Swipe
from keyboard_app.session import worker as recognition
from keyboard_app.session.worker import NO_RECOGNIZER, STOPPED, Failure, RecognitionWorker, Recognizer
from tests.support.recognizing import TIMEOUT_S, GatedRecognizer, NamedRecognizer, WindowThread, numbered_swipe
from tests.support.toy import swipe_of


class Worker:
    """A worker and its window's thread, with everything that came back."""

    def __init__(self) -> None:
        self.window = WindowThread()
        self.worker = RecognitionWorker(self.window.post)
        self.words: list[str] = []
        self.previews: list[str] = []
        self.reports: list[str] = []

    def load(self, recognizer: Recognizer) -> None:
        self.worker.load(lambda: recognizer, self.reports.append)

    def load_when(self, event: Event, recognizer: Recognizer) -> None:
        def load() -> Recognizer:
            assert event.wait(TIMEOUT_S)
            return recognizer

        self.worker.load(load, self.reports.append)

    def swipe(self, number: int) -> None:
        self.worker.recognize(numbered_swipe(number), lambda outcome: self.words.append(_said(outcome)))

    def preview(self, number: int) -> None:
        self.worker.preview(numbered_swipe(number), lambda outcome: self.previews.append(_said(outcome)))

    def until_words(self, count: int) -> None:
        self.window.until(lambda: len(self.words) == count)


@pytest.fixture
def running() -> Iterator[Worker]:
    running = Worker()
    yield running
    running.worker.stop()


def _said(outcome: Recognition | Failure) -> str:
    return outcome.reason if isinstance(outcome, Failure) else outcome.candidates[0].word


def _failing(error: Exception) -> Callable[[], NoReturn]:
    def load() -> NoReturn:
        raise error

    return load


class Stumbling(NamedRecognizer):
    """Cannot decode the swipe with number 1."""

    def decode(self, swipe: Swipe, *, before: str | None = None) -> Recognition:
        if swipe.x[-1] == 1:
            raise RuntimeError("no memory")
        return super().decode(swipe)


def test_answers_every_swipe_in_its_turn(running: Worker) -> None:
    running.load(NamedRecognizer("A"))
    for number in range(50):
        running.swipe(number)
    running.until_words(50)
    assert running.words == [f"A{number}" for number in range(50)]
    assert running.reports == [""]


def test_keeps_swipes_while_the_model_loads(running: Worker) -> None:
    may_load = Event()
    running.load_when(may_load, NamedRecognizer("A"))
    for number in range(3):
        running.swipe(number)
    assert running.worker.loading
    may_load.set()
    running.until_words(3)
    assert running.words == ["A0", "A1", "A2"]
    assert not running.worker.loading


def test_decodes_with_the_recognizer_of_the_swipes_own_time(running: Worker) -> None:
    """A swipe was drawn on the keys that were shown then: another grid's recognizer would read nonsense."""
    old = GatedRecognizer("old")
    running.load(old)
    running.swipe(0)
    assert old.begun.wait(TIMEOUT_S)
    running.swipe(1)
    running.load(NamedRecognizer("new"))
    running.swipe(2)
    old.go_on.set()
    running.until_words(3)
    assert running.words == ["old0", "old1", "new2"]


def test_loads_only_the_last_of_several_that_wait_one_behind_the_other(running: Worker) -> None:
    may_load = Event()
    running.load_when(may_load, NamedRecognizer("A"))
    running.swipe(0)  # what comes behind a swipe takes the place of no load before it
    running.load(NamedRecognizer("B"))
    running.load(NamedRecognizer("C"))
    running.swipe(1)
    may_load.set()
    running.until_words(2)
    assert running.words == ["A0", "C1"]
    assert running.reports == ["", ""]


def test_says_once_that_a_load_failed_and_then_why_at_every_swipe(running: Worker) -> None:
    running.load(NamedRecognizer("A"))
    running.window.until(lambda: running.reports)
    running.worker.load(_failing(ValueError("no such folder")), running.reports.append)
    running.swipe(0)
    running.swipe(1)
    running.until_words(2)
    assert running.words == ["no such folder"] * 2
    assert running.reports == ["", "no such folder"]
    assert not running.worker.loading


def test_loads_again_after_a_load_that_failed(running: Worker) -> None:
    running.worker.load(_failing(RuntimeError()), running.reports.append)
    running.load(NamedRecognizer("A"))
    running.swipe(0)
    running.until_words(1)
    assert running.words == ["A0"]
    assert running.reports in (["RuntimeError()", ""], [""])  # the second took the first's place where it was quick


def test_a_swipe_without_a_model_says_so(running: Worker) -> None:
    running.swipe(0)
    running.until_words(1)
    assert running.words == [NO_RECOGNIZER]


def test_lives_on_after_a_swipe_that_cannot_be_decoded(running: Worker) -> None:
    running.load(Stumbling("A"))
    for number in range(3):
        running.swipe(number)
    running.until_words(3)
    assert running.words == ["A0", "This swipe could not be read: no memory", "A2"]


def test_delivers_on_the_windows_thread(running: Worker) -> None:
    threads: list[threading.Thread] = []
    running.worker.load(lambda: NamedRecognizer("A"), lambda _: threads.append(threading.current_thread()))
    running.worker.recognize(numbered_swipe(0), lambda _: threads.append(threading.current_thread()))
    running.window.until(lambda: len(threads) == 2)
    assert threads == [threading.current_thread()] * 2


# --- previews ---


def test_a_newer_preview_takes_the_place_of_one_that_waits(running: Worker) -> None:
    gated = GatedRecognizer("A")
    running.load(gated)
    running.preview(0)
    assert gated.begun.wait(TIMEOUT_S)
    for number in (1, 2, 3):
        running.preview(number)
    gated.go_on.set()
    running.window.until(lambda: len(running.previews) == 2)
    assert running.previews == ["A0", "A3"]
    assert gated.decoded == ["A0", "A3"]


def test_a_finished_swipe_drops_the_preview_that_is_being_decoded_and_the_one_that_waits(running: Worker) -> None:
    gated = GatedRecognizer("A")
    running.load(gated)
    running.preview(0)
    assert gated.begun.wait(TIMEOUT_S)
    running.preview(1)
    running.swipe(2)
    gated.go_on.set()
    running.until_words(1)
    assert (running.words, running.previews) == (["A2"], [])
    assert gated.decoded == ["A0", "A2"]


def test_a_finished_swipe_drops_the_preview_that_is_on_its_way_to_the_window(running: Worker) -> None:
    running.load(NamedRecognizer("A"))
    running.window.until(lambda: running.reports)
    running.preview(0)
    late = running.window.wait_for_post()
    running.swipe(1)
    late()
    running.until_words(1)
    assert (running.words, running.previews) == (["A1"], [])


def test_dropped_previews_do_not_come_and_later_ones_do(running: Worker) -> None:
    gated = GatedRecognizer("A")
    running.load(gated)
    running.preview(0)
    assert gated.begun.wait(TIMEOUT_S)
    running.worker.drop_previews()
    running.preview(1)
    gated.go_on.set()
    running.window.until(lambda: running.previews)
    assert running.previews == ["A1"]


def test_a_finished_swipe_is_not_kept_waiting_by_previews(running: Worker) -> None:
    may_load = Event()
    gated = NamedRecognizer("A")
    running.load_when(may_load, gated)
    running.swipe(0)
    running.preview(1)
    running.worker.recognize(numbered_swipe(2), lambda _: None)
    running.preview(3)
    may_load.set()
    running.window.until(lambda: running.previews)
    assert gated.decoded == ["A0", "A2", "A3"]


# --- the end ---


def test_stop_decodes_what_waits_and_ends_the_thread() -> None:
    running = Worker()
    gated = GatedRecognizer("A")
    running.load(gated)
    running.swipe(0)
    assert gated.begun.wait(TIMEOUT_S)
    running.swipe(1)
    running.preview(2)
    gated.go_on.set()
    running.worker.stop()
    running.swipe(3)
    running.until_words(3)
    assert running.words == ["A0", "A1", STOPPED]
    assert running.previews == []
    assert not running.worker.alive


def test_stop_does_not_wait_for_ever_for_a_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "STOP_S", 0.05)
    running = Worker()
    begun, may_load = Event(), Event()

    def load() -> Recognizer:
        begun.set()
        assert may_load.wait(TIMEOUT_S)
        return NamedRecognizer("A")

    running.worker.load(load, running.reports.append)
    running.swipe(0)
    assert begun.wait(TIMEOUT_S)
    running.worker.stop()
    running.until_words(1)
    assert running.words == [STOPPED]
    may_load.set()
    running.window.until(lambda: running.reports)
    assert running.words == [STOPPED]


# --- all at once ---

STEPS = st.lists(st.sampled_from(["swipe", "preview", "load", "bad load", "drop"]), max_size=30)


@given(STEPS)
def test_every_swipe_is_answered_once_by_the_load_before_it(steps: list[str]) -> None:
    running = Worker()
    expected: list[str] = []
    current = NO_RECOGNIZER
    for number, step in enumerate(steps):
        if step == "swipe":
            running.swipe(number)
            expected.append(f"{current}{number}" if current.startswith("R") else current)
        elif step == "preview":
            running.preview(number)
        elif step == "load":
            current = f"R{number}-"
            running.load(NamedRecognizer(current))
        elif step == "bad load":
            current = f"bad {number}"
            running.worker.load(_failing(OSError(current)), running.reports.append)
        else:
            running.worker.drop_previews()
    running.until_words(len(expected))
    running.worker.stop()
    assert running.words == expected


def test_decodes_with_the_real_engine(running: Worker, toy_recognizer: SwipeRecognizer) -> None:
    running.load(toy_recognizer)
    running.worker.recognize(swipe_of("hello", toy_recognizer.grid), lambda outcome: running.words.append(_said(outcome)))
    running.until_words(1)
    assert running.words == ["hello"]
