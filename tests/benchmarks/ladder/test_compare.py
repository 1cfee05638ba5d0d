"""The comparison with other searches: that all rungs find the same, what is reported of them, and what happens where they differ."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from benchmarks.common.agreement import Agreement, ScoredWord, agreement
from benchmarks.ladder import __main__ as compare
from benchmarks.ladder import python_search
from benchmarks.ladder import rungs as ladder
from benchmarks.ladder.__main__ import Comparison, compare_words, measure_accuracy
from benchmarks.ladder.rungs import CountedBundle, Outcome, Rung, build_ladder, prepare
from engine.grid import Grid
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.recognizer import SwipeRecognizer
from engine.search_options import Method
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord
from tests.conftest import LATIN, ROOT
from tests.support import random_network, toy
from tests.support.approximately import about

EXAMPLES = ROOT / "examples" / "swipes.jsonl"
REQUIRED = ["predecessor", "onnx_uncached", "python_search"]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_network.write_bundle(tmp_path_factory.mktemp("compare") / "bundle")


@pytest.fixture(scope="module", autouse=True)
def export_once() -> Iterator[None]:
    """Every ladder here is of the same network, whose export without a cache takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ladder, "UncachedModel", lambda _network: random_network.uncached())
        yield


def options(bundle: Path, lexicon: Path, *others: str) -> list[str]:
    return ["--bundle", str(bundle), "--lexicon", str(lexicon), "--data", str(EXAMPLES), "--n-swipes", "3", *others]


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["compare", *arguments])
    compare.main()


@pytest.fixture(scope="module")
def comparison(bundle: Path, toy_lexicon: Path) -> Comparison:
    return compare.run(compare.parse_args(options(bundle, toy_lexicon, "--predecessor-beam-width", "2", "--beam-width", "4")))


# --- the rungs ---


def random_words(n_words: int) -> list[Entry]:
    random = np.random.default_rng(0)
    spelt = {"".join(random.choice(list(LATIN[:9]), size=random.integers(1, 8))) for _ in range(n_words)}
    return [Entry(word, float(random.gamma(0.3) + 1e-9), (word,)) for word in sorted(spelt)]


def random_swipe(seed: int, grid: Grid) -> Swipe:
    random = np.random.default_rng(seed)
    n = int(random.integers(2, 60))
    steps = random.normal(0, grid.width / 20, (2, n)).cumsum(axis=1) + random.uniform(0, [[grid.width], [grid.height]], (2, 1))
    return Swipe.from_points(steps[0], steps[1], random.uniform(0, 40, n).cumsum())


@pytest.mark.slow
@pytest.mark.parametrize(("beam_predecessor", "beam"), [(1, 3), (6, 6)])
def test_every_rung_finds_what_the_engine_finds(bundle: Path, qwerty: Grid, beam_predecessor: int, beam: int) -> None:
    """Random swipes, a random network and a few hundred random words: nothing is clear."""
    counted, lexicon = CountedBundle.load(bundle), Lexicon.from_bytes(build_lexicon(random_words(400), LATIN, "random"))
    recognizer = SwipeRecognizer(counted, lexicon, qwerty)
    rungs = {rung.name: rung for rung in build_ladder(prepare(bundle, recognizer), beam_predecessor, beam)}
    alike = [(rung.name, rung.twin) for rung in rungs.values() if rung.twin is not None and rung.twin != rung.name]
    assert len(alike) == 3 * len(get_args(Method))
    for seed in range(12):
        swipe = random_swipe(seed, qwerty)
        found = {name: rung.recognize(swipe).words for name, rung in rungs.items()}
        for name, twin in alike:
            assert len(found[name]) > 0
            assert agreement(found[name], found[twin]) is not Agreement.DIFFERENT, f"{name}, swipe {seed}"


def test_each_rung_is_compared_with_ours_at_its_beam(comparison: Comparison) -> None:
    rungs = {rung.name: rung for rung in comparison.rungs}
    assert rungs["predecessor"].base == rungs["predecessor_our_score"].base == "ours_two_pass_2"
    assert rungs["onnx_uncached"].base == rungs["python_search"].base == "ours_two_pass_4"
    assert rungs["onnx_uncached"].twin == "ours_steps_4" and rungs["onnx_uncached_two_pass"].twin == "ours_two_pass_4"
    assert rungs["shark2"].base == "ours" and rungs["predecessor"].twin is None
    for rung in comparison.rungs:
        for other in (rung.base, rung.twin or rung.base):
            ours = rungs[other]
            assert ours.options is not None and isinstance(ours.model, CountedBundle)
            if rung.options and other != "ours":
                assert ours.options.beam_width == rung.options.beam_width
        if rung.twin and rung.options:
            assert rungs[rung.twin].options == rung.options


def test_the_decoders_calls_are_counted(comparison: Comparison) -> None:
    rungs = {rung.name: comparison.n_calls(rung) for rung in comparison.rungs}
    assert rungs["onnx_uncached_two_pass"] == rungs["python_search_two_pass"] == rungs["ours"] == 1
    assert rungs["onnx_uncached"] == rungs["python_search"] == rungs["ours_steps_4"] > 1
    assert rungs["predecessor_our_score"] > rungs["ours_steps_2"]
    assert rungs["predecessor"] > 1 and rungs["shark2"] == 0


# --- the record ---


def test_ratios_are_medians_of_paired_ratios(comparison: Comparison) -> None:
    times = comparison.times.milliseconds
    for name, base in (("predecessor", "ours_two_pass_2"), ("onnx_uncached", "ours_two_pass_4"), ("shark2", "ours")):
        assert comparison.as_json()["ratios"][name] == np.median([a / b for a, b in zip(times[name], times[base], strict=True)])
    assert comparison.as_json()["intervals"]["shark2"]["base"] == "ours"
    assert comparison.as_json()["intervals"]["ours"]["base"] == "ours_two_pass_5"  # as shipped, against the same in fp32


def test_the_record_says_what_was_measured(comparison: Comparison) -> None:
    record = comparison.as_json()
    assert list(record["ratios"])[:3] == REQUIRED
    names = {rung.name for rung in comparison.rungs}
    assert set(record["milliseconds"]) == set(record["accuracy"]) == set(record["decoder_calls"]) == names
    assert record["search"]["onnx_uncached_two_pass"]["beam_width"] == 4 and "shark2" not in record["search"]
    assert record["environment"]["n_swipes"] == 3 and record["environment"]["versions"]["torch"] == torch.__version__
    assert (record["equal_candidates"]["swipes"], record["equal_candidates"]["different"]) == (3, 0)
    table = comparison.as_table()
    assert all(rung.title in table for rung in comparison.rungs) and "the same words as (d)" in table


def test_the_last_line_is_one_json_object(
    bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_main(monkeypatch, *options(bundle, toy_lexicon, "--json", "--accuracy-swipes", "all"))
    out = capsys.readouterr().out
    record = json.loads(out.splitlines()[-1])
    assert list(record["ratios"])[:3] == REQUIRED
    n_examples = len(EXAMPLES.read_text(encoding="utf-8").splitlines())
    assert record["accuracy"]["predecessor"]["n_swipes"] == n_examples
    assert record["search"]["onnx_uncached"]["beam_width"] == random_network.SEARCH.beam_width
    assert record["equal_candidates"]["swipes"] == 3 + n_examples


# --- differences ---


def test_other_words_are_named_and_exit_with_1(
    bundle: Path, toy_lexicon: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    search = python_search.search

    def swapped(*arguments: object) -> list[ScoredWord]:
        first, second, *others = search(*arguments)  # type: ignore[arg-type]
        return [ScoredWord(second.key_sequence, first.score), ScoredWord(first.key_sequence, second.score), *others]

    monkeypatch.setattr(python_search, "search", swapped)
    expected = r"(?s)candidates differ:\nline 1 \('hello'\): .* found .*; ours_\w+ found .*and \d+ more"
    with pytest.raises(SystemExit, match=expected) as stopped:
        run_main(monkeypatch, *options(bundle, toy_lexicon, "--json"))
    assert isinstance(stopped.value.code, str)  # which is printed on stderr, and gives 1
    assert capsys.readouterr().out == ""


def outcomes(*lists: list[tuple[str, float]]) -> list[Outcome]:
    return [Outcome([ScoredWord(*word) for word in words], 1) for words in lists]


def records(*words: str | None) -> list[SwipeRecord]:
    swipe = Swipe.from_points([0, 1], [0, 1], [0, 1])
    return [SwipeRecord(f"line {number}", swipe, word, None) for number, word in enumerate(words, start=1)]


def test_ties_are_counted_and_differences_named() -> None:
    rungs = [Rung(name, name, lambda _swipe: [], None, None, "ours", twin) for name, twin in (("b", "ours"), ("ours", "ours"), ("a", None))]
    found = {
        "b": outcomes([("x", -1.0)], [("y", -1.0), ("x", -1.0)], [("z", -1.0)]),
        "ours": outcomes([("x", -1.0)], [("x", -1.0), ("y", -1.0)], [("x", -1.5)]),
        "a": outcomes([], [], []),
    }
    ties, differences = compare_words(rungs, found, records("x", "x", "don't"))
    assert dict(ties) == {"b": 1}
    assert differences == ["line 3 ('don't'): b found z -1.0000; ours found x -1.5000"]


def test_accuracy_is_of_the_swipes_whose_words_are_known() -> None:
    found = {"a": outcomes([("x", -1.0)], [("y", -1.0), ("dont", -2.0)], [("x", -1.0)], [])}
    accuracy = measure_accuracy(found, records("x", "don't", None, "z"), toy.ALPHABET)["a"]
    assert (accuracy.n_swipes, accuracy.top_1, accuracy.top_4) == (3, about(1 / 3), about(2 / 3))
    assert measure_accuracy(found, records(None, None, None, None), toy.ALPHABET) == {}


def test_bad_arguments_are_one_line(toy_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match=r"benchmarks.ladder: .* 0 are asked for"):
        run_main(monkeypatch, "--data", str(EXAMPLES), "--n-swipes", "0")
    with pytest.raises(SystemExit, match=r"benchmarks.ladder: .*config is not that of a network"):
        run_main(monkeypatch, "--data", str(EXAMPLES), "--n-swipes", "1", "--bundle", str(toy_bundle))
    with pytest.raises(SystemExit) as usage:
        run_main(monkeypatch, "--accuracy-swipes", "some")
    assert usage.value.code == 2
