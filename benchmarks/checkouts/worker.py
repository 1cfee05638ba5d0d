"""Decodes swipes by their numbers, with the engine that Python finds: the command beside it starts it once for each checkout.

It imports nothing of this checkout but SHARK2, which is asked for here alone: so it runs with older engines, too.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from engine.recognizer import SwipeRecognizer
from engine.swipe_file import read_swipes


def decoder(kind: str) -> Callable[[Any], list[Any]]:
    """kind: "engine", or "shark2" with its own settings."""
    recognizer = SwipeRecognizer.load()
    if kind == "engine":
        return recognizer.recognize
    from benchmarks.shark2.templates import Shark2

    return Shark2(recognizer.lexicon, recognizer.grid).recognize


def wait_for_kernels() -> None:
    """Where the engine has its kernels compiled in the background, until they are: until then it runs plain Python."""
    try:
        from engine.jit import lacks_compiled
    except ImportError:  # an older engine, which compiles them when they are first called
        return
    while lacks_compiled():
        time.sleep(0.1)


def main() -> None:
    """Says where its engine is; then, for each number on standard input, the nanoseconds of that swipe and its best word, as JSON.

    The swipe before is decoded first, untimed, so that caches are as the engine leaves them itself.
    """
    kind, path = sys.argv[1:]
    recognize = decoder(kind)
    with Path(path).open("rb") as file:
        swipes = [record.swipe for record in read_swipes(file) if hasattr(record, "swipe")]
    wait_for_kernels()
    for swipe in swipes:  # what is found out once, such as the internal language model's, is known then
        recognize(swipe)
    print(json.dumps(str(Path(sys.modules["engine"].__path__[0]).parent.resolve())), flush=True)
    for line in sys.stdin:
        number = int(line)
        recognize(swipes[number - 1])
        start = perf_counter_ns()
        candidates = recognize(swipes[number])
        print(json.dumps([perf_counter_ns() - start, candidates[0].key_sequence if candidates else None]), flush=True)


if __name__ == "__main__":
    main()
