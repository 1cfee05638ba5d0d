"""Ensembles of experiments, fitted on half the people of dev and judged on the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from benchmarks.experiments.plan import ENSEMBLES
from training.data.swipe_data import SwipeData
from training.ensemble import OTHERS, Report, compare, fitting_half, read_members
from training.ensembles.aggregators import Ensemble, Kind, Sample, fit
from training.ensembles.prediction_table import PredictionRow


@dataclass(frozen=True)
class Together:
    """One ensemble."""

    name: str
    kind: Kind
    others: Report
    """on the people that it was not fitted on"""


def combine(rows: Mapping[str, PredictionRow], data: SwipeData) -> list[Together]:
    """Every ensemble of the plan whose members have all been trained, with each aggregator. rows: by the name of the experiment."""
    made = []
    for name, members in ENSEMBLES.items():
        if all(member in rows for member in members):
            made += _of(name, {member: rows[member] for member in members}, data)
    return made


def _of(name: str, rows: Mapping[str, PredictionRow], data: SwipeData) -> list[Together]:
    predictions, half = read_members(list(rows.values())), fitting_half(data.users)
    fitted, judged = (Sample.of(predictions, np.flatnonzero(part).tolist()) for part in (half, ~half))
    ids = tuple(row.predictor.id for row in rows.values())
    people = tuple(np.unique(data.users[half]).tolist())
    kinds: Sequence[Kind] = get_args(Kind)
    ensembles = {kind: Ensemble(kind, ids, fit(kind, fitted), people) for kind in kinds}
    return [Together(name, kind, compare(OTHERS, judged, one, list(rows), data.users[~half])) for kind, one in ensembles.items()]
