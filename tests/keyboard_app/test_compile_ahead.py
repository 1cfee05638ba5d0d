"""At the first start nothing is compiled yet: swipes are read at once all the same, and by what was compiled once that is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.jit import COMPILED

PROGRAM = """
import json, sys, time
from pathlib import Path
from queue import Queue
from engine import jit, kernels
from engine.swipe_file import read_swipes
from keyboard_app.configuration import Configuration
from keyboard_app.session.worker import RecognitionWorker

calls = Queue()
worker = RecognitionWorker(calls.put)
configuration = Configuration(Path(sys.argv[1]) / "settings.json", {}, worker, calls.put)
with Path("examples/swipes.jsonl").open("rb") as file:
    swipe = next(read_swipes(file)).swipe
started = time.perf_counter()
configuration.load()

def read():
    words = []
    worker.recognize(swipe, lambda outcome: words.append([candidate.word for candidate in outcome.candidates]))
    while not words:
        calls.get()()
    return words[0]

first, first_s, was_compiled = read(), time.perf_counter() - started, jit.COMPILED
while not jit.COMPILED or worker.loading:
    calls.get()()
print(json.dumps([first, was_compiled, read(), hasattr(kernels.resample, "signatures"), first_s, time.perf_counter() - started]))
worker.stop()
"""


@pytest.mark.slow
@pytest.mark.skipif(not COMPILED, reason="nothing is compiled: numba is switched off or missing")
def test_the_first_swipes_do_not_wait_for_the_compiler(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    first, was_compiled, later, is_compiled, *_ = json.loads(done.stdout)
    assert first[0] == later[0]
    assert (was_compiled, is_compiled) == (False, True)
