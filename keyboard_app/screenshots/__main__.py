"""`python -m keyboard_app.screenshots OUT_DIR`: takes pictures of every page, in several sizes, light and dark."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine import load_grids
from keyboard_app.dock.place import Docked
from keyboard_app.style.kivy_setup import NoDisplayError, prepare, window_size
from keyboard_app.text.sink import OwnField, Purpose
from keyboard_app.touch.gestures import LONG_PRESS_MS

if TYPE_CHECKING:
    from engine import SwipeRecognizer
    from keyboard_app.screenshots.driven_app import DrivenApp
    from keyboard_app.sinks.choose import BackEnd

SIZES = ((360, 640), (1280, 800), (3840, 2160))
DOCKED_SIZES = tuple((place.width, place.height) for place in (Docked(choice).place(SIZES[1]) for choice in ("bottom", "floating")))
LARGEST_FLOATING = 800
README_SIZE = (720, 1280)
THEMES = ("light", "dark")

Steps = Iterator[None]
"""What is done, with a frame between one step and the next."""
Scene = Callable[["DrivenApp", str], Steps]
"""Takes the picture, or pictures, of that name."""


def _swiped(driven: DrivenApp, *words: str) -> Steps:
    for word in words:
        yield from driven.swipe(word)


def _empty(driven: DrivenApp, name: str) -> Steps:
    yield from driven.save(name)


def _text(driven: DrivenApp, name: str) -> Steps:
    yield from _swiped(driven, "see", "you", "tomorrow")
    yield from driven.save(name)


def _writing(driven: DrivenApp, name: str) -> Steps:
    yield from _swiped(driven, "words", "from", "your")
    yield from driven.drag("thumb")
    yield from driven.rest(lambda: driven.app.session.preview == "thumb")
    yield from driven.save(name, n_frames=1)  # or the trail fades
    yield from driven.lift()
    yield from driven.until(lambda: not driven.app.session.n_waiting)


def _alternates(driven: DrivenApp, name: str) -> Steps:
    yield from driven.press("e")
    pressed = time.monotonic()
    yield from driven.until(lambda: time.monotonic() > pressed + 2 * LONG_PRESS_MS / 1000)
    yield from driven.save(name)
    yield from driven.lift()


def _symbols(driven: DrivenApp, name: str) -> Steps:
    yield from driven.tap("action toNumberState")
    yield from driven.save(f"{name}_1")
    yield from driven.tap("action toNumberState", page=0)
    yield from driven.save(f"{name}_2")
    yield from driven.tap("action toLetters", page=1)


def _settings(driven: DrivenApp, name: str) -> Steps:
    driven.app.pages.show("settings")
    driven.app.manager.current_screen.ids.scroll.scroll_y = 1
    yield from driven.save(name)
    driven.app.manager.current_screen.ids.scroll.scroll_y = 0
    yield from driven.save(f"{name}_below")


def _refused(driven: DrivenApp, name: str) -> Steps:
    driven.app.pages.show("settings")
    yield from driven.until(lambda: driven.app.manager.current == "settings")
    driven.app.configuration.choose("model", "missing-bundle")
    yield from driven.until(lambda: "Nothing was changed" in driven.app.manager.current_screen.message)
    yield from driven.save(name)


def _choose_grid(driven: DrivenApp, name: str) -> Steps:
    driven.app.pages.show("grid")
    yield from driven.save(name)


def _files(driven: DrivenApp, name: str) -> Steps:
    """The page that asks for a file, in a folder with more of them than the window shows."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(30):
            (Path(folder) / f"grids {number}.json").touch()
        driven.app.pages.show("files")
        driven.app.manager.current_screen.browse("Grids file", "file", f"{folder}/grids 0.json")
        yield from driven.save(name)
        driven.app.manager.current_screen.ids.rows.scroll_y = 0.37
        yield from driven.save(f"{name}_below")


def _emoji(driven: DrivenApp, name: str) -> Steps:
    driven.app.pages.show("emoji")
    yield from driven.save(name)


def _practice(driven: DrivenApp, name: str) -> Steps:
    driven.app.pages.show("practice")
    yield from driven.save(name)
    page = driven.app.manager.current_screen
    yield from driven.drag(page.practice.prompt.word)
    yield from driven.lift()
    yield from driven.until(lambda: page.can_undo)
    yield from driven.save(f"{name}_swiped")


def _globe(driven: DrivenApp, name: str) -> Steps:
    driven.app.pages.show("globe")
    yield from driven.save(name)


def _keyboards(driven: DrivenApp, name: str) -> Steps:
    """Every grid that comes with Keyglide, with its language's words or without."""
    for grid in load_grids():
        driven.app.configuration.choose("grid", grid)
        yield from driven.until(lambda: not driven.app.worker.loading)
        driven.app.pages.tell("")
        yield from driven.save(f"{name}_{grid}")


def _right_to_left(driven: DrivenApp, name: str) -> Steps:
    """Hebrew with what runs the other way, and Arabic, which is joined; an emoji."""
    driven.app.configuration.choose("grid", "hebrew_he")
    yield from driven.until(lambda: not driven.app.worker.loading)
    driven.app.session.type(
        "\u05e9\u05dc\u05d5\u05dd, (\u05db\u05df) Keyglide 2026 \U0001f680\n"
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\ncaf\u00e9"
    )
    driven.app.pages.tell("")
    yield from driven.save(name)


def _corrected(driven: DrivenApp, name: str) -> Steps:
    """An earlier word was tapped: its other candidates are offered."""
    yield from _swiped(driven, "see", "you", "tomorrow")
    driven.app.pages.write.place_cursor(6)
    yield from driven.save(name)


def _why(driven: DrivenApp, name: str) -> Steps:
    """Why a word was offered, after others."""
    yield from _swiped(driven, "see", "you", "tomorrow")
    driven.app.pages.show_word("tomorrow", "write")
    page = driven.app.manager.current_screen
    page.tapped("why")
    yield from driven.until(lambda: page.message)
    yield from driven.save(name)


def _words(driven: DrivenApp, name: str) -> Steps:
    """The person's words, pairs of words, and one of them."""
    pairs = [("see", "you"), ("see", "you"), ("you", "tomorrow"), ("", "see"), ("at", "the"), ("the", "boathouse")]

    def learn(recognizer: SwipeRecognizer) -> None:
        recognizer.words.add("Wuliangye")
        recognizer.words.learn([("boathouse", 4.0), ("tomorrow", 1.0)])
        recognizer.words.learn_pairs(pairs)

    driven.app.worker.ask(learn, lambda _: None)
    driven.app.pages.show("words")
    page = driven.app.manager.current_screen
    yield from driven.until(lambda: page.rows)
    yield from driven.save(name)
    page.show_kind("pairs")
    yield from driven.save(f"{name}_pairs")
    page.dispatch("on_pair", "see", "you")
    yield from driven.save(f"{name}_pair")
    driven.app.pages.show("words")
    page.show_kind("words")


def _docked_text(driven: DrivenApp, name: str) -> Steps:
    yield from _swiped(driven, "see", "you")
    yield from driven.save(name)


def _docked_fields(driven: DrivenApp, name: str) -> Steps:
    """What the keys are like for other fields than those for text."""
    sink = driven.app.sink
    assert isinstance(sink, Field)
    for purpose in ("number", "email", "url", "password", "terminal"):
        sink.become(purpose)
        yield from driven.save(f"{name}_{purpose}")
    sink.become("text")
    outlet, page = driven.app.outlet, driven.app.pages.write
    assert outlet is not None
    outlet.waiting = "a word that no field took"
    page.refresh()
    yield from driven.save(f"{name}_waiting")
    outlet.take_waiting()
    page.refresh()


def _arranged(driven: DrivenApp, name: str) -> Steps:
    """The keys for one thumb, and in two halves."""
    for arrangement in ("left", "right", "split", "full"):
        driven.app.configuration.choose("arrangement", arrangement)
        if arrangement != "full":
            yield from driven.save(f"{name}_{arrangement}")


class Field(OwnField):
    """Stands for a field of another program."""

    def become(self, purpose: Purpose) -> None:
        self.purpose = purpose
        self.on_focus()

    def close(self) -> None: ...


DOCKED_SCENES: Mapping[str, Scene] = {
    "swiping": _writing,
    "text": _docked_text,
    "alternates": _alternates,
    "fields": _docked_fields,
    "arranged": _arranged,
    "settings": _settings,
    "emoji": _emoji,
}
SCENES: Mapping[str, Scene] = {
    "empty": _empty,
    "text": _text,
    "corrected": _corrected,
    "why": _why,
    "words": _words,
    "swiping": _writing,
    "alternates": _alternates,
    "symbols": _symbols,
    "arranged": _arranged,
    "settings": _settings,
    "refused": _refused,
    "grids": _choose_grid,
    "files": _files,
    "emoji": _emoji,
    "practice": _practice,
    "globe": _globe,
    "keyboards": _keyboards,
    "right_to_left": _right_to_left,
}


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m keyboard_app.screenshots", description="Takes pictures of every page of the keyboard.")
    parser.add_argument("out", type=Path, nargs="?", metavar="OUT_DIR", help="the folder for the pictures")
    parser.add_argument("--size", type=window_size, action="append", metavar="WxH", help="size in pixels; may be repeated (default: three)")
    parser.add_argument("--dock", action="store_true", help="of the docked window with these sizes")
    parser.add_argument("--readme", type=Path, metavar="OUT.png", help="take only the picture at the top of the README")
    args = parser.parse_args(argv)
    if (args.out is None) == (args.readme is None):
        parser.error("give either a folder for the pictures, or --readme OUT.png")
    return args


def run(args: argparse.Namespace) -> int:
    """Takes the pictures; returns the exit code. Raises: NoDisplayError, OSError."""
    if args.readme:
        _take(args.readme.parent, README_SIZE, ["light"], {args.readme.stem: _writing})
        return 0
    if args.size is not None and len(args.size) == 1:
        _take(args.out, args.size[0], THEMES, DOCKED_SCENES if args.dock else SCENES, args.dock)
        return 0
    command = [sys.executable, "-m", "keyboard_app.screenshots", str(args.out)]
    whole = () if args.dock else args.size or SIZES
    docked = args.size or DOCKED_SIZES if args.dock or not args.size else ()
    options = [["--size", f"{width}x{height}"] for width, height in whole]
    options += [["--dock", "--size", f"{width}x{height}"] for width, height in docked]
    # each in its own process: SDL's offscreen surface never grows beyond the first window
    return max(subprocess.run([*command, *one], check=False).returncode for one in options)


def main() -> int:
    try:
        return run(parse_args())
    except (NoDisplayError, OSError) as error:
        print(error, file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _take(folder: Path, size: tuple[int, int], themes: Sequence[str], scenes: Mapping[str, Scene], dock: bool = False) -> None:
    prepare(size)
    from keyboard_app.app import KeyboardApp, Start
    from keyboard_app.screenshots.driven_app import DrivenApp

    with tempfile.TemporaryDirectory() as home:
        into: BackEnd = "xtest" if dock else "own"
        sink = Field() if dock else None
        start = Start(Path(home) / "settings.json", Path(home) / "swipes.jsonl", into=into, words=Path(home) / "words.db", sink=sink)
        app = KeyboardApp(start)
        driven = DrivenApp(app, folder)
        driven.play(_all(driven, themes, scenes))


def _all(driven: DrivenApp, themes: Sequence[str], scenes: Mapping[str, Scene]) -> Steps:
    from kivy.core.window import Window

    app = driven.app
    yield from driven.until(lambda: app.configuration.lexicon is not None)
    for theme in themes:
        app.configuration.choose("theme", theme)
        for name, scene in scenes.items():
            app.configuration.choose("grid", "qwerty_en")
            yield from driven.until(lambda: not app.worker.loading)
            app.pages.show("write")
            yield
            if isinstance(app.sink, Field):
                app.sink.become("text")
                app.pages.write.floating = Window.width < LARGEST_FLOATING
            else:
                driven.start_over()
            kind = "" if app.sink is None else "dock_"
            yield from scene(driven, name if len(themes) == 1 else f"{kind}{name}_{theme}_{driven.size}")


if __name__ == "__main__":
    sys.exit(main())
