"""`python -m training.augment IN [OUT]`: random variants of recorded swipes, into a file or a picture.

Every line of IN, JSON lines, plain or .gz, becomes n lines that keep all its fields. The field "variant" numbers them from 1.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import get_args

from engine.arguments import positive
from engine.console import survives_its_output
from engine.grid import load_grids
from engine.shipped import DEFAULT_GRID
from training.augment.files import Augmentation, Grids, read_lines, write_variants
from training.augment.pipeline import Pipeline
from training.augment.pipelines import Preset, load_pipeline, pipeline_to_json, preset_pipeline


def parse_args(arguments: list[str]) -> argparse.Namespace:
    """The options. Exits with 2 for a usage error."""
    parser = argparse.ArgumentParser(prog="python -m training.augment", description=__doc__.split("\n", 1)[1].strip())
    parser.add_argument("data", type=Path, nargs="?", metavar="IN", help="recorded swipes, JSON lines, plain or .gz")
    parser.add_argument("out", type=Path, nargs="?", metavar="OUT", help="the file to write, gzip if it ends in .gz")
    parser.add_argument("--n", type=positive, default=5, metavar="N", help="variants of each swipe (default: %(default)s)")
    parser.add_argument("--seed", type=positive, default=1, metavar="N", help="the same seed, the same variants (default: %(default)s)")
    parser.add_argument("--originals", action="store_true", help="also write each swipe itself, as its variant 0")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--preset", choices=get_args(Preset), default="narrow", help="transforms (default: %(default)s)")
    which.add_argument("--config", type=Path, metavar="FILE", help="transforms of your own, as --show writes them")
    parser.add_argument("--show", action="store_true", help="write the transforms as JSON to stdout, and do nothing else")
    parser.add_argument("--picture", type=Path, metavar="PNG", help="draw the first swipes, their variants, and each transform alone")
    parser.add_argument("--pictured", type=positive, default=4, metavar="N", help="swipes in the picture (default: %(default)s)")
    parser.add_argument("--grid", metavar="NAME", help=f"grid of all swipes (default: what each one names, else {DEFAULT_GRID})")
    parser.add_argument("--grids", type=Path, metavar="FILE", help="more grids by name, in the format of grid_name_to_grid.json")
    parser.add_argument("--json", action="store_true", help="report as one line of JSON")
    options = parser.parse_args(arguments)
    if not options.show and (options.data is None or (options.out is None and options.picture is None)):
        parser.error("give IN and OUT; or IN and --picture PNG; or --show")
    return options


def run(options: argparse.Namespace) -> None:
    """Writes what is asked for. Raises: ValueError for bad swipes or transforms; OSError for files."""
    pipeline = load_pipeline(options.config) if options.config else preset_pipeline(options.preset)
    if options.show:
        print(_as_text(pipeline))
        return
    grids = Grids(load_grids() | load_grids(options.grids) if options.grids else load_grids(), options.grid, DEFAULT_GRID)
    augmentation = Augmentation(pipeline, options.n, options.seed, options.originals)
    if options.out is not None:
        _write(options, grids, augmentation)
    if options.picture is not None:
        _picture(options, grids, augmentation)


def _as_text(pipeline: Pipeline) -> str:
    """JSON with a step per line."""
    return "[\n  " + ",\n  ".join(map(json.dumps, pipeline_to_json(pipeline))) + "\n]"


def _write(options: argparse.Namespace, grids: Grids, augmentation: Augmentation) -> None:
    if options.out.exists() and options.out.samefile(options.data):
        raise ValueError(f"'{options.out}' is also the input: give another file to write to")
    n_written = write_variants(read_lines(options.data, grids), options.out, augmentation)
    n_swipes = n_written // (options.n + options.originals)
    if options.json:
        print(json.dumps({"out": str(options.out), "swipes": n_swipes, "written": n_written}))
    else:
        print(f"{options.out}: {n_written:,} swipes, from {n_swipes:,}")


def _picture(options: argparse.Namespace, grids: Grids, augmentation: Augmentation) -> None:
    from training.augment.picture import draw, panels_of  # matplotlib, which only a picture needs

    lines = list(itertools.islice(read_lines(options.data, grids), options.pictured))
    draw(panels_of(lines, augmentation), options.picture)


@survives_its_output
def main() -> None:
    """The command. Exit code 0: done, 1: failed, 2: usage."""
    options = parse_args(sys.argv[1:])
    try:
        run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"training.augment: {error}")
    except KeyboardInterrupt:
        sys.exit("training.augment: stopped")


if __name__ == "__main__":
    main()
