"""Recorded swipes drawn into the open keyboard as fast as they were made, and what became of them.

A virtual finger follows each recording with one move per frame, as Kivy reports the moves of a touch screen. Import this module
after keyboard_app.style.kivy_setup.prepare.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.core.window import Window

from benchmarks.common.memory import resident_mb
from engine import Candidate, Recognition, Swipe, SwipeRecognizer, SwipeRecord, rank_of
from keyboard_app.app import KeyboardApp, Start
from keyboard_app.memory import QUIET_S
from keyboard_app.screenshots.driven_app import Finger
from keyboard_app.session.typing_session import words_to_offer
from keyboard_app.session.worker import Deliver, Failure, TextBefore
from keyboard_app.settings import Settings, save_settings
from keyboard_app.style.kivy_setup import rest_when_idle
from keyboard_app.text.writer import Writer, WritingOptions

GAP_S = 0.25
"""from a lift to the next touch"""
OPENGL = "libGL.so.1"
PATIENCE_S = 30.0
"""seconds that the model, and the last word, are waited for"""
NEAR = 0.3
"""key widths between where a swipe was drawn and where it was recorded"""
N_BEHIND = 5
"""the most answers that wait for their frame"""


@dataclass(frozen=True)
class Played:
    """What became of a minute of swiping. Times in milliseconds."""

    n_sent: int
    n_words: int
    """swipes whose word was written; all must be"""
    n_wordless: int
    """swipes for which no word was found, which the keyboard said"""
    n_taps: int
    """recordings so short that they typed a letter"""
    seconds: float
    right: float
    """share of the words written that were meant"""
    right_directly: float
    """the same if the engine gets the recordings without the window"""
    intervals: list[float]
    """from frame to frame while a finger is down"""
    work: list[float]
    """the part of it in which the window handled and drew the frame, including the picture"""
    written: list[float]
    """from a lift to the word in the text"""
    shown: list[float]
    """from a lift to the end of the frame that shows the word"""
    cpu: float
    """processor time in shares of one core, all threads, while a finger was down"""
    resident_mb: float
    """memory of the process after all that, once it has handed back what it does not need"""


@dataclass
class Answer:
    """What the keyboard made of one recording."""

    record: SwipeRecord
    lifted_s: float
    swipe: Swipe | None = None
    """as it came to the worker; None where the recording was a tap"""
    typed: str = ""
    """the letter, where it was a tap"""
    outcome: Recognition | Failure | None = None
    written_s: float = 0.0
    shown_s: float = 0.0

    @property
    def candidates(self) -> list[Candidate]:
        return [] if self.outcome is None or isinstance(self.outcome, Failure) else self.outcome.candidates

    def is_right(self, alphabet: str) -> bool:
        """Whether the word that was meant was written."""
        word = self.record.word
        return word is not None and (rank_of(word, self.candidates, alphabet) == 0 or self.typed.lower() == word)


@dataclass
class Frame:
    """One turn of the event loop."""

    began_s: float
    swiping: bool
    """whether a finger was down"""
    drawn_s: float | None = None
    """None where nothing had changed"""


class Player:
    """Plays recordings in the app and notes what happens."""

    def __init__(self, app: KeyboardApp, records: list[SwipeRecord]) -> None:
        self.app, self.records = app, records
        self.answers: list[Answer] = []
        self.frames: list[Frame] = []
        self.seconds = 0.0
        self.swiping_s = self.cpu_s = 0.0
        """while a finger was down: the time, and what the processor worked"""
        self.resident_mb = 0.0
        self.failure: Exception | None = ValueError("the window was closed before every swipe was played: leave it open to its end")
        """None once everything has been played"""
        self._swiping = False
        self._gl = ctypes.CDLL(OPENGL)
        """It waits without Python's lock, as a window does for its screen, so the worker's thread keeps running."""
        self._recognize = app.worker.recognize
        app.worker.recognize = self._note  # type: ignore[method-assign, assignment]
        Window.bind(on_flip=self._drawn)
        self._steps = self._play()

    def step(self, _: float) -> bool:
        """Once a frame, before anything else. Closes the app at the end, or where something fails."""
        self.frames.append(Frame(time.perf_counter(), self._swiping))
        try:
            next(self._steps)
        except StopIteration:
            self.failure = None
            self.app.stop()
            return False
        except Exception as error:  # Kivy would print it and go on; `play` raises it
            self.failure = error
            self.app.stop()
            return False
        return True

    def _play(self) -> Iterator[None]:
        yield from self._until(lambda: any(frame.drawn_s for frame in self.frames) and not self.app.worker.loading)
        self._keyboard = self.app.pages.write.ids.keyboard
        self._keyboard.bind(on_key=self._note_tap)
        start = time.perf_counter()
        for record in self.records:
            yield from self._draw(record)
            end = time.perf_counter() + GAP_S
            while time.perf_counter() < end:
                yield
        self.seconds = time.perf_counter() - start
        yield from self._until(lambda: all(answer.shown_s for answer in self.answers))
        end = time.perf_counter() + QUIET_S + 1
        yield from self._until(lambda: time.perf_counter() > end)
        self.resident_mb = resident_mb()["now"]

    def _draw(self, record: SwipeRecord) -> Iterator[None]:
        times = (record.swipe.t - record.swipe.t[0]) / 1000
        finger = Finger(self._share(record.swipe, 0))
        start, cpu_start = time.perf_counter(), time.process_time()
        self._swiping = True
        EventLoop.post_dispatch_input("begin", finger)
        point = 0
        while point < len(record.swipe) - 1:
            yield
            last = int(np.searchsorted(times, time.perf_counter() - start, side="right")) - 1
            if last > point:
                point = last
                finger.move(self._share(record.swipe, point))
                EventLoop.post_dispatch_input("update", finger)
        self._swiping = False
        self.swiping_s += time.perf_counter() - start
        self.cpu_s += time.process_time() - cpu_start
        finger.update_time_end()
        self.answers.append(Answer(record, time.perf_counter()))
        EventLoop.post_dispatch_input("end", finger)

    def _share(self, swipe: Swipe, point: int) -> tuple[float, float]:
        """Where a point lies, in shares of the window; Kivy turns them into pixels by the last pixel's number."""
        x, y = self._keyboard.layout_of_keys.to_px(float(swipe.x[point]), float(swipe.y[point]))
        return x / (Window.width - 1), y / (Window.height - 1)

    def _until(self, predicate: Callable[[], bool]) -> Iterator[None]:
        end = time.perf_counter() + PATIENCE_S
        while not predicate():
            if time.perf_counter() > end:
                raise TimeoutError(f"the keyboard did not answer within {PATIENCE_S:g} s")
            yield

    def _note(self, swipe: Swipe, deliver: Deliver, before: TextBefore, decoded: Deliver) -> None:
        answer = self.answers[-1]
        if answer.swipe is not None:
            raise ValueError(f"'{answer.record.word}' arrived as more than one swipe")
        answer.swipe = swipe

        def deliver_and_note(outcome: Recognition | Failure) -> None:
            deliver(outcome)
            answer.outcome, answer.written_s = outcome, time.perf_counter()

        self._recognize(swipe, deliver_and_note, before, decoded)

    def _note_tap(self, _: object, text: str) -> None:
        self.answers[-1].typed, self.answers[-1].written_s = text, time.perf_counter()

    def _drawn(self, _: object) -> None:
        self._gl.glFinish()  # offscreen, nothing waits for the picture: without this, frames pile up, and one waits seconds for all
        now = time.perf_counter()
        if self.frames:
            self.frames[-1].drawn_s = now
        for answer in self.answers[-N_BEHIND:]:
            if answer.written_s and not answer.shown_s:
                answer.shown_s = now


def check(answers: Sequence[Answer], text: str, key_width: float) -> None:
    """Raises: ValueError if a recording was lost, came out of turn, or is not in the text as it was read."""
    writer = Writer(WritingOptions())
    for number, answer in enumerate(answers, start=1):
        if (answer.swipe is None) == (not answer.typed):
            raise ValueError(f"recording {number}, '{answer.record.word}', arrived neither as one swipe nor as one tap")
        if answer.swipe is not None and not _same_ends(answer.swipe, answer.record.swipe, NEAR * key_width):
            raise ValueError(f"recording {number}, '{answer.record.word}', arrived as another swipe")
        if answer.candidates:
            writer.commit(words_to_offer(answer.candidates))
        elif answer.typed:
            writer.type(answer.typed)
    if writer.text != text:
        raise ValueError(f"what was read is not in the text: {writer.text!r} is not {text!r}")


def _same_ends(one: Swipe, other: Swipe, distance: float) -> bool:
    return all(abs(a[end] - b[end]) < distance for a, b in ((one.x, other.x), (one.y, other.y)) for end in (0, -1))


def play(records: list[SwipeRecord]) -> Player:
    """Opens the keyboard and plays the recordings. Raises: ValueError, as `check`, or if the window is closed meanwhile; TimeoutError."""
    with TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("settings.json", "swipes.jsonl", "words.db")]
        save_settings(Settings(hold_back=False), files[0])  # every swipe is to be written, however unclear
        app = KeyboardApp(Start(files[0], files[1], words=files[2]))
        player = Player(app, records)
        Clock.schedule_interval(player.step, 0)
        rest_when_idle()
        app.run()
    if player.failure is not None:
        raise player.failure
    check(player.answers, app.text, app.configuration.opened.grid.key_width)
    return player


def summarize(player: Player) -> Played:
    recognizer = SwipeRecognizer.load()
    alphabet = recognizer.model.alphabet
    written = [answer for answer in player.answers if answer.candidates]
    meant = [record for record in player.records if record.word is not None]
    n_right = sum(answer.is_right(alphabet) for answer in player.answers)
    directly = [rank_of(record.word, recognizer.recognize(record.swipe), alphabet) for record in meant if record.word is not None]
    swiping = [(frame, after) for frame, after in pairwise(player.frames) if frame.swiping and after.swiping]
    return Played(
        n_sent=len(player.records),
        n_words=len(written),
        n_wordless=sum(answer.swipe is not None and not answer.candidates for answer in player.answers),
        n_taps=sum(answer.swipe is None for answer in player.answers),
        seconds=player.seconds,
        right=n_right / len(meant),
        right_directly=sum(rank == 0 for rank in directly) / len(meant),
        intervals=[1000 * (after.began_s - frame.began_s) for frame, after in swiping],
        work=[1000 * (frame.drawn_s - frame.began_s) for frame, _ in swiping if frame.drawn_s is not None],
        written=[1000 * (answer.written_s - answer.lifted_s) for answer in written],
        shown=[1000 * (answer.shown_s - answer.lifted_s) for answer in written],
        cpu=player.cpu_s / player.swiping_s,
        resident_mb=player.resident_mb,
    )
