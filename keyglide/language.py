"""keyglide language: lists, adds and removes the languages of this installation."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from engine.language import Language, load_languages, own_languages_folder, pick_language
from engine.lexicon import Lexicon


def parse_args(arguments: list[str]) -> argparse.Namespace:
    """The options. Exits with 2 for a usage error."""
    parser = argparse.ArgumentParser(prog="keyglide language", description="List, add and remove languages.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="show the languages and whether they can be swiped")
    listing.add_argument("--json", action="store_true", help="a line of JSON for each")
    actions.add_parser("add", help="add a language: keyglide language add --help", add_help=False)
    removal = actions.add_parser("remove", help="remove a language that was added")
    removal.add_argument("code", metavar="CODE", help="the language, as in pl")
    return parser.parse_args(arguments)


def run(args: argparse.Namespace) -> int:
    """Carries out `list` or `remove`. Raises: ValueError, OSError."""
    if args.action == "list":
        for language in load_languages().values():
            print(json.dumps(_described(language), ensure_ascii=False) if args.json else _line(language))
    else:
        for path in remove(args.code):
            print(f"Removed {path}")
    return 0


def remove(code: str) -> list[Path]:
    """Deletes the files of a language that was added; the files. Raises: ValueError for any other; OSError."""
    pick_language(load_languages(), code)
    folder = own_languages_folder()
    paths = [path for path in (folder / f"{code}.json", folder / f"{code}.lexicon") if path.is_file()]
    if not paths:
        raise ValueError(f"language '{code}' comes with Keyglide and cannot be removed: only languages that you added can")
    for path in paths:
        path.unlink()
    return paths


def _described(language: Language) -> dict[str, object]:
    path = language.lexicon
    there = path is not None and path.is_file()
    return {
        "code": language.code,
        "name": language.name,
        "grids": list(language.grids),
        "words": len(Lexicon.open(path)) if path is not None and there else 0,
        "lexicon": str(path) if path is not None else None,
        "swiping": there and language.bundle is not None and language.bundle.is_dir(),
        "yours": (own_languages_folder() / f"{language.code}.json").is_file(),
    }


def _line(language: Language) -> str:
    known = _described(language)
    can = f"{known['words']:,} words" if known["swiping"] else "tapping only"
    missing = f"; its lexicon is missing: {known['lexicon']}" if known["lexicon"] and not known["words"] else ""
    return (
        f"{language.code:4} {language.name:14} {can:16} {', '.join(language.grids)}{' (added by you)' if known['yours'] else ''}{missing}"
    )


def main(arguments: list[str]) -> int:
    """The command. Exit code 0: done, 1: failed, 2: usage."""
    if arguments[:1] == ["add"]:
        from training.new_language import main as add

        return add(arguments[1:], "keyglide language add")
    try:
        return run(parse_args(arguments))
    except (ValueError, OSError) as error:
        print(f"keyglide language: {error}", file=sys.stderr)
        return 1
