"""`python -m keyboard_app`: opens the keyboard."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from keyboard_app.style.kivy_setup import DEFAULT_SIZE, NoDisplayError, prepare, require_screen, rest_when_idle, window_size

if TYPE_CHECKING:
    from keyboard_app.app import KeyboardApp
    from keyboard_app.sinks.choose import BackEnd

EXTRA = {"emoji", "kivy", "platformdirs", "darkdetect", "regex", "jeepney", "Xlib", "pywayland"}
"""What the keyboard needs and the engine does not."""
MISSING = "the keyboard needs {package}, and it is not installed. Install it with: pip install 'keyglide[app]'"
OVERRIDES = ("grid", "grids_file", "model", "lexicon", "theme")
"""The options that override settings."""
INTO = ("auto", "own", "ibus", "xtest", "wayland")
BYTES_PER_CHARACTER = 4
"""at most, in UTF-8"""


def parse_args(argv: list[str] | None = None, prog: str = "python -m keyboard_app") -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=prog, description="A keyboard to swipe on. Nothing leaves this machine.")
    usual = "{}x{}".format(*DEFAULT_SIZE)
    parser.add_argument("--size", type=window_size, metavar="WxH", help=f"size of the window in pixels (default {usual})")
    parser.add_argument("--page", choices=("write", "settings", "practice"), default="write", help="the page to open first")
    parser.add_argument("--text", type=Path, metavar="FILE", help="start with the text of a file")
    parser.add_argument("--print", action="store_true", help="print the text when the window closes")
    parser.add_argument("--screenshot", type=Path, metavar="OUT.png", help="save a picture of the window and quit; needs no display")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the settings file (default: in the system's folder for settings)")
    parser.add_argument(
        "--swipes", type=Path, metavar="FILE", help="where practice keeps swipes (default: in the system's folder for data)"
    )
    parser.add_argument(
        "--words", type=Path, metavar="FILE", help="where your own words are kept (default: in the system's folder for data)"
    )
    parser.add_argument("--prompts", type=Path, metavar="FILE", help="what practice shows, one sentence per line (default: Keyglide's own)")
    windows = parser.add_argument_group("writing into the windows of other programs")
    windows.add_argument("--dock", action="store_true", help="the keys at the bottom of the screen: usual where that is possible")
    windows.add_argument("--into", choices=INTO, metavar="NAME", help=f"where the text goes: {', '.join(INTO)} (default: the setting)")
    windows.add_argument("--toggle", action="store_true", help="hide the dock that is running, or show it again, and end")
    settings = parser.add_argument_group("settings for this run only")
    settings.add_argument("--grid", metavar="NAME", help="the name of a grid")
    settings.add_argument("--grids", metavar="FILE", dest="grids_file", help="a file of grids in the format of grid_name_to_grid.json")
    settings.add_argument("--bundle", metavar="FOLDER", dest="model", help="a model bundle")
    settings.add_argument("--lexicon", metavar="FILE", help="a lexicon")
    settings.add_argument("--theme", choices=("system", "light", "dark"), help="the colours")
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> int:
    """Shows the window until it is closed; returns the exit code. Raises: ValueError, OSError, NoDisplayError, ImportError."""
    if args.toggle:
        from keyboard_app.dock.remote import call

        call("Toggle")
        return 0
    text = _read_text(args.text) if args.text else ""
    prompts = _read_prompts(args.prompts) if args.prompts else ()
    into = _into(args)
    if into == "wayland":
        return _run_on_layer(args, prompts)
    from keyboard_app.style.window_place import load_place  # late: the engine takes a third of a second to import

    place = None if into != "own" or args.size or args.screenshot else load_place(_window_file(args))
    prepare(args.size, dock=into != "own", place=place, hidden=not args.screenshot)
    app = _app(args, text, prompts, into)
    if args.screenshot:
        from keyboard_app.style.screenshot import run_for_screenshot

        run_for_screenshot(app, args.screenshot, ready=lambda: not app.worker.loading)
    else:
        require_screen()
        rest_when_idle(app.calls.make)
        if into != "own":
            app.bind(on_start=_dock)
        else:
            app.show_when_drawn()
        app.run()
    if args.print:
        from engine.console import spell_out_what_cannot_be_encoded  # late: the engine takes a third of a second to import

        spell_out_what_cannot_be_encoded()
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
    """Ends the process at once: leaving Python while a thread still loads the model would make its C++ code abort."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _into(args: argparse.Namespace) -> BackEnd:
    """Where the text goes. What only the keyboard's own page can do, it does. Raises: NoWayError."""
    from keyboard_app.settings import load_settings, settings_path
    from keyboard_app.sinks.choose import NoWayError, fitting, started_by_kwin, why_none

    own_alone = args.text or args.print or args.screenshot or args.size or args.page != "write"
    as_virtual_keyboard: BackEnd | None = "wayland" if started_by_kwin() else None
    chosen = args.into or as_virtual_keyboard or load_settings(args.config or settings_path()).settings.into
    into = "own" if own_alone and args.into is None and not args.dock else fitting() if chosen == "auto" else chosen
    if into == "own" and args.dock:
        raise NoWayError(why_none())
    return into


def _run_on_layer(args: argparse.Namespace, prompts: tuple[str, ...]) -> int:
    """Runs the dock on a layer surface, drawn in memory: Kivy's own window has no Wayland. Raises: NoCompositorError."""
    from keyboard_app.dock.layer_dock import LayerDock
    from keyboard_app.dock.place import LARGEST_OF_SCREEN

    os.environ["SDL_VIDEODRIVER"] = "offscreen"
    probe = LayerDock(lambda *_: None, lambda: None)
    width, height = probe.screen()
    probe.close()
    # it can become smaller later, and no larger
    prepare((probe.scale * width, probe.scale * round(LARGEST_OF_SCREEN * height)), dock=True)
    from keyboard_app.offscreen import OffscreenDock

    app = _app(args, "", prompts, "wayland")
    window = OffscreenDock(app.calls.post)

    def dock(app: KeyboardApp) -> None:
        app.dock(window)
        window.start(app.stop)

    app.bind(on_start=dock)
    rest_when_idle(app.calls.make)
    app.run()
    if app.worker.alive:
        _exit_now(0)
    return 0


def _dock(app: KeyboardApp) -> None:
    """Makes the window, which is not shown yet, a dock that never takes the focus, and shows it."""
    from kivy.core.window import Window

    from keyboard_app.dock.swallowed import SwallowedPresses
    from keyboard_app.dock.x11_dock import X11Dock
    from keyboard_app.made_up_touches import MadeUpTouches

    dock = X11Dock(Window.get_window_info().window)
    app.dock(dock)
    SwallowedPresses(MadeUpTouches(dock), lambda: dock.place, app.calls.post)
    Window.show()
    dock.give_focus_back()


def _app(args: argparse.Namespace, text: str, prompts: tuple[str, ...], into: BackEnd) -> KeyboardApp:
    from keyboard_app.app import KeyboardApp, Start
    from keyboard_app.session.draft import draft_path
    from keyboard_app.session.own_words import words_path
    from keyboard_app.session.practice import swipes_path
    from keyboard_app.settings import settings_path

    overrides = {name: getattr(args, name) for name in OVERRIDES if getattr(args, name) is not None}
    is_for_once = args.text or args.print or args.screenshot  # such a text is not the one that the person goes on with
    draft = None if is_for_once else draft_path()
    window = _window_file(args) if into == "own" and not args.size and not args.screenshot else None
    swipes, words = args.swipes or swipes_path(), args.words or words_path()
    start = Start(args.config or settings_path(), swipes, prompts, args.page, text, window, draft, overrides, into, words)
    return KeyboardApp(start)


def _window_file(args: argparse.Namespace) -> Path:
    """Where the window's size and place are kept: beside the settings."""
    from keyboard_app.settings import settings_path

    return (args.config or settings_path()).with_name("window.json")


def _read_prompts(file: Path) -> tuple[str, ...]:
    """The lines that have letters. Raises: ValueError if there are none; as `_read_text`."""
    lines = (line.strip() for line in _read_text(file).splitlines())
    prompts = tuple(line for line in lines if any(map(str.isalpha, line)))
    if not prompts:
        raise ValueError(f"{file} has no words to practise: give a file with one sentence per line")
    return prompts


def _read_text(file: Path) -> str:
    """Raises: ValueError for a file that is not text, or too long for the keyboard; OSError."""
    from keyboard_app.text.writer import TEXT_LIMIT  # late: regex may not be installed

    with file.open("rb") as content:
        data = content.read(TEXT_LIMIT * BYTES_PER_CHARACTER + 1)
    try:
        text = data.decode("utf-8") if len(data) <= TEXT_LIMIT * BYTES_PER_CHARACTER else ""
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is not text in UTF-8: {error}") from error
    if len(data) > TEXT_LIMIT * BYTES_PER_CHARACTER or len(text) > TEXT_LIMIT:
        raise ValueError(f"{file} is longer than the {TEXT_LIMIT:,} characters that the keyboard can hold: start with a part of it")
    return text


if __name__ == "__main__":
    sys.exit(main())
