"""The strata: which words are confusable by a neighbouring key."""

from __future__ import annotations

import math

import pytest

from engine.grid import Grid
from engine.lexicon import Entry, Lexicon, build_lexicon
from tests.conftest import CYRILLIC, LATIN
from tests.support import toy
from training.evaluation.strata import confusable_words, neighbours


def lexicon_of(**frequencies: float) -> Lexicon:
    return Lexicon.from_bytes(build_lexicon([Entry(word, number, (word,)) for word, number in frequencies.items()], LATIN, "test"))


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ("s", "adewz"),  # not x: its corner is all that it touches
        ("g", "fhtvy"),
        ("q", "aw"),
        ("p", "lo"),
        ("m", "kn"),  # backspace is no letter
    ],
)
def test_neighbours_share_part_of_an_edge(qwerty: Grid, letter: str, expected: str) -> None:
    assert neighbours(qwerty, LATIN)[letter] == expected


@pytest.mark.parametrize(("name", "alphabet"), [("qwerty_en", LATIN), ("yandex_ru", CYRILLIC), ("yandex_ru_extra", CYRILLIC)])
def test_neighbours_are_so_of_each_other(grids: dict[str, Grid], name: str, alphabet: str) -> None:
    aliases = {letter for letter in alphabet if letter in grids[name].aliases}
    near = neighbours(grids[name], alphabet)
    assert all(letter in near[other] and other != letter for letter in alphabet for other in near[letter])
    assert {len(near[letter]) for letter in set(alphabet) - aliases} <= {2, 3, 4, 5, 6, 7, 8}


def test_an_alias_is_a_neighbour_of_its_own_key(grids: dict[str, Grid]) -> None:
    near = neighbours(grids["yandex_ru"], CYRILLIC)
    assert set(near["ё"]) == set(near["е"]) - {"ё"} | {"е"}


def test_a_rival_has_at_least_a_tenth_of_the_frequency(qwerty: Grid) -> None:
    lexicon = lexicon_of(can=100, van=15, nap=100, map=5)
    assert confusable_words({"can", "van", "nap", "map"}, lexicon, qwerty) == {"can", "van", "map"}


def test_a_rival_differs_in_one_letter_by_a_neighbouring_key(qwerty: Grid) -> None:
    lexicon = lexicon_of(hello=10, jelly=10, hellos=10, jells=10, tea=10, pea=10)
    words = {
        "hello",  # jelly differs twice, hellos is longer
        "tea",  # pea: p is far from t
        "hells",  # not in the lexicon, but jells is
        "q",
        "",
    }
    assert confusable_words(words, lexicon, qwerty) == {"hells"}


def test_the_toy_lexicon_by_the_definition(qwerty: Grid) -> None:
    """All pairs of its words."""
    lexicon, near = lexicon_of(**{entry.key_sequence: entry.frequency for entry in toy.ENTRIES}), neighbours(qwerty, LATIN)
    log_priors = dict(lexicon.key_sequences())

    def rivals(word: str, other: str) -> bool:
        differing = [(one, two) for one, two in zip(word, other, strict=False) if one != two]
        by_neighbour = len(word) == len(other) and len(differing) == 1 and differing[0][1] in near[differing[0][0]]
        return by_neighbour and log_priors[other] >= log_priors[word] + math.log(0.1)

    expected = {word for word in log_priors if any(rivals(word, other) for other in log_priors)}
    assert confusable_words(set(log_priors), lexicon, qwerty) == expected == {"cat", "car", "vat"}
