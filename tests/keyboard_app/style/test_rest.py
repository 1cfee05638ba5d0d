"""The window's loop rests while nothing happens, and not longer."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer
from types import SimpleNamespace

import pytest
from kivy.clock import Clock

from keyboard_app.app import KeyboardApp, Start
from keyboard_app.style import rest
from keyboard_app.style.kivy_setup import rest_when_idle
from keyboard_app.style.rest import AWAKE_S, LONGEST_S, SHORTEST_S, OffscreenBell, Rest, SDLBell
from tests.support.window_driver import open_window

LONG_S = 100.0


class NotedBell:
    """Notes for how long it is waited."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def until_next_frame(self, seconds: float) -> None: ...

    def ring(self) -> None: ...


@pytest.fixture
def nothing_else_scheduled() -> Iterator[None]:
    """Kivy's clock without the events of others, at the time of its last frame."""
    for event in Clock.get_events():
        event.cancel()
    Clock.tick()
    yield


@pytest.mark.parametrize(
    ("scheduled_s", "waits"), [(0.0, []), (SHORTEST_S / 2, []), (0.5, [0.5]), (LONG_S, [LONGEST_S])], ids=["now", "next", "soon", "late"]
)
@pytest.mark.usefixtures("nothing_else_scheduled")
def test_it_waits_for_what_is_scheduled(scheduled_s: float, waits: list[float]) -> None:
    bell = NotedBell()
    event = Clock.schedule_once(lambda _: None, scheduled_s)
    Rest(bell)._rest()
    event.cancel()
    assert bell.waits == pytest.approx(waits, abs=0.001)


def test_it_stays_awake_after_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    bell, now_s = NotedBell(), 1000.0
    monkeypatch.setattr(Clock, "get_min_timeout", lambda: Clock.time() + LONG_S)
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    resting = Rest(bell)
    resting.note_event("mousemotion")
    resting._rest()
    assert bell.waits == []
    now_s += 2 * AWAKE_S
    resting._rest()
    assert bell.waits == [LONGEST_S]


def test_the_bell_of_a_window_in_memory_is_rung_by_other_threads() -> None:
    bell, began_s = OffscreenBell(lambda: None), time.monotonic()
    Timer(0.05, bell.ring).start()
    bell.wait(LONG_S)
    assert time.monotonic() - began_s < LONG_S / 2
    bell.ring()  # a bell that is rung before anybody waits is heard, too
    bell.wait(LONG_S)
    assert time.monotonic() - began_s < LONG_S / 2


def test_calls_are_made_between_two_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame is far off until the bell has rung, however late its thread gets to that."""
    made: list[float] = []
    bell, began_s = OffscreenBell(lambda: made.append(time.monotonic() - began_s)), time.monotonic()
    monkeypatch.setattr(rest, "time", SimpleNamespace(monotonic=lambda: (0.0, LONG_S - 0.05, LONG_S)[len(made)]))
    Timer(0.05, bell.ring).start()
    bell.until_next_frame(LONG_S)
    assert len(made) == 2  # when it rang, and before the frame
    assert 0.04 < made[0] < LONG_S / 2
    assert made[1] - made[0] > 0.04


@pytest.fixture
def loop_as_before() -> Iterator[None]:
    yield
    rest.resting.pop().end()


@pytest.mark.usefixtures("loop_as_before")
def test_a_window_in_memory_rests_and_a_posted_call_wakes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rest_when_idle()
    assert Clock.idle == rest.resting[0]._rest
    monkeypatch.setattr(Clock, "get_min_timeout", lambda: Clock.time() + LONG_S)
    monkeypatch.setattr(rest, "LONGEST_S", LONG_S)
    began_s = time.monotonic()
    Timer(0.05, rest.wake).start()
    Clock.idle()
    assert 0.04 < time.monotonic() - began_s < LONG_S / 2


@pytest.mark.usefixtures("loop_as_before")
def test_a_signal_is_dealt_with_at_once_during_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    rest_when_idle()
    monkeypatch.setattr(Clock, "get_min_timeout", lambda: Clock.time() + LONG_S)
    came: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: came.append(number))
    try:
        began_s = time.monotonic()
        Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGUSR1)).start()
        Clock.idle()
        assert came == [signal.SIGUSR1] and time.monotonic() - began_s < LONG_S / 2
    finally:
        signal.signal(signal.SIGUSR1, before)


class Machine:
    """Its time, which goes on by what is slept."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def until_next_frame(self, seconds: float) -> None:
        self.now += seconds

    def wait(self, seconds: float) -> None: ...

    def ring(self) -> None: ...


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(rest, "time", machine)
    monkeypatch.setattr(Clock, "get_min_timeout", lambda: 0.0)
    return machine


def test_frames_come_sixty_times_a_second_however_long_they_take(machine: Machine) -> None:
    resting = Rest(machine)
    resting._keep_pace()
    begin = machine.now
    for frame in range(60):
        machine.now += 0.003 if frame % 2 else 0.012
        resting._keep_pace()
    assert machine.now - begin == pytest.approx(1.0, abs=0.002)


def test_a_frame_that_takes_too_long_is_not_made_up_for(machine: Machine) -> None:
    resting = Rest(machine)
    resting._keep_pace()
    machine.now += 0.5
    late = machine.now
    resting._keep_pace()
    resting._keep_pace()
    assert machine.now - late == pytest.approx(rest.FRAME_S, rel=1e-6)


def test_an_open_keyboard_has_nothing_to_do_more_than_twice_a_minute(tmp_path: Path, toy_bundle: Path, toy_lexicon: Path) -> None:
    toy = {"model": str(toy_bundle), "lexicon": str(toy_lexicon)}
    start = Start(tmp_path / "settings.json", tmp_path / "swipes.jsonl", overrides=toy, words=tmp_path / "words.db")
    with open_window(lambda: KeyboardApp(start), (360, 640)) as driver:
        rest_when_idle()
        rest.resting.pop().end()  # it would wait for real: the time of these frames is the test's
        driver.until_done()
        assert driver.app.configuration.recognizer is not None
        driver.run_for(15_000)  # the cursor blinks no more, and memory was handed back
        assert [event.get_callback() for event in Clock.get_events() if event.timeout < 30] == []


def test_the_frame_after_a_lift_comes_at_once(machine: Machine) -> None:
    resting = Rest(machine)
    resting._keep_pace()
    for name, waited_s in (("mousemotion", rest.FRAME_S), ("mousebuttonup", 0.0), ("", rest.FRAME_S), ("fingerup", 0.0)):
        before = machine.now
        resting.note_event(name)
        resting._keep_pace()
        assert machine.now - before == pytest.approx(waited_s, abs=1e-9)


class NotedSDL:
    """Notes what is asked of it; while it waits, another thread may ring."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def SDL_WaitEventTimeout(self, _: object, ms: int) -> None:  # noqa: N802  SDL's names
        self.asked.append("wait")
        self.meanwhile()

    def SDL_PushEvent(self, _: object) -> None:  # noqa: N802
        self.asked.append("push")


def test_sdl_is_spoken_to_only_while_it_is_waited_for_and_no_ring_is_lost() -> None:
    """The window stood still for ever where another thread rang while it was being shown."""
    sdl = NotedSDL()
    bell = SDLBell(sdl, lambda: None)  # type: ignore[arg-type]
    bell.ring()
    assert sdl.asked == []
    bell.wait(LONG_S)  # was rung before
    assert sdl.asked == []
    sdl.meanwhile = bell.ring
    bell.wait(LONG_S)
    assert sdl.asked == ["wait", "push"]
    sdl.meanwhile = lambda: None
    bell.wait(LONG_S)  # that ring ended its wait, and no later one
    assert sdl.asked == ["wait", "push", "wait"]
