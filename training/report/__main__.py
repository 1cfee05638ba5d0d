"""`python -m training.report DATA OUT.html --bundle FOLDER`: a page about how a bundle reads recorded swipes, and which it misreads."""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import get_args

import numpy as np

from engine.arguments import positive
from engine.console import survives_its_output
from engine.files import write_whole
from engine.manifest import ModelBundleError
from engine.model import MANIFEST
from training.data.swipe_data import load_swipes
from training.evaluation.decode_data import add_setup_arguments, decode_rows, setup_of
from training.report.findings import Question, find, wide
from training.report.mistakes import Order
from training.report.page import Source, write_page


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.report", description=__doc__)
    add_setup_arguments(parser)
    parser.add_argument("out", type=Path, metavar="OUT", help="the page, a single HTML file")
    parser.add_argument(
        "--train", type=Path, metavar="FILE", help="training swipes: they tell which words are new and which paths are usual"
    )
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N swipes")
    parser.add_argument("--worst", type=positive, default=12, metavar="N", help="mistakes to draw (default: %(default)s)")
    parser.add_argument(
        "--order", choices=get_args(Order), default="probability", help="what makes a mistake one of the worst (default: %(default)s)"
    )
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Raises: ModelBundleError, ValueError, OSError for what cannot be used."""
    if not options.out.parent.is_dir():  # before spending minutes on a page that cannot be written
        raise ValueError(f"the folder '{options.out.parent}' for the page does not exist: make it first")
    setup = setup_of(options)
    decoder = setup.load()
    recognizer, data = decoder.recognizer, decoder.data
    train = load_swipes(options.train) if options.train else None
    rows = range(min(len(data), options.limit or len(data)))
    data = data.select(np.array(rows))
    search = wide(recognizer.default_options)
    say(f"decoding {len(rows):,} swipes of {options.data.name}")
    outcomes = decode_rows(setup, rows, search, options.processes)
    say("comparing what was read with what was meant")
    findings = find(recognizer, data, outcomes, Question(options.worst, options.order, train))
    source = Source(
        bundle=options.bundle.resolve().name,
        bundle_sha256=hashlib.sha256((options.bundle / MANIFEST).read_bytes()).hexdigest()[:16],
        n_words=len(recognizer.lexicon),
        data=options.data.name,
        train=options.train.name if options.train else None,
        grid=recognizer.grid,
        alphabet=recognizer.model.alphabet,
        search=search,
        order=options.order,
    )
    write_whole(options.out, write_page(source, findings))
    say(f"wrote '{options.out}'")


def say(what: str) -> None:
    """Says on standard error, terminal or not, what takes the next seconds."""
    print(f"training.report: {what}", file=sys.stderr, flush=True)


@survives_its_output
def main() -> None:
    """The command. Exit code 0: done, 1: failed, 2: usage."""
    options = parse_args(sys.argv[1:])
    try:
        run(options)
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"training.report: {error}")
    except KeyboardInterrupt:
        sys.exit("training.report: stopped")


if __name__ == "__main__":
    main()
