"""The writer with a lexicon: whether tapped letters go on with a word, and the case of tapped words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from engine import open_lexicon
from engine.lexicon import Entry, Lexicon, build_lexicon
from keyboard_app.text.vocabulary import LexiconVocabulary
from keyboard_app.text.writer import WritingOptions
from tests.support.writing import PLAIN, Person

FREQUENCIES: dict[tuple[str, ...], float] = {
    ("the",): 5e-2,
    ("to",): 2.5e-2,
    ("in",): 2e-2,
    ("I",): 1.4e-2,
    ("a",): 2e-2,
    ("on",): 5e-3,
    ("so",): 3e-3,
    ("me",): 5e-3,
    ("not",): 5e-3,
    ("them",): 1e-3,
    ("man",): 4e-4,
    ("go",): 1e-3,
    ("see",): 8e-4,
    ("can",): 2e-3,
    ("good",): 8e-4,
    ("into",): 5e-4,
    ("what",): 2e-3,
    ("will",): 2e-3,
    ("do",): 3e-3,
    ("I'm",): 1.5e-3,
    ("am",): 5e-4,
    ("some",): 1e-3,
    ("something",): 5e-4,
    ("thing",): 4e-4,
    ("given",): 2e-4,
    ("en",): 3e-5,
    ("clean",): 9e-5,
    ("cleaner",): 8e-6,
    ("er",): 2e-5,
    ("dog", "Dog"): 1e-4,
    ("dogs", "dog's"): 6e-5,
    ("bye",): 2e-5,
    ("goodbye",): 2e-5,
    ("us", "US"): 1e-3,
    ("London",): 2e-4,
    ("don't",): 1.5e-3,
    ("hello",): 1e-4,
    ("writing",): 1e-4,
}


@pytest.fixture(scope="module")
def vocabulary() -> LexiconVocabulary:
    entries = [Entry(forms[0].lower().replace("'", ""), frequency, forms) for forms, frequency in FREQUENCIES.items()]
    lexicon = Lexicon.from_bytes(build_lexicon(entries, "abcdefghijklmnopqrstuvwxyz", "the test"))
    return LexiconVocabulary(SimpleNamespace(lexicon=lexicon))


def written(vocabulary: LexiconVocabulary, script: str, options: WritingOptions | None = None) -> str:
    person = Person(options)
    person.writer.vocabulary = vocabulary
    return person.follow(script).shown


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("~dog s", "Dogs|"),
        ("~dog s ~so", "Dogs so|"),
        ("~dog s o", "Dog so|"),
        ("~dog s o <backspace>", "Dog s|"),
        ("~dog s .", "Dogs.|"),
        ("~clean er", "Cleaner|"),
        ("~good bye", "Goodbye|"),
        ("~the m", "Them|"),
        ("~the ma", "The ma|"),
        ("~the man ~so", "The man so|"),
        ("~see me", "See me|"),
        ("~go to", "Go to|"),
        ("~can not", "Can not|"),
        ("~dog zz", "Dog zz|"),
        ("~dog , s", "Dog, s|"),
        ("~the ~dog ' s ~clean", "The dog's clean|"),
        ("~what ~will i ~do", "What will I do|"),
        ("~don ' t", "Don't|"),
    ],
)
def test_letters_tapped_after_a_swiped_word_go_on_with_it_or_start_the_next(
    vocabulary: LexiconVocabulary, script: str, expected: str
) -> None:
    assert written(vocabulary, script) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("giv ~en", "Given|"),
        ("~the giv ~en/in <choose 0>", "The giv en|"),
        ("giv ~en <backspace>", "Giv|"),
        ("giv ~en <undo>", "Giv|"),
        ("hello ~the", "Hello the|"),
        ("not ~in", "Not in|"),
        ("some ~thing", "Some thing|"),
        ("xav ~in", "Xav in|"),
        ("~so ~thing", "So thing|"),
    ],
)
def test_a_word_begun_by_taps_is_finished_by_a_swipe(vocabulary: LexiconVocabulary, script: str, expected: str) -> None:
    assert written(vocabulary, script) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("hello <space> i <space> am <space> writing", "Hello I am writing|"),
        ("hello <space> i'm <space>", "Hello I'm |"),
        ("~so i , ~do", "So I, do|"),
        ("so <space> i <enter>", "So I\n|"),
        ("~in london .", "In London.|"),
        ("~see us <space>", "See us |"),
        ("~see im <space>", "See im |"),
        ("~see <space> i <space> <undo>", "See i|"),
        ("~see <space> i <space> <undo> <space> am", "See i am|"),
        ("~see <space> x-i <space>", "See x-i |"),
        ("~see <space> i@i <space>", "See i@i |"),
        ("~see <space> i <at 0> <at 5> <space>", "See i |"),
    ],
)
def test_tapped_words_get_the_capital_that_they_always_have(vocabulary: LexiconVocabulary, script: str, expected: str) -> None:
    assert written(vocabulary, script) == expected


def test_tapped_words_keep_their_case_where_capitals_are_left_to_the_person(vocabulary: LexiconVocabulary) -> None:
    assert written(vocabulary, "so <space> i <space>", PLAIN) == "so i |"


def test_a_tapped_word_is_undone_as_a_whole(vocabulary: LexiconVocabulary) -> None:
    assert written(vocabulary, "hello <undo>") == "|"
    assert written(vocabulary, "~dog so <undo>") == "Dog|"
    assert written(vocabulary, "~the man <undo> <redo>") == "The man|"


@pytest.mark.parametrize(
    ("want", "steps"),
    [
        ("What will I do", ["~what", "~will", "i", "~do"]),
        ("Say 'hello' there", ["~say", "'", "~hello", "'", "~there"]),
        ("Fish & chips", ["~fish", "&", "chips"]),
        ("john@example.com", ["john@", "~example", ".", "~com"]),
        ("Hello. World", ["~hello", " ", ".", "~world"]),
        ("Dogs", ["~dog", "s"]),
        ("Given", ["giv", "~en"]),
        ("The new", ["~the", "new"]),
    ],
)
def test_the_cases_of_the_daily_typist_with_our_own_lexicon(want: str, steps: list[str]) -> None:
    person = Person()
    person.writer.vocabulary = LexiconVocabulary(SimpleNamespace(lexicon=open_lexicon()))
    for step in steps:
        if step.startswith("~"):
            person.writer.commit([step[1:]])
        else:
            for label in step:
                person.writer.tap(label)
    assert person.writer.text == want
