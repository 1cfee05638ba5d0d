"""`python -m training.evaluate DATA --bundle FOLDER`: how often the engine finds the word that was meant with an exported bundle."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.arguments import positive
from engine.console import survives_its_output
from engine.manifest import ModelBundleError
from engine.model import MANIFEST
from engine.search_options import SearchOptions, add_search_argument
from training.data.swipe_data import load_swipes
from training.evaluation.calibration import Threshold, calibrate, thresholds
from training.evaluation.cluster import add_cluster_argument, decode_anywhere
from training.evaluation.contexts import ContextSource
from training.evaluation.decode_data import add_setup_arguments, setup_of
from training.evaluation.metrics import STAGES, Percentiles, stage_percentiles
from training.evaluation.rows import Row, accuracy_rows, words_of
from training.evaluation.strata import strata


@dataclass(frozen=True)
class Report:
    """An evaluation."""

    bundle: str
    """sha256 of the manifest, the first 16 digits"""
    lexicon_words: int
    data: str
    search: SearchOptions
    context: ContextSource
    """which words before the swipes counted"""
    rows: list[Row]
    milliseconds: dict[str, Percentiles]
    """by stage: of single swipes their share of their batch's, measured while n_processes decoded"""
    calibration_error: float
    """of the best candidates' probabilities"""
    thresholds: list[Threshold]
    """what holding back improbable words would do"""
    n_processes: int

    def as_json(self) -> dict[str, Any]:
        """{"accuracy": {group: {name: {...}}}, ...}"""
        groups: dict[str, dict[str, Any]] = {}
        for row in self.rows:
            interval = [row.top_1_interval.low, row.top_1_interval.high]
            groups.setdefault(row.group, {})[row.name] = {**asdict(row.accuracy), "top_1_interval": interval}
        fields = asdict(replace(self, rows=[]))
        del fields["rows"]
        fields["search"] = self.search.to_fields()
        return {**fields, "accuracy": groups}

    def as_table(self) -> str:
        lines = [f"{'':28}{'swipes':>8}{'top-1':>9}{'top-3':>9}{'top-4':>9}{'swipe_mrr':>11}   95 % of top-1 (people drawn again)"]
        group = ""
        for row in self.rows:
            name = f"{row.group if row.group != group else '':15}{row.name}"
            group = row.group
            one = row.accuracy
            shares = "".join(f"{100 * share:8.2f}%" for share in (one.top_1, one.top_3, one.top_4))
            between = f"{100 * row.top_1_interval.low:.1f} .. {100 * row.top_1_interval.high:.1f}"
            lines.append(f"{name:28}{one.n_swipes:8,}{shares}{one.swipe_mrr:11.4f}   {between}")
        lines.append("")
        lines.append(f"{'milliseconds in batches':28}" + "".join(f"{stage:>10}" for stage in STAGES))
        for name in ("p50", "p95", "p99"):
            lines.append(f"{name:28}" + "".join(f"{getattr(self.milliseconds[stage], name):10.2f}" for stage in STAGES))
        lines += ["", f"expected calibration error of the best candidate's probability: {self.calibration_error:.2%}", ""]
        lines.append(f"{'held back if less probable than':32}{'swipes':>9}{'of wrong':>10}{'of right':>10}{'offered among four':>20}")
        for held in self.thresholds:
            shares = f"{held.held_back:9.1%}{held.wrong_avoided:10.1%}{held.right_held_back:10.1%}{held.right_offered:20.1%}"
            lines.append(f"{held.least_probability:<32g}{shares}")
        return "\n".join(lines)


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    add_setup_arguments(parser)
    add_cluster_argument(parser)
    add_search_argument(parser)
    parser.add_argument("--train", type=Path, metavar="FILE", help="training swipes: words that are not among them are reported separately")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N swipes")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> Report:
    """Raises: ModelBundleError, ValueError, OSError for what cannot be used."""
    setup = setup_of(options)
    decoder = setup.load()
    recognizer, data = decoder.recognizer, decoder.data
    rows = range(min(len(data), options.limit or len(data)))
    data = data.select(np.array(rows)) if len(rows) < len(data) else data
    train_words = words_of(load_swipes(options.train), recognizer.model.alphabet) if options.train else None
    search = recognizer.default_options.changed(options.search)
    outcomes = decode_anywhere(setup, rows, search, options)
    probability = np.array([outcome.probability for outcome in outcomes])
    right = np.array([outcome.rank == 0 for outcome in outcomes])
    return Report(
        bundle=hashlib.sha256((options.bundle / MANIFEST).read_bytes()).hexdigest()[:16],
        lexicon_words=len(recognizer.lexicon),
        data=options.data.name,
        search=search,
        context=options.context,
        rows=accuracy_rows(data, outcomes, strata(data, recognizer.lexicon, recognizer.grid, train_words)),
        milliseconds=stage_percentiles([outcome.milliseconds for outcome in outcomes]),
        calibration_error=calibrate(probability, right, data.users).error,
        thresholds=thresholds(probability, [outcome.rank for outcome in outcomes]),
        n_processes=options.processes,
    )


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        report = run(options)
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"training.evaluate: {error}")
    except KeyboardInterrupt:
        sys.exit("training.evaluate: stopped")
    print(json.dumps(report.as_json()) if options.json else report.as_table())


if __name__ == "__main__":
    main()
