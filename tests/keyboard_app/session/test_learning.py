"""What the keyboard learns from writing: picks, taps, what is taken back and what is restored."""

from __future__ import annotations

import pytest

from keyboard_app.session.learning import Learner, Moment
from keyboard_app.text.writer import Writer, WritingOptions
from tests.support.scripts import played

FORMS = {"hello": ("hello",), "hell": ("hell", "he'll"), "london": ("London",), "polish": ("polish", "Polish"), "dog": ("dog",)}


class Words:
    """A vocabulary of few words."""

    def log_prior(self, word: str) -> float | None:
        return -5.0 if word.lower() in FORMS else None

    def starts_word(self, letters: str) -> bool:
        return any(word.startswith(letters.lower()) for word in FORMS)

    def forms(self, word: str) -> tuple[str, ...]:
        return FORMS.get(word.lower().replace("'", ""), ())


def learnt(*steps: str, text: str = "") -> list[str]:
    """The uses, as "tapped word", of a script as `played` reads it."""
    writer = Writer(WritingOptions(), text)
    writer.vocabulary = Words()
    learner, uses = Learner(), []

    for before in played(writer, steps):
        uses += [f"{used.use} {used.word}" for used in learner.see(before, writer)]
    return uses


@pytest.mark.parametrize(
    ("steps", "uses"),
    [
        (["~hello/hell"], []),
        (["~hello/hell", "<choose 0>"], ["taken back hello", "picked hell"]),
        (["~hello/hell", "<choose 0>", "<choose 0>"], ["taken back hello", "picked hell", "taken back hell", "picked hello"]),
        (["~hello", "<backspace>"], ["taken back hello"]),
        (["~hello", "<undo>"], ["taken back hello"]),
        (["~hello", "<undo>", "<redo>"], ["taken back hello", "picked hello"]),
        (["~hello", "<space>", "~dog", "<undo>"], ["taken back dog"]),
        (["~hello", "<backspace>", "~hell"], ["taken back hello"]),
        (["~hello", "~dog", "~hello", "<clear>"], []),
        (["dog", "<space>"], ["tapped dog"]),
        (["dog."], ["tapped dog"]),
        (["dog", "<enter>"], ["tapped dog"]),
        (["Wuliangye", "<space>"], ["tapped wuliangye"]),  # at the start of a sentence its capital may be the sentence's
        (["a ", "Wuliangye", "<space>"], ["tapped Wuliangye"]),
        (["wuLian", "<space>"], ["tapped wuLian"]),
        (["Hello", "<space>"], ["tapped hello"]),
        (["London", "<space>"], ["tapped London"]),
        (["don't", "<space>"], ["tapped don't"]),
        (["dox", "<backspace>", "g", "<space>"], ["tapped dog"]),
        (["dog"], []),
        (["~dog", "s", "<space>"], []),
        (["do", "<at 0>", "go", "<space>"], ["tapped go"]),
        (["g", "<space>"], []),
        (["12", "<space>"], ["tapped 12"]),  # the words refuse what cannot be swiped
    ],
)
def test_uses(steps: list[str], uses: list[str]) -> None:
    assert learnt(*steps) == uses


def test_words_that_were_there_before_are_not_typed() -> None:
    assert learnt("<at 3>", "<space>", text="dog") == []
    assert learnt("<at 3>", "s", "<space>", text="dog") == []


def test_pasting_teaches_nothing() -> None:
    writer, learner = Writer(WritingOptions()), Learner()
    before = Moment.of(writer)
    writer.paste("secret words")
    assert learner.see(before, writer) == []
    before = Moment.of(writer)
    writer.space()
    assert learner.see(before, writer) == []


def test_picking_another_candidate_for_an_older_word_counts_too() -> None:
    assert learnt("~hello/hell", "~dog", "<at 2>", "<choose 0>") == ["taken back hello", "picked hell"]
