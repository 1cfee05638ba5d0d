"""The harness's state: what is chosen, what the engine answers on its thread, and what cannot be read."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine import Grid, Swipe, SwipeRecord
from engine.search_options import SearchOptions
from keyboard_app.harness.engine_thread import EngineThread
from keyboard_app.harness.session import CHUNK, Session
from keyboard_app.harness.source import Source
from tests.support import toy
from tests.support.decoding import as_json, lines

WORDS = ["cat", "were", "hello", "quick", "london"]


class Posted:
    """The window's thread: what is posted waits until the test lets it happen."""

    def __init__(self) -> None:
        self._calls: queue.Queue[Callable[[], None]] = queue.Queue()

    def post(self, call: Callable[[], None]) -> None:
        self._calls.put(call)

    def happen(self, until: Callable[[], bool]) -> None:
        while not until():
            self._calls.get(timeout=180)()


@pytest.fixture
def posted() -> Posted:
    return Posted()


@pytest.fixture
def thread(posted: Posted) -> Iterator[EngineThread]:
    thread = EngineThread(posted.post)
    yield thread
    thread.stop()


@pytest.fixture
def swipe_file(tmp_path: Path, qwerty: Grid) -> Path:
    swipes: list[object] = [{"word": word, **as_json(toy.swipe_of(word, qwerty))} for word in WORDS]
    swipes += [b"{broken\n", {"word": "cat", "grid": "default", **as_json(toy.swipe_of("cat", qwerty))}]
    file = tmp_path / "swipes.jsonl"
    file.write_bytes(lines(*swipes))
    return file


@pytest.fixture
def source(swipe_file: Path, toy_bundle: Path, toy_lexicon: Path, tmp_path: Path) -> Source:
    search = SearchOptions(beam_width=8, prior_weight=40.0, margin=30.0, ctc_weight=0.0, method="steps")
    return Source(swipe_file, toy_bundle, toy.write_bundle(tmp_path / "other", search=search), toy_lexicon)


@pytest.fixture
def session(source: Source, thread: EngineThread, posted: Posted) -> Session:
    """Opened, and all read."""
    session = Session(source, thread, lambda: None)
    session.open()
    posted.happen(lambda: session.is_settled)
    return session


def test_all_are_read_and_the_first_is_explained(session: Session) -> None:
    assert session.notice == ""
    assert session.n_read == len(session.entries) == len(WORDS) + 2
    assert [entry.outcome.words[0] for entry in session.entries[:3] if entry.outcome is not None] == ["cat", "were", "hello"]
    assert session.explanation and session.explanation.word == "cat"
    assert [accuracy.n_swipes for accuracy in session.accuracies()] == [len(WORDS) + 1] * 2
    grid = session.grid()
    assert grid and grid.name == "qwerty_en"


def test_more_swipes_than_are_read_in_one_go(swipe_file: Path, source: Source, thread: EngineThread, posted: Posted) -> None:
    swipe_file.write_bytes((CHUNK // 2) * swipe_file.read_bytes())
    session = Session(source, thread, lambda: None)
    session.open(3)
    posted.happen(lambda: session.is_settled)
    assert session.n_read == len(session.entries) > 2 * CHUNK
    assert session.explanation and session.explanation.word == "quick"


def test_choosing_a_candidate_a_model_and_a_letter(session: Session, posted: Posted) -> None:
    session.choose(2)
    posted.happen(lambda: session.is_settled)
    session.choose_candidate(1)
    explanation = session.explanation
    assert explanation is None
    posted.happen(lambda: session.is_settled)
    assert session.explanation and session.explanation.word == session.outcomes[0].words[1] == "hell"
    session.choose_letter(2)
    assert session.attention and session.attention.density.argmax() == 2
    letters = []
    for letter in (99, -1, 1):
        session.choose_letter(letter)
        letters.append(session.letter)
    assert letters == [4, None, 1]  # 4: its end
    session.choose_candidate(0, side=1)
    posted.happen(lambda: session.is_settled)
    assert session.letter == 1  # the same letter in another model
    assert session.attention and session.attention.density.argmax() == 1
    assert (
        session.explanation
        and session.explanation.score == session.outcomes[1].candidates[0].score != session.outcomes[0].candidates[0].score
    )
    session.choose_candidate(99)
    assert session.candidate == len(session.outcomes[1].candidates) - 1
    session.choose(0)
    assert session.letter is None


def test_an_explanation_that_comes_too_late_is_dropped(session: Session, posted: Posted) -> None:
    for place in (1, 2, 3):
        session.choose(place)
    posted.happen(lambda: session.is_settled)
    assert session.explanation and session.explanation.word == "quick"


def test_bad_records_say_why(session: Session, posted: Posted) -> None:
    session.choose(len(WORDS))
    assert session.record is None
    assert "not JSON" in session.outcomes[0].problem
    session.choose(len(WORDS) + 1)
    grid = session.grid()
    assert grid and grid.name == "yandex_ru"  # drawn, though the model cannot read it
    assert "has no key for" in session.outcomes[0].problem
    session.watch(Swipe.from_points([0, 1], [0, 1], [0, 1]))
    posted.happen(lambda: session.is_settled)
    assert (session.explanation, session.attention, session.live, session.problems) == (None, None, [], [])


def test_parts_of_a_swipe_that_come_fast_do_not_queue(session: Session, posted: Posted) -> None:
    session.choose(2)
    posted.happen(lambda: session.is_settled)
    whole = session.record
    assert isinstance(whole, SwipeRecord)
    for n in range(2, len(whole.swipe) + 1):
        session.watch(Swipe(whole.swipe.x[:n], whole.swipe.y[:n], whole.swipe.t[:n]))
    posted.happen(lambda: session.is_settled)
    assert [candidate.word for candidate in session.live] == session.outcomes[0].words
    session.watch(None)
    assert session.live == []


def test_a_new_record_is_read_and_chosen(session: Session, posted: Posted, qwerty: Grid) -> None:
    session.add(SwipeRecord("recorded", toy.swipe_of("wet", qwerty), "wet", None))
    posted.happen(lambda: session.is_settled)
    assert session.place == len(WORDS) + 2
    assert session.outcomes[0].is_right
    assert session.explanation and session.explanation.word == session.outcomes[0].words[0] == "wet"


def test_the_last_record_is_replaced_or_taken_away(session: Session, posted: Posted, qwerty: Grid) -> None:
    session.add(SwipeRecord("drawn", toy.swipe_of("wet", qwerty), None, None))
    session.replace_last(SwipeRecord("recorded", toy.swipe_of("wet", qwerty), "cat", None))
    posted.happen(lambda: session.is_settled)
    assert session.outcomes[0].is_right is False
    assert session.explanation and session.explanation.word == session.outcomes[0].words[0] == "wet"
    for n_left in range(len(WORDS) + 2, -1, -1):
        session.replace_last(None)
        posted.happen(lambda: session.is_settled)
        assert len(session.entries) == n_left
    at_the_end: tuple[object, ...] = session.place, session.record, session.explanation
    assert at_the_end == (None, None, None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"file": Path("not/there")}, "cannot read not/there: No such file"),
        ({"model": Path("not/there")}, "model bundle not/there"),
        ({"other_model": Path("not/there")}, "model bundle not/there"),
        ({"lexicon": Path("not/there")}, "not/there: No such file"),
        ({"grid_name": "qwerty_eng"}, "did you mean 'qwerty_en'"),
    ],
)
def test_what_cannot_be_read_is_said(source: Source, thread: EngineThread, posted: Posted, change: dict[str, object], message: str) -> None:
    fields = {name: getattr(source, name) for name in ("file", "model", "other_model", "lexicon", "grid_name")}
    session = Session(Source(**{**fields, **change}), thread, lambda: None)
    session.open()
    posted.happen(lambda: session.is_settled)
    assert message in session.notice
    assert len(session.problems) == 1
    session.choose(1)  # does no harm
    session.choose_letter(1)


def test_a_place_beyond_the_file_is_said(source: Source, thread: EngineThread, posted: Posted) -> None:
    session = Session(source, thread, lambda: None)
    session.open(700)
    posted.happen(lambda: session.is_settled)
    assert "there is no swipe 701: the file has 7" in session.notice
    assert session.place == len(WORDS) + 1


def test_nothing_is_delivered_after_the_end(posted: Posted) -> None:
    thread, gate = EngineThread(posted.post), threading.Event()
    delivered: list[object] = []
    thread.ask(gate.wait, delivered.append, delivered.append)
    thread.ask(lambda: 2, delivered.append, delivered.append)
    gate.set()
    thread.stop()
    thread.ask(lambda: 3, delivered.append, delivered.append)
    posted.post(lambda: delivered.append("end"))
    posted.happen(lambda: "end" in delivered)
    assert delivered == ["end"]


def test_a_bug_is_not_swallowed(thread: EngineThread, posted: Posted) -> None:
    thread.ask(lambda: [].pop(), print, print)
    with pytest.raises(IndexError):
        posted.happen(lambda: thread.is_idle)
