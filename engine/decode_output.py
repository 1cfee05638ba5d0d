"""What python -m engine.decode prints about each swipe."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from engine.explain import Explanation, LetterExplanation
from engine.recognizer import Candidate, Recognition
from engine.swipe_file import BadRecord, SwipeRecord

LINE = re.compile(r"line (\d+)")


@dataclass(frozen=True, eq=False)
class Decoded:
    """One swipe and its candidates."""

    record: SwipeRecord
    recognition: Recognition
    explanations: list[Explanation]
    """of the best candidates, where they were asked for"""
    rank: int | None
    """where its word stands among the candidates, from 0; None for a miss, or where the word is not known"""
    warning: str | None = None
    """of its grid, if the model has seen nothing like it"""

    @property
    def word(self) -> str | None:
        """As of the record."""
        return self.record.word


def as_json(result: Decoded | BadRecord, n_shown: int) -> str:
    """One line: {"line", "word", "candidates", "likely", "milliseconds"}, with "explanations" where there are any.

    Of a bad record: {"line", "word", "error"}.

    line: where the swipe begins in its file, from 1; null where the file holds a single one. word: what it was meant as, or null.
    """
    if isinstance(result, BadRecord):
        reason = f"{result.where}: {result.reason}" if result.where else result.reason
        return json.dumps({**_place(result), "error": reason})
    candidates = [
        {"word": candidate.word, "score": candidate.score, "probability": candidate.probability}
        for candidate in result.recognition.candidates[:n_shown]
    ]
    times = {stage: round(value, 3) for stage, value in asdict(result.recognition.milliseconds).items()}
    fields: dict[str, Any] = {**_place(result.record), "candidates": candidates, "likely": result.recognition.likely, "milliseconds": times}
    if result.explanations:
        fields["explanations"] = [_without_frames(explanation) for explanation in result.explanations]
    return json.dumps(fields)


def _place(record: SwipeRecord | BadRecord) -> dict[str, Any]:
    line = LINE.match(record.where)
    return {"line": int(line[1]) if line else None, "word": record.word}


def _without_frames(explanation: Explanation) -> dict[str, Any]:
    """Everything but the numbers of each frame: a word has hundreds, and `looked_at` says where the highest ones are."""
    fields = asdict(explanation)
    del fields["frames"]
    for letter in fields["letters"]:
        del letter["attention"]
    return fields


def as_table(result: Decoded, n_shown: int) -> str:
    """A few lines for people to read."""
    candidates = result.recognition.candidates[:n_shown]
    title = ", ".join(filter(None, (result.record.where, result.record.word and f"meant as '{result.record.word}'")))
    lines = [title] if title else []
    width = max((len(_shown(candidate)) for candidate in candidates), default=0)
    for rank, candidate in enumerate(candidates, start=1):
        lines.append(f"{rank:3}  {_shown(candidate):{width}}  {candidate.score:8.3f}  {candidate.probability:7.2%}")
    if not candidates:
        lines.append("     no word found")
    elif not result.recognition.likely:
        lines.append("     none likely enough")
    times = asdict(result.recognition.milliseconds).items()
    lines.append("     " + ", ".join(f"{stage} {value:.2f} ms" for stage, value in times))
    for explanation in result.explanations:
        lines += _explained(explanation)
    return "\n".join(lines) + "\n"


def _shown(candidate: Candidate) -> str:
    return f"{candidate.word} ({', '.join(candidate.forms[1:])})" if candidate.forms[1:] else candidate.word


def _explained(explanation: Explanation) -> list[str]:
    rows = [("letter", "log-prob", "looked at", "other letters in the lexicon", "other letters of all")]
    rows += [_row(letter) for letter in explanation.letters]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return ["", *(f"     {line}" for line in (*_sums(explanation), *table))]


def _sums(explanation: Explanation) -> list[str]:
    """What the score is made of, and what it would be without the words before."""
    context, letters = explanation.context, sum(letter.log_prob for letter in explanation.letters)
    sums = f"{explanation.word}: {explanation.score:.3f} = letters {letters:.3f} + prior {explanation.weighted_log_prior:.3f}"
    if context is None:
        return [sums]
    place = "not among the candidates" if context.place_without is None else f"number {context.place_without}"
    return [f"{sums} + words before {context.added:.3f}", f"without the words before: {place}"]


def _row(letter: LetterExplanation) -> tuple[str, str, str, str, str]:
    at = letter.looked_at
    point = f"point {at.index} ({at.x:g}, {at.y:g}) at {at.t:g} ms, near {at.key}"
    return (letter.letter, f"{letter.log_prob:.3f}", point, _listed(letter.allowed), _listed(letter.others))


def _listed(alternatives: tuple[tuple[str, float], ...]) -> str:
    return "  ".join(f"{letter} {log_prob:.2f}" for letter, log_prob in alternatives) or "-"
