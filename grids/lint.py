"""Looks for the faults of grids: what overlaps, is missing, drawn twice, or only looks like the right letter.

    python -m grids.lint                                     Keyglide's own grids, each with its language's lexicon
    python -m grids.lint my_grids.json --lexicon my.lexicon --picture faults.svg

The exit status is 0 without faults, 1 with some, 2 for wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from engine import shipped
from engine.console import say, survives_its_output
from engine.grid import Grid
from engine.language import language_of, load_languages, pick_language
from engine.lexicon import Lexicon
from engine.naming import did_you_mean
from grids.checks import Fault, faults_of
from grids.picture import picture
from grids.words import WordReport, missing_letters, read_words


@dataclass(frozen=True)
class Options:
    """What to look at."""

    file: Path
    names: tuple[str, ...]
    """of the grids; none: all of the file"""
    lexicon: Path | None
    """None: that of each grid's language, where it has one"""
    n_shown: int
    """how many words to show of each kind"""
    as_json: bool
    picture: Path | None


@dataclass(frozen=True)
class Report:
    """What was found about one grid."""

    name: str
    grid: Grid | None
    """None where it has not even the format of a grid"""
    faults: tuple[Fault, ...]
    lexicon: str
    """its source; "" without one"""
    words: WordReport | None


def check(name: str, value: object, lexicon: Lexicon | None = None, n_shown: int = 5) -> Report:
    """The faults of a grid in the format of grid_name_to_grid.json. lexicon: by default that of the grid's language, if it has one."""
    try:
        grid = Grid.from_json(name, value, check=False)
    except ValueError as error:
        return Report(name, None, (Fault("format", str(error)),), "", None)
    faults = faults_of(grid)
    known = lexicon if lexicon is not None else _own_lexicon(grid)
    if known is None or not grid.letter_keys:
        return Report(name, grid, tuple(faults), "", None)
    faults += missing_letters(grid, known)
    return Report(name, grid, tuple(faults), known.source, read_words(grid, known, n_shown))


def _own_lexicon(grid: Grid) -> Lexicon | None:
    language = language_of(grid)
    known = language.lexicon is not None and language.lexicon.exists() and grid.name in language.grids
    return Lexicon.open(language.require_lexicon()) if known else None


def text_of(report: Report) -> Iterator[str]:
    """The lines that say what was found."""
    n = len(report.faults)
    yield f"{report.name}: {'no faults' if not n else '1 fault' if n == 1 else f'{n} faults'}"
    for number, fault in enumerate(report.faults, 1):
        yield f"  {number}. {fault.kind}: {fault.message}"
    words = report.words
    if words is None:
        yield "  no lexicon: its words were not looked at"
        return
    if words.n_unswipable:
        share = f"{words.unswipable_share:.2%} of what is written"
        yield f"  {words.n_unswipable:,} of {words.n_words:,} words cannot be swiped, {share}: {', '.join(words.unswipable)} ..."
    else:
        yield f"  all {words.n_words:,} words can be swiped"
    if words.n_same_keys:
        pairs = "; ".join(" = ".join(group) for group in words.same_keys)
        yield f"  {_words(words.n_same_keys)} the same keys as a commoner one, and no swipe tells them apart: {pairs} ..."
    if words.n_same_path:
        pairs = "; ".join(" = ".join(group) for group in words.same_path)
        yield f"  {_words(words.n_same_path)} the same path as a commoner one, and only a rest on a key tells them apart: {pairs} ..."


def _words(n: int) -> str:
    return "1 word has" if n == 1 else f"{n:,} words have"


def json_of(report: Report) -> str:
    """The same as one line of JSON."""
    faults = [{"kind": fault.kind, "message": fault.message, "keys": [key.name for key in fault.keys]} for fault in report.faults]
    words = asdict(report.words) if report.words is not None else None
    return json.dumps({"grid": report.name, "faults": faults, "lexicon": report.lexicon, "words": words}, ensure_ascii=False)


def run(options: Options) -> int:
    """Prints what was found. Returns the exit status. Raises: ValueError, OSError for what cannot be read."""
    values = _read(options.file)
    for name in options.names:
        if name not in values:
            raise ValueError(f"'{options.file}' has no grid '{name}': it has {', '.join(values)}{did_you_mean(name, values)}")
    lexicon = Lexicon.open(options.lexicon) if options.lexicon is not None else None
    reports = []
    for name in options.names or values:
        reports.append(report := check(name, values[name], lexicon, options.n_shown))
        for line in [json_of(report)] if options.as_json else text_of(report):
            say(line)
    if options.picture is not None:
        _draw(reports, options.picture)
    return int(any(report.faults for report in reports))


def _read(file: Path) -> dict[str, object]:
    """The grids of a file by name, without the second names. Raises: ValueError, OSError."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"grid file '{file}' is not JSON: {error}") from error
    grids = {name: grid for name, grid in value.items() if not isinstance(grid, str)} if isinstance(value, dict) else {}
    if not grids:
        raise ValueError(f"grid file '{file}' must hold an object of grids by name, and at least one")
    return grids


def _draw(reports: list[Report], path: Path) -> None:
    """One grid into that file; several into files of the same folder that bear their names, too."""
    for report in reports:
        if report.grid is not None:
            place = path if len(reports) == 1 else path.with_stem(f"{path.stem}-{report.name}")
            place.write_text(picture(report.grid, report.faults), encoding="utf-8")
            print(f"drawn: {place}", file=sys.stderr)


def parse_args(argv: list[str] | None = None) -> Options:
    """The options of the command line."""
    parser = argparse.ArgumentParser(prog="grids.lint", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=shipped.grids_file(), help="a file of grids (default: Keyglide's own)")
    parser.add_argument("--grid", action="append", default=[], metavar="NAME", help="look at this grid alone; may be given again")
    words = parser.add_mutually_exclusive_group()
    words.add_argument("--lexicon", type=Path, metavar="FILE", help="the words to swipe (default: those of each grid's language)")
    words.add_argument("--language", metavar="CODE", help="the same, as the code of a language")
    parser.add_argument("--show", type=int, default=5, metavar="N", help="words to show of each kind (default 5)")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each grid")
    parser.add_argument("--picture", type=Path, metavar="FILE.svg", help="draw the grid with its faults; several grids get a file each")
    given = parser.parse_args(argv)
    try:
        lexicon = pick_language(load_languages(), given.language).require_lexicon() if given.language else given.lexicon
    except ValueError as error:
        parser.error(str(error))
    return Options(given.file, tuple(given.grid), lexicon, given.show, given.json, given.picture)


@survives_its_output
def main(argv: list[str] | None = None) -> int:
    """The command. Returns its exit status."""
    options = parse_args(argv)
    try:
        return run(options)
    except (ValueError, OSError, RecursionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
