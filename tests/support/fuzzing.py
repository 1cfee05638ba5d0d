"""`python -m tests.support.fuzzing TARGET SECONDS FOLDER`: fuzzes one of `fuzz_targets` with atheris (pip install atheris).

An input that raises what it must not, takes more than SLOW_S or needs more than 500 MB beside what the engine has is written into FOLDER.
A find that is mended belongs into tests/finds/TARGET/, where tests/engine/test_fuzz.py reads it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import atheris

os.environ["NUMBA_DISABLE_JIT"] = "1"  # atheris's counters cannot be compiled; and Python sees an index that is out of bounds

SLOW_S = 20
"""without the JIT, on a machine that does other things meanwhile"""
MOST_MB = 1000
"""with Python, onnxruntime and the counters of what was reached"""

with atheris.instrument_imports(include=["engine"]):
    from tests.support.fuzz_targets import Targets


def main() -> None:
    name, seconds, finds = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    corpus = finds / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        targets = Targets(Path(folder))
        for number, seed in enumerate(targets.seeds(name)):
            (corpus / f"seed{number}").write_bytes(seed)
        limits = [f"-max_total_time={seconds}", f"-timeout={SLOW_S}", f"-rss_limit_mb={MOST_MB}", "-max_len=65536"]
        atheris.Setup([sys.argv[0], str(corpus), *limits, f"-artifact_prefix={finds}/"], lambda content: targets(name, content))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
