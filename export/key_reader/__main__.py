"""`python -m export.key_reader CHECKPOINT OUT`: writes a model bundle for any grid, provided that ONNX and PyTorch agree."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch

from engine import recordings
from engine.console import survives_its_output
from engine.search_options import add_search_argument
from export.bundle import MAX_BYTES, ProofError, n_bytes
from export.key_reader.bundle import SEARCH, write_bundle
from training.data.swipe_data import load_swipes
from training.key_reader.checkpoint import load


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m export.key_reader", description=__doc__)
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="what training.key_reader.train wrote, *.pt")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for the bundle; an earlier bundle there is replaced")
    parser.add_argument("--swipes", type=Path, help=f"recorded swipes to compare 8 bits on, JSON lines (default: {recordings.DEFAULT})")
    parser.add_argument("--n-swipes", type=int, default=256, help="how many of them, evenly spread (default: %(default)s)")
    add_search_argument(parser, default=" ".join(f"{name}={value}" for name, value in SEARCH.to_fields().items()))
    parser.add_argument("--precision", choices=("fp32", "int8"), default="int8", help="of the encoder (default: %(default)s)")
    parser.add_argument("--metrics", type=Path, help="what `training.evaluate --json` printed, for the manifest")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Writes the bundle. Raises: ProofError, ValueError, OSError."""
    if options.n_swipes < 1:
        raise ValueError(f"--n-swipes must be at least 1, got {options.n_swipes}")
    torch.set_num_threads(1)
    checkpoint, data = load(options.checkpoint), load_swipes(options.swipes or recordings.default_recordings())
    every = max(len(data) // options.n_swipes, 1)
    swipes = [data.swipe(row) for row in range(0, len(data), every)][: options.n_swipes]
    metrics: dict[str, Any] = json.loads(options.metrics.read_text(encoding="utf-8")) if options.metrics else {}
    exported = write_bundle(checkpoint, options.out, SEARCH.changed(options.search), metrics, swipes, options.precision)
    size = n_bytes(options.out)
    print(exported.report(), file=sys.stderr)
    if size > MAX_BYTES:
        print(f"the bundle has {size:,} bytes, more than the {MAX_BYTES:,} that may be shipped", file=sys.stderr)
    print(f"{options.out}  {size:,} bytes")


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        run(options)
    except (ProofError, ValueError, OSError) as error:
        sys.exit(f"export.key_reader: {error}")


if __name__ == "__main__":
    main()
