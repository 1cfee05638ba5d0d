"""`python -m keyboard_app.harness`: replays recorded swipes on the keys, and shows what the decoder looked at."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.arguments import positive
from engine.console import survives_its_output
from keyboard_app.harness.collection import SHOWS
from keyboard_app.harness.engine_thread import describe
from keyboard_app.harness.listing import list_changes, list_outcomes
from keyboard_app.harness.source import Source, Start
from keyboard_app.style.kivy_setup import NoDisplayError, prepare, require_screen, window_size

DEFAULT_SIZE = (1280, 800)
"""px"""


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m keyboard_app.harness",
        description="Replays recorded swipes on the keys, shows what the decoder looked at, and compares two models.",
    )
    parser.add_argument("file", nargs="?", type=Path, help="a swipe, a JSON list of swipes, or one swipe per line; plain or gzipped")
    parser.add_argument("--bundle", type=Path, metavar="FOLDER", help="model bundle (default: Keyglide's own)")
    parser.add_argument("--compare", type=Path, metavar="FOLDER", help="a second model bundle, to see what it changes")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: Keyglide's own)")
    parser.add_argument("--grid", metavar="NAME", help="the grid of all swipes (default: the one that each swipe names, or qwerty_en)")
    parser.add_argument("--grids", type=Path, metavar="FILE", help="a file of more grids, in the format of grid_name_to_grid.json")
    parser.add_argument("--show", choices=SHOWS, help="which swipes to list (default: all, or changed for --compare with --list)")
    parser.add_argument("--list", action="store_true", help="no window: print each swipe and its candidates, with --compare what changed")
    parser.add_argument("--json", action="store_true", help="like --list, but one line of JSON per swipe")
    window = parser.add_argument_group("the window")
    window.add_argument("--swipe", type=positive, default=1, metavar="N", help="start with the Nth swipe (default 1)")
    window.add_argument("--candidate", type=positive, default=1, metavar="N", help="... and its Nth candidate (default 1)")
    window.add_argument("--letter", type=positive, metavar="N", help="... and the attention for its Nth letter (default: all letters)")
    window.add_argument("--at", type=_milliseconds, metavar="MS", help="... at MS milliseconds after its start (default: its end)")
    window.add_argument("--play", action="store_true", help="start the replay at once")
    window.add_argument("--speed", type=_factor, default=1.0, metavar="X", help="speed of the replay; 0.5 is half as fast (default 1)")
    window.add_argument("--record", type=Path, metavar="FILE", help="where to save drawn swipes (default: where practice keeps them)")
    window.add_argument("--theme", choices=("system", "light", "dark"), default="system")
    window.add_argument("--size", type=window_size, default=DEFAULT_SIZE, metavar="WxH", help="size in pixels (default 1280x800)")
    window.add_argument("--screenshot", type=Path, metavar="OUT.png", help="save a picture of the window and quit; needs no display")
    args = parser.parse_args(argv)
    if (args.list or args.json) and args.file is None:
        parser.error("--list and --json need a FILE of swipes")
    if args.show == "changed" and args.compare is None:
        parser.error("--show changed needs a second model: --compare FOLDER")
    return args


def run(args: argparse.Namespace) -> int:
    """Prints the list or opens the window; returns the exit code."""
    return _list(args) if args.list or args.json else _open_window(args)


@survives_its_output
def main() -> int:
    try:
        return run(parse_args())
    except KeyboardInterrupt:
        return 130


def _list(args: argparse.Namespace) -> int:
    try:
        source = _source(args)
        records, recognizers = source.read_records(), source.load_recognizers()
    except (OSError, ValueError) as error:
        return _fail(describe(error))
    if len(recognizers) == 1:
        return list_outcomes(records, recognizers[0], args.show or "all", as_json=args.json)
    return list_changes(records, (recognizers[0], recognizers[1]), args.show or "changed", as_json=args.json)


def _open_window(args: argparse.Namespace) -> int:
    """Shows the window until it is closed; returns the exit code. Raises: ModuleNotFoundError for one of our own modules."""
    source = _source(args)
    try:
        source.check()
        prepare(args.size)
        if args.screenshot is None:
            require_screen()
        from keyboard_app.harness.harness_app import open_harness
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "engine", "keyboard_app"):
            raise
        return _fail(f"the window needs {package}, and it is not installed: pip install 'keyglide[app]'; --list works without it")
    except NoDisplayError as error:
        return _fail(str(error))
    except (OSError, ValueError) as error:
        return _fail(describe(error))
    return open_harness(source, _start(args))


def _source(args: argparse.Namespace) -> Source:
    return Source(args.file, args.bundle, args.compare, args.lexicon, args.grids, args.grid)


def _start(args: argparse.Namespace) -> Start:
    return Start(
        place=args.swipe - 1,
        candidate=args.candidate - 1,
        letter=args.letter - 1 if args.letter is not None else None,
        at_ms=args.at,
        plays=args.play,
        speed=args.speed,
        show=args.show or "all",
        theme=args.theme,
        record_to=args.record,
        screenshot=args.screenshot,
    )


def _milliseconds(text: str) -> float:
    """Raises: ArgumentTypeError, or ValueError for what is not a number."""
    if not 0 <= float(text) < float("inf"):
        raise argparse.ArgumentTypeError(f"must be at least 0 ms, got {text}")
    return float(text)


def _factor(text: str) -> float:
    """Raises: as `_milliseconds`."""
    if not 0.01 <= float(text) <= 100:
        raise argparse.ArgumentTypeError(f"must be between 0.01 and 100, got {text}")
    return float(text)


def _fail(message: str) -> int:
    print("error:", message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
