"""Why a word was offered, in sentences. Never Kivy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine import Candidate, Explanation, Swipe, SwipeRecognizer

PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
TOLD = 0.05
"""Nats that are worth telling of: less is shown as 0.0."""


@dataclass(frozen=True, eq=False)
class Source:
    """Where a word came from: one of the candidates of a swipe."""

    swipe: Swipe
    candidates: list[Candidate]
    index: int
    """which of them it is"""
    before: str | None
    """the text before the swipe; None where it did not count"""


def why(recognizer: SwipeRecognizer, source: Source) -> str:
    """What the word's score is made of, beside that of the word that it competes with. Called on the worker's thread."""
    from engine import explain  # late: importing the engine takes a third of a second

    candidates, index, options = source.candidates, source.index, recognizer.default_options
    others = [one for one in candidates if one is not candidates[index] and recognizer.sides_with(one.key_sequence)]
    compared = [candidates[index], *others[:1]]
    found = [explain(recognizer, source.swipe, one, options, source.before) for one in compared]
    uses = recognizer.words.weight(candidates[index].word)
    said = ["The more, the better."] * bool(others) + _order(found[0], index + 1) + _own(found[0], uses)
    return "\n".join([*map(_parts, found), " ".join(said)]).rstrip()


def _parts(explanation: Explanation) -> str:
    letters, context = sum(letter.log_prob for letter in explanation.letters), explanation.context
    parts = [f"the swipe {letters:+.1f}", f"how common it is {explanation.weighted_log_prior:+.1f}"]
    if context is not None:
        parts.append(f"the words before {context.added:+.1f}")
    return f"'{explanation.word}' has {explanation.score:.1f}: {', '.join(parts)}."


def _order(explanation: Explanation, place: int) -> list[str]:
    """What the words before did to its place."""
    context = explanation.context
    if context is None:
        return []
    if context.place_without is None:
        return ["Without the words before it would not come up."]
    too = ", too" if context.place_without == place else ""
    return [f"Without the words before it would come {_ordinal(context.place_without)}{too}."]


def _own(explanation: Explanation, uses: float) -> list[str]:
    """What the person's own words and pairs of words did to its score. uses: how often the person has used it, faded."""
    sentences, context = [], explanation.context
    if explanation.own_use is None:
        sentences.append("It can be swiped because it is one of your words.")
    elif explanation.own_use >= TOLD:
        sentences.append(f"{explanation.own_use:+.1f} of how common it is comes from your use of it.")
    elif uses >= 1:
        sentences.append(f"You have used it about {uses:.0f} times, which hardly counts, as it is common anyway.")
    if context is not None and abs(context.own_pairs) >= TOLD:
        written = "it" if context.own_pairs > 0 else "other words"
        sentences.append(f"{context.own_pairs:+.1f} of the words before comes from your own text, which had {written} there.")
    return sentences


def _ordinal(place: int) -> str:
    return PLACES[place - 1] if place <= len(PLACES) else f"number {place}"
