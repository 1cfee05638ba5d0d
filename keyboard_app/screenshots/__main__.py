"""`python -m keyboard_app.screenshots OUT_DIR`: pictures of every page, in several sizes, light and dark."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keyboard_app.style.kivy_setup import NoDisplayError, prepare, window_size
from keyboard_app.text.writer import Writer
from keyboard_app.touch.gestures import LONG_PRESS_MS

if TYPE_CHECKING:
    from keyboard_app.screenshots.driven_app import Studio

SIZES = ((360, 640), (1280, 800), (3840, 2160))
README_SIZE = (720, 1280)
THEMES = ("light", "dark")

Steps = Iterator[None]
"""What is done, a frame between one step and the next."""
Scene = Callable[["Studio", str], Steps]
"""What is done for the picture, or pictures, of that name."""


def _swiped(studio: Studio, *words: str) -> Steps:
    for word in words:
        yield from studio.swipe(word)


def _empty(studio: Studio, name: str) -> Steps:
    yield from studio.save(name)


def _text(studio: Studio, name: str) -> Steps:
    yield from _swiped(studio, "see", "you", "tomorrow")
    yield from studio.save(name)


def _writing(studio: Studio, name: str) -> Steps:
    yield from _swiped(studio, "words", "from", "your")
    yield from studio.drag("thumb")
    yield from studio.rest(lambda: studio.app.session.preview == "thumb")
    yield from studio.save(name, n_frames=1)  # the trail fades
    yield from studio.lift()
    yield from studio.until(lambda: not studio.app.session.n_waiting)


def _alternates(studio: Studio, name: str) -> Steps:
    yield from studio.press("e")
    pressed = time.monotonic()
    yield from studio.until(lambda: time.monotonic() > pressed + 2 * LONG_PRESS_MS / 1000)
    yield from studio.save(name)
    yield from studio.lift()


def _symbols(studio: Studio, name: str) -> Steps:
    yield from studio.tap("action toNumberState")
    yield from studio.save(f"{name}_1")
    yield from studio.tap("action toNumberState", page=0)
    yield from studio.save(f"{name}_2")
    yield from studio.tap("action toLetters", page=1)


def _settings(studio: Studio, name: str) -> Steps:
    studio.app.pages.show("settings")
    studio.app.manager.current_screen.ids.scroll.scroll_y = 1
    yield from studio.save(name)
    studio.app.manager.current_screen.ids.scroll.scroll_y = 0
    yield from studio.save(f"{name}_below")


def _refused(studio: Studio, name: str) -> Steps:
    studio.app.pages.show("settings")
    yield from studio.until(lambda: studio.app.manager.current == "settings")
    studio.app.choose("model", "missing-bundle")
    yield from studio.until(lambda: "kept" in studio.app.manager.current_screen.message)
    yield from studio.save(name)


def _choose_grid(studio: Studio, name: str) -> Steps:
    studio.app.pages.show("grid")
    yield from studio.save(name)


def _practice(studio: Studio, name: str) -> Steps:
    studio.app.pages.show("practice")
    yield from studio.save(name)
    page = studio.app.manager.current_screen
    yield from studio.drag(page.practice.prompt.word)
    yield from studio.lift()
    yield from studio.until(lambda: page.can_undo)
    yield from studio.save(f"{name}_swiped")


def _russian(studio: Studio, name: str) -> Steps:
    """The English model reads no Russian: the page says so, and tapping works."""
    studio.app.choose("grid", "default")
    yield from studio.until(lambda: studio.app.pages.write.message)
    yield from studio.save(name)
    studio.app.choose("grid", "extra")
    yield from studio.until(lambda: not studio.app.worker.loading)
    for letter in "ёжик":
        yield from studio.tap(letter)
    studio.app.tell("")
    yield from studio.save(f"{name}_extra")


SCENES: Mapping[str, Scene] = {
    "empty": _empty,
    "text": _text,
    "swiping": _writing,
    "alternates": _alternates,
    "symbols": _symbols,
    "settings": _settings,
    "refused": _refused,
    "grids": _choose_grid,
    "practice": _practice,
    "russian": _russian,
}


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m keyboard_app.screenshots", description="Pictures of every page of the keyboard.")
    parser.add_argument("out", type=Path, nargs="?", metavar="OUT_DIR", help="the folder for the pictures")
    parser.add_argument("--size", type=window_size, action="append", metavar="WxH", help="of the window; may be repeated (default: three)")
    parser.add_argument("--readme", type=Path, metavar="OUT.png", help="write the picture that the README begins with")
    args = parser.parse_args(argv)
    if (args.out is None) == (args.readme is None):
        parser.error("give either a folder for the pictures, or --readme OUT.png")
    return args


def run(args: argparse.Namespace) -> int:
    """Takes the pictures. Raises: NoDisplayError, OSError."""
    if args.readme:
        _take(args.readme.parent, README_SIZE, ["light"], {args.readme.stem: _writing})
        return 0
    sizes: Sequence[tuple[int, int]] = args.size or SIZES
    if len(sizes) > 1:  # each in a process of its own: SDL's offscreen surface never outgrows the window's first size
        command = [sys.executable, "-m", "keyboard_app.screenshots", str(args.out), "--size"]
        return max(subprocess.run([*command, f"{width}x{height}"], check=False).returncode for width, height in sizes)
    _take(args.out, sizes[0], THEMES, SCENES)
    return 0


def main() -> int:
    try:
        return run(parse_args())
    except (NoDisplayError, OSError) as error:
        print(error, file=sys.stderr)
    return 1


def _take(folder: Path, size: tuple[int, int], themes: Sequence[str], scenes: Mapping[str, Scene]) -> None:
    prepare(size)
    from keyboard_app.app import KeyboardApp, Start
    from keyboard_app.screenshots.driven_app import Studio

    with tempfile.TemporaryDirectory() as home:
        app = KeyboardApp(Start(Path(home) / "settings.json", Path(home) / "swipes.jsonl"))
        studio = Studio(app, folder)
        studio.play(_all(studio, themes, scenes))


def _all(studio: Studio, themes: Sequence[str], scenes: Mapping[str, Scene]) -> Steps:
    app = studio.app
    yield from studio.until(lambda: app.lexicon is not None)
    for theme in themes:
        app.choose("theme", theme)
        for name, scene in scenes.items():
            app.choose("grid", "qwerty_en")
            yield from studio.until(lambda: not app.worker.loading)
            app.session.writer = Writer(app.session.writer.options)
            app.pages.write.refresh()
            app.tell("")
            app.pages.show("write")
            yield from scene(studio, name if len(themes) == 1 else f"{name}_{theme}_{studio.size}")


if __name__ == "__main__":
    sys.exit(main())
