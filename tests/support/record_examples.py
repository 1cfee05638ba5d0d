"""`python -m tests.support.record_examples OUT.jsonl`: draws words with a real pointer on the practice page, which records them."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.support.pointer import keyboard, missing_programs, open_hand

SENTENCE = "Hello world, don't worry about London people typing because swiping is quick on this keyboard"
SEED = 11
LOADED_S = 3.0
"""until the model is loaded: what is swiped before is recorded as well, but later"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.support.record_examples", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT.jsonl", help="the file for the swipes, replaced if it is there")
    out: Path = parser.parse_args().out
    if missing := missing_programs():
        print(f"not installed: {', '.join(missing)} (Debian: apt install xvfb xdotool)", file=sys.stderr)
        return 1
    words = ["".join(filter(str.isalpha, word.lower())) for word in SENTENCE.split()]
    with tempfile.TemporaryDirectory() as home, open_hand(Path(home) / "log", SEED) as hand:
        prompts, swipes = Path(home) / "prompts.txt", Path(home) / "swipes.jsonl"
        prompts.write_text(SENTENCE + "\n", encoding="utf-8")
        with keyboard(hand, Path(home), "--page", "practice", "--prompts", str(prompts), "--swipes", str(swipes)):
            time.sleep(LOADED_S)
            for word in words:
                hand.swipe(word)
        recorded = swipes.read_text(encoding="utf-8")
    if [json.loads(line)["word"] for line in recorded.splitlines()] != words:
        print(f"the practice page recorded other words than were drawn: {recorded}", file=sys.stderr)
        return 1
    out.write_text(recorded, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
