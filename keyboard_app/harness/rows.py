"""The rows of the harness: swipes in the list, candidates, letters of the word. Their look is in harness_window.kv."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label

from engine import Candidate
from keyboard_app.harness.collection import Entry
from keyboard_app.harness.outcome import Change, Outcome

MARKS = {True: "\u2713", False: "\u2717", None: "\u2013"}
"""Right, wrong, unknown: in DejaVu Sans."""


class SwipeRow(ButtonBehavior, BoxLayout):
    """A swipe in the list."""

    owner = ObjectProperty(None)
    """SwipeList"""
    place = NumericProperty(0)
    """index among all swipes"""
    mark = StringProperty("")
    is_bad = BooleanProperty(False)
    word = StringProperty("")
    read_as = StringProperty("")
    """what it was read as instead, or what changed"""
    is_chosen = BooleanProperty(False)


class CandidateRow(ButtonBehavior, BoxLayout):
    """A candidate of a model."""

    side = NumericProperty(0)
    """0 for the first model"""
    rank = NumericProperty(0)
    word = StringProperty("")
    score = StringProperty("")
    probability = NumericProperty(0.0)
    is_right = BooleanProperty(False)
    is_chosen = BooleanProperty(False)
    text_color = ColorProperty("black")


class LetterChip(ButtonBehavior, Label):
    """A letter of the candidate, its end, or all letters."""

    place = ObjectProperty(None, allownone=True)
    """index among the candidate's letters; None for all"""
    letter = StringProperty("")
    caption = StringProperty("")
    """small, below the letter"""
    is_chosen = BooleanProperty(False)


def describe_entry(place: int, entry: Entry) -> dict[str, object]:
    """The properties of a SwipeRow. With two models there are two marks, and both words if they differ."""
    outcomes = [outcome for outcome in (entry.outcome, entry.other) if outcome is not None]
    mark = "".join(MARKS[False if outcome.problem else outcome.is_right] for outcome in outcomes)
    word = entry.record.word or entry.record.where or "a swipe"
    return {"place": place, "mark": mark, "is_bad": entry.is_wrong, "word": word, "read_as": _read_as(outcomes, entry.change)}


def _read_as(outcomes: list[Outcome], change: Change | None) -> str:
    """What to show next to the word: nothing if it was found and nothing changed."""
    best = [outcome.problem or next(iter(outcome.words), "nothing") for outcome in outcomes]
    match change:
        case "gained" | "lost" | "other word":
            return " > ".join(best)
        case "other candidates":
            return "others" if outcomes[0].is_right else best[0]
        case _:
            return "" if not outcomes or outcomes[0].is_right else best[0]


def with_forms(candidate: Candidate) -> str:
    """The word, with its other written forms in brackets."""
    return f"{candidate.word} ({', '.join(candidate.forms[1:])})" if candidate.forms[1:] else candidate.word
