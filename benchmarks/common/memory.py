"""`python -m benchmarks.common.memory FILE`: the resident memory of a process that loads the engine and decodes the file's swipes."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from engine.console import survives_its_output
from engine.grid import load_grids, pick_grid
from engine.model import ModelBundle
from engine.recognizer import SwipeRecognizer, open_lexicon
from engine.shipped import DEFAULT_GRID
from engine.swipe_file import SwipeRecord, read_swipes

KILOBYTE = 1024
MEGABYTE = 1e6
REST_S = 2.0


@dataclass(frozen=True)
class Resident:
    """How much of something a process holds in memory, in MB of 10**6 bytes."""

    all_mb: float
    private_mb: float
    """no other process has it mapped"""
    shared_mb: float


def resident_mb() -> dict[str, float]:
    """{"now", "peak"} of this process, in MB of 10**6 bytes. The pages of the mapped lexicon that were read are included."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", status, re.MULTILINE))
    return {name: int(kilobytes[field]) * KILOBYTE / MEGABYTE for name, field in (("now", "VmRSS"), ("peak", "VmHWM"))}


def reset_peak() -> None:
    """Restarts the peak of `resident_mb`."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def resident() -> Resident:
    """All of this process."""
    return _add_up(Path("/proc/self/smaps_rollup").read_text(encoding="utf-8"))


def resident_of_file(path: Path) -> Resident:
    """The pages of a mapped file that this process has touched, and those that the kernel has mapped around them."""
    maps = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return _add_up("".join(one for one in maps if one.partition("\n")[0].endswith(f" {path.resolve()}")))


def _add_up(maps: str) -> Resident:
    fields = re.findall(r"^(Rss|Private_Clean|Private_Dirty|Shared_Clean|Shared_Dirty):\s+(\d+) kB", maps, re.MULTILINE)

    def total(start: str) -> float:
        return sum(int(size) for field, size in fields if field.startswith(start)) * KILOBYTE / MEGABYTE

    return Resident(total("Rss"), total("Private"), total("Shared"))


def measure(file: Path, bundle: Path | None, lexicon: Path | None) -> dict[str, float]:
    """MB of this process at each stage of its life, how much of that is the lexicon, and what share of a core it takes at rest.

    bundle, lexicon: None for the shipped ones.
    """
    opened = open_lexicon(lexicon)
    mapped = opened.origin
    assert isinstance(mapped, Path)
    measured = {"lexicon_opened_mb": resident_of_file(mapped).all_mb}
    recognizer = SwipeRecognizer(ModelBundle.load(bundle), opened, pick_grid(load_grids(), DEFAULT_GRID))
    recognizer.warm_up()
    measured |= {"loaded_mb": resident_mb()["now"], "lexicon_loaded_mb": resident_of_file(mapped).all_mb}
    with file.open("rb") as lines:
        for record in read_swipes(lines):
            if isinstance(record, SwipeRecord):
                recognizer.recognize(record.swipe)
    after = resident_mb()
    measured |= {"after_mb": after["now"], "peak_mb": after["peak"], "lexicon_after_mb": resident_of_file(mapped).all_mb}
    used = time.process_time()
    time.sleep(REST_S)
    return measured | {"at_rest_percent": 100 * (time.process_time() - used) / REST_S}


def measure_in_fresh_process(file: Path, model_options: list[str]) -> dict[str, float]:
    """What `measure` says in a process that decodes the file."""
    command = [sys.executable, "-m", "benchmarks.common.memory", str(file), *model_options]
    memory: dict[str, float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return memory


@survives_its_output
def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.common.memory", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--lexicon", type=Path)
    options = parser.parse_args()
    json.dump(measure(options.file, options.bundle, options.lexicon), sys.stdout)


if __name__ == "__main__":
    main()
