"""What counts as a misspelling of a known word, and what stands on its own."""

from __future__ import annotations

import pytest

from training.lexicon.misspellings import MisspellingFinder, undoubled

KNOWN = {
    "dilemma": 3e-6,
    "embarrass": 1e-6,
    "bizarre": 6e-6,
    "tattoo": 1e-5,
    "here": 1e-3,
    "lot": 5e-4,
    "friends": 2e-4,
    "definitely": 5e-5,
    "government": 3e-4,
    "development": 2e-4,
    "would": 2e-3,
    "home": 5e-4,
    "проблемма": 1e-9,
    "программа": 1e-4,
    "сейчас": 1e-3,
    "μπορούσε": 1e-4,
}


@pytest.fixture(scope="module")
def finder() -> MisspellingFinder:
    return MisspellingFinder(KNOWN)


@pytest.mark.parametrize(
    ("word", "frequency"),
    [
        ("dilema", 2e-7),
        ("dillemma", 1e-8),
        ("embarass", 2e-7),
        ("bizzare", 5e-7),
        ("tato", 3e-7),
        ("freinds", 5e-7),
        ("definately", 1e-6),
        ("goverment", 1e-6),
        ("developement", 1e-7),
        ("програма", 1e-6),
    ],
)
def test_misspellings(finder: MisspellingFinder, word: str, frequency: float) -> None:
    assert finder.is_misspelling(word, frequency)


@pytest.mark.parametrize(
    ("word", "frequency"),
    [
        ("dilema", 2e-6),  # nearly as common as what it might be a slip of
        ("hehe", 1e-7),  # short words have many neighbours
        ("lol", 1e-8),
        ("woulda", 1e-7),
        ("homie", 1e-7),
        ("xylograph", 1e-9),
    ],
)
def test_what_stands_on_its_own(finder: MisspellingFinder, word: str, frequency: float) -> None:
    assert not finder.is_misspelling(word, frequency)


def test_undoubled() -> None:
    assert [undoubled(word) for word in ("tattoo", "bookkeeper", "a", "")] == ["tato", "bokeper", "a", ""]
