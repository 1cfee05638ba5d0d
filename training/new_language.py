"""Adds a language to this installation: a lexicon, a language file, and a figure that says whether swiping works. No training.

    python -m training.new_language pl --grid qwerty_pl

`keyglide language add pl` is the same command. The words and their frequencies are those of wordfreq, or those of a list of your own
(--words FILE). The files go into your data folder, where the engine and the keyboard find them; docs/LANGUAGES.md has more.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.console import survives_its_output
from engine.files import write_whole
from engine.grid import Grid, load_grids, pick_grid
from engine.language import Language, load_languages, own_languages_folder
from engine.lexicon import build_lexicon, key_sequence, write_lexicon
from engine.naming import did_you_mean
from engine.recognizer import SwipeRecognizer
from training.lexicon.casing import Casing
from training.lexicon.dictionary import advise_dictionary, find_dictionaries, read_knowledge
from training.lexicon.entries import Counts, Sources, commonest, make_entries
from training.lexicon.offensive import OffensiveWords
from training.lexicon.sanity import read_back
from training.lexicon.text import TextForms
from training.lexicon.word_list import read_counts

N_WORDS = 150_000
N_SWIPES = 200
BUNDLE = "universal"
"""The model bundle of Keyglide's that reads keys, not letters."""
LEAST_SWIPED = 0.5
"""Share of a language's running words that a grid must have the letters for."""
PRESETS = Path(__file__).parent / "lexicon" / "names.json"
COUNTED_AS = {"hr": "sh", "bs": "sh"}
"""code -> wordfreq's code for it and its kin"""


@dataclass(frozen=True)
class Added:
    """The language that was added."""

    code: str
    name: str
    grid: str
    words: int
    lexicon: str
    """its file"""
    bytes: int
    counts: Counts
    """what became of the words of the list"""
    seconds: float
    swipes: int
    """made up, of the commonest words"""
    first: int
    """how many of them were read right"""
    four: int
    """how many have the word among the first four candidates"""


def pick_own_grid(code: str, name: str | None) -> Grid:
    """The grid of that name or, without one, the first whose name ends in the language's code. Raises: ValueError."""
    grids = load_grids()
    if name is not None:
        return pick_grid(grids, name)
    own = next((grid for known, grid in grids.items() if known.endswith(f"_{code}")), None)
    if own is None:
        raise ValueError(f"there is no grid for '{code}': name one with --grid; known are {', '.join(grids)}")
    return own


def alphabet_of(grid: Grid) -> str:
    """The letters of a grid that are letters of their own: those with a key, and those on another's key that are no accented form
    of a letter with a key (ґ on г, but not é on e: é is a written form of e)."""
    keys = "".join(sorted({key.label for key in grid.letter_keys if key.label is not None and key.label.isalpha()}))
    return keys + "".join(sorted(letter for letter in grid.aliases if letter.isalpha() and key_sequence(letter, keys) is None))


def read_frequencies(code: str, words: Path | None, alphabet: str) -> tuple[Mapping[str, float], str]:
    """Word -> frequency, and where they come from. Raises: ValueError for a language that nobody has words of, or a bad list."""
    if words is not None:
        return read_counts(words, alphabet), words.name
    import wordfreq

    known, counted = wordfreq.available_languages("best"), COUNTED_AS.get(code, code)
    if counted not in known:
        raise ValueError(
            f"wordfreq has no words of the language '{code}'{did_you_mean(code, known)} It has {', '.join(sorted(known))}; "
            "for another language, give a word list of your own: --words FILE"
        )
    return wordfreq.get_frequency_dict(counted, "best"), f"wordfreq {importlib.metadata.version('wordfreq')}"


def check_letters(frequencies: Mapping[str, float], grid: Grid, alphabet: str) -> None:
    """Raises: ValueError unless the grid has the letters of LEAST_SWIPED of the running words."""
    letters = {word: frequency for word, frequency in frequencies.items() if word.replace("'", "").isalpha()}
    swiped = sum(frequency for word, frequency in letters.items() if key_sequence(word, alphabet) is not None)
    share = swiped / (sum(letters.values()) or 1)
    if share < LEAST_SWIPED:
        raise ValueError(
            f"grid '{grid.name}' has the letters of only {share:.0%} of this language's words: it has {alphabet!r}; name a grid of the "
            "language with --grid"
        )


def language_file(code: str, name: str, grid: Grid, alphabet: str, preset: Mapping[str, Any]) -> dict[str, Any]:
    """What the language's file says; all that it leaves out is as in all languages."""
    first = "".join(sorted(alphabet)[:3]).upper()
    fields = {"name": name, "alphabet": alphabet, "grids": {grid.name: name}, "bundle": BUNDLE, "lexicon": f"{code}.lexicon"}
    return fields | {"texts": {"letters": first}} | {key: value for key, value in preset.items() if key != "name"}


def parse_args(arguments: list[str] | None = None, prog: str = "python -m training.new_language") -> argparse.Namespace:
    """The options. Exits with 2 for a usage error."""
    parser = argparse.ArgumentParser(prog=prog, description="Add a language: its words, its file, and a figure that says how it reads.")
    parser.add_argument("code", metavar="CODE", help="the language, as in pl")
    parser.add_argument("--grid", metavar="NAME", help="a grid with its letters (default: the first grid whose name ends in _CODE)")
    parser.add_argument(
        "--words", type=Path, metavar="FILE", help="a word list of your own: a word and its count a line (default: wordfreq's)"
    )
    parser.add_argument("--name", metavar="NAME", help="what its speakers call it (default: as Keyglide knows it)")
    parser.add_argument("--n-words", type=int, default=N_WORDS, metavar="N", help="keep the N most frequent words (%(default)s)")
    parser.add_argument(
        "--dictionary", type=Path, nargs="+", default=[], metavar="FILE", help=".dic files of Hunspell (default: those found)"
    )
    parser.add_argument("--strict", action="store_true", help="refuse a list with words that the grid has no letters for")
    parser.add_argument("--folder", type=Path, metavar="FOLDER", help="where to put the files (default: your data folder)")
    parser.add_argument("--json", action="store_true", help="report as one line of JSON")
    options = parser.parse_args(arguments)
    if options.n_words < 1:
        parser.error(f"argument --n-words: expected at least 1, got {options.n_words}")
    if not options.code.isidentifier():
        parser.error(f"argument CODE: expected a code such as pl, got '{options.code}'")
    return options


def run(options: argparse.Namespace) -> Added:
    """Builds and writes the language's files, and tries them. Raises: ValueError, OSError for what cannot be used."""
    start = time.monotonic()
    code = options.code
    grid = pick_own_grid(code, options.grid)
    alphabet = alphabet_of(grid)
    preset = json.loads(PRESETS.read_text(encoding="utf-8")).get(code, {})
    name = options.name or preset.get("name", code)
    frequencies, source = read_frequencies(code, options.words, alphabet)
    check_letters(frequencies, grid, alphabet)
    frequencies = commonest(frequencies, options.n_words)
    dictionaries = options.dictionary or find_dictionaries(code)
    if not dictionaries:
        print(f"new_language: {advise_dictionary(code)}", file=sys.stderr)
    knowledge = read_knowledge(frequencies, dictionaries, alphabet)
    fields = language_file(code, name, grid, alphabet, preset)
    letters = frozenset(fields.get("one_letter_words", []))
    forms = tuple(tuple(one.split()) for one in fields.get("written_forms", []))
    fragments = frozenset(fields.get("fragments", []))
    language = Language(code, name, alphabet, one_letter_words=letters, fragments=fragments, written_forms=forms)
    sources = Sources(Casing.of_dictionaries(knowledge), knowledge, TextForms(), OffensiveWords.of_language(code))
    entries, counts = make_entries(frequencies, options.n_words, language, sources)
    if options.strict and counts.without_keys:
        raise ValueError(f"{_without_keys(counts, grid)}: leave --strict out to skip them")
    content = build_lexicon(entries, alphabet, f"{source} ({name})")
    folder = options.folder or own_languages_folder()
    folder.mkdir(parents=True, exist_ok=True)
    write_lexicon(content, folder / f"{code}.lexicon")
    write_whole(folder / f"{code}.json", (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode())
    added = load_languages(folder)[code]
    recognizer = SwipeRecognizer.load(added.require_bundle(), added.require_lexicon(), grid)
    swipes, first, four = read_back(recognizer, N_SWIPES)
    path = folder / f"{code}.lexicon"
    seconds = time.monotonic() - start
    return Added(code, name, grid.name, len(recognizer.lexicon), str(path), len(content), counts, seconds, swipes, first, four)


def _without_keys(counts: Counts, grid: Grid) -> str:
    letters = ", ".join(f"'{letter}' ({n:,})" for letter, n in list(counts.without_keys.items())[:8])
    more = f" and {len(counts.without_keys) - 8} more letters" if len(counts.without_keys) > 8 else ""
    return f"grid '{grid.name}' has no key for letters of some words: {letters}{more}"


def report(added: Added) -> None:
    """Says in words what was added."""
    counts = added.counts
    if counts.without_keys:
        print(f"Skipped: {_without_keys(counts, pick_grid(load_grids(), added.grid))}.")
    print(
        f"Left out: {counts.junk:,} codes and the like, {counts.misspelt:,} misspellings; {counts.unknown:,} words that no dictionary "
        f"knows stay, less frequent; {counts.offensive:,} are marked as offensive."
    )
    print(f"{added.name} ({added.code}): {added.words:,} words on {added.grid}, {added.bytes / 1e6:.1f} MB, {added.lexicon}")
    print(
        f"Of {added.swipes} made-up swipes of its commonest words, {added.first} were read right, and {added.four} have the word among "
        f"the first four. It took {added.seconds:.0f} s."
    )


@survives_its_output
def main(arguments: list[str] | None = None, prog: str = "python -m training.new_language") -> int:
    """The command. Exit code 0: added, 1: failed, 2: usage."""
    options = parse_args(arguments, prog)
    try:
        added = run(options)
    except (ValueError, OSError, EOFError, ModuleNotFoundError) as error:
        hint = "; install it with: pip install 'keyglide[languages]'" if isinstance(error, ModuleNotFoundError) else ""
        print(f"new_language: {error}{hint}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(asdict(added), ensure_ascii=False))
    else:
        report(added)
    return 0


if __name__ == "__main__":
    sys.exit(main())
