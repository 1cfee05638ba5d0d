"""The figures of the report: confused letters, the worst mistakes, the groups."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from tests.conftest import CYRILLIC, LATIN
from tests.support import toy
from tests.support.approximately import about
from training.data.path_length import Limits, PathLengths
from training.data.swipe_data import SwipeData
from training.evaluation.decode_data import DataDecoder
from training.report.confusion import Misreading, confuse, edits
from training.report.findings import Findings, Question, by_path, by_person, by_speed, find, wide
from training.report.mistakes import Reading, explain_mistake, worst

# --- confusion ---


@pytest.mark.parametrize(
    ("meant", "read", "expected"),
    [
        ("cat", "vat", [("c", "v")]),
        ("were", "wars", [("e", "a"), ("e", "s")]),
        ("form", "from", [("o", "r"), ("r", "o")]),  # side by side takes no more than leaving out and putting in
        ("hello", "ellos", [("h", ""), ("", "s")]),  # side by side would take five
        ("hello", "hell", [("o", "")]),
        ("hell", "hello", [("", "o")]),
        ("cart", "csat", [("a", "s"), ("r", "a")]),
        ("", "a", [("", "a")]),
        ("cat", "cat", []),
    ],
)
def test_edits_by_hand(meant: str, read: str, expected: list[tuple[str, str]]) -> None:
    assert edits(meant, read) == expected


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_edits_are_as_few_as_can_be(meant: str, read: str) -> None:
    assert len(list(edits(meant, read))) == distance(meant, read)


def distance(one: str, other: str) -> int:
    """The Levenshtein distance, by its definition."""
    if not one or not other:
        return len(one) + len(other)
    if one[0] == other[0]:
        return distance(one[1:], other[1:])
    return 1 + min(distance(one[1:], other), distance(one, other[1:]), distance(one[1:], other[1:]))


def test_confusion_by_hand(qwerty: Grid) -> None:
    mistakes = [("cat", "vat"), ("cat", "vat"), ("tic", "tiv"), ("cat", "cap"), ("hello", "hell"), ("hell", "hello")]
    found = confuse(mistakes, qwerty, LATIN)
    assert found.misreadings == (
        Misreading("c", "v", 3, True, (("cat", "vat"), ("tic", "tiv"))),
        Misreading("t", "p", 1, False, (("cat", "cap"),)),
    )
    assert (found.left_out, found.put_in) == ((("o", 1),), (("o", 1),))
    assert (found.n_mistakes, found.n_misread, found.neighbours_share) == (6, 4, 0.75)
    assert confuse([], qwerty, LATIN).neighbours_share == 0.0


def test_letters_of_one_key_are_neighbours(grids: Mapping[str, Grid]) -> None:
    assert [one.are_neighbours for one in confuse([("ёж", "еж")], grids["yandex_ru"], CYRILLIC).misreadings] == [True]


# --- the worst mistakes ---


def reading(meant: str | None, rank: int | None, **scores: float) -> Reading:
    whole = sum(map(math.exp, scores.values()))
    return Reading(0, meant, rank, tuple(scores.items()), tuple(math.exp(score) / whole for score in scores.values()))


def test_the_worst_are_in_order(toy_recognizer: SwipeRecognizer) -> None:
    sure = reading("cat", 2, vat=-1.0, wet=-4.0, cat=-6.0)
    unsure = reading("cat", 1, vat=-1.0, cat=-1.1)
    lost = reading("cat", None, vat=-1.0, wet=-2.0)
    others = [
        reading("cat", 0, cat=-1.0),  # right
        reading("zebra", None, cat=-1.0),  # the lexicon lacks it
        reading(None, None, cat=-1.0),  # no word
        reading("cat", None),  # nothing to draw
    ]
    readings = [unsure, *others, sure, lost]
    assert worst(readings, toy_recognizer, 9, "probability") == [sure, lost, unsure]
    assert worst(readings, toy_recognizer, 9, "rank") == [lost, sure, unsure]
    assert worst(readings, toy_recognizer, 1, "rank") == [lost]


def test_the_gap_is_that_of_the_scores(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    swipe, options = toy.swipe_of("vat", qwerty), wide(toy_recognizer.default_options)
    found = toy_recognizer.recognize(swipe, options)
    candidates = tuple((candidate.key_sequence, candidate.score) for candidate in found)
    rank = [word for word, _ in candidates].index("cat")
    probabilities = tuple(candidate.probability for candidate in found)
    mistake = explain_mistake(toy_recognizer, swipe, Reading(0, "cat", rank, candidates, probabilities), options)
    assert (mistake.read.word, mistake.meant.word) == ("vat", "cat")
    assert mistake.gap == pytest.approx(candidates[0][1] - candidates[rank][1], abs=1e-4)
    assert mistake.reading.probability == pytest.approx(found[0].probability)


# --- the groups ---


def collection(swipes: list[tuple[str, str, str]], grid: Grid) -> SwipeData:
    """Of (word that was meant, word that is traced, person)."""
    traced = [toy.swipe_of(word, grid) for _, word, _ in swipes]
    offsets = np.concatenate([[0], np.cumsum([len(swipe) for swipe in traced])])
    points = np.concatenate([[swipe.x, swipe.y, swipe.t] for swipe in traced], axis=1).astype(np.float32)
    words, people = (np.array([swipe[column] for swipe in swipes]) for column in (0, 2))
    return SwipeData(points, offsets, words, people, np.ones(len(swipes), np.bool_), np.full(len(swipes), ""))


def findings(recognizer: SwipeRecognizer, swipes: list[tuple[str, str, str]], train: SwipeData | None = None) -> Findings:
    data = collection(swipes, recognizer.grid)
    outcomes = [DataDecoder(recognizer, data).decode(row, wide(recognizer.default_options)) for row in range(len(data))]
    return find(recognizer, data, outcomes, Question(3, "probability", train))


def test_findings_of_known_answers(toy_recognizer: SwipeRecognizer) -> None:
    right = [("cat", "cat", "ann")] * 10 + [("were", "were", "bob")] * 9 + [("we're", "were", "bob")]
    wrong = [("vat", "cat", "bob")] * 10 + [("zebra", "wet", "cy")]
    found = findings(toy_recognizer, right + wrong)
    top_1, top_3, top_4, _ = found.figures
    assert (top_1.value, top_1.name, top_4.name) == (about(20 / 31), "top-1", "top-4")
    assert top_1.value < top_3.value <= top_4.value == pytest.approx(30 / 31)
    assert top_1.interval.low < top_1.value < top_1.interval.high
    assert dict(found.ranks)["first"] == 20 and dict(found.ranks)["not in the lexicon"] == 1 and sum(dict(found.ranks).values()) == 31
    assert found.people.tolist() == [0.5, 1.0]  # cy has one swipe, which is no accuracy
    assert found.right.sum() == 20 and sum(one.n_swipes for one in found.calibration.bins) == 31
    commonest = found.confusion.misreadings[0]
    assert (commonest.meant, commonest.read, commonest.n_times) == ("v", "c", 10)
    assert [(one.meant.word, one.read.word) for one in found.mistakes] == [("vat", "cat")] * 3
    letters = [(row.name, row.accuracy.n_swipes, row.accuracy.top_1) for row in found.rows if row.group == "letters"]
    assert letters == [("1-3", 20, 0.5), ("4-5", 11, pytest.approx(10 / 11))]
    assert "prompt" not in {row.group for row in found.rows}  # all are of one kind


def test_the_training_swipes_say_what_is_new_and_usual(toy_recognizer: SwipeRecognizer) -> None:
    train = collection([("cat", "cat", "ann")] * 3, toy_recognizer.grid)
    found = findings(toy_recognizer, [("cat", "cat", "ann")] * 10 + [("wet", "wet", "bob")] * 12, train)
    assert [(row.name, row.accuracy.n_swipes) for row in found.rows if row.group == "training"] == [("seen word", 10), ("unseen word", 12)]
    expected = Limits.of(PathLengths.of(train, toy_recognizer.grid, LATIN))
    assert found.limits.median.tolist() == expected.median.tolist()


def test_speeds_fall_into_groups_of_equal_size(real_data: SwipeData, qwerty: Grid) -> None:
    lengths = PathLengths.of(real_data, qwerty, LATIN)
    groups = by_speed(real_data, lengths)
    assert np.sum([group.rows for group in groups], axis=0).tolist() == [1] * len(real_data)
    assert [group.n_swipes for group in groups] == pytest.approx([len(real_data) / 5] * 5, abs=5)
    slow, fast = (np.flatnonzero(groups[end].rows)[0] for end in (0, -1))
    assert speed(real_data, slow, qwerty) < float(groups[0].name.removeprefix("below "))
    assert speed(real_data, fast, qwerty) >= float(groups[-1].name.removeprefix("from "))


def speed(data: SwipeData, row: int, grid: Grid) -> float:
    swipe = data.swipe(row)
    return 1000 * float(np.hypot(np.diff(swipe.x), np.diff(swipe.y)).sum()) / grid.key_width / float(swipe.t[-1] - swipe.t[0])


def test_paths_are_typical_too_short_or_too_long() -> None:
    polyline = np.full(30, 10.0)
    lengths = PathLengths(np.array([10.0] * 14 + [11.0] * 14 + [2.0, 50.0]), polyline)
    found = {group.name: np.flatnonzero(group.rows).tolist() for group in by_path(lengths, Limits.of(lengths))}
    assert found == {"typical": list(range(28)), "too short": [28], "too long": [29]}


def test_people_with_few_swipes_are_left_out(real_data: SwipeData) -> None:
    data = replace(real_data, users=np.array(["a"] * 200 + ["b"] * 91 + ["c"] * 9))
    right = np.array([True] * 150 + [False] * 50 + [True] * 91 + [False] * 9)
    assert by_person(data, right).tolist() == [0.75, 1.0]
