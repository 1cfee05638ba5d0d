"""The recognition worker: a thread that loads the engine, decodes swipes and finds next words, so that the window never waits.

Finished swipes are decoded in the order of their `recognize`, and each is answered once, whatever happens. Previews are
decoded only when nothing else waits: a newer one replaces an older one, and a finished swipe drops them all.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:  # importing onnxruntime takes a while: the worker does it, after the first frame
    from engine import Recognition, Swipe

T = TypeVar("T")
NO_RECOGNIZER = "No model is loaded: choose one in Settings."
STOPPED = "The keyboard is closing, so the swipe was not read."
STOP_S = 2.0
"""how many seconds `stop` waits for loads and swipes"""


class Recognizer(Protocol):
    """What the worker uses of engine.SwipeRecognizer."""

    def decode(self, swipe: Swipe, *, before: str | None) -> Recognition: ...


@dataclass(frozen=True)
class Failure:
    """Why a swipe could not be read: there is no recognizer, or it raised an error."""

    reason: str
    """a sentence for the person at the keyboard"""


Load = Callable[[], Recognizer]
Report = Callable[[str], None]
"""Takes what went wrong while loading; "" if nothing did."""
Deliver = Callable[["Recognition | Failure"], None]
TextBefore = Callable[[], str | None]
"""The text before a swipe, asked for on the worker's thread when the swipe's turn has come; None: it is not to count."""
Find = Callable[[Any], Sequence[str]]
"""Finds words with the recognizer, on the worker's thread."""
Post = Callable[[Callable[[], None]], None]
"""Has a call made on the window's thread; calls are made in the order posted."""


def _ignore(_: Recognition | Failure) -> None:
    pass


@dataclass(frozen=True, eq=False)
class _LoadJob:
    load: Load
    report: Report


@dataclass(frozen=True, eq=False)
class _AskJob:
    ask: Callable[[Any], object]
    deliver: Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class _DecodeJob:
    swipe: Swipe
    deliver: Deliver
    before: TextBefore
    decoded: Deliver = _ignore
    """called on the worker's thread"""


@dataclass(frozen=True, eq=False)
class _SuggestJob:
    find: Find
    deliver: Callable[[Sequence[str]], None]


class RecognitionWorker:
    """Decodes on its own thread and delivers on the window's. Every method is called on the window's thread."""

    def __init__(self, post: Post) -> None:
        """Starts the thread. Swipes may come before `load`, and while it runs."""
        self._post = post
        self._changed = Condition()
        self._jobs: deque[_LoadJob | _DecodeJob | _AskJob] = deque()
        self._preview: _DecodeJob | _SuggestJob | None = None
        self._epoch = 0
        """goes up when previews are dropped; a preview from an older epoch is not delivered"""
        self._n_loads = 0
        """how many loads wait or run"""
        self._stopped = False
        self._recognizer: Recognizer | Failure = Failure(NO_RECOGNIZER)
        self._thread = Thread(target=self._work, name="recognition", daemon=True)
        self._thread.start()

    @property
    def loading(self) -> bool:
        """Whether a recognizer is being loaded, and swipes wait for it."""
        with self._changed:
            return self._n_loads > 0

    @property
    def alive(self) -> bool:
        """Whether the thread is running; `stop` ends it."""
        return self._thread.is_alive()

    def load(self, load: Load, report: Report) -> None:
        """Gets a new recognizer by calling `load` on the worker's thread. Earlier swipes are decoded by the earlier recognizer.

        If loading fails there is no recognizer, and every swipe is answered with what went wrong.
        A load replaces one that waits directly before it; only the last one reports.
        """
        with self._changed:
            if self._jobs and isinstance(self._jobs[-1], _LoadJob):
                self._jobs.pop()
                self._n_loads -= 1
            self._n_loads += 1
            self._jobs.append(_LoadJob(load, report))
            self._changed.notify()

    def recognize(self, swipe: Swipe, deliver: Deliver, before: TextBefore = lambda: None, decoded: Deliver = _ignore) -> None:
        """Decodes a finished swipe in its turn; `deliver` is called once. Drops all previews.

        decoded: called with the same on the worker's thread, before any later swipe is decoded.
        """
        with self._changed:
            self._drop_previews()
            if not self._stopped:
                self._jobs.append(_DecodeJob(swipe, deliver, before, decoded))
                self._changed.notify()
                return
        self._post(lambda: deliver(Failure(STOPPED)))

    def ask(self, ask: Callable[[Any], object], deliver: Callable[[Any], None]) -> None:
        """Calls `ask` with the recognizer in its turn among the swipes, and `deliver` with what it returns.

        Where there is no recognizer, or the call raises an error, a Failure is delivered; once stopped, nothing.
        """
        with self._changed:
            if not self._stopped:
                self._jobs.append(_AskJob(ask, deliver))
                self._changed.notify()

    def preview(self, swipe: Swipe, deliver: Deliver, before: TextBefore = lambda: None) -> None:
        """Decodes an unfinished swipe, unless a newer preview or a finished swipe comes first."""
        with self._changed:
            self._preview = _DecodeJob(swipe, self._if_current(deliver), before)
            self._changed.notify()

    def suggest(self, find: Find, deliver: Callable[[Sequence[str]], None]) -> None:
        """Finds words to offer, unless a preview, a swipe or a newer suggestion comes first: then nothing is delivered."""
        with self._changed:
            self._preview = _SuggestJob(find, self._if_current(deliver))
            self._changed.notify()

    def drop_previews(self) -> None:
        """Makes sure that no preview asked for so far is delivered any more."""
        with self._changed:
            self._drop_previews()

    def stop(self) -> None:
        """Ends the thread after the work that it has; swipes that it does not get to within STOP_S are answered with a failure."""
        with self._changed:
            self._stopped = True
            self._drop_previews()
            self._changed.notify()
        self._thread.join(STOP_S)
        with self._changed:
            waiting = [job for job in self._jobs if isinstance(job, _DecodeJob)]
            self._jobs.clear()
            self._n_loads = 0
        for job in waiting:
            self._answer(job.deliver, Failure(STOPPED))

    def _drop_previews(self) -> None:
        self._preview = None
        self._epoch += 1

    def _if_current(self, deliver: Callable[[T], None]) -> Callable[[T], None]:
        """A `deliver` that works until previews are dropped. That is checked on the window's thread, so no dropped word comes late."""
        epoch = self._epoch

        def deliver_if_current(outcome: T) -> None:
            if epoch == self._epoch:
                deliver(outcome)

        return deliver_if_current

    def _answer(self, deliver: Deliver, outcome: Recognition | Failure) -> None:
        self._post(lambda: deliver(outcome))

    # --- on the worker's thread ---

    def _work(self) -> None:
        while (job := self._next()) is not None:
            if isinstance(job, _LoadJob):
                self._load(job)
            elif isinstance(job, _AskJob):
                self._post(partial(job.deliver, self._ask(job)))
            elif isinstance(job, _SuggestJob):
                self._suggest(job)
            else:
                outcome = self._decode(job)
                job.decoded(outcome)
                self._answer(job.deliver, outcome)

    def _next(self) -> _LoadJob | _DecodeJob | _SuggestJob | _AskJob | None:
        """Waits for a job; None when the thread is to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._jobs or self._preview)
            if self._jobs:
                return self._jobs.popleft()
            if self._stopped:
                return None
            preview, self._preview = self._preview, None
            return preview

    def _load(self, job: _LoadJob) -> None:
        problem = ""
        try:
            self._recognizer = job.load()
        except Exception as error:  # if the thread died, no later swipe would be answered
            logging.getLogger(__name__).debug("loading the recognizer failed", exc_info=True)
            problem = str(error) or repr(error)
            self._recognizer = Failure(problem)
        with self._changed:
            self._n_loads = max(self._n_loads - 1, 0)
        self._post(lambda: job.report(problem))

    def _ask(self, job: _AskJob) -> object:
        if isinstance(self._recognizer, Failure):
            return self._recognizer
        try:
            return job.ask(self._recognizer)
        except Exception as error:  # likewise
            logging.getLogger(__name__).debug("a question to the recognizer failed", exc_info=True)
            return Failure(str(error) or repr(error))

    def _suggest(self, job: _SuggestJob) -> None:
        if isinstance(self._recognizer, Failure):
            return
        try:
            words = job.find(self._recognizer)
        except Exception:  # likewise; without suggestions one can write, too
            logging.getLogger(__name__).debug("finding suggestions failed", exc_info=True)
            return
        self._post(lambda: job.deliver(words))

    def _decode(self, job: _DecodeJob) -> Recognition | Failure:
        if isinstance(self._recognizer, Failure):
            return self._recognizer
        try:
            return self._recognizer.decode(job.swipe, before=job.before())
        except Exception as error:  # likewise
            logging.getLogger(__name__).debug("decoding failed", exc_info=True)
            return Failure(f"This swipe could not be read: {error or repr(error)}")
