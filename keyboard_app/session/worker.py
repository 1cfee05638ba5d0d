"""Recognition beside the window: one worker thread that loads the engine and decodes swipes while the window draws.

Final swipes are decoded in the order of their `recognize`, and each one is answered once, whatever happens. Previews are
decoded only when nothing else waits: a newer one takes an older one's place, and a final swipe drops them all.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition, Thread
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # numba takes a third of a second to import: the worker pays for it, after the first frame
    from engine import Recognition, Swipe

NO_RECOGNIZER = "No model is loaded: choose a model in the settings."
STOPPED = "The keyboard is closing: the swipe was not read."
STOP_S = 2.0
"""seconds that `stop` waits for loads and swipes"""


class Recognizer(Protocol):
    """What the worker asks of engine.SwipeRecognizer."""

    def decode(self, swipe: Swipe) -> Recognition: ...


@dataclass(frozen=True)
class Failure:
    """Why a swipe could not be read: no recognizer, or an error in it."""

    reason: str
    """a sentence for the person at the keyboard"""


Load = Callable[[], Recognizer]
Report = Callable[[str], None]
"""Takes what went wrong while loading, "" where nothing did."""
Deliver = Callable[["Recognition | Failure"], None]
Post = Callable[[Callable[[], None]], None]
"""Has a call made by the window's thread; calls come in the order in which they were posted."""


@dataclass(frozen=True, eq=False)
class _Loading:
    load: Load
    report: Report


@dataclass(frozen=True, eq=False)
class _Swiped:
    swipe: Swipe
    deliver: Deliver


class RecognitionWorker:
    """Decodes on one thread of its own and delivers on the window's. Every method is called by the window's thread."""

    def __init__(self, post: Post) -> None:
        """Starts the thread. Swipes may come before `load`, and while it runs."""
        self._post = post
        self._changed = Condition()
        self._jobs: deque[_Loading | _Swiped] = deque()
        self._preview: _Swiped | None = None
        self._epoch = 0
        """counts what drops previews; one that was asked for in an older epoch is not delivered"""
        self._n_loads = 0
        """loads that wait or run"""
        self._stopped = False
        self._recognizer: Recognizer | Failure = Failure(NO_RECOGNIZER)
        self._thread = Thread(target=self._work, name="recognition", daemon=True)
        self._thread.start()

    @property
    def loading(self) -> bool:
        """Whether swipes wait for a recognizer that is on its way."""
        with self._changed:
            return self._n_loads > 0

    @property
    def alive(self) -> bool:
        """Whether the thread runs: until `stop`."""
        return self._thread.is_alive()

    def load(self, load: Load, report: Report) -> None:
        """Has the recognizer made by `load`, in the worker. Swipes from before are decoded by the one from before.

        After a load that failed there is no recognizer: every swipe is answered with what went wrong.
        A load that waits directly behind another takes its place; only the last one reports.
        """
        with self._changed:
            if self._jobs and isinstance(self._jobs[-1], _Loading):
                self._jobs.pop()
                self._n_loads -= 1
            self._n_loads += 1
            self._jobs.append(_Loading(load, report))
            self._changed.notify()

    def recognize(self, swipe: Swipe, deliver: Deliver) -> None:
        """Decodes a finished swipe in its turn; `deliver` is called once. Drops the previews that are under way."""
        with self._changed:
            self._drop_previews()
            if not self._stopped:
                self._jobs.append(_Swiped(swipe, deliver))
                self._changed.notify()
                return
        self._post(lambda: deliver(Failure(STOPPED)))

    def preview(self, swipe: Swipe, deliver: Deliver) -> None:
        """Decodes a swipe that is still going on, unless a newer preview or a finished swipe comes first."""
        with self._changed:
            self._preview = _Swiped(swipe, self._if_current(deliver))
            self._changed.notify()

    def drop_previews(self) -> None:
        """No preview that was asked for before is delivered any more."""
        with self._changed:
            self._drop_previews()

    def stop(self) -> None:
        """Ends the thread after what it still has to do; swipes that it has not come to within STOP_S are answered as failures."""
        with self._changed:
            self._stopped = True
            self._drop_previews()
            self._changed.notify()
        self._thread.join(STOP_S)
        with self._changed:
            waiting = [job for job in self._jobs if isinstance(job, _Swiped)]
            self._jobs.clear()
            self._n_loads = 0
        for job in waiting:
            self._answer(job.deliver, Failure(STOPPED))

    def _drop_previews(self) -> None:
        self._preview = None
        self._epoch += 1

    def _if_current(self, deliver: Deliver) -> Deliver:
        """`deliver`, for as long as nothing drops previews. Asked on the window's thread, so no dropped word comes late."""
        epoch = self._epoch

        def deliver_if_current(outcome: Recognition | Failure) -> None:
            if epoch == self._epoch:
                deliver(outcome)

        return deliver_if_current

    def _answer(self, deliver: Deliver, outcome: Recognition | Failure) -> None:
        self._post(lambda: deliver(outcome))

    # --- on the worker's thread ---

    def _work(self) -> None:
        while (job := self._next()) is not None:
            if isinstance(job, _Loading):
                self._load(job)
            else:
                self._answer(job.deliver, self._decode(job.swipe))

    def _next(self) -> _Loading | _Swiped | None:
        """Waits for something to do; None when the thread must end."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._jobs or self._preview)
            if self._jobs:
                return self._jobs.popleft()
            if self._stopped:
                return None
            preview, self._preview = self._preview, None
            return preview

    def _load(self, job: _Loading) -> None:
        problem = ""
        try:
            self._recognizer = job.load()
        except Exception as error:  # a dead thread would leave every later swipe without an answer
            logging.getLogger(__name__).debug("loading the recognizer failed", exc_info=True)
            problem = str(error) or repr(error)
            self._recognizer = Failure(problem)
        with self._changed:
            self._n_loads = max(self._n_loads - 1, 0)
        self._post(lambda: job.report(problem))

    def _decode(self, swipe: Swipe) -> Recognition | Failure:
        if isinstance(self._recognizer, Failure):
            return self._recognizer
        try:
            return self._recognizer.decode(swipe)
        except Exception as error:  # as above
            logging.getLogger(__name__).debug("decoding failed", exc_info=True)
            return Failure(f"This swipe could not be read: {error or repr(error)}")
