"""`python -m training.predict DATA OUT_DIR --bundle FOLDER`: writes what a predictor says about recorded swipes, with a row about it.

`python -m training.predict merge A.db B.db OUT.db`: one table from several, for instance of several machines.

`python -m training.predict show TABLE`: what is in a table, the best predictor first.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from engine.accuracy import Accuracy
from engine.arguments import positive
from engine.console import survives_its_output
from engine.lexicon import key_sequence
from engine.manifest import ModelBundleError
from engine.search_options import add_search_argument
from training.ensembles.prediction_table import (
    TABLE,
    PredictionRow,
    PredictionTable,
    as_json,
    best_first,
    merge_tables,
    read_tables,
    without_contradictions,
)
from training.ensembles.predictions import Prediction, read_predictions, words_digest, write_predictions
from training.ensembles.predictor import Predictor, data_fingerprint, first_swipes
from training.evaluation.cluster import add_cluster_argument, decode_anywhere
from training.evaluation.decode_data import add_setup_arguments, setup_of

MERGE, SHOW = "merge", "show"
"""The first arguments of the other commands: a file with such a name has to be written as ./merge."""


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.predict",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_setup_arguments(parser)
    add_cluster_argument(parser)
    parser.add_argument("folder", type=Path, metavar="OUT_DIR", help=f"for the predictions and their table, {TABLE}")
    add_search_argument(parser)
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N swipes")
    parser.add_argument("--json", action="store_true", help="the row as one JSON object on stdout")
    return parser.parse_args(arguments)


def parse_merge_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=f"python -m training.predict {MERGE}",
        description="Make one new table from several. If rows contradict each other, they are named and nothing is written.",
    )
    _add_tables(parser)
    parser.add_argument("merged", type=Path, metavar="OUT", help="the new table")
    parser.add_argument("--json", action="store_true", help="the rows as JSON lines on stdout")
    return parser.parse_args(arguments)


def parse_show_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m training.predict {SHOW}", description="The rows of tables, by data, best first.")
    _add_tables(parser)
    parser.add_argument("--json", action="store_true", help="the rows as JSON lines on stdout")
    return parser.parse_args(arguments)


def _add_tables(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tables", type=Path, nargs="+", metavar="TABLE", help=f"tables, or their folders, where each is {TABLE}")


def run(options: argparse.Namespace) -> PredictionRow:
    """The predictor's row, which is added to the table. What was predicted before is not predicted again.

    Raises: ModelBundleError, ValueError, OSError for what cannot be used.
    """
    setup = setup_of(options)
    decoder = setup.load()
    search = decoder.recognizer.default_options.changed(options.search)
    predictor = Predictor.of(options.bundle, decoder.recognizer, search)
    swipes = first_swipes(decoder.data, options.limit)
    data = data_fingerprint(options.data.name, swipes)
    table = PredictionTable(options.folder / TABLE)
    known = table.find(predictor, data)
    if known and is_whole(known):
        print(f"training.predict: {known.path} already holds these predictions", file=sys.stderr)
        return known
    outcomes = decode_anywhere(setup, range(len(swipes)), predictor.search, options)
    meant = [key_sequence(word, decoder.recognizer.model.alphabet) for word in swipes.words.tolist()]
    predictions = [Prediction(word, outcome.candidates) for word, outcome in zip(meant, outcomes, strict=True)]
    accuracy = Accuracy.of_ranks(outcome.rank for outcome in outcomes)
    path = options.folder / f"{predictor.id}-{data.sha256[:8]}.jsonl.gz"
    row = PredictionRow(predictor, data, path, words_digest(predictions), accuracy)
    without_contradictions([known, row] if known else [row])  # before the file of the existing row is lost
    options.folder.mkdir(parents=True, exist_ok=True)
    write_predictions(path, predictions)
    table.add([row])
    return row


def is_whole(row: PredictionRow) -> bool:
    """Whether the file of its predictions exists and holds what was written."""
    try:
        return words_digest(read_predictions(row.path)) == row.words_sha256
    except (ValueError, OSError):
        return False


@survives_its_output
def main() -> None:
    command, arguments = sys.argv[1:2], sys.argv[2:]
    try:
        if command == [MERGE]:
            options = parse_merge_args(arguments)
            rows = merge_tables(options.tables, options.merged)
        elif command == [SHOW]:
            options = parse_show_args(arguments)
            rows = best_first(read_tables(options.tables))
        else:
            options = parse_args(sys.argv[1:])
            rows = [run(options)]
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"training.predict: {error}")
    except KeyboardInterrupt:
        sys.exit("training.predict: stopped")
    for row in rows:
        search = " ".join(f"{name}={value}" for name, value in asdict(row.predictor.search).items())
        print(json.dumps(as_json(row)) if options.json else f"{row}\n  {search}\n  {row.path}")


if __name__ == "__main__":
    main()
