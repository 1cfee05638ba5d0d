"""Builds the lexicon of a language from the frequencies of wordfreq.

apt-get install scowl
python -m training.build_lexicon engine/lexicons/english.lexicon --cased \
    /usr/share/dict/scowl/english-* /usr/share/dict/scowl/american-* /usr/share/dict/scowl/british-*

Without the word lists of the Debian package scowl, names are written in lower case.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import wordfreq
from tqdm import tqdm

from engine.console import survives_its_output
from engine.language import Language, load_languages, pick_language
from engine.lexicon import Entry, Lexicon, build_lexicon, key_sequence, write_lexicon
from engine.shipped import DEFAULT_LANGUAGE
from engine.swipe_file import read_good_swipes
from training.lexicon.casing import ANYTHING, ORDINARY, UNLISTED, Casing, curated_forms

LIST = "large"
"""wordfreq's list; it falls back to a smaller one for languages that do not have it."""
MAX_LETTERS = 32
"""The longest key sequence: the decoder stops there."""
MIN_FREQUENCY = {2: 1.5e-6, 3: 5e-8}
"""Letters -> the frequency that a key sequence needs unless it is a listed word: rare acronyms, initials and typos get in the
way of every short word. Measured: this loses 0.1 % of the training swipes and a third of the short key sequences."""
THRICE = re.compile(r"(.)\1\1")
"""A letter three times in a row: a swipe cannot tell it from the letter twice."""
RARE_FORM = 0.01
"""Another listed form is offered from this share of the frequency of the key sequence's commonest form."""
RARE_UNLISTED_FORM = 0.1
"""The same for a form that is in no list."""


@dataclass(frozen=True)
class BuildReport:
    """What was built."""

    key_sequences: int
    with_written_forms: int
    nodes: int
    bytes: int
    coverage: float | None
    """share of the rows of --coverage whose word is a key sequence of the lexicon"""


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


def group_by_key_sequence(frequencies: Mapping[str, float], language: Language) -> dict[str, dict[str, float]]:
    """Key sequence -> its tokens with their frequencies; tokens that cannot be swiped are left out."""
    groups: dict[str, dict[str, float]] = defaultdict(dict)
    for token, frequency in tqdm(frequencies.items(), desc="key sequences", unit=" words", disable=None):
        sequence = key_sequence(token, language.alphabet)
        if sequence is not None and len(sequence) <= MAX_LETTERS and token not in language.fragments:
            groups[sequence][token] = frequency
    return groups


def is_junk(sequence: str, tokens: Mapping[str, float], casing: Casing, language: Language) -> bool:
    """Whether nobody means this key sequence: a lone letter, aaah, or one that is short, rare and not an ordinary word."""
    if len(sequence) == 1:
        return sequence not in language.one_letter_words
    if THRICE.search(sequence):
        return min(casing.level(token) for token in tokens) > ORDINARY
    ordinary = any(casing.lower.get(token, UNLISTED) <= ORDINARY for token in tokens)
    return not ordinary and sum(tokens.values()) < MIN_FREQUENCY.get(len(sequence), 0)


def written_forms(tokens: Mapping[str, float], casing: Casing) -> tuple[str, ...]:
    """How a key sequence with these tokens is written: the commonest token first, its capitals by the word lists."""
    commonest, *others = sorted(tokens, key=lambda token: (-tokens[token], token))
    more = (casing.forms(token)[0] for token in others if _is_written(token, tokens, casing))
    return tuple(dict.fromkeys((*casing.forms(commonest), *more)))


def _is_written(token: str, tokens: Mapping[str, float], casing: Casing) -> bool:
    """Whether a token that is not the commonest of its key sequence is a form to offer: lets and year's, not dont or i's."""
    sloppy = token.isalpha() and any("'" in other for other in tokens if tokens[other] > tokens[token])
    level, share = casing.level(token), tokens[token] / max(tokens.values())
    return "." not in token and share >= (RARE_FORM if level < ANYTHING else RARE_UNLISTED_FORM) and not (sloppy and level > ORDINARY)


def make_entries(frequencies: Mapping[str, float], n_words: int | None, casing: Casing, language: Language) -> list[Entry]:
    """The `n_words` most frequent key sequences of these tokens (all for None), without junk."""
    groups = group_by_key_sequence(frequencies, language)
    curated = curated_forms(language)
    usable = [sequence for sequence, tokens in groups.items() if not is_junk(sequence, tokens, casing, language)]
    usable.sort(key=lambda sequence: (-sum(groups[sequence].values()), sequence))
    return [
        Entry(sequence, sum(groups[sequence].values()), curated.get(sequence) or written_forms(groups[sequence], casing))
        for sequence in tqdm(usable[:n_words], desc="written forms", unit=" words", disable=None)
    ]


def with_words(entries: list[Entry], words: Iterable[str], floor: float, alphabet: str) -> list[Entry]:
    """The entries and these words, each at least as frequent as `floor`. Raises: ValueError for a word that cannot be swiped."""
    by_sequence = {entry.key_sequence: entry for entry in entries}
    for word in sorted(words):
        sequence = key_sequence(word, alphabet)
        if sequence is None or len(sequence) > MAX_LETTERS:
            raise ValueError(f"word {word!r} of a --word-list: expected 1 to {MAX_LETTERS} letters of {alphabet!r}: drop it")
        known = by_sequence.get(sequence, Entry(sequence, 0, ()))
        forms = known.forms if sequence == word and known.forms else tuple(dict.fromkeys((*known.forms, word)))
        by_sequence[sequence] = Entry(sequence, max(known.frequency, floor), forms)
    return list(by_sequence.values())


def measure(content: bytes, coverage: Path | None) -> BuildReport:
    """What a lexicon file holds, and how many of the swiped words of `coverage` it has."""
    lexicon = Lexicon.from_bytes(content)
    share = None
    if coverage is not None:
        words = [word for word, _ in read_words(coverage)]
        share = sum(word in lexicon for word in words) / max(1, len(words))
    return BuildReport(len(lexicon), len(lexicon.written.node), len(lexicon.trie.token), len(content), share)


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options. Exits with 2 for a usage error."""
    parser = argparse.ArgumentParser(prog="python -m training.build_lexicon", description="Build the lexicon of a language from wordfreq.")
    parser.add_argument("out", type=Path, metavar="OUT", help="the lexicon file to write")
    parser.add_argument("--language", default=DEFAULT_LANGUAGE, metavar="CODE", help="one of Keyglide's languages (default: %(default)s)")
    parser.add_argument("--words", type=int, metavar="N", help="keep the N most frequent key sequences (default: all)")
    parser.add_argument("--cased", type=Path, nargs="+", default=[], metavar="FILE", help="SCOWL word lists with capitals")
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
    language, casing = pick_language(load_languages(), options.language), Casing.read(options.cased)
    words = {word for path in options.word_list for word in read_word_list(path, options.min_people)}
    entries = make_entries(wordfreq.get_frequency_dict(language.code, LIST), options.words, casing, language)
    source = f"wordfreq {importlib.metadata.version('wordfreq')} ({LIST}, {language.name})"
    source += "; capitals of SCOWL" if options.cased else ""
    source += f"; {len(words)} words of {', '.join(path.name for path in options.word_list)}" if options.word_list else ""
    content = build_lexicon(with_words(entries, words, options.floor, language.alphabet), language.alphabet, source)
    report = measure(content, options.coverage)
    write_lexicon(content, options.out)
    return report


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
    return 0


if __name__ == "__main__":
    sys.exit(main())
