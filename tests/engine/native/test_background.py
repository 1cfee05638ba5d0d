"""At the first start nothing is compiled yet: swipes are read at once all the same, and by what was compiled once that is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import jit
from engine.native import background, build, place
from tests.conftest import ROOT

PROGRAM = """
import json, sys, time
import numpy
from engine import SwipeRecognizer, jit, read_swipes
from engine.kernels import see_ancestors
started = time.perf_counter()
recognizer = SwipeRecognizer.load()
with open("examples/swipes.jsonl", "rb") as file:
    swipe = next(read_swipes(file)).swipe
words = lambda: [candidate.word for candidate in recognizer.recognize(swipe, before="so ")]
first, first_s, first_way = words(), time.perf_counter() - started, jit.way()
while jit.way() == first_way:
    time.sleep(0.05)
print(json.dumps([first, first_way, words(), jit.way(), "numba" in sys.modules, first_s, time.perf_counter() - started]))
assert see_ancestors(numpy.array([-1, 0]), 0, -60.0)[0].tolist() == [0, 1]
"""

V3 = "sse4_1 sse4_2 ssse3 popcnt cx16 lahf_lm avx avx2 bmi1 bmi2 f16c fma abm movbe"


def environment(folder: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name != jit.VARIABLE}
    return ours | {place.VARIABLE: str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}


def start(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment(folder), capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.skipif(not jit.has_numba(), reason="nothing is compiled: numba is switched off or missing")
def test_the_first_swipes_do_not_wait_for_the_compiler(tmp_path: Path) -> None:
    done = start(PROGRAM, tmp_path)
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    first, first_way, later, later_way, has_numba, *_ = json.loads(done.stdout)
    assert first[0] == later[0]
    assert (first_way, later_way, has_numba) == ("python", "ahead", False)
    assert [path.suffix for path in tmp_path.iterdir() if not path.name.startswith(".")] == [".o"]
    again = start("from engine import jit, kernels; print(jit.way())", tmp_path)
    assert again.stdout == "ahead\n", again.stderr


@pytest.mark.skipif(not jit.has_numba(), reason="nothing is compiled: numba is switched off or missing")
def test_numba_compiles_where_compiling_ahead_has_failed(tmp_path: Path) -> None:
    asks = "from engine import jit; print(jit.way(), jit.lacks_compiled())"
    assert start(asks, tmp_path).stdout == "python True\n"
    place.failure_file(tmp_path).write_text("it was too hard", encoding="utf-8")
    assert start(asks, tmp_path).stdout == "jit False\n"


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / place.file_name()).write_bytes(b"\x7fELF\x02\x01")
    assert start("from engine import jit; print(jit.way())", tmp_path).stdout == "python\n"


def test_an_unknown_way_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(jit.VARIABLE, "jet")
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    done = subprocess.run([sys.executable, "-c", "import engine"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "KEYGLIDE_KERNELS is 'jet': choose among ahead, jit, python" in done.stderr


def test_nothing_is_compiled_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / place.file_name()
    kept.write_bytes(b"kernels")
    monkeypatch.setattr(build, "compile_kernels", pytest.fail)
    assert build.build(tmp_path) == kept
    assert kept.read_bytes() == b"kernels"


def test_what_cannot_be_loaded_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "compile_kernels", lambda: b"no object file")
    with pytest.raises(ValueError, match="ELF"):
        build.build(tmp_path)
    assert not (tmp_path / place.file_name()).exists()


def test_nothing_is_started_where_kernels_are_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jit, "lacks_compiled", lambda: False)
    monkeypatch.setattr(background, "Thread", pytest.fail)
    background.compile_if_missing()


@pytest.mark.parametrize(
    ("features", "level"),
    [
        (f"{V3} avx512f avx512bw avx512cd avx512dq avx512vl avx512_vnni avx_vnni", "x86-64-v4-vnni"),
        (f"{V3} avx_vnni", "x86-64-v3-vnni"),
        (f"{V3} avx512f", "x86-64-v3"),
        ("sse4_1 sse4_2 ssse3 popcnt cx16 lahf_lm avx", "x86-64-v2"),
        ("asimd fp", "aarch64"),
        ("sse4_1", None),
    ],
)
def test_prebuilt_kernels_are_chosen_by_what_the_processor_can(
    features: str, level: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "PREBUILT", tmp_path)
    monkeypatch.setattr(place, "folders", list)
    monkeypatch.setattr(place, "processor", lambda: ("a processor", frozenset(features.split())))
    for one in place.LEVELS:
        (tmp_path / f"{one}.{place.sources()}.o").touch()
    found = place.find()
    assert found == (tmp_path / f"{level}.{place.sources()}.o" if level else None)
