"""The word over the keys: it follows the finger, and is still when the finger is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from benchmarks.keyboard.preview import EveryFrame, Figures, draw, prefixes, rests
from engine.recognizer import Candidate, SwipeRecognizer
from engine.swipe import Swipe
from keyboard_app.session.preview import FIRST_STEP, INTERVAL_MS, LEAD, REST_MS, REST_STEP, STEP, PreviewFilter
from tests.support.toy import swipe_of

KEY_WIDTH = 10.0
FRAME_MS = 20


@pytest.fixture
def preview() -> PreviewFilter:
    return PreviewFilter(KEY_WIDTH)


def swipe_through(*x: float) -> Swipe:
    """A point every FRAME_MS, x in key widths."""
    return Swipe.from_points(np.array(x) * KEY_WIDTH, np.zeros(len(x)), np.arange(len(x)) * FRAME_MS)


def asked(preview: PreviewFilter, path: Iterable[float]) -> list[int]:
    """The points of the path at which the filter wants a decode."""
    points = list(path)
    return [n - 1 for n in range(2, len(points) + 1) if preview.wants(swipe_through(*points[:n]))]


def candidates(**scores: float) -> list[Candidate]:
    return [Candidate(word, score, 0.5, word, (word,)) for word, score in sorted(scores.items(), key=lambda item: -item[1])]


def test_decodes_first_when_the_finger_has_left_its_key(preview: PreviewFilter) -> None:
    steps = np.arange(0, FIRST_STEP + 0.01, 0.1)
    assert asked(preview, steps) == [len(steps) - 1]


def test_decodes_at_most_every_interval(preview: PreviewFilter) -> None:
    """A fast finger: a key width a frame."""
    assert asked(preview, range(20)) == list(range(1, 20, round(INTERVAL_MS / FRAME_MS)))


def test_decodes_only_when_the_finger_has_moved_on(preview: PreviewFilter) -> None:
    """A slow finger: more time than the interval passes in a step."""
    path = [0, *np.arange(FIRST_STEP, FIRST_STEP + 3 * STEP + 0.01, 0.05)]
    places = [path[point] for point in asked(preview, path)]
    assert len(places) == 4
    assert np.diff(places).min() >= STEP - 1e-9


def test_decodes_nothing_while_the_finger_trembles_in_its_place(preview: PreviewFilter) -> None:
    there = list(np.linspace(0, 3, 10))
    tremble = [3 + 0.4 * REST_STEP * (-1) ** n for n in range(50)]
    assert max(asked(preview, there + tremble)) <= len(there) + REST_MS / FRAME_MS


def test_decodes_nothing_while_the_finger_creeps(preview: PreviewFilter) -> None:
    """Slow enough to count as resting, however far it gets."""
    there = list(np.linspace(0, 3, 10))
    creep = 3 + np.arange(1, 200) * 0.9 * REST_STEP / (REST_MS / FRAME_MS)
    assert max(asked(preview, [*there, *creep])) <= len(there) + REST_MS / FRAME_MS


def test_decodes_again_when_the_finger_goes_on_after_a_rest(preview: PreviewFilter) -> None:
    rest = [*np.linspace(0, 3, 10), *[3.0] * 50]
    asked_at_rest = asked(preview, rest)
    preview.reset()
    assert len(asked(preview, [*rest, 3.5, 4.0])) == len(asked_at_rest) + 1


def test_decodes_again_after_a_rest_without_points(preview: PreviewFilter) -> None:
    """A finger that does not move makes no points on most screens."""
    x, t = np.array([0, 15, 30, 30.5, 36]), np.array([0, 20, 40, 1000, 1020])
    answers = [preview.wants(Swipe.from_points(x[:n], np.zeros(n), t[:n])) for n in range(2, 6)]
    assert answers == [True, False, False, True]


def test_shows_the_first_word_at_once(preview: PreviewFilter) -> None:
    assert preview.show(candidates(cat=-3.0)) == "cat"


def test_a_word_must_win_clearly_or_twice(preview: PreviewFilter) -> None:
    preview.show(candidates(cat=-3.0))
    assert preview.show(candidates(cart=-3.0, cat=-2.9 - LEAD)) == "cat"
    assert preview.show(candidates(cart=-3.0, cat=-3.1)) == "cart"


def test_a_word_wins_at_once_by_a_clear_lead_or_where_the_shown_one_is_gone(preview: PreviewFilter) -> None:
    preview.show(candidates(cat=-3.0))
    assert preview.show(candidates(cart=-3.0, cat=-3.0 - LEAD)) == "cart"
    assert preview.show(candidates(dog=-5.0)) == "dog"


def test_two_words_that_take_turns_do_not_flicker(preview: PreviewFilter) -> None:
    preview.show(candidates(cat=-3.0))
    shown = [preview.show(candidates(**{word: -3.0, "cat": -3.5})) for word in ("car", "cart") * 5]
    assert set(shown) == {"cat"}


def test_keeps_the_word_where_nothing_was_found(preview: PreviewFilter) -> None:
    assert preview.show([]) == ""
    preview.show(candidates(cat=-3.0))
    assert preview.show([]) == "cat"


def test_a_new_swipe_begins_without_a_word(preview: PreviewFilter) -> None:
    preview.show(candidates(cat=-3.0))
    assert asked(preview, [0, 2]) == [1]
    preview.reset()
    assert preview.shown == ""
    assert asked(preview, [0, 2]) == [1]
    assert preview.show(candidates(cart=-3.0, cat=-3.0)) == "cart"


# --- the benchmark ---


def test_prefixes_grow_to_the_last_frame() -> None:
    swipe = Swipe.from_points(range(100), [0] * 100, [1000 + 5 * n for n in range(100)])
    lengths = [len(prefix) for prefix in prefixes(swipe)]
    assert lengths[0] == 4  # points at 0, 5, 10 and 15 ms; the first frame ends at 16.7
    assert np.diff(lengths).min() >= 3
    assert 96 <= lengths[-1] <= 100


def test_says_when_a_finger_rests() -> None:
    moving = swipe_through(*range(10))
    resting = swipe_through(*range(10), *[9.0] * 6)
    assert not rests(moving, KEY_WIDTH)
    assert rests(resting, KEY_WIDTH)


def test_counts_what_was_shown(toy_recognizer: SwipeRecognizer) -> None:
    swipe = swipe_of("hello", toy_recognizer.grid)
    shown = draw(swipe, toy_recognizer, EveryFrame(toy_recognizer.grid.key_width))
    assert shown and shown.n_letters == len("hello")
    assert shown.n_decoded == len(list(prefixes(swipe)))
    assert shown.right == (shown.words[-1][1] == "hello")
    figures = Figures.of([shown, shown])
    assert figures.n_swipes == 2
    assert figures.changes == len(shown.words) - 1
