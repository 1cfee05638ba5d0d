"""The accuracy in each stratum of recorded swipes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.accuracy import Accuracy
from engine.lexicon import key_sequence
from training.data.swipe_data import SwipeData
from training.evaluation.decode_data import Outcome
from training.evaluation.metrics import Interval, bootstrap_interval, top_k
from training.evaluation.strata import Stratum


@dataclass(frozen=True)
class Row:
    """The accuracy over the swipes of one stratum."""

    group: str
    name: str
    accuracy: Accuracy
    top_1_interval: Interval


def accuracy_rows(data: SwipeData, outcomes: Sequence[Outcome], divided: Sequence[Stratum]) -> list[Row]:
    """The accuracy in each stratum. data, outcomes and the strata's rows: of the same n swipes."""
    ranks = [outcome.rank for outcome in outcomes]
    hits = top_k(ranks, 1)
    report = []
    for stratum in divided:
        rows = np.flatnonzero(stratum.rows)
        accuracy = Accuracy.of_ranks(ranks[row] for row in rows)
        report.append(Row(stratum.group, stratum.name, accuracy, bootstrap_interval(hits[rows], data.users[rows])))
    return report


def words_of(data: SwipeData, alphabet: str) -> set[str]:
    """The key sequences of all words in the data."""
    return {sequence for word in set(data.words.tolist()) if (sequence := key_sequence(word, alphabet))}
