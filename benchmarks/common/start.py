"""How long the engine takes from the start of a process to its first word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def first_candidate(file: Path, model_options: Sequence[str] = (), variables: Mapping[str, str] | None = None) -> float:
    """Seconds from the start of `python -m engine.decode` to the first candidates that it prints.

    file: a swipe; model_options: more of its options; variables: of its environment, beside ours. Raises: ValueError if it prints none.
    """
    command = [sys.executable, "-m", "engine.decode", str(file), "--json", *model_options]
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **(variables or {})}) as process:
        assert process.stdout and process.stderr
        line = process.stdout.readline()
        seconds = time.perf_counter() - begin
        complaint = process.stderr.read().decode(errors="replace")
    if not line or not json.loads(line).get("candidates"):
        raise ValueError(f"`{' '.join(command)}` printed no candidates but {line.decode()}{complaint}")
    return seconds
