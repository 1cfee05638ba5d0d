"""`python -m benchmarks.searches`: other ways to search with the same model and lexicon, in accuracy and time, as a table."""

from __future__ import annotations

import argparse
import functools
import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.common.agreement import Agreement, ScoredWord, agreement
from benchmarks.common.environment import LETTERS, describe
from benchmarks.common.paired import PairedTimes, time_in_turns
from benchmarks.common.tables import Change
from benchmarks.searches.beam import Pruning
from benchmarks.searches.repair import Repair
from benchmarks.searches.report import ExhaustiveCheck, Report, Row
from benchmarks.searches.ways import Exhaustive, Search, below_prefixes, engine_search, exact, greedy, pruned
from benchmarks.searches.words import Problem, WordIndex
from engine import recordings
from engine.accuracy import Accuracy
from engine.arguments import positive
from engine.console import survives_its_output
from engine.files import write_whole
from engine.lexicon import key_sequence
from engine.manifest import ModelBundleError
from engine.recognizer import SwipeRecognizer
from training.data.swipe_data import SwipeData, load_swipes
from training.evaluation.metrics import bootstrap_interval, top_k

SHIPPED, EXACT = "shipped", "exact"
N_WARM_UP = 5
WAYS = """\
greedy: one hypothesis. steps: the engine's beam with a step for each letter. letter >= p: that beam without letters that are less
probable after their prefix. within m nats: without hypotheses that far behind the best. n letters, then all: a beam of n letters,
then every word below. repaired: a beam of any letters, words or not; then every word within two edits, or --edits, of what it ends
with (Damerau-Levenshtein). exact: the best of all words. On a few swipes, every single word is scored too; if that and the exact
search differ, the exit status is 1."""

Found = list[ScoredWord]


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.searches",
        description=__doc__,
        epilog=f"{WAYS} With the defaults it takes half an hour.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("data", nargs="?", type=Path, metavar="DATA", help=f"recorded swipes (default: {recordings.DEFAULT})")
    add("--n", type=positive, default=1000, metavar="N", help="swipes for the accuracy, evenly spread (default: %(default)s)")
    add("--n-timed", type=positive, default=100, metavar="N", help="how many of those to time (default: %(default)s)")
    add("--n-exhaustive", type=positive, default=3, metavar="N", help="how many of those to score all words on (default: %(default)s)")
    add("--beam-width", type=positive, default=16, metavar="N", help="beam width of the searches by steps (default: %(default)s)")
    add("--letters", type=positive, nargs="*", default=[3, 4], metavar="N", help="letters of the prefixes below which all words are scored")
    add("--least-letters", type=_probability, nargs="*", default=[1e-3, 1e-2], metavar="P", help="least probabilities of letters")
    add("--margins", type=_nats, nargs="*", default=[4.0, 8.0], metavar="NATS", help="that hypotheses may be behind the best")
    add("--repaired", type=positive, nargs="*", default=[1, 4], metavar="N", help="beam widths of the repaired searches")
    add("--edits", type=positive, default=2, metavar="N", help="that a repair takes at most (default: %(default)s)")
    add("--bundle", type=Path, metavar="FOLDER", help="model bundle of letters (default: that of benchmarks/models)")
    add("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    add("--out", type=Path, metavar="FILE", help="also write the table to this Markdown file")
    add("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def _probability(text: str) -> float:
    value = _number(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"must be a number above 0 and below 1, got '{text}'")
    return value


def _nats(text: str) -> float:
    value = _number(text)
    if not value >= 0:
        raise argparse.ArgumentTypeError(f"must be a number, at least 0, got '{text}'")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def searches(options: argparse.Namespace, index: WordIndex) -> dict[str, Search]:
    """The searches by name, the shipped one first and the exact one last."""
    beam: int = options.beam_width
    ways: dict[str, Search] = {SHIPPED: shipped, "greedy": greedy}
    ways[f"steps, beam {beam}"] = functools.partial(engine_search, method="steps", beam_width=beam)
    for least in options.least_letters:
        ways[f"steps, letter >= {least:g}"] = functools.partial(pruned, pruning=Pruning(beam, least_letter=least))
    for margin in options.margins:
        ways[f"steps, within {margin:g} nats"] = functools.partial(pruned, pruning=Pruning(beam, margin))
    for n_letters in options.letters:
        ways[f"{n_letters} letters, then all"] = functools.partial(below_prefixes, n_letters=n_letters, beam_width=beam)
    repair = Repair.of(index)
    for width in options.repaired:
        ways[f"repaired, beam {width}"] = functools.partial(repair.search, beam_width=width, n_edits=options.edits)
    return {**ways, EXACT: exact}


def shipped(problem: Problem) -> Found:
    """As the bundle's manifest says."""
    return engine_search(problem, problem.options.method, problem.options.beam_width)


def problems_of(recognizer: SwipeRecognizer, data: SwipeData) -> list[Problem]:
    """One for each swipe: the encoder runs before anything is timed."""
    index, model, problems = WordIndex.of(recognizer.lexicon), recognizer.model, []
    for row in tqdm(range(len(data)), desc="encoding", disable=not sys.stderr.isatty()):
        memory = model.encode(recognizer.model.extractor(data.swipe(row)))
        problems.append(Problem(model, memory, index, recognizer.default_options))
    return problems


def find_all(ways: Mapping[str, Search], problems: Sequence[Problem]) -> dict[str, list[Found]]:
    """What each search finds for each swipe."""
    found: dict[str, list[Found]] = {}
    with tqdm(total=len(ways) * len(problems), desc="accuracy", unit=" swipes", disable=not sys.stderr.isatty()) as progress:
        for name, way in ways.items():
            found[name] = []
            for problem in problems:
                found[name].append(way(problem))
                progress.update()
    return found


def weigh(found: Mapping[str, list[Found]], times: PairedTimes[Found], data: SwipeData, alphabet: str) -> list[Row]:
    """The row of each search. found: for the swipes of `data`."""
    wanted = [key_sequence(str(word), alphabet) for word in data.words]
    ranks = {name: [_rank(word, words) for word, words in zip(wanted, each, strict=True)] for name, each in found.items()}
    rows = []
    for name, each in found.items():
        gained = top_k(ranks[name], 1) - top_k(ranks[SHIPPED], 1)
        interval = bootstrap_interval(gained, data.users)
        lost = [agreement(words[:1], best[:1]) is Agreement.DIFFERENT for words, best in zip(each, found[EXACT], strict=True)]
        milliseconds = {f"p{share}": times.percentile(name, share) for share in (50, 95, 99)}
        change = Change(float(gained.mean()), interval.low, interval.high)
        rows.append(Row(name, Accuracy.of_ranks(ranks[name]), change, float(np.mean(lost)), milliseconds, times.ratio(name, SHIPPED)))
    return rows


def _rank(word: str | None, found: Found) -> int | None:
    """From 0; None for a miss."""
    sequences = [one.key_sequence for one in found]
    return sequences.index(word) if word in sequences else None


def check_exhaustively(problems: Sequence[Problem]) -> ExhaustiveCheck:
    """Scores all words. Takes seconds for each swipe."""
    exhaustive = Exhaustive.of(problems[0])
    times = time_in_turns({SHIPPED: shipped, "all": exhaustive.search}, problems, description="all words")
    found = zip(map(exact, problems), times.outputs["all"], strict=True)
    n_different = sum(agreement(pruned_words, words) is Agreement.DIFFERENT for pruned_words, words in found)
    n_words = sum(len(tree.words) for tree in exhaustive.trees)
    return ExhaustiveCheck(len(problems), n_words, times.percentile("all", 50) / 1e3, times.ratio("all", SHIPPED), n_different)


def run(options: argparse.Namespace) -> Report:
    """Raises: ModelBundleError, ValueError, OSError."""
    path = options.data or recordings.default_recordings()
    data = load_swipes(path)
    data = data.select(_spread(len(data), options.n))
    recognizer = SwipeRecognizer.load(options.bundle or LETTERS, options.lexicon)
    environment = describe(recognizer, options.bundle or LETTERS, path, len(data))
    problems = problems_of(recognizer, data)
    ways = searches(options, problems[0].index)
    timed = [problems[row] for row in _spread(len(problems), options.n_timed)]
    times = time_in_turns(ways, timed, N_WARM_UP)
    rows = weigh(find_all(ways, problems), times, data, recognizer.model.alphabet)
    few = [problems[row] for row in _spread(len(problems), options.n_exhaustive)]
    return Report(environment, len(timed), rows, check_exhaustively(few))


def _spread(n_all: int, n: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """At most n of so many rows, evenly spread."""
    return np.linspace(0, n_all - 1, min(n, n_all)).round().astype(np.int64)


def write(report: Report, path: Path, arguments: Sequence[str]) -> None:
    """Writes the report as a page that says how it was made, in one step. Raises: OSError."""
    command = f"    python -m benchmarks.searches {shlex.join(arguments)}"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, f"# Searches\n\n{command}\n{report.as_text()}\n\n{WAYS}\n")


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        report = run(options)
        print(json.dumps(report.as_json()) if options.json else report.as_text())
        if options.out:
            write(report, options.out, sys.argv[1:])
    except (ModelBundleError, ValueError, OSError) as error:
        sys.exit(f"benchmarks.searches: {error}")
    except KeyboardInterrupt:
        sys.exit("benchmarks.searches: stopped")
    if report.check.n_different:
        sys.exit(1)


if __name__ == "__main__":
    main()
