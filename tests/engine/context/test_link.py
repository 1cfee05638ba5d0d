from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context import kernels
from engine.context.link import _endings, letters_of
from engine.context.model import ContextModel
from engine.context.ranking import Ranking
from engine.context.word_classes import WordClasses
from engine.lexicon import Entry, Lexicon, build_lexicon, key_sequence
from tests.support import toy_context

WRITTEN = ("its", "it's", "I'm", "café", "œuvre", "Straße", "cafe\u0301", "Île", "well-known", "e.g", "İzmir", "жук", "naïve", "l'été")


def spelt(model: ContextModel, alphabet: str) -> list[str]:
    """What `letters_of` says, as text."""
    return ["".join(alphabet[token - 1] for token in word if token) for word in letters_of(model, alphabet).tolist()]


@pytest.mark.parametrize("alphabet", [toy_context.ALPHABET, toy_context.ALPHABET + "é", "жзийклмуx", "zyxwvutsrqponmlkjihgfedcbaß"])
def test_the_letters_of_all_words_are_their_key_sequences(alphabet: str) -> None:
    model = ContextModel.from_bytes(toy_context.content(WRITTEN))
    assert spelt(model, alphabet) == [key_sequence(word, alphabet) or "" for word in WRITTEN]


@given(st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=5))
def test_so_are_those_of_any_text(words: list[str]) -> None:
    words = [word.encode(errors="replace").decode() for word in words]
    model = ContextModel.from_bytes(toy_context.content(words))
    assert spelt(model, toy_context.ALPHABET) == [key_sequence(word, toy_context.ALPHABET) or "" for word in words]


letters = st.text("abci", min_size=1, max_size=7)


@given(
    st.sets(letters, min_size=1, max_size=20), st.sets(st.text("abci", min_size=1, max_size=4), max_size=6), st.sets(letters, max_size=9)
)
def test_classes_and_nodes_are_found_as_one_by_one(words: set[str], endings: set[str], others: set[str]) -> None:
    """Classes of all words at once by both ways of finding them, compiled or not; nodes of words that the lexicon has or lacks."""
    lexicon = Lexicon.from_bytes(build_lexicon([Entry(word, 1.0, (word,)) for word in words], "abci", "test"))
    classes = WordClasses(tuple(sorted(endings)))
    expected = np.zeros(len(lexicon.trie.token), np.int64)
    for word in words:
        expected[lexicon.find(word)] = 7 + classes.of(word, has_capital=False)
    arguments = (lexicon.trie, *_endings(classes, "abci", 7), 7)
    assert kernels.class_rows(*arguments).tolist() == expected.tolist()
    assert kernels._class_rows_by_arrays(*arguments).tolist() == expected.tolist()
    sought = sorted(words | others)
    spelling = np.zeros((len(sought), 8), np.uint8)
    for row, word in enumerate(sought):
        spelling[row, : len(word)] = ["abci".index(letter) + 1 for letter in word]
    assert kernels.walk(lexicon.trie, spelling).tolist() == [lexicon.node_in_file(word) or 0 for word in sought]


def test_an_alphabet_in_another_order_is_the_same_alphabet() -> None:
    entries = [Entry(sequence, 1.0 / (1 + number), forms) for number, (sequence, forms) in enumerate(toy_context.LEXICON_WORDS.items())]
    added = []
    for alphabet in (toy_context.ALPHABET, toy_context.ALPHABET[::-1]):
        lexicon = Lexicon.from_bytes(build_lexicon(entries, alphabet, "test"))
        nodes = np.array([lexicon.find(sequence) for sequence in toy_context.LEXICON_WORDS])
        added.append(Ranking(toy_context.model(), lexicon).words_before("we could ", lexicon).added(nodes))
    np.testing.assert_allclose(added[0], added[1], rtol=1e-5, atol=1e-5)
