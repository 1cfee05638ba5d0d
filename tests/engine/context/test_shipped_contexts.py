"""The context models that come with Keyglide."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.context.model import ContextModel
from engine.context.ranking import Ranking
from engine.language import Language, load_languages
from engine.lexicon import Lexicon

MOST_BYTES = 3_000_000
LANGUAGES = [language for language in load_languages().values() if language.context is not None]


@pytest.fixture(scope="module", params=LANGUAGES, ids=lambda language: language.code)
def language(request: pytest.FixtureRequest) -> Language:
    language: Language = request.param
    return language


@pytest.fixture(scope="module")
def model(language: Language) -> ContextModel:
    return ContextModel.open(str(language.context))


def test_a_context_model_is_of_its_language_and_small(language: Language, model: ContextModel) -> None:
    assert model.header.language == language.code
    assert set(model.header.alphabet) == set(language.alphabet)
    assert model.header.source
    assert Path(str(language.context)).stat().st_size <= MOST_BYTES


def test_most_words_that_it_knows_are_in_the_lexicon(language: Language, model: ContextModel) -> None:
    if language.lexicon is None or not language.lexicon.exists():
        pytest.skip(f"the lexicon of {language.name} is not there")
    ranking = Ranking(model, Lexicon.open(language.lexicon))
    linked = set(ranking._link.row.tolist()) | set(ranking._link.several.tolist())
    known = range(model.first_word, model.header.sizes.n_rows)
    assert sum(row in linked for row in known) > 0.9 * len(known)


def test_it_offers_words_at_the_beginning_and_after_each_of_them(model: ContextModel) -> None:
    first = model.next_words("", 20)
    assert len({one.word for one in first}) == 20
    following = {one.word: tuple(after.word for after in model.next_words(one.word + " ", 3)) for one in first}
    assert len(set(following.values())) > 10
