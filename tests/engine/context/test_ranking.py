from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.link import link
from engine.context.model import ContextModel
from engine.context.ranking import ContextOptions, Ranking, trust_in
from engine.language import default_language
from engine.lexicon import Entry, Lexicon, OverlayWord, build_lexicon
from tests.engine.context import naive
from tests.support import toy_context

LEXICON, MODEL = toy_context.lexicon(), toy_context.model()
SEQUENCES = list(toy_context.LEXICON_WORDS)
NODES = np.array([LEXICON.find(sequence) for sequence in SEQUENCES])
options = st.builds(
    ContextOptions,
    weight=st.floats(0, 2),
    lexicon_share=st.floats(0, 1),
    unknown=st.floats(-1, 2),
    trust_first=st.floats(-2, 2),
    trust=st.floats(-2, 2),
    trust_gain=st.floats(0, 2),
    likely=st.floats(0, 1),
    memory=st.floats(0, 1),
)


def test_each_word_of_the_lexicon_has_the_rows_that_are_swiped_so() -> None:
    linked, n_rows = link(MODEL, LEXICON), MODEL.header.sizes.n_rows
    for sequence, node in zip(SEQUENCES, NODES.tolist(), strict=True):
        place = int(linked.row[node])
        rows = [place] if place < n_rows else linked.several[linked.start[place - n_rows] : linked.start[place - n_rows + 1]].tolist()
        assert rows == naive.rows_of(MODEL, LEXICON, sequence)


def test_several_ways_of_writing_one_key_sequence_count_together() -> None:
    assert [MODEL.word(row) for row in naive.rows_of(MODEL, LEXICON, "its")] == ["it's", "its"]
    assert [MODEL.word(row) for row in naive.rows_of(MODEL, LEXICON, "may")] == ["May", "may"]


@pytest.mark.parametrize(("sequence", "number"), [("london", 3), ("paris", 4), ("walking", 2), ("meets", 1)])
def test_an_unknown_word_has_the_row_of_its_class(sequence: str, number: int) -> None:
    assert link(MODEL, LEXICON).row[LEXICON.find(sequence)] == MODEL.first_class + number


def test_a_lexicon_of_another_alphabet_is_refused() -> None:
    other = Lexicon.from_bytes(build_lexicon([Entry("да", 1.0, ("да",))], "абвгд", "test"))
    with pytest.raises(ValueError, match="alphabet"):
        link(MODEL, other)


@given(st.lists(st.sampled_from([*toy_context.WORDS, "zebra", "Paris"]), max_size=5), options)
def test_what_the_words_before_add_equals_its_twin(words: list[str], chosen: ContextOptions) -> None:
    said = Ranking(MODEL, LEXICON, chosen).words_before(" ".join(words) + " ", LEXICON).added(NODES)
    rows = [MODEL.row_of(word, is_first=place == 0) for place, word in enumerate(words)]
    expected = [naive.added(MODEL, LEXICON, rows, sequence, chosen) for sequence in SEQUENCES]
    np.testing.assert_allclose(said, expected, rtol=1e-3, atol=2e-3)


def test_without_weight_the_words_before_add_nothing() -> None:
    said = Ranking(MODEL, LEXICON, ContextOptions(weight=0.0)).words_before("we could ", LEXICON)
    assert not said.added(NODES).any()


def test_no_word_loses_more_than_the_distrust_in_the_context() -> None:
    """Mixed with the lexicon, a context that says "never" takes away a bounded number of nats: the floor of the prototype."""
    said = Ranking(MODEL, LEXICON, ContextOptions()).words_before("we could ", LEXICON)
    odds = trust_in(said.context, said.options)
    assert (said.added(NODES) >= -said.options.weight * math.log1p(math.exp(odds)) - 1e-9).all()


def test_words_that_foretell_each_other_are_trusted_more() -> None:
    context = MODEL.context("we could meet ")
    likely, unlikely = (replace(context, gains=(gain,) * 3, log_probs=(-7.0,) * 3) for gain in (2.0, -2.0))
    assert trust_in(likely, ContextOptions()) > ContextOptions().trust > trust_in(unlikely, ContextOptions())


@pytest.mark.parametrize(
    "values", [{"weight": -1.0}, {"memory": 1.5}, {"lexicon_share": -0.1}, {"trust": float("nan")}, {"trust_gain": math.inf}]
)
def test_options_out_of_range_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        ContextOptions(**values)


def test_words_laid_over_the_lexicon_count_as_if_it_had_been_built_with_them() -> None:
    """A word of its own, one that has another prior, one that is blocked, and those on the way to them."""
    ranking = Ranking(MODEL, LEXICON)
    ranking.words_before("we ", LEXICON)
    laid = LEXICON
    for word in (
        OverlayWord("meeting", -5.0),
        OverlayWord("nine", -6.0),
        OverlayWord("its", -3.0),
        OverlayWord("paris", None),
        OverlayWord("berlin", -9.0, ("Berlin",)),
    ):
        laid = laid.overlaid([word])
        ranking.words_before("we ", laid)
    sequences = [sequence for sequence, _ in laid.key_sequences()]
    nodes = np.array([laid.find(sequence) for sequence in sequences])
    said = ranking.words_before("we could ", laid).added(nodes)
    rows = [MODEL.row_of("we", is_first=True), MODEL.row_of("could")]
    expected = [naive.added(MODEL, laid, rows, sequence, ContextOptions()) for sequence in sequences]
    assert {"meeting", "nine", "berlin"} < set(sequences)
    np.testing.assert_allclose(said, expected, rtol=1e-3, atol=2e-3)


FORMS = {
    "its": ("its", "it's", "ITS"),
    "london": ("london", "London"),
    "may": ("MAY", "may"),
    "paris": ("Paris",),
    "meeting": ("Meeting", "meeting"),
}
"""forms that the model knows, and others"""


@given(st.lists(st.sampled_from([*toy_context.WORDS, "zebra", "Paris"]), max_size=4), st.sampled_from(list(FORMS)))
def test_forms_come_by_what_the_context_makes_likely(words: list[str], sequence: str) -> None:
    lexicon = LEXICON.overlaid([OverlayWord(sequence, -5.0, FORMS[sequence])])
    said = Ranking(MODEL, lexicon).words_before(" ".join(words) + " ", lexicon)
    rows = [MODEL.row_of(word, is_first=place == 0) for place, word in enumerate(words)]
    scores = {form: naive.form_score(MODEL, lexicon, rows, sequence, place) for place, form in enumerate(FORMS[sequence])}
    node = lexicon.find(sequence)
    assert said.ordered(FORMS[sequence], node or 0, sequence) == tuple(sorted(scores, key=lambda form: -scores[form]))


def test_english_capitals_and_apostrophes_come_from_the_words_before() -> None:
    english = default_language()
    lexicon = Lexicon.open(english.require_lexicon())
    ranking = Ranking(ContextModel.open(str(english.context)), lexicon)

    def first(before: str, sequence: str) -> str:
        node = lexicon.find(sequence) or 0
        return ranking.words_before(before, lexicon).ordered(lexicon.forms(sequence), node, sequence)[0]

    written = [first("the dog wagged ", "its"), first("she thinks ", "its"), first("he lives in ", "turkey"), first("we ate a ", "turkey")]
    assert written == ["its", "it's", "Turkey", "turkey"]
