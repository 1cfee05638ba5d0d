from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context import model as model_module
from engine.context.context_file import MAGIC
from engine.context.model import ContextModel
from engine.context.words import STRIDE_WORDS, Sentence
from tests.engine.context import naive
from tests.support import toy_context

MODEL = toy_context.model()
ROWS = range(MODEL.first_class, MODEL.header.sizes.n_rows)
texts = st.lists(st.sampled_from([*toy_context.WORDS, "zebra", "Zagreb", "walking", "42"]), max_size=6).map(tuple)


def close(actual: npt.ArrayLike, expected: npt.ArrayLike) -> None:
    np.testing.assert_allclose(np.asarray(actual, np.float64), np.asarray(expected, np.float64), rtol=2e-4, atol=2e-4)


def rows_of(words: tuple[str, ...]) -> list[int]:
    return [MODEL.row_of("<number>" if word == "42" else word, is_first=place == 0) for place, word in enumerate(words)]


@given(texts)
def test_logits_equal_their_twin(words: tuple[str, ...]) -> None:
    context = MODEL.after(Sentence(tuple("<number>" if word == "42" else word for word in words)))
    rows = rows_of(words)
    close(context.state, naive.states(MODEL, [0, *rows]))
    close(MODEL.logits(context, np.array(ROWS)), naive.logits(MODEL, rows)[ROWS.start :])
    close(context.gains, [naive.logits(MODEL, rows[:i])[row] - MODEL.rows.log_frequency[row] for i, row in enumerate(rows)])


def test_a_step_on_what_is_kept_equals_all_words_at_once() -> None:
    words, fresh = ("we", "could", "meet", "at", "the"), toy_context.model()
    for end in range(1, len(words)):
        fresh.after(Sentence(words[:end]))
    assert (fresh.after(Sentence(words)).state == toy_context.model().after(Sentence(words)).state).all()


def test_few_contexts_are_kept() -> None:
    fresh = toy_context.model()
    for number in range(3 * model_module.N_KEPT):
        fresh.context(f"word{'x' * number} ")
    assert len(fresh._kept) == model_module.N_KEPT


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("the", "the"),
        ("The", "the"),
        ("THE", "the"),
        ("its", "its"),
        ("it's", "it's"),
        ("It's", "it's"),
        ("May", "May"),
        ("may", "may"),
        ("i", "I"),
    ],
)
def test_a_word_is_found_as_it_is_written_or_else_with_other_capitals(written: str, word: str) -> None:
    assert MODEL.word(MODEL.row_of(written)) == word


def test_capitals_mean_nothing_at_the_beginning_of_a_sentence() -> None:
    assert MODEL.word(MODEL.row_of("may", is_first=True)) == MODEL.word(MODEL.row_of("May", is_first=True)) == "May"  # the commoner here
    assert MODEL.row_of("Zebras", is_first=True) == MODEL.row_of("zebras")


@pytest.mark.parametrize(
    ("written", "number"), [("zebra", 0), ("zebras", 1), ("zebraing", 2), ("Zebra", 3), ("Zebras", 4), ("Zebraing", 5), ("жук", 0)]
)
def test_an_unknown_word_has_the_class_of_its_ending_and_capital(written: str, number: int) -> None:
    assert MODEL.row_of(written) == MODEL.first_class + number


def test_only_the_last_sentence_counts() -> None:
    alone = MODEL.context("we could ").state
    assert (MODEL.context("The station. May it be? we could ").state == alone).all()
    assert (MODEL.context("the station, we could ").state != alone).any()
    assert MODEL.context("we could.") is MODEL.nothing
    assert MODEL.context("") is MODEL.nothing


def test_a_long_text_costs_no_more_than_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it is, a word more is mostly a step more."""
    fresh, steps = toy_context.model(), []
    step = fresh._step
    monkeypatch.setattr(fresh, "_step", lambda *arguments: steps.append(1) or step(*arguments))  # type: ignore[func-returns-value]
    text = "we could meet at the station " * 10_000
    fresh.context(text)
    assert len(steps) <= 2 * STRIDE_WORDS
    for word in ("we", "could", "meet"):
        text += word + " "
        steps.clear()
        fresh.context(text)
        assert len(steps) == 1


# --- next words ---


@given(texts, st.integers(1, 12))
def test_next_words_are_the_most_probable_ones(words: tuple[str, ...], n: int) -> None:
    found = MODEL.next_words(" ".join(words) + " ", n)
    logits = naive.logits(MODEL, rows_of(words))[MODEL.first_word :]
    shares = np.exp(logits) / np.exp(logits).sum()
    close([one.probability for one in found], np.sort(shares)[::-1][:n])
    assert len({one.word for one in found}) == len(found) == n


def test_a_blocked_word_is_never_offered() -> None:
    everything = [one.word for one in MODEL.next_words("we ", 12)]
    assert [one.word for one in MODEL.next_words("we ", 12, blocked=[everything[0].upper()])] == [
        word for word in everything if word.lower() != everything[0].lower()
    ]


def test_a_long_list_of_blocked_words_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only as many words are looked at as are needed."""
    fresh, rows = toy_context.model(), []
    word = fresh.word
    monkeypatch.setattr(fresh, "word", lambda row: rows.append(row) or word(row))  # type: ignore[func-returns-value]
    best, second, *_ = (one.word for one in MODEL.next_words("we ", 12))
    rows.clear()
    assert [one.word for one in fresh.next_words("we ", 1, blocked=[best, *(f"no{i}" for i in range(1000))])] == [second]
    assert len(rows) == 1 + 3  # "we", then one, then two


def test_where_all_are_blocked_none_is_offered() -> None:
    assert MODEL.next_words("we ", 2, blocked=toy_context.WORDS) == []
    assert [one.word for one in MODEL.next_words("we ", 3, blocked=toy_context.WORDS[1:])] == [toy_context.WORDS[0]]


def test_more_words_than_there_are() -> None:
    assert len(MODEL.next_words("we ", 100)) == len(toy_context.WORDS)


def test_drawn_words_come_by_their_probability() -> None:
    rng, counts = np.random.default_rng(1), dict.fromkeys(toy_context.WORDS, 0)
    for _ in range(4000):
        (drawn,) = MODEL.next_words("we could ", 1, temperature=1.0, top_k=12, rng=rng)
        counts[drawn.word] += 1
    expected = {one.word: one.probability for one in MODEL.next_words("we could ", 12)}
    np.testing.assert_allclose([counts[word] / 4000 for word in expected], list(expected.values()), atol=0.04)


def test_drawing_looks_at_the_best_alone_and_repeats_none() -> None:
    best = {one.word for one in MODEL.next_words("we ", 4)}
    for seed in range(20):
        drawn = [one.word for one in MODEL.next_words("we ", 4, temperature=5.0, top_k=4, rng=np.random.default_rng(seed))]
        assert set(drawn) == best


@pytest.mark.parametrize("values", [{"n": 0}, {"top_k": 0}, {"temperature": -1.0}, {"temperature": float("nan")}])
def test_next_words_refuse_what_cannot_be(values: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least"):
        MODEL.next_words("we ", **values)  # type: ignore[arg-type]


# --- the file ---


def test_a_file_is_mapped_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "toy.context"
    path.write_bytes(toy_context.content())
    opened = ContextModel.open(path)
    assert opened.header == MODEL.header
    assert [opened.word(row) for row in range(opened.first_word, opened.header.sizes.n_rows)] == list(toy_context.WORDS)
    assert not opened.arrays["rows"].flags.owndata


@pytest.mark.parametrize("damage", [b"", b"KG", b"PK\x03\x04 and more", MAGIC, MAGIC + b"\xff\xff\xff\xff", MAGIC + b"\x02\0\0\0{}"])
def test_what_is_no_context_model_is_refused(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "bad.context"
    path.write_bytes(damage)
    with pytest.raises(ValueError, match="context model"):
        ContextModel.open(path)


@given(st.integers(0, len(toy_context.content()) - 1))
def test_a_truncated_file_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="context model"):
        ContextModel.from_bytes(toy_context.content()[:length])


@given(st.data())
def test_a_damaged_byte_gives_an_error_or_a_result(data: st.DataObject) -> None:
    content = bytearray(toy_context.content())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        damaged = ContextModel.from_bytes(bytes(content))
    except ValueError:
        return
    with np.errstate(all="ignore"):
        damaged.next_words("we could May it's ", 3)


def test_a_newer_format_is_named() -> None:
    content = toy_context.content().replace(b'"format_version": 1', b'"format_version": 9')
    with pytest.raises(ValueError, match="format_version 9"):
        ContextModel.from_bytes(content)
