"""`python -m benchmarks.experiments TRAIN DEV RUNS`: trains what benchmarks/experiments/plan.py lists, and writes docs/EXPERIMENTS.md.

What has been trained, exported or predicted in the folder RUNS is not done again, so it can be stopped at any time.
Everything takes hours. `--only NAME ...` chooses experiments; `--report` writes the tables of what there is.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tqdm import tqdm

from benchmarks.experiments.plan import EXPERIMENTS, PRESET, Experiment, chosen
from benchmarks.experiments.plot import draw
from benchmarks.experiments.report import markdown
from benchmarks.experiments.results import collect
from benchmarks.experiments.runs import FINISHED, Bench, score, train_all
from engine.arguments import positive
from engine.console import survives_its_output
from engine.files import write_whole


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.experiments", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path, metavar="TRAIN", help="swipes to train on, JSON lines, plain or .gz")
    parser.add_argument("dev", type=Path, metavar="DEV", help="swipes of other people, to compare on")
    parser.add_argument("runs", type=Path, metavar="RUNS", help="folder for everything that is made")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="experiments to train (default: all)")
    parser.add_argument("--report", action="store_true", help="train nothing: write the tables of what there is")
    parser.add_argument("--list", action="store_true", help="list the experiments with their settings, and stop")
    parser.add_argument("--at-once", type=positive, default=os.cpu_count(), metavar="N", help="trainings at a time (default: one per core)")
    parser.add_argument("--out", type=Path, default=Path("docs/EXPERIMENTS.md"), metavar="FILE", help="to write (default: %(default)s)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Raises: ValueError, OSError, RuntimeError for what cannot be done."""
    bench = Bench(options.train, options.dev, options.runs)
    experiments = chosen(options.only)
    if options.list:
        print("\n".join(f"{one.name:32}{one.group:12}{' '.join(one.settings)}" for one in experiments))
        return
    if not options.report:
        train_all(bench, experiments, options.at_once)
    trained = [one for one in EXPERIMENTS if (bench.folder(one.name) / FINISHED).exists()]
    for experiment in tqdm(trained, desc="exported and predicted", disable=not sys.stderr.isatty()):
        score(bench, experiment)
    results = collect(bench)
    picture = options.out.with_name("experiments.png")
    draw(results, picture)
    write_whole(options.out, markdown(results, budget(trained), picture.name))
    print(f"{options.out}  {len(results.rows)} experiments")


def budget(trained: list[Experiment]) -> str:
    """What every training was given. torch is imported late: what is timed runs before it is there."""
    from training.config import PRESETS

    preset = PRESETS[PRESET]
    model, swipes = preset.model, preset.n_steps * preset.batch_size
    return (
        f"{len(trained)} trainings of {preset.n_steps:,} steps of {preset.batch_size} swipes, {swipes:,} each: the preset `{PRESET}` "
        f"(width {model.width}, {model.n_encoder_layers} + {model.n_decoder_layers} layers) with the settings that "
        "`python -m benchmarks.experiments --list` names, seed 1 where nothing else is said; the averaged weights of the last step."
    )


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        run(options)
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f"benchmarks.experiments: {error}")
    except KeyboardInterrupt:
        sys.exit("benchmarks.experiments: stopped; the same command does what is missing")


if __name__ == "__main__":
    main()
