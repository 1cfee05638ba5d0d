"""python -m engine.decode: recorded swipes -> words, as tables or JSON lines."""

from __future__ import annotations

import argparse
import itertools
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from engine.accuracy import Accuracy
from engine.arguments import positive
from engine.console import say, survives_its_output
from engine.decode_output import Decoded, as_json, as_table
from engine.decode_records import N_EXPLAINED, Asked, Chosen, Result, batches, decode_batch, decode_in_processes
from engine.grid_recognizers import GridRecognizers
from engine.recognizer import BATCH
from engine.search_options import add_search_argument
from engine.shipped import DEFAULT_GRID
from engine.swipe_file import BadRecord, SwipeRecord, read_swipes

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
    parser.add_argument(
        "--processes", type=positive, default=1, metavar="N", help="processes that decode a long file (default %(default)s)"
    )
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> int:
    """Decodes the file; the exit code."""
    try:
        recognizers = _chosen(args).load()
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
    for result in _results(file, recognizers, args):
        if isinstance(result, BadRecord):
            n_bad += 1
            _complain(": ".join((", ".join(filter(None, (_name(args.file), result.where))), result.reason)))
        elif result.warning and result.warning not in warned:
            warned.add(result.warning)
            print("warning:", result.warning, file=sys.stderr)
        if result.word is not None:
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


def _results(file: BinaryIO, recognizers: GridRecognizers, args: argparse.Namespace) -> Iterator[Result]:
    """What becomes of each record. Of a file many are decoded at once; of anything else each as it comes, as somebody may wait for it."""
    asked = Asked(tuple(args.search), max(args.top, N_COUNTED), args.context, args.explain)
    parts = batches(_with_progress(read_swipes(file)), BATCH if _is_there(file) else 1)
    first = next(parts, [])
    if args.processes > 1 and len(first) == BATCH:  # else there is nothing to share
        decoded = decode_in_processes(itertools.chain([first], parts), _chosen(args), asked, args.processes)
    else:
        decoded = (decode_batch(part, recognizers, asked) for part in itertools.chain([first], parts))
    for results in decoded:
        yield from results


def _is_there(file: BinaryIO) -> bool:
    """Whether all of it is there already, as of a file on a disk, unlike what a pipe or a terminal has yet to say."""
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except OSError:  # it has no number, as one in memory
        return False


def _chosen(args: argparse.Namespace) -> Chosen:
    return Chosen(args.bundle, args.lexicon, args.grids, args.grid, args.context_model, args.language, args.offensive)


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
