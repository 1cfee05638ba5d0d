"""`python -m training.key_reader.train DATA RUN`: trains the key reader on all cores; resumable.

The learning rate stays constant, so a run can be stopped, resumed and made longer at will. With --decay-minutes it falls to nothing in
that time, and the run ends. Do that in a copy of the folder (cp -r RUN DECAYED), and you can train on in RUN.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from engine.arguments import positive
from engine.console import survives_its_output
from training.key_reader.config import PRESETS, named_preset
from training.key_reader.processes import train
from training.key_reader.run import Length, Request, Run
from training.loop.trainer import SETTINGS, prepare_process
from training.overrides import changed, keep_settings, settings_of

MODULE = "training.key_reader.train"


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.key_reader.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    showing = "--show" in arguments
    parser.add_argument("data", type=Path, nargs="?" if showing else None, help="labelled swipes, JSON lines, plain or .gz")
    parser.add_argument("run", type=Path, nargs="?" if showing else None, help="folder for checkpoint and log; an existing run is resumed")
    parser.add_argument("--preset", default="universal", metavar="NAME", help=f"{', '.join(PRESETS)} (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change the preset: mixture.spliced=0.3")
    parser.add_argument("--show", action="store_true", help="print every setting with its value, and stop")
    parser.add_argument("--steps", type=positive, help="the training's length, with what was trained before (default: until you stop it)")
    parser.add_argument("--minutes", type=minutes, help="stop after so long")
    parser.add_argument("--decay-minutes", type=minutes, metavar="M", help="let the learning rate fall to nothing in so long, then stop")
    parser.add_argument("--processes", type=positive, default=os.cpu_count(), help="default: one per core, one thread each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--init", type=Path, metavar="CKPT", help="start with the averaged weights of this checkpoint")
    parser.add_argument("--without-words", type=share, metavar="SHARE", help="leave this share of all words out, chosen by their hash")
    return parser.parse_args(arguments)


def minutes(text: str) -> float:
    """Raises: ArgumentTypeError for anything but a number above 0."""
    return _number(text, "above 0", 0.0, float("inf"))


def share(text: str) -> float:
    """Raises: ArgumentTypeError for anything but a number above 0 and below 1."""
    return _number(text, "above 0 and below 1", 0.0, 1.0)


def _number(text: str, expected: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = low
    if not low < value < high:
        raise argparse.ArgumentTypeError(f"must be a number {expected}, got '{text}'")
    return value


def start(options: argparse.Namespace) -> None:
    """Trains, or resumes, the run in options.run. Raises: ValueError, OSError, RuntimeError."""
    preset = changed(named_preset(options.preset), options.set)
    if options.show:
        print("\n".join(settings_of(preset)))
        return
    command = ("python", "-m", MODULE, *sys.argv[1:])
    length = Length(options.steps, options.minutes, options.decay_minutes)
    request = Request(options.data, options.run, preset, command, length, options.seed, options.init, options.without_words)
    run = Run(request)
    for change in keep_settings(preset, options.run / SETTINGS):
        print(f"'{options.run}' is resumed with another setting: {change}", file=sys.stderr)
    print(f"{len(run.weights.master):,} parameters, from step {run.first_step:,}", file=sys.stderr)
    if run.has_fallen:
        raise ValueError("the learning rate has fallen to nothing: export the run, or train on without --decay-minutes")
    train(run, options.processes)
    print(f"saved {request.last}: step {run.weights.step:,}, {run.weights.n_samples:,} samples", file=sys.stderr)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    prepare_process(MODULE)
    try:
        start(options)
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f"training.key_reader.train: {error}")


if __name__ == "__main__":
    main()
