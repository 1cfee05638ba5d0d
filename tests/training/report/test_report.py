"""The report as a page: its pictures, that it needs no other file, and the command."""

from __future__ import annotations

import itertools
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import Grid
from engine.recognizer import SwipeRecognizer
from tests.support import toy
from training.report import __main__ as report
from training.report.drawings import attention, looked_at, over_keys
from training.report.findings import wide
from training.report.mistakes import Mistake, Reading, explain_mistake
from training.report.svg import Scale, picture, rectangle, round_ticks, text

WITHOUT_END = {"meta"}
HITS, MISSES = [("cat", "cat", "ann")] * 10, [("vat", "cat", "bob")] * 11
SWIPES = [*HITS, *MISSES, ("mm", "cat", "cy"), ("3", "wet", "<b>")]
"""word that was meant, word that is traced, person"""


class Elements(HTMLParser):
    """Refuses a page whose elements do not close in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value for name, value in attrs if name in ("src", "href", "srcset", "data")]
        if tag not in WITHOUT_END:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens and closes."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, self.getpos()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path: Path, qwerty: Grid) -> Path:
    lines = []
    for meant, traced, person in SWIPES:
        swipe = toy.swipe_of(traced, qwerty)
        curve = {"x": swipe.x.tolist(), "y": swipe.y.tolist(), "t": swipe.t.tolist()}
        lines.append(json.dumps({"word": meant, "curve": curve, "user": person}) + "\n")
    path = tmp_path / "a&b.jsonl"
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def mistake(toy_recognizer: SwipeRecognizer, qwerty: Grid) -> Mistake:
    """vat was meant, cat was read."""
    options, swipe = wide(toy_recognizer.default_options), toy.swipe_of("cat", qwerty)
    candidates = toy_recognizer.recognize(swipe, options)
    found = tuple((candidate.key_sequence, candidate.score) for candidate in candidates)
    probabilities = tuple(candidate.probability for candidate in candidates)
    return explain_mistake(toy_recognizer, swipe, Reading(0, "vat", 1, found, probabilities), options)


def run_report(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> None:
    monkeypatch.setattr(sys, "argv", ["report", *map(str, arguments)])
    report.main()


# --- pictures ---


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(2, 12))
def test_ticks_are_round_few_and_within(low: float, span: float, most: int) -> None:
    ticks = round_ticks(low, low + span, most)
    assert len(ticks) <= most + 1
    slack = 1e-6 * (span + abs(low))
    assert all(low - slack <= tick <= low + span + slack for tick in ticks)
    steps = {f"{after - tick:.0e}"[0] for tick, after in itertools.pairwise(ticks)}
    assert len(steps) <= 1 and steps <= {"1", "2", "5"}


def test_ticks_by_hand() -> None:
    assert round_ticks(0, 1, 6) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert round_ticks(7, 43, 5) == [10, 20, 30, 40]


def test_a_scale_may_go_up_or_down() -> None:
    assert [Scale(0, 10, 100, 0)(value) for value in (0, 2.5, 10)] == [100, 75, 0]


def test_words_in_pictures_cannot_break_them() -> None:
    drawn = ElementTree.fromstring(picture(10, 'a "b" <c>', [text(0, 0, "<&>", "x"), rectangle((0, 0, 1, 1), "y", 0.5, "1 < 2")]))
    assert drawn.get("aria-label") == 'a "b" <c>'
    assert [part.text for part in drawn.iter()] == [None, "<&>", None, "1 < 2"]


def test_each_letters_attention_is_drawn_where_it_is(mistake: Mistake, qwerty: Grid) -> None:
    """The toy looks at frame T alone for letter T: a diagonal."""
    drawn = ElementTree.fromstring(attention(mistake.read, qwerty, "read-frame"))
    cells = [cell for cell in drawn.iter("rect") if cell.get("class") == "read-frame"]
    assert [cell.findtext("title") for cell in cells] == ["100%"] * len("cat.")
    columns = [round((float(cell.get("x", "")) - 26) / float(cell.get("width", ""))) for cell in cells]
    rows = [float(cell.get("y", "")) for cell in cells]
    assert columns == [0, 1, 2, 3] and rows == sorted(set(rows))


def test_letters_say_what_was_likelier(mistake: Mistake, qwerty: Grid) -> None:
    """The decoder preferred c to the v that was meant, and nothing to what was read."""
    for explanation, expected in ((mistake.meant, ["c"]), (mistake.read, [])):
        drawn = ElementTree.fromstring(attention(explanation, qwerty, "frame"))
        assert [part.text for part in drawn.iter("text") if part.get("class") == "letter preferred"] == expected


def test_letters_are_marked_where_the_decoder_looked_most(mistake: Mistake, qwerty: Grid) -> None:
    """At frame T for letter T; letters that share a frame share a mark."""
    assert looked_at(mistake.read) == {0: "c", 1: "a", 2: "t"}
    there = replace(mistake.read.letters[0], letter="x")
    crowded = replace(mistake.read, letters=(there, *mistake.read.letters))
    assert looked_at(crowded) == {0: "xc", 1: "a", 2: "t"}
    drawn = ElementTree.fromstring(over_keys(replace(mistake, read=crowded), qwerty))
    assert [part.text for part in drawn.iter("text") if part.get("class") == "looked-name"] == ["xc", "a", "t"]


# --- the page ---


def test_the_page_is_whole_and_needs_nothing_else(
    monkeypatch: pytest.MonkeyPatch, toy_bundle: Path, toy_lexicon: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.html"
    run_report(monkeypatch, data, out, "--bundle", toy_bundle, "--lexicon", toy_lexicon, "--train", data, "--worst", "2")
    page = out.read_text(encoding="utf-8")
    elements = Elements()
    elements.feed(page)
    elements.close()
    assert elements.open == [] and elements.addresses == []
    assert not re.search(r"<script|<link|@import|url\(|https?:", page)
    assert 'name="viewport"' in page and "prefers-color-scheme: dark" in page
    assert "a&amp;b.jsonl" in page and "a&b.jsonl" not in page
    drawn = [ElementTree.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]
    assert len(drawn) == 2 * 3 + 5  # three for each mistake
    lines = [path.get("d", "") for one in drawn for path in one.iter("path")]
    assert len(lines) > 20 and not [way for way in lines if re.search("nan|inf", way)]
    assert 'vat</span> was meant, <span class="read-word">cat</span>' in page
    assert not list(tmp_path.glob(".out*"))


def test_it_says_what_it_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], toy_bundle: Path, toy_lexicon: Path, data: Path, tmp_path: Path
) -> None:
    """Not only in a terminal: on all of dev it takes half a minute."""
    run_report(monkeypatch, data, tmp_path / "out.html", "--bundle", toy_bundle, "--lexicon", toy_lexicon)
    said, talk = capsys.readouterr()
    assert said == ""
    steps = [rf"decoding {len(SWIPES)} swipes of {data.name}", "comparing what was read with what was meant", "wrote '.*/out.html'"]
    assert re.fullmatch("".join(f"training.report: {step}\n" for step in steps), talk)


def test_every_style_is_known(monkeypatch: pytest.MonkeyPatch, toy_bundle: Path, toy_lexicon: Path, data: Path, tmp_path: Path) -> None:
    """What a picture calls for is in the style sheet."""
    out = tmp_path / "out.html"
    run_report(monkeypatch, data, out, "--bundle", toy_bundle, "--lexicon", toy_lexicon)
    sheet, _, body = out.read_text(encoding="utf-8").partition("</style>")
    used = {name for names in re.findall(r'class="([^"]+)"', body) for name in names.split()}
    assert used - set(re.findall(r"\.([a-z][a-z-]*)", sheet)) == set()


def test_without_mistakes_there_is_a_page_all_the_same(
    monkeypatch: pytest.MonkeyPatch, toy_bundle: Path, toy_lexicon: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.html"
    run_report(monkeypatch, data, out, "--bundle", toy_bundle, "--lexicon", toy_lexicon, "--limit", "1", "--order", "rank")
    page = out.read_text(encoding="utf-8")
    assert "100.00 %" in page and "<p>None.</p>" in page and "<article" not in page


def test_the_same_question_has_the_same_answer(
    monkeypatch: pytest.MonkeyPatch, toy_bundle: Path, toy_lexicon: Path, data: Path, tmp_path: Path
) -> None:
    pages = []
    for n_processes in ("1", "2"):
        out = tmp_path / f"{n_processes}.html"
        run_report(monkeypatch, data, out, "--bundle", toy_bundle, "--lexicon", toy_lexicon, "--processes", n_processes)
        pages.append(out.read_bytes())
    assert pages[0] == pages[1]


def test_what_cannot_be_used_is_one_line(
    monkeypatch: pytest.MonkeyPatch, toy_bundle: Path, toy_lexicon: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.html"
    with pytest.raises(SystemExit, match=r"^training.report: model bundle .* cannot read manifest.json"):
        run_report(monkeypatch, data, out, "--bundle", tmp_path / "nothing")
    with pytest.raises(SystemExit, match=r"^training.report: .*No such file.*missing.jsonl"):
        run_report(monkeypatch, tmp_path / "missing.jsonl", out, "--bundle", toy_bundle, "--lexicon", toy_lexicon)
    with pytest.raises(SystemExit, match=r"^training.report: the folder '.*no folder' for the page does not exist"):
        run_report(monkeypatch, data, tmp_path / "no folder" / "out.html", "--bundle", toy_bundle, "--lexicon", toy_lexicon)
    with pytest.raises(SystemExit, match=r"^training.report: unknown grid 'qwerty'.*did you mean 'qwerty_en'"):
        run_report(monkeypatch, data, out, "--bundle", toy_bundle, "--lexicon", toy_lexicon, "--grid", "qwerty")
    for wrong in (("--order", "length"), ("--worst", "0"), ("--limit", "x")):
        with pytest.raises(SystemExit, match=r"^2$"):
            run_report(monkeypatch, data, out, *wrong)
    assert not out.exists()
