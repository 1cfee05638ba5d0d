"""Many swipes at once: the same candidates as one by one, in order, and never more of them in memory than a few batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import decode_records
from engine.decode_records import Asked, Chosen, decode_in_processes
from engine.grid import Grid
from engine.recognizer import BATCH, SwipeRecognizer
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord
from tests.support import toy
from tests.support.decoding import Run, Swiped, lines

WORDS = ("cat", "hello", "were", "dont", "a", "london", "vat", "wet")


@pytest.fixture(name="recognizer")
def fixture_recognizer(toy_bundle: Path, toy_lexicon: Path, qwerty: Grid) -> SwipeRecognizer:
    return SwipeRecognizer.load(toy_bundle, toy_lexicon, qwerty)


def without_times(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "milliseconds"}


def test_many_have_the_candidates_of_each(recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    swipes = [toy.swipe_of(word, qwerty) for word in WORDS]
    found = list(recognizer.recognize_many(swipes))
    assert found == [recognizer.recognize(swipe) for swipe in swipes]
    assert [some[0].key_sequence for some in found] == list(WORDS)
    options = recognizer.default_options.changed(["method=steps", "n_best=2"])
    assert list(recognizer.recognize_many(swipes, options)) == [recognizer.recognize(swipe, options) for swipe in swipes]
    assert not list(recognizer.recognize_many([]))


def test_a_batch_is_held_at_a_time(recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    swipe, taken = toy.swipe_of("cat", qwerty), 0

    def endless() -> Iterator[Swipe]:
        nonlocal taken
        while True:
            taken += 1
            yield swipe

    found = recognizer.recognize_many(endless())
    for _ in range(BATCH):
        next(found)
    assert taken == BATCH
    next(found)
    assert taken == 2 * BATCH


def test_as_many_texts_as_swipes(recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    swipes = [toy.swipe_of(word, qwerty) for word in WORDS[:2]]
    assert len(list(recognizer.recognize_many(swipes, before=["", None]))) == 2
    for texts in ([""], ["", "", ""]):
        with pytest.raises(ValueError, match="argument 2 is"):
            list(recognizer.recognize_many(swipes, before=texts))


def test_a_file_is_decoded_as_a_pipe_and_by_several_processes_as_by_one(run: Run, swipe_of: Swiped) -> None:
    """More than two batches, with lines between that are none and swipes on another grid."""
    records = [{"word": word, "curve": swipe_of(word)} for word in WORDS] * (2 * BATCH // len(WORDS) + 1)
    records[5] = records[5] | {"curve": swipe_of("cat") | {"grid_name": "phone"}}
    records[9] = records[9] | {"curve": swipe_of("hello") | {"grid_name": "dvorak_en"}}
    content = lines(*records[:100], b"{not json\n", *records[100:])
    piped = run(content, "--json", stdin=True)
    assert (piped.code, len(piped.json_lines)) == (1, len(records) + 1)
    for options in ((), ("--processes", "2")):
        filed = run(content, "--json", *options)
        assert [without_times(line) for line in filed.json_lines] == [without_times(line) for line in piped.json_lines]
        assert filed.err.replace("traj.json", "standard input") == piped.err


def test_no_more_is_handed_out_than_the_processes_need(
    toy_bundle: Path, toy_lexicon: Path, qwerty: Grid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode_records, "AHEAD", 3)
    record, taken = SwipeRecord("", toy.swipe_of("cat", qwerty), "cat", None), 0

    def endless() -> Iterator[list[decode_records.Record]]:
        nonlocal taken
        while True:
            taken += 1
            yield [record]

    chosen = Chosen(toy_bundle, toy_lexicon, None, None, None, None, offensive=False)
    decoded = decode_in_processes(endless(), chosen, Asked((), 4, context=False, explanations=False), 1)
    (result,) = next(decoded)
    assert (taken, getattr(result, "rank", None)) == (3, 0)
    next(decoded)
    assert taken == 4
    decoded.close()  # type: ignore[attr-defined]
