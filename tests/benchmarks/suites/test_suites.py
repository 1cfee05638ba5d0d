"""What the benchmark suites stand on; and that they run."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from benchmarks.common import memory
from benchmarks.common.environment import read_records
from benchmarks.common.lexicons import make_up_words, resize_lexicon, write_lexicon_of_size
from benchmarks.suites.cold_start import FreshProcess
from benchmarks.suites.reference import WORKS
from benchmarks.suites.replay import RecordingDecoder, ReplayingDecoder
from benchmarks.suites.stages import Conditions, Stage, Stats, Timings, ratios_to_works
from benchmarks.suites.swipes import common_words, made_up_record, made_up_records, made_up_records_of, traced_in
from benchmarks.suites.throughput import DecodingProcesses
from engine.beam_search import search
from engine.grid import Grid
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.recognizer import SwipeRecognizer
from engine.search_options import Method
from engine.swipe_file import as_line
from tests.conftest import ROOT
from tests.support import toy

CONDITIONS = Conditions(processor="P", instructions=["avx2"], system="S", versions={}, bundle="abc", n_threads=1, data="made-up")


@pytest.fixture
def lexicon(toy_lexicon: Path) -> Lexicon:
    return Lexicon.open(toy_lexicon)


# --- lexicons of other sizes ---


def test_a_smaller_lexicon_keeps_the_most_frequent_words(lexicon: Lexicon) -> None:
    priors = dict(lexicon.key_sequences())
    smaller = Lexicon.from_bytes(resize_lexicon(lexicon, 5))
    kept = dict(smaller.key_sequences())
    assert len(kept) == 5 and min(priors[one] for one in kept) >= max(priors[one] for one in priors if one not in kept)
    assert all(smaller.forms(one) == lexicon.forms(one) for one in kept)


def test_a_larger_lexicon_has_all_words_and_rarer_made_up_ones() -> None:
    words = {"banana": ("banana",), "bandana": ("bandana",), "cabana": ("cabaña", "cabana"), "ananas": ("ananas",)}
    entries = [Entry(word, frequency, forms) for frequency, (word, forms) in enumerate(words.items(), start=1)]
    lexicon = Lexicon.from_bytes(build_lexicon(entries, "abcdns", "bananas"))
    larger = Lexicon.from_bytes(resize_lexicon(lexicon, 24))
    priors, found = dict(lexicon.key_sequences()), dict(larger.key_sequences())
    made_up = set(found) - set(priors)
    assert len(larger) == len(found) == 24 and len(made_up) == 20
    assert max(found[one] for one in made_up) <= min(found[one] for one in priors) + larger.prior_unit
    assert {one: larger.forms(one) for one in words} == words


def test_made_up_words_follow_the_letters_of_words() -> None:
    """Each four letters in a row, the ends included, are those of a word."""
    words = ["banana", "bandana", "cabana", "ananas"]
    made_up = make_up_words(words, "abcdns", 20)
    assert len(set(made_up)) == 20 and not set(made_up) & set(words) and made_up == make_up_words(words, "abcdns", 20)

    def fours(word: str) -> set[str]:
        padded = f"   {word} "
        return {padded[i : i + 4] for i in range(len(padded) - 3)}

    assert set().union(*map(fours, made_up)) <= set().union(*map(fours, words))
    with pytest.raises(ValueError, match="2 words are too few to make up 1 others"):
        make_up_words(["abc", "cba"], "abc", 1)


def test_a_lexicon_is_built_once(lexicon: Lexicon, tmp_path: Path) -> None:
    path = write_lexicon_of_size(lexicon, 4, tmp_path)
    built = path.stat().st_mtime_ns
    assert write_lexicon_of_size(lexicon, 4, tmp_path) == path and path.stat().st_mtime_ns == built
    assert write_lexicon_of_size(lexicon, 3, tmp_path) != path and len(Lexicon.open(path)) == 4


# --- swipes ---


def test_made_up_swipes_go_through_the_keys(qwerty: Grid) -> None:
    for word in ("hello", "a", "zz"):
        swipe = made_up_record(word, qwerty, seed=3).swipe
        for letter, at in ((word[0], 0), (word[-1], -1)):
            key = qwerty.letter_key(letter)
            assert np.hypot(swipe.x[at] - key.centre_x, swipe.y[at] - key.centre_y) < qwerty.key_width
    one, same, other = (made_up_record("hello", qwerty, seed).swipe for seed in (3, 3, 4))
    assert one.x.tolist() == same.x.tolist() and one.x.tolist() != other.x.tolist()


def test_words_of_made_up_swipes(lexicon: Lexicon, qwerty: Grid) -> None:
    drawn = made_up_records(lexicon, qwerty, 40)
    assert len(drawn) == 40 and all(record.word in lexicon for record in drawn)
    by_length = common_words(lexicon)
    assert sorted(word for words in by_length.values() for word in words) == sorted(sequence for sequence, _ in lexicon.key_sequences())
    for n_letters, words in by_length.items():
        priors = [lexicon.log_prior(word) for word in words]
        assert {len(word) for word in words} == {n_letters} and priors == sorted(priors, reverse=True)
    words = by_length[4]
    assert [record.word for record in made_up_records_of(words, qwerty, 2)] == [words[0], words[-1]]


def test_a_trace_in_other_time(qwerty: Grid) -> None:
    swipe = made_up_record("hello", qwerty, seed=0).swipe
    long = traced_in(swipe, 2000, 30_000.0)
    assert len(long) == 2000 and (long.t[0], long.t[-1]) == (0.0, 30_000.0)
    assert (long.x[0], long.y[-1]) == (swipe.x[0], swipe.y[-1])


def test_a_record_becomes_a_line(qwerty: Grid, tmp_path: Path) -> None:
    record = made_up_record("hello", qwerty, seed=0)
    path = tmp_path / "one.jsonl"
    path.write_text(as_line(record), encoding="utf-8")
    (read,) = read_records(path, 5)
    assert read.word == "hello"
    for values, others in ((read.swipe.x, record.swipe.x), (read.swipe.y, record.swipe.y), (read.swipe.t, record.swipe.t)):
        np.testing.assert_array_equal(values, others)


# --- measuring ---


class FakeTimings:
    def __init__(self) -> None:
        self.data: list[float] = []


class FakeStats:
    def __init__(self) -> None:
        self.stats: Timings = FakeTimings()


class FakeBenchmark:
    """Runs what it is given, says that each round took 1, 2, 3 .. ms."""

    def __init__(self, *, disabled: bool = False) -> None:
        self.disabled = disabled
        self.extra_info: dict[str, Any] = {}
        self.stats: Stats = FakeStats()

    def pedantic(self, target: Any, **options: Any) -> Any:
        result = None
        for turn in range(options.get("rounds", 1)):
            args = options["setup"]()[0] if "setup" in options else options.get("args", ())
            result = target(*args)
            self.stats.stats.data.append((turn + 1) / 1e3)
            if "teardown" in options:
                options["teardown"](*args)
        return result


def test_the_record_of_a_stage() -> None:
    benchmark = FakeBenchmark()
    stage = Stage(benchmark, CONDITIONS)
    seen: list[int] = []

    def call(one: int) -> int:
        seen.append(one)
        return sum(range(10_000 * one))

    assert stage.measure(call, [1, 2, 3], seconds=0.0) == [sum(range(10_000 * one)) for one in (1, 2, 3)]
    rounds = seen[6:]
    assert len(rounds) == 21 and all(rounds.count(one) == 7 for one in (1, 2, 3))
    stage.note("words", 3)
    stage.limit("MB", 13.0, 12.0)
    record = benchmark.extra_info
    assert record["timing"]["p50_ms"] == pytest.approx(11.0) and record["timing"]["p99_ms"] == pytest.approx(20.8)
    assert set(record["timing"]["ratios"]) == set(WORKS) and record["conditions"]["bundle"] == "abc"
    assert record["facts"] == {"words": 3} and record["budgets"] == [{"name": "MB", "value": 13.0, "limit": 12.0}]
    assert record["timing"]["peak_mb"] >= record["timing"]["grown_mb"] >= 0


def test_a_stage_that_is_prepared_anew() -> None:
    benchmark, prepared = FakeBenchmark(), iter(range(10))
    stage = Stage(benchmark, CONDITIONS)
    called: list[int] = []
    stage.measure_fresh(called.append, lambda: next(prepared), n_rounds=3)
    assert called == [0, 1, 2, 3] and stage.seconds == [0.001, 0.002, 0.003]


def test_a_quick_stage_is_not_timed() -> None:
    stage = Stage(FakeBenchmark(disabled=True), CONDITIONS)
    assert stage.measure(lambda one: one + 1, [1, 2]) == [2, 3]
    assert stage.timing is None and stage.seconds == []


def test_ratios_are_taken_to_the_works_around() -> None:
    """The machine gets three times as slow from the second round on, and the stage with it."""
    seconds = np.array([10.0, 20.0, 30.0, 30.0])
    works = np.array([[1.0, 2.0, 5.0], [1.0, 2.0, 5.0], [3.0, 6.0, 15.0], [3.0, 6.0, 15.0], [3.0, 6.0, 15.0]])
    assert ratios_to_works(seconds, works) == dict(zip(WORKS, [10.0, 5.0, 2.0], strict=True))


def test_what_is_resident_of_a_mapped_file(tmp_path: Path) -> None:
    path = tmp_path / "mapped"
    path.write_bytes(bytes(2**23))
    mapped = np.memmap(path, mode="r")
    assert memory.resident_of_file(path).all_mb == 0
    mapped[: 2**22].sum()
    some = memory.resident_of_file(path)
    assert some.all_mb >= 2**22 / 1e6 and some.all_mb == pytest.approx(some.private_mb + some.shared_mb)
    assert memory.resident_of_file(tmp_path).all_mb == 0 and memory.resident().all_mb > some.all_mb


def test_a_peak_that_is_counted_anew() -> None:
    """Mapped, not allocated: malloc may answer from pages that earlier tests freed, which are resident before and after."""
    with mmap.mmap(-1, 2**25) as mapped:
        for page in range(0, len(mapped), mmap.PAGESIZE):
            mapped[page] = 1
        with_mapped = memory.resident_mb()["peak"]
    memory.reset_peak()
    assert memory.resident_mb()["peak"] < with_mapped


@pytest.mark.parametrize("method", get_args(Method))
def test_a_replayed_search_finds_the_same(toy_recognizer: SwipeRecognizer, qwerty: Grid, method: Method) -> None:
    """Again and again, without asking the model."""
    memory = toy_recognizer.model.encode(toy_recognizer.model.extractor(toy.swipe_of("cat", qwerty)))
    options = replace(toy_recognizer.default_options, method=method)
    recording = RecordingDecoder(toy_recognizer.model)
    expected = search(recording, memory, toy_recognizer.lexicon, options)
    replaying = ReplayingDecoder(toy_recognizer.model, recording.calls)
    assert expected and recording.calls
    assert [search(replaying, memory, toy_recognizer.lexicon, options) for _ in range(2)] == [expected] * 2
    assert not replaying.calls


# --- processes ---


def test_several_processes_decode_one_file(toy_bundle: Path, toy_lexicon: Path, toy_recognizer: SwipeRecognizer, qwerty: Grid) -> None:
    swipes = [toy.swipe_of(word, qwerty) for word in ("cat", "hello", "wet", "vat") * 20]
    lines = [as_line(made_up_record("cat", qwerty, 0)).encode(), *(b'{"x": %a, "y": %a, "t": %a}\n' % as_lists(one) for one in swipes)]
    expected = [toy_recognizer.recognize(one)[0].key_sequence for one in swipes]
    with DecodingProcesses(2, toy_bundle, toy_lexicon) as processes:
        assert processes.decode(lines)[1:] == expected
        reports = processes.memory()
        with pytest.raises(ValueError, match="line 2: "):
            processes.decode([lines[0], b"{}\n"])
    assert len({report.pid for report in reports}) == 2
    assert all(0 < report.process.private_mb < report.process.all_mb for report in reports)


def test_a_fresh_process_starts_step_by_step(qwerty: Grid) -> None:
    swipe = made_up_record("keyboard", qwerty, seed=0).swipe
    with FreshProcess((swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist())) as process:
        assert [process.take_step() for _ in range(3)] == ["imported", "loaded", "keyboard"]
        with pytest.raises(ValueError, match="ended with 1: see its message above"):
            process.take_step()


def as_lists(swipe: Any) -> tuple[list[float], list[float], list[float]]:
    return swipe.x.tolist(), swipe.y.tolist(), swipe.t.tolist()


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="the suites are about the compiled engine")
def test_the_suites_run(tmp_path: Path) -> None:
    """Each stage once, untimed, with its assertions. Left out: what takes seconds even so."""
    options = ["-o", "python_files=bench_*.py", "-o", f"cache_dir={tmp_path}", "--benchmark-disable", "-m", "not slow", "-q"]
    run = subprocess.run([sys.executable, "-m", "pytest", "benchmarks", *options], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
