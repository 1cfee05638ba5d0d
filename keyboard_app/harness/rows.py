"""The rows of the harness: a swipe in the list, a candidate, a letter of the word. Their look is in harness_window.kv."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label

from engine import Candidate
from keyboard_app.harness.collection import Entry

MARKS = {True: "\u2713", False: "\u2717", None: "\u2013"}
"""Right, wrong, not known: in DejaVu Sans."""


class SwipeRow(ButtonBehavior, BoxLayout):
    """One swipe of the list."""

    owner = ObjectProperty(None)
    """SwipeList"""
    place = NumericProperty(0)
    """among all swipes, from 0"""
    mark = StringProperty("")
    is_bad = BooleanProperty(False)
    word = StringProperty("")
    read_as = StringProperty("")
    """what it was read as instead, or what changed"""
    is_chosen = BooleanProperty(False)


class CandidateRow(ButtonBehavior, BoxLayout):
    """One candidate of one model."""

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
    """One letter of the candidate, its end, or all."""

    place = ObjectProperty(None, allownone=True)
    """among the candidate's letters; None for all"""
    letter = StringProperty("")
    caption = StringProperty("")
    """small, below the letter"""
    is_chosen = BooleanProperty(False)


def describe_entry(place: int, entry: Entry) -> dict[str, object]:
    """A SwipeRow's properties."""
    outcome, change = entry.outcome, entry.change
    best = outcome.words[0] if outcome is not None and outcome.words else ""
    if outcome is not None and outcome.problem:
        mark, read_as = MARKS[False], outcome.problem
    elif change == "other candidates":
        mark, read_as = MARKS[outcome.is_right if outcome is not None else None], "others"
    elif change is not None and change != "same":
        after = entry.other.words[0] if entry.other is not None and entry.other.words else "nothing"
        mark, read_as = MARKS[outcome.is_right if outcome is not None else None], f"{change}: {best or 'nothing'} \u2013 {after}"
    else:
        mark = MARKS[outcome.is_right] if outcome is not None else ""
        read_as = "" if outcome is None or outcome.is_right else best or "no word found"
    word = entry.record.word or entry.record.where or "a swipe"
    return {"place": place, "mark": mark, "is_bad": entry.is_wrong, "word": word, "read_as": read_as}


def with_forms(candidate: Candidate) -> str:
    """The word, with its other written forms in brackets."""
    return f"{candidate.word} ({', '.join(candidate.forms[1:])})" if candidate.forms[1:] else candidate.word
