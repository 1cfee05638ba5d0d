"""The groups of swipes that are reported apart, because they fail for different reasons."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.lexicon import Lexicon, key_sequence
from training.swipe_data import SwipeData

LENGTHS = ((1, 3), (4, 5), (6, 7), (8, 9), (10, None))
"""Letters from, to; None: no end."""
PROMPTS = ("sentence", "frequent", "common", "uncommon", "oddity")


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


def strata(data: SwipeData, lexicon: Lexicon, train_words: Set[str] | None = None) -> list[Stratum]:
    """All strata that hold a swipe; by training only where train_words are given, the key sequences in the training data."""
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
    if train_words is not None:
        found += _divide("training", "seen word", "unseen word", _marks(words, lambda word: word in train_words))
    return [stratum for stratum in found if stratum.n_swipes]


def _divide(group: str, name: str, other: str, rows: npt.NDArray[np.bool_]) -> list[Stratum]:
    return [Stratum(group, name, rows), Stratum(group, other, ~rows)]


def _marks(words: list[str], test: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
    return np.array([test(word) for word in words], dtype=np.bool_)


def _has_double_letter(word: str) -> bool:
    return any(one == after for one, after in itertools.pairwise(word))
