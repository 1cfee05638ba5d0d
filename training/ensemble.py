"""`python -m training.ensemble fit TABLE DATA STATE`: combines predictors, fitted on half the people of the data.

`python -m training.ensemble apply STATE TABLE DATA OUT.jsonl.gz`: writes the combined predictions of the data.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from engine.accuracy import Accuracy
from engine.arguments import positive
from engine.console import survives_its_output
from training.data.swipe_data import load_swipes
from training.ensembles.aggregators import Ensemble, Kind, Sample, fit
from training.ensembles.prediction_table import PredictionRow, PredictionTable, table_at
from training.ensembles.predictions import Prediction, read_predictions, words_digest, write_predictions
from training.ensembles.predictor import Fingerprint, data_fingerprint, first_swipes
from training.evaluation.metrics import Interval, bootstrap_interval, swipe_mrr

OTHERS = "other people than those it was fitted on"


@dataclass(frozen=True)
class Gain:
    """How much higher the ensemble's swipe_mrr is than a member's."""

    mean: float
    interval: Interval

    def __str__(self) -> str:
        return f"{self.mean:+.4f} [{self.interval.low:+.4f}, {self.interval.high:+.4f}]"


@dataclass(frozen=True)
class Line:
    """A member of the ensemble."""

    name: str
    part: str
    """that it has in the ensemble"""
    accuracy: Accuracy
    gain: Gain
    """of the ensemble over it"""


@dataclass(frozen=True)
class Report:
    """A comparison on the same swipes."""

    people: str
    """which swipes"""
    members: list[Line]
    together: Accuracy
    """of the ensemble"""

    @property
    def best(self) -> Line:
        """The best member on these swipes. Ties: the first."""
        return max(self.members, key=lambda line: line.accuracy.swipe_mrr)

    @property
    def verdict(self) -> str:
        """Whether the ensemble beats it."""
        gain = self.best.gain
        found = "is worse than" if gain.interval.high < 0 else "does not differ beyond chance from"
        found = "beats" if gain.interval.low > 0 else found
        return f"On {self.people}, the ensemble {found} its best member, {self.best.name}: {gain} swipe_mrr."

    def as_table(self) -> str:
        width = max(len(name) for name in (self.people, *(f"  {line.name}" for line in self.members)))
        rows = [(f"  {line.name}", line.part, line.accuracy, str(line.gain)) for line in self.members]
        lines = [f"{self.people:{width}}{'':14}{'swipes':>8}{'top-1':>9}{'top-4':>9}{'swipe_mrr':>11}   the ensemble's gain [95 %]"]
        for name, part, one, gain in [*rows, ("  ensemble", "", self.together, "")]:
            figures = f"{one.n_swipes:8,}{one.top_1:9.2%}{one.top_4:9.2%}{one.swipe_mrr:11.4f}   {gain}"
            lines.append(f"{name:{width}}{part:>14}{figures}".rstrip())
        return "\n".join(lines)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.ensemble", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    fitting = commands.add_parser("fit", help="fit an aggregator and save it; reports both halves")
    applying = commands.add_parser("apply", help="combine predictions with a saved aggregator")
    applying.add_argument("state", type=Path, metavar="STATE", help="what fit saved")
    for command in (fitting, applying):
        command.add_argument("table", type=Path, metavar="TABLE", help="table of python -m training.predict, or its folder")
        command.add_argument("data", type=Path, metavar="DATA", help="the swipes that were predicted, with their words and people")
    fitting.add_argument("state", type=Path, metavar="STATE", help="JSON file to write")
    fitting.add_argument("--aggregator", choices=get_args(Kind), default="weighted", help="how to combine (default: %(default)s)")
    fitting.add_argument("--members", nargs="+", metavar="ID", help="predictors, by the start of their ids (default: all on these data)")
    applying.add_argument("out", type=Path, metavar="OUT", help="compressed JSON lines to write, as python -m training.predict does")
    for command in (fitting, applying):
        command.add_argument("--limit", type=positive, metavar="N", help="only the first N swipes, where only those were predicted")
        command.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def fitting_half(users: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
    """(n,), whether to fit on the person's swipes: true of half the people, always the same ones, by the hash of their name.

    Raises: ValueError if all people are in one half.
    """
    hashes = {name: hashlib.sha256(f"ensemble {name}".encode()).digest()[0] for name in np.unique(users).tolist()}
    half = np.array([hashes[name] < 128 for name in users.tolist()])
    if half.all() or not half.any():
        raise ValueError(
            f"the data has {len(hashes)} people, all in one half: the ensemble is fitted and judged on different people, so take more data"
        )
    return half


def members_of(table: PredictionTable, data: Fingerprint, chosen: Sequence[str] | None) -> list[PredictionRow]:
    """The rows of these predictors on the data, in the order in which they were chosen; all rows if none were chosen.

    Raises: ValueError if the start of an id fits none or several of them, or if there are no rows.
    """
    rows = [row for row in table.rows() if row.data == data]
    known = ", ".join(row.predictor.id for row in rows) or "none"
    if not rows:
        others = sorted({f"{row.accuracy.n_swipes:,} swipes of {row.data.name}" for row in table.rows()})
        raise ValueError(
            f"'{table.path}' has no predictions of these swipes of {data.name}, but of {', '.join(others) or 'nothing'}: "
            "predict them with python -m training.predict, or give its --limit here too"
        )
    if chosen is None:
        return rows
    found = []
    for start in chosen:
        fitting = [row for row in rows if row.predictor.id.startswith(start)]
        if len(fitting) != 1:
            raise ValueError(
                f"{len(fitting)} predictors in '{table.path}' have ids that start with '{start}'; on {data.name} it has {known}"
            )
        found += [row for row in fitting if row not in found]
    return found


def read_members(rows: Sequence[PredictionRow]) -> list[list[Prediction]]:
    """(M, n), what they predicted. Raises: ValueError if a file does not match its row; OSError."""
    predictions = [read_predictions(row.path) for row in rows]
    for row, one in zip(rows, predictions, strict=True):
        if words_digest(one) != row.words_sha256:
            raise ValueError(f"'{row.path}' does not match row {row.id}: predict again with python -m training.predict")
    if any([one.word for one in other] != [one.word for one in predictions[0]] for other in predictions):
        raise ValueError("the predictors spell the words that were meant in different ways: combine predictors of one alphabet")
    return predictions


def compare(people: str, sample: Sample, ensemble: Ensemble, names: Sequence[str], users: npt.NDArray[np.str_]) -> Report:
    """The members and the ensemble on a sample. users: (n,) of it."""
    together = [one.rank for one in sample.combined(ensemble.aggregator)]
    worth, lines = swipe_mrr(together), []
    for member, name in enumerate(names):
        ranks = [one.rank for one in sample.predictions(member)]
        gained = worth - swipe_mrr(ranks)
        gain = Gain(float(gained.mean()), bootstrap_interval(gained, users))
        lines.append(Line(name, ensemble.aggregator.part(member), Accuracy.of_ranks(ranks), gain))
    return Report(people, lines, Accuracy.of_ranks(together))


def run_fit(options: argparse.Namespace) -> list[Report]:
    """Fits and saves. Raises: ValueError, OSError for what cannot be used."""
    data = first_swipes(load_swipes(options.data), options.limit)
    fingerprint = data_fingerprint(options.data.name, data)
    rows = members_of(PredictionTable(table_at(options.table)), fingerprint, options.members)
    if len(rows) < 2:
        raise ValueError(f"an ensemble needs at least two predictors, got only {rows[0].predictor.id}: predict with another")
    predictions, half = read_members(rows), fitting_half(data.users)
    samples = [Sample.of(predictions, np.flatnonzero(part).tolist()) for part in (half, ~half)]
    members = tuple(row.predictor.id for row in rows)
    people = tuple(np.unique(data.users[half]).tolist())
    ensemble = Ensemble(options.aggregator, members, fit(options.aggregator, samples[0]), people)
    ensemble.save(options.state)
    names = names_of(rows)
    titles = ("fitted on", OTHERS)
    return [
        compare(title, sample, ensemble, names, data.users[part])
        for title, sample, part in zip(titles, samples, (half, ~half), strict=True)
    ]


def run_apply(options: argparse.Namespace) -> list[Report]:
    """Writes the combined predictions of all swipes. Raises: ValueError, OSError for what cannot be used."""
    ensemble, data = Ensemble.load(options.state), first_swipes(load_swipes(options.data), options.limit)
    fingerprint = data_fingerprint(options.data.name, data)
    rows = members_of(PredictionTable(table_at(options.table)), fingerprint, ensemble.members)
    sample = Sample.of(read_members(rows), range(len(data)))
    write_predictions(options.out, sample.combined(ensemble.aggregator))
    names = names_of(rows)
    others = np.flatnonzero(~np.isin(data.users, ensemble.people))
    if not len(others):
        return [compare("the people it was fitted on", sample, ensemble, names, data.users)]
    return [compare(OTHERS, part_of(sample, others), ensemble, names, data.users[others])]


def part_of(sample: Sample, rows: npt.NDArray[np.int64]) -> Sample:
    return Sample(tuple(sample.words[row] for row in rows), tuple(sample.rankings[row] for row in rows))


def names_of(rows: Sequence[PredictionRow]) -> list[str]:
    """Each one's id and bundle, and what differs among them."""
    predictors = [row.predictor for row in rows]
    settings = [{"lexicon": one.lexicon.name, "grid": one.grid.name, **asdict(one.search)} for one in predictors]
    differ = [name for name, value in settings[0].items() if any(one[name] != value for one in settings)]
    told = [[one.bundle.name, *(f"{name}={own[name]}" for name in differ)] for one, own in zip(predictors, settings, strict=True)]
    return [f"{one.id} {', '.join(parts)}" for one, parts in zip(predictors, told, strict=True)]


def as_json(reports: Sequence[Report]) -> dict[str, Any]:
    """{people: {"members": [{"name", "part", "accuracy", "gain"}, ...], "together", "best", "verdict"}}"""
    return {
        report.people: {
            "members": [asdict(line) for line in report.members],
            "together": asdict(report.together),
            "best": report.best.name,
            "verdict": report.verdict,
        }
        for report in reports
    }


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        reports = run_fit(options) if options.command == "fit" else run_apply(options)
    except (ValueError, OSError) as error:
        sys.exit(f"training.ensemble: {error}")
    text = "\n\n".join([*(report.as_table() for report in reports), reports[-1].verdict])
    print(json.dumps(as_json(reports)) if options.json else text)


if __name__ == "__main__":
    main()
