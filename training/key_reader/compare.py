"""`python -m training.key_reader.compare FOLDER DEV`: the exported key reader and the shipped model in turns, both with onnxruntime."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from time import perf_counter_ns

import numpy as np
from tqdm import tqdm

from engine.grid import load_grids
from engine.recognizer import SwipeRecognizer, open_lexicon
from training.data.swipe_data import load_swipes
from training.key_reader.recognizer import KeyReaderRecognizer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.key_reader.compare", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="that export.key_reader wrote for English on qwerty_en")
    parser.add_argument("data", type=Path, metavar="DEV")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth swipe")
    options = parser.parse_args()
    lexicon, grid, data = open_lexicon(None), load_grids()["qwerty_en"], load_swipes(options.data)
    ours, shipped = KeyReaderRecognizer.load(options.folder, lexicon, grid), SwipeRecognizer.load()
    rows = range(0, len(data), options.every)
    places, times = np.full((len(rows), 2), -1), np.empty((len(rows), 2))
    for i, row in enumerate(tqdm(rows, disable=not sys.stderr.isatty())):
        swipe, meant = data.swipe(row), str(data.words[row])
        for which in (0, 1) if i % 2 else (1, 0):
            begin = perf_counter_ns()
            found = ours.recognize(swipe) if which == 0 else shipped.recognize(swipe)
            times[i, which] = (perf_counter_ns() - begin) / 1e6
            words = [word.key_sequence for word in found[:4]]
            places[i, which] = words.index(meant) + 1 if meant in words else -1
    for which, name in enumerate(("key reader", "shipped")):
        top = [100.0 * float(np.mean((places[:, which] >= 1) & (places[:, which] <= k))) for k in (1, 4)]
        p50, p95 = np.percentile(times[50:, which], (50, 95))
        print(f"{name:12}{len(rows):7,} swipes  top-1 {top[0]:.2f}  top-4 {top[1]:.2f}  p50 {p50:.2f} ms  p95 {p95:.2f} ms")
    print(f"{'ratio of paired times, median':12} {np.median(times[50:, 0] / times[50:, 1]):.3f}")


if __name__ == "__main__":
    main()
