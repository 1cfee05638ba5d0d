"""Decoding on a Dask cluster: the same outcomes as on this machine, and errors that say what to do."""

from __future__ import annotations

import argparse
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.recognizer import SwipeRecognizer
from engine.search_options import SearchOptions
from tests.conftest import ROOT
from training.evaluation import cluster
from training.evaluation.cluster import Parcel, decode_anywhere, decode_on_cluster
from training.evaluation.decode_data import DataDecoder, Outcome, Setup, decode_rows

distributed = pytest.importorskip("distributed", reason="not installed: distributed, the extra 'cluster'")
EXAMPLES = ROOT / "examples" / "swipes.jsonl"
SEARCH = SearchOptions(16, 0.6)


@pytest.fixture(scope="module", name="workers")
def fixture_workers() -> Iterator[Any]:
    """Two workers on the loopback device, each a thread of this process."""
    options = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "processes": False, "threads_per_worker": 1, "protocol": "tcp://"}
    with distributed.LocalCluster(n_workers=2, **options) as workers:
        yield workers


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long the scheduler and its workers have: more than a busy machine needs."""
    monkeypatch.setattr(cluster, "SCHEDULER_S", 120.0)
    monkeypatch.setattr(cluster, "WORKER_S", 120.0)


@pytest.fixture(name="setup")
def fixture_setup(toy_bundle: Path, toy_lexicon: Path) -> Setup:
    return Setup(toy_bundle, toy_lexicon, "qwerty_en", EXAMPLES)


def found(outcomes: list[Any]) -> list[Any]:
    """All but the times."""
    return [(outcome.rank, outcome.candidates) for outcome in outcomes]


def default_search(setup: Setup) -> SearchOptions:
    return SwipeRecognizer.load(setup.bundle, setup.lexicon).default_options


def test_the_cluster_finds_the_same(workers: Any, setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CHUNK", 3)
    search = default_search(setup)
    options = argparse.Namespace(cluster=workers.scheduler_address, processes=1)
    expected = decode_rows(setup, range(11), search)
    assert found(decode_anywhere(setup, range(11), search, options)) == found(expected)
    assert any(outcome.candidates for outcome in expected)


def test_what_travels_is_enough(setup: Setup, tmp_path: Path) -> None:
    """A worker on another machine has none of the files."""
    parcel = Parcel.of(setup)
    unpacked = parcel.unpacked(tmp_path)
    assert all(path.is_relative_to(tmp_path) for path in (unpacked.bundle, unpacked.lexicon, unpacked.data) if path)
    search = default_search(setup)
    assert found(decode_rows(unpacked, range(3), search)) == found(decode_rows(setup, range(3), search))
    other = Parcel.of(replace(setup, grid="dvorak_en"))
    assert other.digest != parcel.digest == Parcel.of(setup).digest


def test_other_content_is_another_parcel(setup: Setup, tmp_path: Path) -> None:
    copy = tmp_path / EXAMPLES.name
    digests = []
    for content in (EXAMPLES.read_bytes(), EXAMPLES.read_bytes() * 2):
        copy.write_bytes(content)
        digests.append(Parcel.of(replace(setup, data=copy)).digest)
    assert digests[0] != digests[1]


def test_a_fault_in_a_worker_is_ours_to_hear(workers: Any, setup: Setup, tmp_path: Path) -> None:
    (tmp_path / "bad.lexicon").write_bytes(b"no lexicon")
    broken = replace(setup, lexicon=tmp_path / "bad.lexicon")
    with pytest.raises(ValueError, match="lexicon"):
        list(decode_on_cluster(workers.scheduler_address, broken, range(3), default_search(setup)))


def test_no_scheduler(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SCHEDULER_S", 1.0)
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ValueError, match=f"no Dask scheduler answers at '{address}': start one with `dask scheduler"):
            list(decode_on_cluster(address, setup, range(3), SEARCH))


def test_a_scheduler_without_workers(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "WORKER_S", 1.0)
    options = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "processes": False, "protocol": "tcp://"}
    with distributed.LocalCluster(n_workers=0, **options) as empty, pytest.raises(ValueError, match="has no workers: start some with"):
        list(decode_on_cluster(empty.scheduler_address, setup, range(3), SEARCH))


def test_another_keyglide_is_refused(workers: Any, setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "installation", lambda: "ours" if threading.current_thread() is threading.main_thread() else "theirs")
    with pytest.raises(ValueError, match=r"another Keyglide than this one \(ours\): tcp://127"):
        list(decode_on_cluster(workers.scheduler_address, setup, range(3), SEARCH))


def test_a_cluster_that_goes_away(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    decode_many, n_decoded, has_gone = DataDecoder.decode_many, [0], threading.Event()

    def decode_first(decoder: DataDecoder, rows: Sequence[int], options: SearchOptions) -> list[Outcome]:
        n_decoded[0] += 1
        if n_decoded[0] > 1:
            has_gone.wait(180)
        return decode_many(decoder, rows, options)

    monkeypatch.setattr(DataDecoder, "decode_many", decode_first)
    options = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "processes": False, "protocol": "tcp://"}
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, **options) as going:
        outcomes = decode_on_cluster(going.scheduler_address, setup, list(range(11)) * 100, default_search(setup))
        assert next(outcomes)
        with distributed.Client(going.scheduler_address, set_as_default=False) as other:
            other.restart(wait_for_workers=False)  # cancels all tasks, as a scheduler does that ends
        with pytest.raises(ValueError, match="went away, or its workers did: start it again"):
            list(outcomes)
        has_gone.set()


def test_without_dask(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ValueError, match=r"pip install 'keyglide\[cluster\]'"):
        list(decode_on_cluster("tcp://127.0.0.1:1", setup, range(3), SEARCH))


def test_what_was_recognised_before_cannot_be_read_in_parallel(setup: Setup) -> None:
    options = argparse.Namespace(cluster="tcp://127.0.0.1:1", processes=1)
    with pytest.raises(ValueError, match="one swipe after the other"):
        decode_anywhere(replace(setup, context="recognised"), range(3), SEARCH, options)
