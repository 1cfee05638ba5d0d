"""`python -m keyboard_app`: opens the keyboard."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from keyboard_app.style.kivy_setup import DEFAULT_SIZE, NoDisplayError, prepare, require_screen, window_size

if TYPE_CHECKING:
    from keyboard_app.app import KeyboardApp

EXTRA = {"kivy", "platformdirs", "darkdetect", "regex"}
"""What the keyboard needs and the engine does not."""
MISSING = "the keyboard needs {package}, and it is not installed. Install it with: pip install 'keyglide[app]'"
OVERRIDES = ("grid", "grids_file", "model", "lexicon", "theme")
"""The options that are settings."""
BYTES_PER_CHARACTER = 4
"""at most, in UTF-8"""


def parse_args(argv: list[str] | None = None, prog: str = "python -m keyboard_app") -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=prog, description="A keyboard to swipe on. Nothing leaves this machine.")
    usual = "{}x{}".format(*DEFAULT_SIZE)
    parser.add_argument("--size", type=window_size, metavar="WxH", help=f"pixels of the window (default {usual})")
    parser.add_argument("--page", choices=("write", "settings", "practice"), default="write", help="the page to begin with")
    parser.add_argument("--text", type=Path, metavar="FILE", help="begin with the text of a file")
    parser.add_argument("--print", action="store_true", help="write the text to standard output when the window closes")
    parser.add_argument("--screenshot", type=Path, metavar="OUT.png", help="write a picture of the window and close it; needs no display")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the settings file (default: in the platform's folder)")
    parser.add_argument("--swipes", type=Path, metavar="FILE", help="where practice keeps its swipes (default: in the platform's folder)")
    parser.add_argument("--prompts", type=Path, metavar="FILE", help="what practice shows, a sentence a line (default: Keyglide's own)")
    settings = parser.add_argument_group("settings of this run alone")
    settings.add_argument("--grid", metavar="NAME", help="the grid by its name")
    settings.add_argument("--grids", metavar="FILE", dest="grids_file", help="a file of grids, as grid_name_to_grid.json")
    settings.add_argument("--model", metavar="FOLDER", help="a model bundle")
    settings.add_argument("--lexicon", metavar="FILE", help="a lexicon")
    settings.add_argument("--theme", choices=("system", "light", "dark"), help="the colours")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> int:
    """Opens the window until it is closed. Raises: ValueError, OSError, NoDisplayError, ImportError with what to do."""
    text = _read_text(args.text) if args.text else ""
    prompts = _read_prompts(args.prompts) if args.prompts else ()
    prepare(args.size)
    app = _app(args, text, prompts)
    if args.screenshot:
        from keyboard_app.style.screenshot import run_for_screenshot

        run_for_screenshot(app, args.screenshot, ready=lambda: not app.worker.loading)
    else:
        require_screen()
        app.run()
    if args.print:
        print(app.text)
    if app.worker.alive:
        _exit_now(0)
    return 0


def main(prog: str = "python -m keyboard_app") -> int:
    """The exit code. prog: what the command is called in its help."""
    args = parse_args(prog=prog)
    try:
        return run(args)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRA:
            raise
        print(MISSING.format(package=package), file=sys.stderr)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}" if error.filename else error, file=sys.stderr)
    except (NoDisplayError, ValueError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        _exit_now(130)
    return 1


def _exit_now(code: int) -> NoReturn:
    """Ends the process without waiting for a model that is still being loaded: the C++ code below would abort if Python went first."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _app(args: argparse.Namespace, text: str, prompts: tuple[str, ...]) -> KeyboardApp:
    from keyboard_app.app import KeyboardApp, Start
    from keyboard_app.session.practice import swipes_path
    from keyboard_app.settings import settings_path

    overrides = {name: getattr(args, name) for name in OVERRIDES if getattr(args, name) is not None}
    start = Start(args.config or settings_path(), args.swipes or swipes_path(), prompts, args.page, text, overrides)
    return KeyboardApp(start)


def _read_prompts(file: Path) -> tuple[str, ...]:
    """Raises: ValueError where no line has a letter; OSError; as `_read_text`."""
    lines = (line.strip() for line in _read_text(file).splitlines())
    prompts = tuple(line for line in lines if any(map(str.isalpha, line)))
    if not prompts:
        raise ValueError(f"{file} has no words to practise: give a file with a sentence in each line")
    return prompts


def _read_text(file: Path) -> str:
    """Raises: ValueError where it is no text or more than the keyboard takes; OSError."""
    from keyboard_app.text.writer import TEXT_LIMIT  # late: regex may not be installed

    with file.open("rb") as content:
        data = content.read(TEXT_LIMIT * BYTES_PER_CHARACTER + 1)
    try:
        text = data.decode("utf-8") if len(data) <= TEXT_LIMIT * BYTES_PER_CHARACTER else ""
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is no text in UTF-8: {error}") from error
    if len(data) > TEXT_LIMIT * BYTES_PER_CHARACTER or len(text) > TEXT_LIMIT:
        raise ValueError(f"{file} has more than the {TEXT_LIMIT:,} characters that a text may have here: begin with a part of it")
    return text


if __name__ == "__main__":
    sys.exit(main())
