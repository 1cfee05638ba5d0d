"""python -m engine.decode on the toy bundle: what it prints, accuracy, --explain, grids."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine import decode
from engine.grid import Grid
from engine.lexicon import Entry, build_lexicon
from tests.conftest import ROOT
from tests.support import toy, toy_context
from tests.support.decoding import Run, Swiped, as_json, lines

GRIDS = ROOT / "grids" / "grid_name_to_grid.json"


def test_the_table(run: Run, swipe_of: Swiped) -> None:
    result = run({"curve": swipe_of("hello"), "word": "hello"})
    title, first, second, times, empty, accuracy = result.out.splitlines()
    assert (result.code, result.err, title, empty) == (0, "", "line 1, meant as 'hello'", "")
    assert first.split() == ["1", "hello", "-0.745", "99.88%"]
    assert second.split() == ["2", "hell", "(he'll)", "-7.494", "0.12%"]
    assert [part.split()[0] for part in times.split(",")] == ["features", "encode", "search", "total"]
    assert accuracy == "accuracy: top-1 100.00%, top-3 100.00%, top-4 100.00%, swipe_mrr 1.0000 over 1 swipe"


def test_no_accuracy_where_there_are_no_words(run: Run, swipe_of: Swiped) -> None:
    result = run(swipe_of("cat"))
    assert "accuracy" not in result.out + result.err
    assert [line.split()[1] for line in result.out.splitlines()[1:4]] == ["cat", "car", "vat"]


def test_json_lines_in_input_order(run: Run, swipe_of: Swiped) -> None:
    words = ["london", "cat", "a", "were"]
    result = run(lines(*({"curve": swipe_of(word)} for word in words)), "--json")
    assert (result.code, result.err) == (0, "")
    assert [words[0] for words in result.words()] == ["London", "cat", "a", "were"]
    line = result.json_lines[1]
    assert list(line) == ["line", "word", "candidates", "likely", "milliseconds"]
    assert line["likely"] is True
    assert all(set(one) == {"word", "score", "probability"} for one in line["candidates"])
    assert set(line["milliseconds"]) == {"features", "encode", "search", "total"}
    assert line["candidates"][0]["score"] == pytest.approx(-0.4528, abs=1e-3)
    assert 0.98 < line["candidates"][0]["probability"] < sum(one["probability"] for one in line["candidates"]) <= 1 + 1e-9


def test_no_word_is_likely_enough(run: Run, swipe_of: Swiped) -> None:
    options = ("--search", "none_score=-0.3", "--search", "least_probability=0.6")
    assert [line["likely"] for line in run(swipe_of("cat"), "--json", *options).json_lines] == [False]
    shown = run(swipe_of("cat"), *options).out.splitlines()
    assert shown[1].split()[1] == "cat"
    assert "     none likely enough" in shown
    assert "none likely enough" not in run(swipe_of("cat"), *options[:2]).out


def test_a_line_that_could_not_be_decoded_keeps_its_place(run: Run, swipe_of: Swiped) -> None:
    result = run(lines(swipe_of("cat"), b"{not json\n", swipe_of("hello")), "--json")
    first, second, third = result.json_lines
    assert (first["candidates"][0]["word"], third["candidates"][0]["word"], result.code) == ("cat", "hello", 1)
    assert list(second) == ["line", "word", "error"]
    assert second["error"].startswith("line 2: not JSON: ")
    assert result.err == f"error: traj.json, {second['error']}\n"


def test_every_shape_of_input_decodes_alike(run: Run, swipe_of: Swiped) -> None:
    cat, hello = swipe_of("cat"), swipe_of("hello")
    expected = run(lines(cat, hello), "--json").words()
    assert [words[0] for words in expected] == ["cat", "hello"]
    for content in (
        json.dumps([cat, hello]).encode(),
        json.dumps([{"curve": cat}, {"curve": hello | {"grid_name": "qwerty_en"}}], indent=2).encode(),
        gzip.compress(lines(cat, {"curve": hello}), mtime=0),
        gzip.compress(json.dumps([cat, hello]).encode(), mtime=0),
    ):
        assert run(content, "--json").words() == expected
        assert run(content, "--json", stdin=True).words() == expected
    assert run(cat, "--json", stdin=True).words() == expected[:1]


def test_each_line_says_which_swipe_it_is_about(run: Run, swipe_of: Swiped) -> None:
    cat = {"word": "don't", "curve": swipe_of("cat")}
    places = [(line["line"], line["word"]) for line in run(lines(cat, b"\n", swipe_of("hello"), {"word": "naïve"}), "--json").json_lines]
    assert places == [(1, "don't"), (3, None), (4, "naïve")]
    listed = run(json.dumps([cat, cat], indent=1).encode(), "--json").json_lines
    assert (listed[0]["line"], listed[0]["word"]) == (2, "don't")
    assert listed[1]["line"] > 2
    alone = run(json.dumps(cat, indent=1).encode(), "--json").json_lines
    assert [(line["line"], line["word"]) for line in alone] == [(None, "don't")]


def test_top_limits_what_is_shown_not_what_is_counted(run: Run, swipe_of: Swiped) -> None:
    content = lines({"curve": swipe_of("cat"), "word": "vat"})
    shown = run(content, "--json", "--top", "1")
    assert shown.words() == [["cat"]]
    assert shown.err == "accuracy: top-1 0.00%, top-3 100.00%, top-4 100.00%, swipe_mrr 0.0900 over 1 swipe\n"
    assert run(content, "--json", "--top", "2").words() == [["cat", "car"]]
    assert run(content, "--json", "--top", "20").words() == [["cat", "car", "vat"]]


def test_a_narrow_beam_finds_less(run: Run, swipe_of: Swiped) -> None:
    assert run(swipe_of("cat"), "--json", "--search", "beam_width=1").words() == [["cat"]]


def test_accuracy_counts_key_sequences_and_every_word(run: Run, swipe_of: Swiped) -> None:
    """we're is were, a word that the lexicon lacks is a miss, and so is a swipe that is none."""
    content = lines(
        {"curve": swipe_of("were"), "word": "we're"},
        {"curve": swipe_of("dont"), "word": "DONT"},
        {"curve": swipe_of("vat"), "word": "cat"},
        {"curve": swipe_of("hello"), "word": "yellow"},
        {"curve": swipe_of("cat"), "word": "25"},
        {"curve": {"x": [1], "y": [1], "t": [1]}, "word": "a"},
        {"curve": swipe_of("wet")},
    )
    result = run(content, "--json")
    assert result.code == 1
    assert result.err.splitlines()[-1] == "accuracy: top-1 33.33%, top-3 50.00%, top-4 50.00%, swipe_mrr 0.3500 over 6 swipes"


def test_no_word_found(run: Run, tmp_path: Path, swipe_of: Swiped) -> None:
    lexicon = tmp_path / "long.lexicon"
    lexicon.write_bytes(build_lexicon([Entry("alphabet", 1, ("alphabet",))], toy.ALPHABET, "too long for the toy"))
    result = run(swipe_of("alpha"), "--lexicon", lexicon)
    assert (result.code, result.out.splitlines()[1].strip()) == (0, "no word found")
    assert run(swipe_of("alpha"), "--lexicon", lexicon, "--json").words() == [[]]


def test_explain(run: Run, swipe_of: Swiped) -> None:
    result = run(swipe_of("cat"), "--json", "--explain")
    cat, car = result.json_lines[0]["explanations"]
    assert [[letter["letter"] for letter in word["letters"]] for word in (cat, car)] == [["c", "a", "t", "end"], ["c", "a", "r", "end"]]
    for word in (cat, car):
        letters = sum(letter["log_prob"] for letter in word["letters"])
        assert word["score"] == pytest.approx(letters + word["weighted_log_prior"], abs=1e-5)
    assert list(cat) == ["word", "score", "weighted_log_prior", "own_use", "context", "letters"]
    assert (cat["own_use"], cat["context"]) == (0.0, None)
    last = car["letters"][2]
    assert list(last) == ["letter", "log_prob", "allowed", "others", "looked_at"]
    assert [letter for letter, _ in last["allowed"]] == ["t", "u"]
    assert [letter for letter, _ in last["others"]] == ["t", "y", "end"]
    assert last["others"][0][1] == pytest.approx(cat["letters"][2]["log_prob"], abs=1e-5)
    assert last["looked_at"] == {"index": 4, "x": 486.0, "y": 86.5, "t": 80.0, "key": "t"}
    table = run(swipe_of("cat"), "--explain").out
    assert "cat: -0.453 = letters -0.067 + prior -0.386" in table
    assert "point 4 (486, 86.5) at 80 ms, near t" in table
    assert table.count("other letters in the lexicon") == 2


def test_explain_says_what_the_words_before_did(run: Run, swipe_of: Swiped, tmp_path: Path) -> None:
    (tmp_path / "toy.context").write_bytes(toy_context.content())
    options = "--context", "--context-model", tmp_path / "toy.context", "--explain"
    known, unknown = ({"curve": swipe_of("cat"), **before} for before in ({"before": "we could "}, {}))
    for word in run(known, *options, "--json").json_lines[0]["explanations"]:
        letters = sum(letter["log_prob"] for letter in word["letters"])
        assert word["score"] == pytest.approx(letters + word["weighted_log_prior"] + word["context"]["added"], abs=1e-5)
        assert list(word["context"]) == ["added", "own_pairs", "place_without"]
    assert run(unknown, *options, "--json").json_lines[0]["explanations"][0]["context"] is None
    table = run(known, *options).out
    assert re.search(r"cat: \S+ = letters \S+ \+ prior \S+ \+ words before -?\d\.\d{3}\n", table)
    assert "     without the words before: number 1\n" in table


def test_explain_where_nothing_was_found_or_the_word_is_the_only_one(run: Run, swipe_of: Swiped) -> None:
    assert len(run(swipe_of("london"), "--json", "--explain").json_lines[0]["explanations"]) == 1


def test_a_progress_bar_changes_nothing_else(run: Run, swipe_of: Swiped, monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines(*[{"curve": swipe_of("cat"), "word": "cat"}] * 3)
    quiet = run(content, "--json")
    monkeypatch.setattr(decode, "PROGRESS_AFTER_S", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    shown = run(content, "--json")
    assert shown.words() == quiet.words() == [["cat", "car", "vat"]] * 3
    assert "3 swipes [" in shown.err
    assert shown.err.endswith(quiet.err)


# --- grids ---


def test_a_grid_from_a_file_and_inline(run: Run, swipe_of: Swiped, tmp_path: Path) -> None:
    """The keys of the left half moved to the right: a swipe means something else there."""
    grid = json.loads(GRIDS.read_text())["qwerty_en"]
    letters = [key for key in grid["keys"] if key.get("label", "").isalpha()]
    mirrored = {**grid, "keys": [{**key, "label": other["label"]} for key, other in zip(letters, letters[::-1], strict=True)]}
    word = toy.swipe_of("wet", Grid.from_json("mirrored", mirrored))
    (tmp_path / "mine.json").write_text(json.dumps({"mirrored": mirrored}))
    inline = {"word": "wet", "curve": as_json(word) | {"grid": mirrored | {"grid_name": "mirrored"}}}
    named = {"word": "wet", "curve": as_json(word) | {"grid_name": "mirrored"}}
    assert run(inline, "--json").words()[0][0] == "wet"
    assert run(named, "--json", "--grids", tmp_path / "mine.json").words()[0][0] == "wet"
    assert run(as_json(word), "--json", "--grids", tmp_path / "mine.json", "--grid", "mirrored").words()[0][0] == "wet"
    assert run(as_json(word), "--json").words()[0][:1] != ["wet"]
    mixed = run(lines(named, inline, swipe_of("cat") | {"grid_name": "qwerty_en"}), "--json", "--grids", tmp_path / "mine.json")
    assert [words[0] for words in mixed.words()] == ["wet", "wet", "cat"]


def test_the_grid_option_overrules_what_the_swipes_name(run: Run, swipe_of: Swiped) -> None:
    assert run(swipe_of("cat") | {"grid_name": "phone"}, "--json", "--grid", "qwerty_en").words()[0][0] == "cat"


# --- as a process ---


def start(*options: str | Path, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "engine.decode", *map(str, options)]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, check=False)


def test_the_command(toy_bundle: Path, toy_lexicon: Path, swipe_of: Swiped) -> None:
    content = lines({"curve": swipe_of("dont"), "word": "don't"}, b"nothing\n")
    process = start("-", "--json", "--bundle", toy_bundle, "--lexicon", toy_lexicon, stdin=content)
    first, second = (json.loads(line) for line in process.stdout.splitlines())
    assert (process.returncode, first["candidates"][0]["word"]) == (1, "don't")
    assert process.stderr.decode().splitlines() == [
        f"error: standard input, {second['error']}",
        "accuracy: top-1 100.00%, top-3 100.00%, top-4 100.00%, swipe_mrr 1.0000 over 1 swipe",
    ]


def test_a_missing_file_and_a_usage_error(toy_bundle: Path, toy_lexicon: Path) -> None:
    missing = start("no_such.json", "--bundle", toy_bundle, "--lexicon", toy_lexicon, stdin=b"")
    assert (missing.returncode, missing.stdout) == (1, b"")
    assert missing.stderr.decode() == "error: cannot read no_such.json: No such file or directory\n"
    assert start(stdin=b"").returncode == 2


def test_a_reader_that_leaves_early_is_no_error_message(toy_bundle: Path, toy_lexicon: Path, swipe_of: Swiped) -> None:
    content = lines(*[swipe_of("cat")] * 2000)
    command = [sys.executable, "-m", "engine.decode", "-", "--json", "--bundle", str(toy_bundle), "--lexicon", str(toy_lexicon)]
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = subprocess.run(command, cwd=ROOT, input=content, stdout=write_end, stderr=subprocess.PIPE, check=False)
    os.close(write_end)
    assert (process.returncode, process.stderr) == (1, b"")
