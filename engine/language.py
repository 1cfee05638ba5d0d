"""Languages: all that Keyglide knows of a language, from one file per language.

Those that come with Keyglide are in the package `languages`; those that a person has added (`keyglide language add`) are in the
person's data folder, and stand above the others. No code names a language but `engine.shipped`, which says which is the default.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from engine import shipped
from engine.grid import Grid
from engine.naming import did_you_mean

COMMON = "common"
"""The name of the file, less .json, with what every language has unless its own file says otherwise."""
LEAST_IN_COMMON = 0.5
"""Share of the letters of a language and a grid together that both must have, for the grid to be taken as the language's."""
ROWS_OF_A_PAGE = 4

SymbolPage = tuple[str, str, str, str]
"""A page of symbols: three rows, and the two signs left and right of the space bar."""


@dataclass(frozen=True)
class Language:
    """One language. Build it with `load_languages`, which validates."""

    code: str
    """the name of its file, as in "en"; "" for no language in particular"""
    name: str
    """as its speakers call it"""
    alphabet: str
    """every letter that its words are swiped with, small, each once"""
    grids: Mapping[str, str] = field(default_factory=dict)
    """name of a grid of this language -> what stands on that grid's space bar; the first is the default grid"""
    bundle: Path | None = None
    """the folder of its model bundle; None where it has none yet. In a file, a name without a / is one of Keyglide's own"""
    lexicon: Path | None = None
    """its lexicon file; None where it has none yet"""
    context: Path | None = None
    """the file of its context model; None where it has none yet"""
    alternates: Mapping[str, str] = field(default_factory=dict)
    """label of a key -> what a long press offers, the likeliest first; letters small"""
    symbols: tuple[SymbolPage, ...] = ()
    abbreviations: frozenset[str] = frozenset()
    """words whose full stop ends no sentence, small, without the stop; those with a stop inside (e.g.) need not be listed"""
    texts: Mapping[str, str] = field(default_factory=dict)
    """words of the keyboard's own, by name; "letters": what stands on the key that leads from symbols back to letters"""
    prompts: tuple[str, ...] = ()
    """sentences and words to practise on"""
    one_letter_words: frozenset[str] = frozenset()
    """for whoever builds a lexicon: the words of a single letter"""
    fragments: frozenset[str] = frozenset()
    """the same: what a tokenizer leaves of contractions, not words"""
    written_forms: tuple[tuple[str, ...], ...] = ()
    """the same: written forms of one key sequence each, the commonest first; they stand above any word list"""

    def __bool__(self) -> bool:
        """Whether it is a language; False for what all languages have in common."""
        return bool(self.code)

    @property
    def default_grid(self) -> str:
        """The name of its first grid. Of a language: no language in particular has none."""
        return next(iter(self.grids))

    @property
    def is_installed(self) -> bool:
        """Whether its words can be swiped: its model bundle and its lexicon are there."""
        return all(path is not None and path.exists() for path in (self.bundle, self.lexicon))

    def space_label(self, grid: Grid) -> str:
        """What people call the grid, as on its space bar: as this language's file says, else by its own title, else its name, readable."""
        return self.grids.get(grid.name) or grid.title or _readable(grid.name)

    def letters_label(self, grid: Grid) -> str:
        """What stands on the key that leads back to the letters: as the file says, else the grid's first three letters."""
        return self.texts.get("letters") or "".join(sorted(key.label or "" for key in grid.letter_keys)[:3]).upper()

    def require_bundle(self) -> Path:
        """The folder of the model bundle. Raises: ValueError where the language has none."""
        return self._require("model bundle", self.bundle)

    def require_lexicon(self) -> Path:
        """The lexicon file. Raises: ValueError where the language has none."""
        return self._require("lexicon", self.lexicon)

    def _require(self, what: str, path: Path | None) -> Path:
        if path is None:
            raise ValueError(f"Keyglide has no {what} for {self.name} ({self.code}) yet: use a model bundle and a lexicon of your own")
        return path


def load_languages(folder: Path | str | None = None) -> Mapping[str, Language]:
    """The languages of a folder by code, in the order of the codes; without a folder, those that come with Keyglide and the person's.

    Raises: ValueError for a file that is not a language's, with what is wrong; OSError for one that cannot be read.
    """
    if folder is not None:
        return _read_folder(Path(folder))
    own = own_languages_folder()
    return _read_once(shipped.languages_folder(), own, tuple((file.name, file.stat().st_mtime_ns) for file in _language_files(own)))


def own_languages_folder() -> Path:
    """The folder of the languages that the person has added; there may be none yet."""
    return platformdirs.user_data_path("keyglide") / "languages"


def pick_language(languages: Mapping[str, Language], code: str) -> Language:
    """The language of that code. Raises: ValueError that lists the known ones and offers the nearest."""
    if code in languages:
        return languages[code]
    known = ", ".join(f"'{one}'" for one in languages)
    raise ValueError(f"unknown language '{code}': known are {known}{did_you_mean(code, languages)}")


def default_language() -> Language:
    """The language of what nobody named. Raises: as `load_languages`."""
    return pick_language(load_languages(), shipped.DEFAULT_LANGUAGE)


def language_of(grid: Grid, languages: Mapping[str, Language] | None = None) -> Language:
    """The language that is written on a grid: the one that shares most of its letters and, among equals, names the grid.

    An alias that the language has no use for counts for nothing: ą on a says nothing against English. Where none shares
    LEAST_IN_COMMON of them: no language in particular, which is false and has what all languages have.
    languages: by default those that come with Keyglide.
    """
    known = load_languages() if languages is None else languages
    labels = {key.label for key in grid.letter_keys}

    def likeness(language: Language) -> tuple[float, bool, bool]:
        alphabet = set(language.alphabet)
        letters = labels | (alphabet & grid.aliases.keys())
        shared = len(alphabet & letters) / len(alphabet | letters)
        return shared, grid.name in language.grids, language.code == shipped.DEFAULT_LANGUAGE

    best = max(known.values(), key=likeness, default=None)
    return best if best is not None and likeness(best)[0] >= LEAST_IN_COMMON else no_language()


def no_language() -> Language:
    """No language in particular: what all languages have in common."""
    return _read(_common(shipped.languages_folder()), "", None)


def titles_of(grids: Mapping[str, Grid]) -> dict[str, str]:
    """For each grid's name what people call it, with the name where several are called the same."""
    labels = {name: language_of(grid).space_label(grid) for name, grid in grids.items()}
    n_called = Counter(labels.values())
    return {name: label if n_called[label] == 1 else f"{label} ({name})" for name, label in labels.items()}


def _readable(name: str) -> str:
    """The name of a grid for people: neo_en as "Neo (English)"."""
    words, _, code = name.rpartition("_")
    language = load_languages().get(code)
    if words and language is not None:
        return f"{_readable(words)} ({language.name})"
    readable = name.replace("_", " ").strip()
    return readable[:1].upper() + readable[1:] or name


# --- files ---


def _read_folder(folder: Path) -> Mapping[str, Language]:
    shared = _common(folder)
    return {file.stem: _read(shared, file.stem, file) for file in _language_files(folder)}


@functools.lru_cache(maxsize=2)
def _read_once(folder: Path, own: Path, _: tuple[tuple[str, int], ...]) -> Mapping[str, Language]:
    """Both folders' languages. The last argument says which state of the person's own folder this is."""
    return dict(sorted({**_read_folder(folder), **_read_folder(own)}.items()))


def _language_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.json") if file.stem != COMMON)


def _common(folder: Path) -> Mapping[str, Any]:
    """What all languages of a folder have: by its own file, or else by the shipped one."""
    for place in (folder, shipped.languages_folder()):
        if (file := place / f"{COMMON}.json").exists():
            return _read_object(file)
    return {}


def _read(shared: Mapping[str, Any], code: str, file: Path | None) -> Language:
    """The language in a file, with what the shared values add; without a file, these alone. Raises: ValueError."""
    own = {"name": "", "alphabet": ""} if file is None else _read_object(file)
    known = {one.name for one in fields(Language)} - {"code"}
    where = f"language file '{file}'"
    for name in own:
        if name not in known:
            raise ValueError(f"{where} has an unknown field '{name}': known are {', '.join(sorted(known))}{did_you_mean(name, known)}")
    values = {**shared, **own, "alternates": {**shared.get("alternates", {}), **_mapping(where, "alternates", own.get("alternates", {}))}}
    if file is not None:
        _check_identity(where, values)
    return Language(
        code=code,
        name=values["name"],
        alphabet=values["alphabet"],
        grids=_mapping(where, "grids", values.get("grids", {})),
        bundle=_bundle(where, values.get("bundle"), file),
        lexicon=_path(where, "lexicon", values.get("lexicon"), file),
        context=_path(where, "context", values.get("context"), file),
        alternates=_alternates(where, values["alternates"]),
        symbols=_symbols(where, values.get("symbols", [])),
        abbreviations=frozenset(_texts(where, "abbreviations", values.get("abbreviations", []))),
        texts=_mapping(where, "texts", values.get("texts", {})),
        prompts=_texts(where, "prompts", values.get("prompts", [])),
        one_letter_words=frozenset(_texts(where, "one_letter_words", values.get("one_letter_words", []))),
        fragments=frozenset(_texts(where, "fragments", values.get("fragments", []))),
        written_forms=tuple(tuple(forms.split()) for forms in _texts(where, "written_forms", values.get("written_forms", []))),
    )


def _read_object(file: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"language file '{file}' is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"language file '{file}' must hold an object with name, alphabet and grids, got {_shown(value)}")
    return value


def _check_identity(where: str, values: Mapping[str, Any]) -> None:
    """Raises: ValueError unless the language has a name, an alphabet and a grid."""
    for name in ("name", "alphabet", "grids"):
        if not values.get(name):
            raise ValueError(f"{where} has no '{name}': every language needs a name, an alphabet and at least one grid")
    for name in ("name", "alphabet"):
        if not isinstance(values[name], str):
            raise ValueError(f"{where}: {name} must be a text, got {_shown(values[name])}")
    alphabet: str = values["alphabet"]
    wrong = sorted({letter for letter in alphabet if not letter.isalpha() or letter != letter.lower() or alphabet.count(letter) > 1})
    if wrong:
        raise ValueError(f"{where}: alphabet must hold small letters, each once, got {', '.join(map(repr, wrong))}")


def _mapping(where: str, name: str, value: object) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) and text for text in value.values()):
        raise ValueError(f"{where}: {name} must be an object of texts, got {_shown(value)}")
    return value


def _texts(where: str, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise ValueError(f"{where}: {name} must be a list of texts, got {_shown(value)}")
    return tuple(value)


def _alternates(where: str, value: Mapping[str, str]) -> Mapping[str, str]:
    for label, offered in value.items():
        if label in offered or len(set(offered)) < len(offered):
            raise ValueError(f"{where}: the alternates of '{label}' must be other characters, each once, got '{offered}'")
    return value


def _symbols(where: str, value: object) -> tuple[SymbolPage, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where}: symbols must be a list of pages, got {_shown(value)}")
    pages: list[SymbolPage] = []
    for page in value:
        upper, middle, lower, beside_space = rows = _rows(where, page)
        if len(beside_space) != 2 or not all(rows):
            raise ValueError(f"{where}: a page of symbols needs three rows and the two signs beside the space bar, got {_shown(page)}")
        pages.append((upper, middle, lower, beside_space))
    return tuple(pages)


def _rows(where: str, page: object) -> Sequence[str]:
    if not isinstance(page, list) or len(page) != ROWS_OF_A_PAGE or not all(isinstance(row, str) for row in page):
        raise ValueError(f"{where}: a page of symbols is a list of {ROWS_OF_A_PAGE} texts, got {_shown(page)}")
    return page


def _bundle(where: str, value: object, file: Path | None) -> Path | None:
    """A name without a / is one of Keyglide's own."""
    if file is not None and isinstance(value, str) and value and "/" not in value:
        return shipped.bundles_folder() / value
    return _path(where, "bundle", value, file)


def _path(where: str, name: str, value: object, file: Path | None) -> Path | None:
    """A path counts from the language file's folder."""
    if value is None or file is None:
        return None
    if not isinstance(value, str) or not value:
        raise ValueError(f"{where}: {name} must be a path, or be left out where there is none, got {_shown(value)}")
    return (file.parent / value).resolve()


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
