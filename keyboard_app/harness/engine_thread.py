"""The thread on which the harness uses the engine, so that the window never waits for it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")
Post = Callable[[Callable[[], None]], None]
"""Has a call made on the window's thread, soon"""


class EngineThread:
    """Does what it is asked, in order, and posts the answers to the window's thread. Only the window's thread may ask."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="engine")
        self._has_stopped = False
        self._n_asked = 0

    @property
    def is_idle(self) -> bool:
        """Whether everything asked has been answered."""
        return self._n_asked == 0

    def ask(self, work: Callable[[], Answer], answer: Callable[[Answer], None], fail: Callable[[str], None]) -> None:
        """Passes what `work` returns to `answer`, or the message of a ValueError or OSError that it raises to `fail`.

        Does nothing after `stop`, since frames may still be drawn while the window closes.
        """
        if self._has_stopped:
            return

        def done(future: Future[Answer]) -> None:
            if not future.cancelled():
                self._post(lambda: self._deliver(future, answer, fail))

        self._n_asked += 1
        self._executor.submit(work).add_done_callback(done)

    def stop(self) -> None:
        """Drops work that has not begun, and waits for work that has. No answers are delivered after this."""
        self._has_stopped = True
        self._executor.shutdown(cancel_futures=True)

    def _deliver(self, future: Future[Answer], answer: Callable[[Answer], None], fail: Callable[[str], None]) -> None:
        if self._has_stopped:
            return
        self._n_asked -= 1
        try:
            result = future.result()
        except (OSError, ValueError) as error:
            fail(describe(error))
        else:
            answer(result)


def describe(error: OSError | ValueError) -> str:
    """The error in one line, for people."""
    if isinstance(error, OSError) and error.strerror:
        return f"cannot read {error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())
