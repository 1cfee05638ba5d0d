"""`python -m benchmarks.memory FILE`: the resident memory of a process that loads the engine and decodes the file's swipes."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from engine.recognizer import SwipeRecognizer
from engine.swipe_file import SwipeRecord, read_swipes


def resident_mb() -> dict[str, float]:
    """{"now", "peak"} of this process, in MB of 10**6 bytes. The pages of the mapped lexicon that were read count, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", status, re.MULTILINE))
    return {"now": int(kilobytes["VmRSS"]) * 1024 / 1e6, "peak": int(kilobytes["VmHWM"]) * 1024 / 1e6}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--lexicon", type=Path)
    options = parser.parse_args()
    recognizer = SwipeRecognizer.load(options.bundle, options.lexicon)
    loaded = resident_mb()["now"]
    with options.file.open("rb") as file:
        for record in read_swipes(file):
            if isinstance(record, SwipeRecord):
                recognizer.recognize(record.swipe)
    after = resident_mb()
    json.dump({"loaded_mb": loaded, "after_mb": after["now"], "peak_mb": after["peak"]}, sys.stdout)


if __name__ == "__main__":
    main()
