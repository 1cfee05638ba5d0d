"""What a person's pairs are worth: a text written by one who learns."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pytest

from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from engine.swipe import Swipe
from tests.support import toy
from training.context import pairs
from training.context.pairs import Splicer, compare, measured, sentences_of

EXAMPLES = Path(__file__).parents[3] / "examples" / "swipes.jsonl"
PHRASES = ("We rehearse the sonata tonight. ", "Bring the score to Oxford. ")


class Straight:
    """Swipes straight through the keys, in the place of spliced ones."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid

    def swipe(self, sequence: str) -> Swipe:
        return toy.swipe_of(sequence, self._grid)


def test_a_text_is_read_by_its_sentences(tmp_path: Path) -> None:
    for path in (tmp_path / "text.txt", tmp_path / "text.txt.gz"):
        content = b"One two. Three!\nFour"
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
        assert sentences_of(path) == [["One", "two"], ["Three"], ["Four"]]
    (tmp_path / "short.txt").write_text("One sentence", encoding="utf-8")
    with pytest.raises(ValueError, match="has 1 sentences, expected two or more"):
        sentences_of(tmp_path / "short.txt")


def test_words_that_can_be_swiped_are_measured_after_those_before_them() -> None:
    found = list(measured(["Don't", "<number>", "go", "жук"], "abcdefghijklmnopqrstuvwxyz", 8))
    assert [(one.word, one.sequence, one.before) for one in found] == [("Don't", "dont", ""), ("go", "go", "Don't <number> ")]


def test_who_repeats_phrases_is_offered_their_words(qwerty: Grid) -> None:
    recognizer = SwipeRecognizer.load()
    text = [phrase.rstrip(". ").split() for _ in range(8) for phrase in PHRASES]
    lines = compare(recognizer, Straight(qwerty), text, (1.0, 4.0), 1000)  # type: ignore[arg-type]
    assert lines[0] == "40 words learnt from, 10 different pairs; 40 words swiped"
    offered = [float(line.split()[-1].removesuffix("%")) for line in lines[2:]]
    assert [line.split("%")[0].rsplit(None, 1)[0].strip() for line in lines[2:]] == ["no pairs", "words 1", "words 4"]
    assert offered[0] < 60 < min(offered[1:])


def test_spliced_swipes_are_read_as_their_words() -> None:
    recognizer = SwipeRecognizer.load()
    splicer = Splicer(recognizer, EXAMPLES)
    found = [recognizer.recognize(splicer.swipe(word))[0].key_sequence for word in ("people", "there", "world", "station", "beautiful")]
    assert sum(one == word for one, word in zip(found, ("people", "there", "world", "station", "beautiful"), strict=True)) >= 4


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.txt").write_text("".join(PHRASES) * 2, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["pairs", str(tmp_path / "text.txt"), "--swipes", str(EXAMPLES), "--strengths", "4"])
    pairs.main()
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{'words 4':>28}")
    monkeypatch.setattr(sys, "argv", ["pairs", str(tmp_path / "none.txt"), "--swipes", str(EXAMPLES)])
    with pytest.raises(SystemExit, match=r"^training.context.pairs: "):
        pairs.main()
