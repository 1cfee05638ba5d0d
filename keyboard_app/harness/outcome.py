"""What a model makes of a recorded swipe, and how two models differ on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine import Accuracy, BadRecord, Candidate, Explanation, GridRecognizers, Recognition, SwipeRecord, explain, rank_of

Record = SwipeRecord | BadRecord
Change = Literal["gained", "lost", "other word", "other candidates", "same"]
"""From the first model to the second: the best word became right, or wrong; changed, neither being right; or only others changed."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A swipe, and what a model made of it."""

    record: Record
    recognition: Recognition | None
    """None if it could not be decoded"""
    rank: int | None
    """the index of its word among the candidates; None if it is not there, or if the word is unknown"""
    problem: str
    """why it could not be decoded; empty if it was"""

    @property
    def candidates(self) -> list[Candidate]:
        return self.recognition.candidates if self.recognition is not None else []

    @property
    def words(self) -> list[str]:
        return [candidate.word for candidate in self.candidates]

    @property
    def is_right(self) -> bool | None:
        """Whether the best candidate is its word; None if the word is unknown."""
        return None if self.record.word is None else self.rank == 0


def read_record(record: Record, recognizers: GridRecognizers, n_times: int = 1) -> Outcome:
    """What the model makes of a record. n_times: how often it is decoded; the times are those of the fastest."""
    if isinstance(record, BadRecord):
        return Outcome(record, None, None, record.reason)
    try:
        recognizer = recognizers.for_record(record)
        recognition = min((recognizer.decode(record.swipe) for _ in range(n_times)), key=lambda one: one.milliseconds.total)
    except ValueError as error:
        return Outcome(record, None, None, str(error))
    rank = None if record.word is None else rank_of(record.word, recognition.candidates, recognizer.lexicon.alphabet)
    return Outcome(record, recognition, rank, "")


def explain_candidate(record: SwipeRecord, candidate: Candidate, recognizers: GridRecognizers) -> Explanation:
    """Why the candidate has its score, and where the decoder looked. Raises: ValueError if the model cannot use the record's grid."""
    recognizer = recognizers.for_record(record)
    return explain(recognizer, record.swipe, candidate, recognizer.default_options)


def compare(before: Outcome, after: Outcome) -> Change:
    """How the second model's outcome of a swipe differs from the first model's."""
    if bool(before.is_right) != bool(after.is_right):
        return "gained" if after.is_right else "lost"
    if before.words[:1] != after.words[:1] and not after.is_right:
        return "other word"
    return "same" if before.words == after.words else "other candidates"


def accuracy_of(outcomes: list[Outcome]) -> Accuracy | None:
    """The accuracy over the outcomes whose word is known; None if there are none."""
    ranks = [outcome.rank for outcome in outcomes if outcome.record.word is not None]
    return Accuracy.of_ranks(ranks) if ranks else None
