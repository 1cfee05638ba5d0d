"""The groups of swipes that are reported apart, because they fail for different reasons."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.grid import OVERLAP_TOLERANCE, Grid
from engine.lexicon import Lexicon, key_sequence
from training.data.swipe_data import SwipeData

LENGTHS = ((1, 3), (4, 5), (6, 7), (8, 9), (10, None))
"""Letters from, to; None: no end."""
PROMPTS = ("sentence", "frequent", "common", "uncommon", "oddity")
LEAST_RIVAL = 0.1
"""What a word's rival has at least of its frequency."""


@dataclass(frozen=True, eq=False)
class Stratum:
    """Some of the swipes."""

    group: str
    """what the swipes are divided by"""
    name: str
    rows: npt.NDArray[np.bool_]
    """(n,), whether it holds each swipe"""

    @property
    def n_swipes(self) -> int:
        return int(self.rows.sum())


def strata(data: SwipeData, lexicon: Lexicon, grid: Grid, train_words: Set[str] | None = None) -> list[Stratum]:
    """All strata that hold a swipe; by training only where train_words are given, the key sequences in the training data.

    "confusable": see `confusable_words`.
    """
    words = [key_sequence(str(word), lexicon.alphabet) or "" for word in data.words]
    lengths = np.array([len(word) for word in words])
    known, doubled = _marks(words, lambda word: word in lexicon), _marks(words, _has_double_letter)
    found = [Stratum("all", "", np.ones(len(data), dtype=np.bool_))]
    for least, most in LENGTHS:
        name = f"{least}+" if most is None else f"{least}-{most}"
        found.append(Stratum("letters", name, (lengths >= least) & (lengths <= (most or lengths.max()))))
    kinds = [*PROMPTS, *sorted(set(data.prompts.tolist()) - set(PROMPTS))]
    found += [Stratum("prompt", kind or "unknown", data.prompts == kind) for kind in kinds]
    found += _divide("trace", "clean", "not clean", data.clean)
    found += _divide("lexicon", "in it", "not in it", known)
    found += _divide("double letter", "with", "without", doubled)
    rivalled = confusable_words(set(words), lexicon, grid)
    found += _divide("confusable", "with", "without", _marks(words, lambda word: word in rivalled))
    if train_words is not None:
        found += _divide("training", "seen word", "unseen word", _marks(words, lambda word: word in train_words))
    return [stratum for stratum in found if stratum.n_swipes]


def confusable_words(words: Set[str], lexicon: Lexicon, grid: Grid) -> set[str]:
    """Those of the key sequences `words` that have a rival in the lexicon.

    A rival has as many letters and differs in exactly one place, where its letter's key is a neighbour of the word's (see
    `neighbours`), and it has at least LEAST_RIVAL of the word's frequency. A word that the lexicon lacks counts as rarer than
    all that it has.
    """
    log_priors, near = dict(lexicon.key_sequences()), neighbours(grid, lexicon.alphabet)
    return {word for word in words if _has_rival(word, log_priors, near)}


def neighbours(grid: Grid, alphabet: str) -> dict[str, str]:
    """By letter of the alphabet: the letters, in the alphabet's order, whose hitboxes share part of an edge with its hitbox.

    Touching corners are not enough; edges may be as far apart, or overlap as much, as engine.grid allows neighbours to.
    Letters on the letter's own key (aliases) count as well.
    """
    boxes = np.array([(key.x, key.y, key.x + key.w, key.y + key.h) for key in map(grid.letter_key, alphabet)])
    tolerance = OVERLAP_TOLERANCE * grid.key_width
    gaps = np.maximum(boxes[:, None, :2], boxes[None, :, :2]) - np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])  # (K, K, 2)
    near = (gaps.max(axis=2) <= tolerance) & (gaps.min(axis=2) < -tolerance) & ~np.eye(len(alphabet), dtype=np.bool_)
    return {letter: "".join(alphabet[other] for other in np.flatnonzero(row)) for letter, row in zip(alphabet, near, strict=True)}


def _has_rival(word: str, log_priors: Mapping[str, float], near: Mapping[str, str]) -> bool:
    least = log_priors.get(word, -math.inf) + math.log(LEAST_RIVAL)
    alike = (word[:place] + other + word[place + 1 :] for place, letter in enumerate(word) for other in near[letter])
    return any(rival in log_priors and log_priors[rival] >= least for rival in alike)


def _divide(group: str, name: str, other: str, rows: npt.NDArray[np.bool_]) -> list[Stratum]:
    return [Stratum(group, name, rows), Stratum(group, other, ~rows)]


def _marks(words: list[str], test: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    return np.array([test(word) for word in words], dtype=np.bool_)


def _has_double_letter(word: str) -> bool:
    return any(one == after for one, after in itertools.pairwise(word))
