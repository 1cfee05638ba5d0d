"""`python -m export CHECKPOINT OUT`: writes a model bundle, provided that ONNX and torch agree on recorded swipes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from engine import recordings
from engine.console import survives_its_output
from engine.grid import load_grids, pick_grid
from engine.model import ModelBundle
from engine.recognizer import SwipeRecognizer, open_lexicon
from engine.search_options import SearchOptions, add_search_argument
from export.bundle import MAX_BYTES, Checks, ProofError, n_bytes, write_bundle
from export.proof import Proof, Sample, prove
from export.quantize import Quantisation, compare
from training.config import ModelConfig
from training.data.swipe_data import load_swipes
from training.loop.checkpoint import load_checkpoint

SEARCH = SearchOptions(beam_width=10, prior_weight=0.55, margin=12.0, ctc_weight=0.35, method="two_pass")
"""What a bundle searches with unless told otherwise, if its network has a CTC head."""


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="what training.train wrote, *.ckpt")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder for the bundle; an earlier bundle there is replaced")
    parser.add_argument("--swipes", type=Path, help=f"recorded swipes for the proof, JSON lines (default: {recordings.DEFAULT})")
    parser.add_argument("--n-swipes", type=int, default=256, help="how many of them, evenly spread (default: %(default)s)")
    parser.add_argument("--lexicon", type=Path, help="lexicon for the proof (default: Keyglide's own)")
    parser.add_argument("--grid", help="grid of the swipes, by name (default: the one the model was trained on)")
    add_search_argument(parser, default=" ".join(f"{name}={value}" for name, value in SEARCH.to_fields().items()) + " with a CTC head")
    parser.add_argument("--precision", choices=("fp32", "int8"), default="int8", help="of the encoder (default: %(default)s)")
    parser.add_argument("--metrics", type=Path, help="what `training.evaluate --json` printed, for the manifest")
    return parser.parse_args(arguments)


def read_samples(path: Path | None, n_swipes: int, config: ModelConfig) -> list[Sample]:
    """Recorded swipes of words that the model can write, evenly spread over the file.

    Raises: ValueError if the file has fewer; OSError if there is no file.
    """
    path = path or recordings.default_recordings()
    data = load_swipes(path)
    usable = [i for i, word in enumerate(data.words) if len(word) <= config.max_letters and set(word) <= set(config.alphabet)]
    if len(usable) < n_swipes:
        raise ValueError(
            f"{path} has {len(usable)} swipes of words that the model can write, and the proof needs {n_swipes}: "
            "name a larger file with --swipes, or use fewer with --n-swipes"
        )
    spread = np.linspace(0, len(usable) - 1, n_swipes).round().astype(int)
    return [Sample(data.swipe(usable[i]), str(data.words[usable[i]])) for i in spread]


def search_of(settings: Sequence[str], config: ModelConfig) -> SearchOptions:
    """The bundle's search. Raises: ValueError where the settings name one that needs a CTC head and the network has none."""
    search = (SEARCH if config.ctc else replace(SEARCH, method="steps", ctc_weight=0.0)).changed(settings)
    if search.reads_ctc and not config.ctc:
        raise ValueError(
            f"the network has no CTC head, which method {search.method} with ctc_weight {search.ctc_weight} needs: "
            "choose --search method=steps and --search ctc_weight=0, or leave both out"
        )
    return search


def run(options: argparse.Namespace) -> None:
    if options.n_swipes < 1:
        raise ValueError(f"--n-swipes must be at least 1, got {options.n_swipes}")
    torch.set_num_threads(1)  # one swipe is small work: beside a training, two threads waited for each other 30 times as long
    model = load_checkpoint(options.checkpoint)
    if model.info.command.startswith("python -m training.pretrain"):
        raise ValueError(f"'{options.checkpoint}' has no trained decoder: pass it to training.train --init, and export the result")
    search = search_of(options.search, model.config)
    grid = pick_grid(load_grids(), options.grid or model.info.grid)
    lexicon = open_lexicon(options.lexicon)
    samples = read_samples(options.swipes, options.n_swipes, model.config)
    metrics: dict[str, Any] = json.loads(options.metrics.read_text(encoding="utf-8")) if options.metrics else {}

    def proof_of(bundle: ModelBundle) -> Proof:
        return prove(SwipeRecognizer(bundle, lexicon, grid), model.network, samples)

    def comparison_of(exact: ModelBundle, quantised: ModelBundle) -> Quantisation:
        one, other = (SwipeRecognizer(bundle, lexicon, grid) for bundle in (exact, quantised))
        return compare(one, other, [sample.swipe for sample in samples])

    checks = Checks(proof_of, comparison_of)
    exported = write_bundle(model, options.out, search, metrics, checks, options.precision)
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
        sys.exit(f"export: {error}")


if __name__ == "__main__":
    main()
