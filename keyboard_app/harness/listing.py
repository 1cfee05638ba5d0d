"""The harness without a window: prints what a model makes of the swipes of a file, or what changes with another model."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, cast, get_args

from engine import GridRecognizers
from engine.console import say
from keyboard_app.harness.collection import Entry, Show, count_changes
from keyboard_app.harness.outcome import Change, Outcome, Record, accuracy_of, read_record

PROGRESS_AFTER_S = 1.0


def list_outcomes(records: list[Record], recognizers: GridRecognizers, show: Show, *, as_json: bool) -> int:
    """Prints the outcomes to show, and how often the model was right. Returns 1 if any swipe could not be decoded, otherwise 0."""
    outcomes = []
    for record in _with_progress(records):
        outcome = read_record(record, recognizers)
        outcomes.append(outcome)
        if Entry(record, outcome).matches(show, ""):
            say(json.dumps({**_place(record), **_fields(outcome)}) if as_json else _line(outcome))
    accuracy = accuracy_of(outcomes)
    if accuracy is not None:
        _sum_up(f"accuracy: {accuracy}", as_json=as_json)
    return 1 if any(outcome.problem for outcome in outcomes) else 0


def list_changes(records: list[Record], models: tuple[GridRecognizers, GridRecognizers], show: Show, *, as_json: bool) -> int:
    """Prints the swipes to show with both models' candidates, and what changes. Returns 1 or 0 like `list_outcomes`."""
    before, after = models
    entries = []
    for record in _with_progress(records):
        entry = Entry(record, read_record(record, before), read_record(record, after))
        entries.append(entry)
        if entry.matches(show, ""):
            say(_changed_json(entry) if as_json else _changed_line(entry))
    for name, outcomes in (("before", [entry.outcome for entry in entries]), ("after", [entry.other for entry in entries])):
        accuracy = accuracy_of([outcome for outcome in outcomes if outcome is not None])
        if accuracy is not None:
            _sum_up(f"{name + ':':7} {accuracy}", as_json=as_json)
    counts = count_changes(entries)
    _sum_up("changes: " + ", ".join(f"{counts[change]:,} {change}" for change in get_args(Change)), as_json=as_json)
    return 1 if any(outcome.problem for entry in entries for outcome in (entry.outcome, entry.other) if outcome is not None) else 0


def _place(record: Record) -> dict[str, Any]:
    return {"where": record.where, "word": record.word}


def _fields(outcome: Outcome) -> dict[str, Any]:
    if outcome.recognition is None:
        return {"error": outcome.problem}
    candidates = [{"word": one.word, "score": one.score, "probability": one.probability} for one in outcome.candidates]
    times = {stage: round(value, 3) for stage, value in asdict(outcome.recognition.milliseconds).items()}
    rank = None if outcome.rank is None else outcome.rank + 1  # as people count
    return {"right": outcome.is_right, "rank": rank, "candidates": candidates, "milliseconds": times}


def _changed_json(entry: Entry) -> str:
    outcomes = {name: _fields(outcome) for name, outcome in (("before", entry.outcome), ("after", entry.other)) if outcome is not None}
    return json.dumps({**_place(entry.record), "change": entry.change, **outcomes})


def _line(outcome: Outcome) -> str:
    mark = {True: "right", False: "wrong", None: "-"}[outcome.is_right] if not outcome.problem else "error"
    return f"{mark:6} {_title(outcome.record)}: {_words(outcome)}"


def _changed_line(entry: Entry) -> str:
    before, after = (_words(outcome) for outcome in (entry.outcome, entry.other) if outcome is not None)
    return f"{entry.change:16} {_title(entry.record)}: {before} -> {after}"


def _title(record: Record) -> str:
    return ", ".join(filter(None, (record.where, record.word and f"'{record.word}'"))) or "the swipe"


def _words(outcome: Outcome) -> str:
    if outcome.problem:
        return outcome.problem
    return ", ".join(f"{one.word} {one.probability:.1%}" for one in outcome.candidates) or "no word found"


def _sum_up(text: str, *, as_json: bool) -> None:
    if as_json:
        print(text, file=sys.stderr)
    else:
        say(text)


def _with_progress(records: Iterable[Record]) -> Iterable[Record]:
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return records
    from tqdm import tqdm  # late, for a quick start

    return cast("Iterable[Record]", tqdm(records, unit=" swipes", delay=PROGRESS_AFTER_S))
