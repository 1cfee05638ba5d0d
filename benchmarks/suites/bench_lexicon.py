"""Lexicons of 50,000 to 500,000 words: opening one, a whole swipe with it, and what is resident of it.

The largest has made-up words beside the shipped lexicon's: see benchmarks.common.lexicons. What is resident is what was touched and
what the kernel maps around that, which is its choice: 64 kB or more, as the file lies in its cache.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.suites.conftest import LexiconOfSize
from benchmarks.suites.stages import Stage
from engine.lexicon import Lexicon
from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord, as_line

MEGABYTE = 1e6
LARGEST = 500_000
SIZES = (50_000, pytest.param(150_000, marks=pytest.mark.slow), None, pytest.param(LARGEST, marks=pytest.mark.slow))
"""in words; None: as shipped"""
N_SWIPES = 200
MOST_MB, MOST_OPEN_MS = 12.0, 10.0
"""The budget of the largest."""
MOST_RESIDENT = 0.05
"""Share of the largest file that opening it may bring into memory."""
sizes = pytest.mark.parametrize("n_words", SIZES, ids=lambda n_words: f"{n_words:,} words" if n_words else "shipped")


@sizes
def test_open(stage: Stage, lexicon_of_size: LexiconOfSize, n_words: int | None) -> None:
    path = lexicon_of_size(n_words)
    (lexicon,) = stage.measure(Lexicon.open, [path])
    assert "the" in lexicon and (n_words is None or len(lexicon) == n_words)
    trie_mb = sum(array.nbytes for array in lexicon.trie) / MEGABYTE
    stage.note("nodes", len(lexicon.trie.token))
    stage.note("trie MB", trie_mb)
    stage.note("file MB", path.stat().st_size / MEGABYTE)
    if n_words == LARGEST:
        stage.limit("trie MB on disk", trie_mb, MOST_MB)
        if stage.timing:
            stage.limit("ms to open", stage.timing.p95_ms, MOST_OPEN_MS)


@sizes
def test_whole_swipe(
    stage: Stage,
    recognizer: SwipeRecognizer,
    records: list[SwipeRecord],
    lexicon_of_size: LexiconOfSize,
    tmp_path: Path,
    n_words: int | None,
) -> None:
    path, some = lexicon_of_size(n_words), records[:N_SWIPES]
    other = SwipeRecognizer(recognizer.bundle, Lexicon.open(path), recognizer.grid)
    found = stage.measure(lambda record: other.recognize(record.swipe), some)
    assert all(candidates[0].key_sequence in other.lexicon for candidates in found)
    if stage.is_quick:
        return
    file = tmp_path / "swipes.jsonl"
    file.write_text("".join(map(as_line, some)), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.common.memory", str(file), "--lexicon", str(path)]
    memory = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    stage.note("file: resident MB, opened", memory["lexicon_opened_mb"])
    stage.note("file: resident MB, after a swipe", memory["lexicon_loaded_mb"])
    stage.note(f"file: resident MB, after {len(some)} swipes", memory["lexicon_after_mb"])
    stage.note("process: resident MB", memory["after_mb"])
    stage.note("process: most resident MB", memory["peak_mb"])
    if n_words == LARGEST:  # only where touched
        share = MEGABYTE * memory["lexicon_opened_mb"] / path.stat().st_size
        stage.limit("share of the file that is resident when opened", share, MOST_RESIDENT)
