"""python -m engine.decode: recorded swipes -> words, as tables or JSON lines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from engine.accuracy import Accuracy, rank_of
from engine.arguments import positive
from engine.console import say, survives_its_output
from engine.decode_output import Decoded, as_json, as_table
from engine.explain import explain
from engine.grid_recognizers import GridRecognizers
from engine.search_options import add_search_argument
from engine.shipped import DEFAULT_GRID
from engine.swipe_file import BadRecord, SwipeRecord, read_swipes

N_EXPLAINED = 2
N_COUNTED = 4
"""Candidates that accuracy looks at, whether they are shown or not."""
PROGRESS_AFTER_S = 2.0


def parse_args(argv: list[str] | None = None, prog: str = "python -m engine.decode") -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=prog, description="Recorded swipes -> words.")
    parser.add_argument("file", help="a swipe, a JSON list of them, or one per line; plain or gzip; - for standard input")
    parser.add_argument("--json", action="store_true", help="one JSON line per swipe, in input order")
    parser.add_argument("--top", type=positive, default=4, metavar="N", help="candidates per swipe (default 4)")
    add_search_argument(parser)
    parser.add_argument("--grid", metavar="NAME", help=f"grid of all swipes (default: what each one names, else {DEFAULT_GRID})")
    parser.add_argument("--grids", type=Path, metavar="FILE", help="more grids by name, in the format of grid_name_to_grid.json")
    parser.add_argument("--language", metavar="CODE", help="language of all swipes, as in ru (default: that of the grid)")
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle (default: Keyglide's own)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: that of the language)")
    parser.add_argument("--context", action="store_true", help="let the words before count: 'before', or 'sentence' and 'position'")
    parser.add_argument("--context-model", type=Path, metavar="FILE", help="context model (default: Keyglide's own)")
    parser.add_argument("--offensive", action="store_true", help="offer rude and hateful words, too")
    parser.add_argument("--explain", action="store_true", help=f"show each letter of the best {N_EXPLAINED} candidates")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> int:
    """Decodes the file; the exit code."""
    try:
        chosen = (args.bundle, args.lexicon, args.grids, args.grid, args.context_model, args.language, args.offensive)
        recognizers = GridRecognizers.load(*chosen)
        if args.file == "-":
            return _decode_all(sys.stdin.buffer, recognizers, args)
        with Path(args.file).open("rb") as file:
            return _decode_all(file, recognizers, args)
    except BrokenPipeError:
        raise
    except OSError as error:
        _complain(f"cannot read {error.filename or args.file}: {error.strerror or error}")
    except ValueError as error:
        _complain(str(error))
    return 1


@survives_its_output
def main(prog: str = "python -m engine.decode") -> int:
    """The exit code. prog: what the command is called in its help."""
    return run(parse_args(prog=prog))


def _decode_all(file: BinaryIO, recognizers: GridRecognizers, args: argparse.Namespace) -> int:
    """Prints what becomes of each record; 1 where any could not be decoded, else 0."""
    recognizers.bundle.manifest.search.changed(args.search)  # so that what is wrong is said once, before the first swipe
    ranks: list[int | None] = []
    warned: set[str] = set()
    n_bad = 0
    for record in _with_progress(read_swipes(file)):
        result = _decode(record, recognizers, args, warned)
        if isinstance(result, BadRecord):
            n_bad += 1
            _complain(": ".join((", ".join(filter(None, (_name(args.file), result.where))), result.reason)))
        if record.word is not None:
            ranks.append(result.rank if isinstance(result, Decoded) else None)
        if args.json:
            say(as_json(result, args.top), flush=True)
        elif isinstance(result, Decoded):
            say(as_table(result, args.top))
    if ranks:
        accuracy = f"accuracy: {Accuracy.of_ranks(ranks)}"
        if args.json:
            print(accuracy, file=sys.stderr)
        else:
            say(accuracy)
    return 1 if n_bad else 0


def _decode(
    record: SwipeRecord | BadRecord, recognizers: GridRecognizers, args: argparse.Namespace, warned: set[str]
) -> Decoded | BadRecord:
    """warned: what people have been warned of already."""
    if isinstance(record, BadRecord):
        return record
    try:
        recognizer = recognizers.for_record(record)
        if args.context and recognizer.context is None:
            raise ValueError("there is no context model for this lexicon: name one with --context-model")
    except ValueError as error:
        return BadRecord(record.where, str(error), record.word)
    warning = recognizer.grid_distance.warning(recognizer.grid)
    if warning and warning not in warned:
        warned.add(warning)
        print("warning:", warning, file=sys.stderr)
    options = recognizer.default_options.changed(args.search)
    options = replace(options, n_best=max(options.n_best, args.top, N_COUNTED))
    recognition = recognizer.decode(record.swipe, options, record.before if args.context else None)
    explained = recognition.candidates[:N_EXPLAINED] if args.explain else []
    explanations = [explain(recognizer, record.swipe, candidate, options) for candidate in explained]
    rank = None if record.word is None else rank_of(record.word, recognition.candidates, recognizer.lexicon.alphabet)
    return Decoded(record, recognition, explanations, rank)


def _with_progress(records: Iterable[SwipeRecord | BadRecord]) -> Iterable[SwipeRecord | BadRecord]:
    """The records; where they take long, with a progress bar if standard error is a terminal and the results go elsewhere."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        return records
    from tqdm import tqdm  # late: it costs start-up time

    return cast("Iterable[SwipeRecord | BadRecord]", tqdm(records, unit=" swipes", delay=PROGRESS_AFTER_S))


def _name(file: str) -> str:
    return "standard input" if file == "-" else file


def _complain(message: str) -> None:
    print("error:", " ".join(message.split()), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
