"""Recognizers that wait to be let go, and a window's thread that a test turns by hand: races are played, not hoped for."""

from __future__ import annotations

from collections.abc import Callable
from queue import Queue
from threading import Event

from engine.recognizer import Candidate, Recognition, StageTimes
from engine.swipe import Swipe

TIMEOUT_S = 180.0
"""A test that waits this long has failed."""


class WindowThread:
    """What is posted to the window; the test makes the calls when it wants."""

    def __init__(self) -> None:
        self._calls: Queue[Callable[[], None]] = Queue()

    def post(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def wait_for_post(self) -> Callable[[], None]:
        """The next posted call, not yet made. Raises: queue.Empty where none comes."""
        return self._calls.get(timeout=TIMEOUT_S)

    @property
    def is_empty(self) -> bool:
        """Whether no posted call waits."""
        return self._calls.empty()

    def until(self, predicate: Callable[[], object]) -> None:
        """Makes posted calls until the predicate holds."""
        while not predicate():
            self.wait_for_post()()


class NamedRecognizer:
    """Answers every swipe with one word that says who decoded it and what: "A0", "A1", ..."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.decoded: list[str] = []

    def decode(self, swipe: Swipe, *, before: str | None = None) -> Recognition:
        word = self.name + str(number_of(swipe))
        self.decoded.append(word)
        return recognition(word)


class GatedRecognizer(NamedRecognizer):
    """Says when it has begun to decode a swipe, and goes on when it is let."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.begun, self.go_on = Event(), Event()

    def decode(self, swipe: Swipe, *, before: str | None = None) -> Recognition:
        self.begun.set()
        assert self.go_on.wait(TIMEOUT_S)
        return super().decode(swipe)


def numbered_swipe(number: int) -> Swipe:
    return Swipe.from_points([0, number], [0, 0], [0, 1])


def number_of(swipe: Swipe) -> int:
    return int(swipe.x[-1])


def recognition(*words: str, forms: tuple[str, ...] = ()) -> Recognition:
    """Candidates a nat apart, best first; `forms` are further written forms of the best."""
    candidates = [
        Candidate(word, -float(rank), 0.5, word.lower(), (word, *(forms if rank == 0 else ()))) for rank, word in enumerate(words)
    ]
    return Recognition(candidates, StageTimes(0, 0, 0, 0))
