"""What changes from one model to another, which swipes are shown, and the list on standard output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import BadRecord, Candidate, Grid, Key, Recognition, StageTimes, Swipe, SwipeRecord, read_swipes
from engine.search_options import SearchOptions
from keyboard_app.harness.__main__ import parse_args, run
from keyboard_app.harness.collection import Entry, count_changes, matching
from keyboard_app.harness.outcome import Outcome, accuracy_of, compare
from keyboard_app.harness.recording import append_swipe
from tests.support import toy
from tests.support.decoding import as_json, lines

SWIPE = Swipe.from_points([0, 1], [0, 1], [0, 1])


def outcome(word: str | None, *candidates: str, problem: str = "") -> Outcome:
    found = [Candidate(one, -float(rank), 0.5, one, (one,)) for rank, one in enumerate(candidates)]
    rank = candidates.index(word) if word in candidates else None
    recognition = None if problem else Recognition(found, StageTimes(0, 0, 0, 0))
    return Outcome(SwipeRecord("", SWIPE, word, None), recognition, rank, problem)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (["cat", "car"], ["cat", "car"], "same"),
        (["car", "cat"], ["cat", "car"], "gained"),
        ([], ["cat"], "gained"),
        (["cat"], ["car", "cat"], "lost"),
        (["cat"], [], "lost"),
        (["car", "cat"], ["vat", "cat"], "other word"),
        (["car"], [], "other word"),
        (["cat", "car"], ["cat", "vat"], "other candidates"),
        (["car", "cat"], ["car", "vat"], "other candidates"),
    ],
)
def test_compare(before: list[str], after: list[str], change: str) -> None:
    assert compare(outcome("cat", *before), outcome("cat", *after)) == change


def test_compare_where_the_word_is_not_known_or_a_model_cannot_read() -> None:
    assert compare(outcome(None, "cat"), outcome(None, "car")) == "other word"
    assert compare(outcome(None, "cat", "car"), outcome(None, "cat")) == "other candidates"
    assert compare(outcome("cat", "cat"), outcome("cat", problem="no key for 'c'")) == "lost"
    assert compare(outcome("cat", problem="no"), outcome("cat", problem="no")) == "same"


def test_what_is_shown() -> None:
    entries = [
        Entry(outcome("cat").record, outcome("cat", "cat"), outcome("cat", "car")),
        Entry(outcome("Wet").record, outcome("Wet", "were"), outcome("Wet", "were")),
        Entry(outcome(None).record, outcome(None, "hello"), outcome(None, "hell")),
        Entry(BadRecord("line 4", "no x", None), outcome(None, problem="no x"), outcome(None, problem="no x")),
        Entry(outcome("car").record),
    ]
    assert matching(entries, "all") == [0, 1, 2, 3, 4]
    assert matching(entries, "wrong") == [1, 3]
    assert matching(entries, "changed") == [0, 2]
    assert matching(entries, "all", "ca") == [0, 4]
    assert matching(entries, "all", "WE") == [1]
    assert matching(entries, "changed", "hell") == [2]
    assert count_changes(entries) == {"lost": 1, "other word": 1, "same": 2}
    accuracy = accuracy_of([outcome("cat", "cat"), outcome("cat", "car", "cat"), outcome(None, "cat")])
    assert accuracy and (accuracy.n_swipes, accuracy.top_1, accuracy.top_3) == (2, 0.5, 1.0)
    assert accuracy_of([outcome(None, "cat")]) is None


# --- the command without a window ---


@pytest.fixture
def files(tmp_path: Path, toy_bundle: Path, toy_lexicon: Path, qwerty: Grid) -> dict[str, str]:
    """A swipe that is right, one that is wrong, and one on a grid that is not the model's; and a model that heeds priors more."""
    swipes = [{"word": word, **as_json(toy.swipe_of(traced, qwerty))} for word, traced in (("cat", "cat"), ("wet", "were"))]
    swipes.append({"word": "hello", "curve": {**as_json(toy.swipe_of("hello", qwerty)), "grid_name": "default"}})
    file = tmp_path / "swipes.jsonl"
    file.write_bytes(lines(*swipes))
    search = SearchOptions(beam_width=8, prior_weight=40.0, margin=30.0, ctc_weight=0.0, method="steps")
    other = toy.write_bundle(tmp_path / "other", search=search)
    return {"file": str(file), "model": str(toy_bundle), "other": str(other), "lexicon": str(toy_lexicon)}


def command(files: dict[str, str], *options: str) -> int:
    return run(parse_args([files["file"], "--bundle", files["model"], "--lexicon", files["lexicon"], *options]))


def test_list(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command(files, "--list") == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0].startswith("right  line 1, 'cat': cat ")
    assert out[1].startswith("wrong  line 2, 'wet': were ")
    assert out[2].startswith("error  line 3, 'hello': grid 'yandex_ru' has no key for")
    assert out[3].startswith("accuracy: top-1 33.33%")


def test_list_as_json(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command(files, "--json", "--show", "wrong") == 1
    captured = capsys.readouterr()
    wrong, unread = map(json.loads, captured.out.splitlines())
    assert (wrong["where"], wrong["word"], wrong["right"], wrong["rank"]) == ("line 2", "wet", False, 2)
    assert wrong["candidates"][0]["word"] == "were"
    assert set(wrong["milliseconds"]) == {"features", "encode", "search", "total"}
    assert list(unread) == ["where", "word", "error"]
    assert captured.err.startswith("accuracy: ")


def test_list_what_changes(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command(files, "--compare", files["other"], "--list", "--grid", "qwerty_en") == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1].startswith("changes: ")
    assert "before: top-1 66.67%" in out[-3]
    assert len(out) > 3, "no swipe changed: the fixture's second model does not differ"
    assert command(files, "--compare", files["other"], "--json", "--show", "all", "--grid", "qwerty_en") == 0
    captured = capsys.readouterr()
    swipes = [json.loads(line) for line in captured.out.splitlines()]
    assert len(swipes) == 3
    for swipe in swipes:
        before, after = ([one["word"] for one in swipe[side]["candidates"]] for side in ("before", "after"))
        right = tuple(words[0] == swipe["word"] for words in (before, after))
        expected = {(True, False): "lost", (False, True): "gained"}.get(right, swipe["change"])
        assert swipe["change"] == expected
        assert (swipe["change"] == "same") == (before == after)
    assert "changes: " in captured.err


def test_a_model_compared_with_itself_changes_nothing(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command(files, "--compare", files["model"], "--json", "--grid", "qwerty_en") == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "the input is empty"), (b"[]", "the list is empty"), (b"hello", "not JSON"), (b'{"x": [1], "y": [1], "t": [1]}', "is a tap")],
)
def test_a_file_without_swipes(files: dict[str, str], content: bytes, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(files["file"]).write_bytes(content)
    assert command(files, "--list") == 1
    err = capsys.readouterr().err
    assert err.startswith("error: no swipe could be read from ")
    assert message in err


def test_missing_files(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    for field in ("model", "lexicon", "file"):
        assert command({**files, field: "not/there"}, "--list") == 1
        captured = capsys.readouterr()
        assert "not/there" in captured.err
        assert "No such file" in captured.err
        assert captured.err.count("\n") == 1
    assert command(files, "--compare", "not/there", "--list") == 1
    assert "model bundle not/there" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [["--list"], ["f", "--show", "changed"], ["f", "--size", "10x10"], ["f", "--size", "wide"], ["f", "--swipe", "0"], ["f", "--at", "-1"]],
)
def test_usage(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        parse_args(options)
    assert exit_.value.code == 2
    assert "usage: python -m keyboard_app.harness" in capsys.readouterr().err


# --- recording ---


def test_what_is_recorded_can_be_read(tmp_path: Path, qwerty: Grid) -> None:
    file = tmp_path / "new" / "swipes.jsonl"
    mine = Grid("mine", 20, 10, (Key("ж", None, 0, 0, 10, 10), Key("е", None, 10, 0, 10, 10)), {"ё": "е"})
    kept = [append_swipe(file, SWIPE, word, grid) for word, grid in (("Can't", qwerty), (" ёж ", mine))]
    with file.open("rb") as opened:
        cant, hedgehog = read_swipes(opened)
    assert isinstance(cant, SwipeRecord)
    assert isinstance(hedgehog, SwipeRecord)
    assert (cant.word, cant.grid, hedgehog.word) == ("cant", "qwerty_en", "ёж")
    assert cant.swipe.t.tolist() == SWIPE.t.tolist()
    for record in (hedgehog, kept[1]):
        assert isinstance(record.grid, dict)
        assert Grid.from_json("mine", record.grid) == mine


@pytest.mark.parametrize(("word", "message"), [(" 12 ", "is not a word"), ("cafés", "no key for 'é'")])
def test_a_word_that_cannot_be_swiped_is_not_recorded(tmp_path: Path, qwerty: Grid, word: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        append_swipe(tmp_path / "swipes.jsonl", SWIPE, word, qwerty)
    assert list(tmp_path.iterdir()) == []
