"""Languages: the shipped ones, one that is made up in a file, and the text of every complaint."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from engine import shipped
from engine.grid import Grid, GridCollection
from engine.language import Language, default_language, language_of, load_languages, no_language, pick_language, titles_of
from engine.lexicon import Lexicon, key_sequence
from engine.manifest import ModelBundleError
from engine.recognizer import SwipeRecognizer, open_lexicon
from tests.conftest import CYRILLIC, LATIN

ELVISH = {
    "name": "Sindarin",
    "alphabet": "aeilmnorstuû",
    "grids": {"tengwar": "Sindarin"},
    "alternates": {"u": "û", ".": "·"},
    "abbreviations": ["mell"],
    "prompts": ["mellon", "sîlal"],
    "texts": {"letters": "AEI"},
}


def write(folder: Path, code: str, /, **changes: object) -> Path:
    """The made-up language with these changes; None leaves a field out."""
    fields = {name: value for name, value in {**ELVISH, **changes}.items() if value is not None}
    (folder / f"{code}.json").write_text(json.dumps(fields), encoding="utf-8")
    return folder


def renamed(grid: Grid, name: str, labels: str) -> Grid:
    """The grid's first letter keys with other letters on them."""
    keys = (replace(key, label=label) for key, label in zip(grid.letter_keys, labels, strict=False))
    return Grid(name, grid.width, grid.height, tuple(keys))


class TestShipped:
    def test_names_and_alphabets(self) -> None:
        languages = load_languages()
        assert [(one.code, one.name, one.alphabet) for one in languages.values()] == [
            ("de", "Deutsch", LATIN + "äöüß"),
            ("en", "English", LATIN),
            ("es", "Español", LATIN.replace("o", "ño")),
            ("fr", "Français", LATIN),
            ("ru", "Русский", CYRILLIC),
        ]

    def test_the_defaults_agree(self) -> None:
        assert default_language().code == shipped.DEFAULT_LANGUAGE
        assert default_language().default_grid == shipped.DEFAULT_GRID

    @pytest.mark.parametrize("code", load_languages())
    def test_its_grids_are_shipped_and_have_its_letters(self, grids: GridCollection, code: str) -> None:
        language = load_languages()[code]
        for name in language.grids:
            assert grids[name].centres(language.alphabet).shape == (len(language.alphabet), 2)
            assert language_of(grids[name]) is language

    @pytest.mark.parametrize("code", load_languages())
    def test_its_prompts_and_forms_have_its_letters(self, code: str) -> None:
        language = load_languages()[code]
        words = [word.strip(".,!?¡¿") for prompt in language.prompts for word in prompt.split()]
        assert [word for word in words if word and not key_sequence(word, language.alphabet)] == []
        for forms in language.written_forms:
            assert len({key_sequence(form, language.alphabet) for form in forms}) == 1

    def test_english_has_a_model_and_a_lexicon(self) -> None:
        english = default_language()
        assert english.require_lexicon().is_file()
        assert (english.require_bundle() / "manifest.json").is_file()
        assert open_lexicon().origin == english.lexicon

    def test_what_all_languages_have(self) -> None:
        english, common = default_language(), no_language()
        assert not common
        assert common.symbols == english.symbols
        assert common.alternates.items() <= english.alternates.items()
        assert "a" not in common.alternates


class TestLanguageOfAGrid:
    def test_the_one_that_shares_most_letters(self, qwerty: Grid, grids: GridCollection) -> None:
        assert language_of(grids["extra"]).code == "ru"
        assert language_of(replace(qwerty, name="mine")).code == "en"
        assert language_of(renamed(qwerty, "yandex_ru", LATIN)).code == "en"  # a name alone says nothing

    def test_a_few_letters_more_or_less_are_still_the_language(self, qwerty: Grid) -> None:
        assert language_of(renamed(qwerty, "mine", LATIN[:20] + "ŵŷâô")).code == "en"

    def test_none_for_another_script(self, qwerty: Grid) -> None:
        greek = renamed(qwerty, "greek", "αβγδε")
        assert not language_of(greek)
        assert language_of(greek).space_label(greek) == "Greek"
        assert language_of(greek).letters_label(greek) == "ΑΒΓ"

    def test_among_equals_the_one_that_names_the_grid(self, tmp_path: Path, qwerty: Grid) -> None:
        write(tmp_path, "aa", alphabet=LATIN, grids={"other": "Aa"})
        languages = load_languages(write(tmp_path, "bb", alphabet=LATIN, grids={"qwerty_en": "Bb"}))
        assert language_of(qwerty, languages).code == "bb"
        assert language_of(qwerty, {"en": default_language(), **languages}).code in ("bb", "en")
        assert language_of(replace(qwerty, name="mine"), {**languages, "en": default_language()}).code == "en"

    def test_the_space_bar_and_the_key_back_to_letters(self, grids: GridCollection, qwerty: Grid) -> None:
        some = [grids[name] for name in ("qwerty_en", "dvorak_en", "jcuken_ru", "yandex_ru_extra")]
        labels = [(language_of(grid).space_label(grid), language_of(grid).letters_label(grid)) for grid in some]
        assert labels == [("English", "ABC"), ("English (Dvorak)", "ABC"), ("Русский", "АБВ"), ("Русский (ё, ъ)", "АБВ")]
        assert language_of(qwerty).space_label(replace(qwerty, name="mine")) == "Mine"

    @pytest.mark.parametrize(
        ("name", "title", "called"),
        [
            ("mine", "Neo 2", "Neo 2"),
            ("neo_en", "", "Neo (English)"),
            ("my_own_neo_ru", "", "My own neo (Русский)"),
            ("my_neo", "", "My neo"),
            ("en", "", "En"),
            ("_", "", "_"),
            ("qwerty_en", "Mine", "English"),
        ],
    )
    def test_a_grid_of_no_language_file_is_called_by_its_title_or_its_name(self, qwerty: Grid, name: str, title: str, called: str) -> None:
        grid = replace(qwerty, name=name, title=title)
        assert language_of(grid).space_label(grid) == called

    def test_grids_that_are_called_the_same_are_told_apart(self, grids: GridCollection, qwerty: Grid) -> None:
        titles = titles_of({"qwerty_en": qwerty, **{name: replace(qwerty, name=name, title="Neo") for name in ("a", "b")}})
        assert titles == {"qwerty_en": "English", "a": "Neo (a)", "b": "Neo (b)"}
        assert not [title for title in titles_of(dict(grids)).values() if "_" in title]

    def test_letters_by_aliases_say_nothing_against_a_language(self, tmp_path: Path, grids: GridCollection) -> None:
        assert language_of(grids["azerty_fr"], {"en": default_language()}).code == "en"
        french = load_languages(write(tmp_path, "fr", alphabet=LATIN + "éè", grids={"azerty_fr": "Français"}))
        assert language_of(grids["azerty_fr"], {"en": default_language(), **french}).code == "fr"
        assert language_of(grids["qwerty_en"], {"en": default_language(), **french}).code == "en"


class TestAMadeUpLanguage:
    """All that adds a language is its file."""

    @pytest.fixture
    def elvish(self, tmp_path: Path) -> Language:
        return load_languages(write(tmp_path, "sjn"))["sjn"]

    def test_has_what_its_file_says_and_what_all_have(self, elvish: Language) -> None:
        assert (elvish.code, elvish.name, elvish.default_grid) == ("sjn", "Sindarin", "tengwar")
        assert elvish.prompts == ("mellon", "sîlal")
        assert elvish.abbreviations == {"mell"}
        assert elvish.symbols == no_language().symbols
        assert {**no_language().alternates, "u": "û", ".": "·"} == elvish.alternates

    def test_a_grid_with_its_letters_is_its_own(self, qwerty: Grid, elvish: Language, tmp_path: Path) -> None:
        tengwar = renamed(qwerty, "tengwar", ELVISH["alphabet"])  # type: ignore[arg-type]
        assert language_of(tengwar, load_languages(tmp_path)) == elvish

    def test_without_a_model_it_says_so(self, elvish: Language) -> None:
        message = r"Keyglide has no model bundle for Sindarin \(sjn\) yet: use a model bundle and a lexicon of your own"
        with pytest.raises(ValueError, match=message):
            elvish.require_bundle()
        with pytest.raises(ValueError, match="no lexicon for Sindarin"):
            elvish.require_lexicon()

    def test_paths_count_from_its_file(self, tmp_path: Path) -> None:
        one = load_languages(write(tmp_path, "sjn", bundle="models/sjn", lexicon="../sjn.lexicon"))["sjn"]
        assert (one.bundle, one.lexicon) == (tmp_path / "models" / "sjn", tmp_path.parent / "sjn.lexicon")

    def test_a_recognizer_of_it(
        self, tmp_path: Path, toy_bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch, qwerty: Grid
    ) -> None:
        shutil.copy(shipped.languages_folder() / "en.json", tmp_path)
        write(tmp_path, "toy", alphabet=LATIN, grids={"qwerty_en": "Toy"}, bundle=str(toy_bundle), lexicon=str(toy_lexicon))
        monkeypatch.setattr(shipped, "languages_folder", lambda: tmp_path)
        recognizer = SwipeRecognizer.load(language="toy")
        assert recognizer.lexicon.origin == toy_lexicon
        assert recognizer.grid.name == "qwerty_en"


class TestLoadingByLanguage:
    def test_a_grid_brings_its_language(self) -> None:
        recognizer = SwipeRecognizer.load(grid="default")
        assert recognizer.lexicon.origin == load_languages()["ru"].lexicon
        assert recognizer.grid.name == "yandex_ru"

    @pytest.mark.parametrize(
        ("code", "sequence", "form"),
        [("de", "straße", "Straße"), ("fr", "cest", "c'est"), ("es", "mañana", "mañana"), ("ru", "объект", "объект")],
    )
    def test_shipped_lexicons_write_as_people_do(self, code: str, sequence: str, form: str) -> None:
        lexicon = Lexicon.open(load_languages()[code].require_lexicon())
        assert lexicon.alphabet == load_languages()[code].alphabet
        assert lexicon.forms(sequence)[0] == form

    def test_an_unknown_language_names_the_nearest(self) -> None:
        with pytest.raises(ValueError, match=r"^unknown language 'eng': known are 'de', 'en', 'es', 'fr', 'ru'; did you mean 'en'\?$"):
            SwipeRecognizer.load(language="eng")
        with pytest.raises(ValueError, match=r"^unknown language 'klingon': known are 'de', 'en', 'es', 'fr', 'ru'$"):
            pick_language(load_languages(), "klingon")

    def test_a_bundle_that_its_file_names_and_that_is_gone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, "en", alphabet=LATIN, grids={"qwerty_en": "English"}, bundle="gone", lexicon="gone.lexicon")
        monkeypatch.setattr(shipped, "languages_folder", lambda: tmp_path)
        with pytest.raises(ModelBundleError, match="gone"):
            SwipeRecognizer.load()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, "has no 'name': every language needs a name, an alphabet and at least one grid"),
        ({"alphabet": ""}, "has no 'alphabet'"),
        ({"grids": {}}, "has no 'grids'"),
        ({"promts": []}, r"has an unknown field 'promts': known are abbreviations, .*; did you mean 'prompts'\?"),
        ({"code": "x"}, "has an unknown field 'code'"),
        ({"name": 7}, "name must be a text, got 7"),
        ({"alphabet": "abB1a"}, "alphabet must hold small letters, each once, got '1', 'B', 'a'"),
        ({"alphabet": ["a"]}, r'alphabet must be a text, got \["a"\]'),
        ({"grids": ["tengwar"]}, r'grids must be an object of texts, got \["tengwar"\]'),
        ({"prompts": "mellon"}, 'prompts must be a list of texts, got "mellon"'),
        ({"prompts": ["mellon", " "]}, "prompts must be a list of texts"),
        ({"alternates": {"a": "aâ"}}, "the alternates of 'a' must be other characters, each once, got 'aâ'"),
        ({"alternates": {"a": ["â"]}}, "alternates must be an object of texts"),
        ({"symbols": ["1234"]}, 'a page of symbols is a list of 4 texts, got "1234"'),
        ({"symbols": [["1", "2", "3", ",.;"]]}, "a page of symbols needs three rows and the two signs beside the space bar"),
        ({"symbols": "1"}, 'symbols must be a list of pages, got "1"'),
        ({"lexicon": 3}, "lexicon must be a path, or be left out where there is none, got 3"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path: Path, changes: dict[str, object], expected: str) -> None:
    with pytest.raises(ValueError, match=f"^language file '{tmp_path}/sjn.json':? {expected}"):
        load_languages(write(tmp_path, "sjn", **changes))


@pytest.mark.parametrize(("content", "expected"), [(b"{", "is not JSON"), (b"\xff", "is not JSON"), (b"[]", "must hold an object")])
def test_a_broken_file(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "sjn.json").write_bytes(content)
    with pytest.raises(ValueError, match=expected):
        load_languages(tmp_path)
