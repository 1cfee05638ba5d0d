"""How a swipe is searched: the options, as a bundle's manifest holds them and as a command line changes them."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args, get_type_hints

from engine.naming import check_choice, did_you_mean

Method = Literal["two_pass", "steps"]
MOST_WORDS = 1_000_000
"""What a search can be asked to keep or to return: more than lexicons have."""
N_BEST = 4
"""Words that a search returns where nobody says how many."""

CONFIDENCE = ("temperature", "none_score", "least_probability")
"""Fields about how sure the best word is. They change no score."""
OPTIONAL = frozenset(
    {"n_best", "internal_lm_weight", "letter_bonus", "first_prior", "look_again_below", "left_behind", "sure_margin", *CONFIDENCE}
)
"""Fields that a manifest need not have."""


@dataclass(frozen=True)
class SearchOptions:
    """How to search one swipe. What they do to a score is in `engine.beam_search`."""

    beam_width: int
    """the most hypotheses that the decoder follows: live ones at each step, or words that the first pass leaves to it"""
    prior_weight: float
    """weight of a word's log prior in its score"""
    margin: float = math.inf
    """nats that a live hypothesis may be behind the best, in the first pass if there are two"""
    n_best: int = N_BEST
    """how many words to return; a manifest need not say"""
    ctc_weight: float = 0.0
    """share, 0 to 1, of the encoder's CTC head in a log probability; the decoder has the rest"""
    method: Method = "steps"
    internal_lm_weight: float = 0.0
    """share of the decoder's internal language model that is taken off: of what it says of a word without a swipe. For models that have
    been trained to see nothing"""
    letter_bonus: float = 0.0
    """nats that each letter adds to a word's score: both heads doubt every letter, also of a long word that is right"""
    first_prior: float = 1.2
    """of two passes: factor on prior_weight in the first. The CTC head, unlike a decoder, has not learnt which words exist"""
    look_again_below: float = -math.inf
    """of two passes: where no word of the first scores as much, the trace is far from all of them, and it looks again with more margin"""
    left_behind: float = math.inf
    """of two passes: nats behind the best of the first at which a word is not left to the decoder, unless hardly any are"""
    sure_margin: float = math.inf
    """of two passes: if the best word of the first leads by more nats, the decoder is not asked; inf: it always is. Measured on dev with
    4: it is not asked for 60 % of the swipes, and top-1 and top-4 are 89.52 and 95.43 instead of 89.55 and 95.44"""
    temperature: float = 1.0
    """what scores are divided by where they become probabilities; fitted by training.calibrate, as the next"""
    none_score: float = -math.inf
    """what it scores that none of the words was meant; -inf: one of them was for certain"""
    least_probability: float = 0.0
    """a best word that is less probable is not likely enough: `Recognition.likely` says so. 0: any is"""

    def __post_init__(self) -> None:
        for name in ("beam_width", "n_best"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
            if getattr(self, name) > MOST_WORDS:
                raise ValueError(f"{name} must be at most {MOST_WORDS:,}, got {getattr(self, name)}")
        check_choice("method", self.method, get_args(Method))
        if not 0 <= self.ctc_weight <= 1:
            raise ValueError(f"ctc_weight must be from 0 to 1, got {self.ctc_weight}")
        for name in ("prior_weight", "margin", "internal_lm_weight", "first_prior", "left_behind", "sure_margin"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if math.isnan(self.look_again_below):
            raise ValueError("look_again_below must be a number, got nan")
        if not 0 <= self.letter_bonus < math.inf:
            raise ValueError(f"letter_bonus must be a finite number of at least 0, got {self.letter_bonus}")
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"temperature must be above 0, got {self.temperature}")
        if not self.none_score < math.inf:
            raise ValueError(f"none_score must be a number or -inf, got {self.none_score}")
        if not 0 <= self.least_probability <= 1:
            raise ValueError(f"least_probability must be from 0 to 1, got {self.least_probability}")

    @property
    def reads_ctc(self) -> bool:
        """Whether the search needs a model with a CTC head."""
        return self.method == "two_pass" or self.ctc_weight > 0

    @classmethod
    def from_fields(cls, values: Mapping[str, Any]) -> SearchOptions:
        """The inverse of `to_fields`. Raises: KeyError for a missing field, ValueError or TypeError for a wrong value."""
        names = [one.name for one in fields(cls) if one.name not in OPTIONAL or one.name in values]
        return cls(**{name: _of_type(name, values[name]) for name in names})

    def to_fields(self) -> dict[str, Any]:
        """For JSON. Left out where nobody chose them: what older models did not know, and n_best, which is the caller's."""
        unchanged = [one.name for one in fields(self) if one.name in OPTIONAL and getattr(self, one.name) == one.default]
        return {name: value for name, value in asdict(self).items() if name not in unchanged}

    def changed(self, settings: Sequence[str]) -> SearchOptions:
        """These options, changed by settings such as "beam_width=12".

        Raises: ValueError for an unknown option, with the nearest name, one that is given twice, or a value that cannot be.
        """
        given: dict[str, Any] = {}
        for setting in settings:
            name, equals, value = setting.partition("=")
            if not equals:
                raise ValueError(f"search option '{setting}' has no value: expected NAME=VALUE, as in beam_width=12")
            if name not in TYPES:
                raise ValueError(f"unknown search option '{name}': known are {', '.join(TYPES)}{did_you_mean(name, TYPES)}")
            if name in given:
                raise ValueError(f"search option {name} is given twice: give it once")
            given[name] = _value(name, value)
        return replace(self, **given)


TYPES: Mapping[str, Any] = get_type_hints(SearchOptions)
"""name of each search option -> its type"""


def add_search_argument(parser: argparse.ArgumentParser, default: str = "the bundle's") -> None:
    """Adds --search NAME=VALUE, which gives the list of settings that `SearchOptions.changed` takes. default: what holds without."""
    text = f"a search option: {', '.join(TYPES)}; may be given again (default: {default})"
    parser.add_argument("--search", action="append", default=[], metavar="NAME=VALUE", help=text)


def _value(name: str, text: str) -> Any:
    """Raises: ValueError for text that is not a value of the option's type."""
    kind = TYPES[name]
    if get_args(kind):  # SearchOptions itself refuses what is not among them
        return text
    try:
        return kind(text)
    except ValueError:
        expected = "a whole number" if kind is int else "a number"
        raise ValueError(f"search option {name} must be {expected}, got '{text}'") from None


def _of_type(name: str, value: Any) -> Any:
    kind = TYPES[name]
    return str(value) if get_args(kind) else kind(value)
