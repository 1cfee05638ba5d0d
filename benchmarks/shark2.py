"""`python -m benchmarks.shark2`: SHARK2, the classical way to read a swipe, on our lexicon: its accuracy, its speed, its size."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from benchmarks import kernels
from benchmarks.memory import resident_mb
from benchmarks.setting import default_data, processor, read_records, versions
from engine.accuracy import Accuracy, rank_of
from engine.grid import Grid, load_grids, pick_grid
from engine.lexicon import Entry, Lexicon, build_lexicon
from engine.recognizer import DEFAULT_GRID, Candidate, open_lexicon
from engine.swipe import Swipe
from engine.swipe_file import SwipeRecord

PERCENTILES = (50, 95, 99)
N_WARM_UP = 20
LARGEST_STEP = np.iinfo(np.int16).max


@dataclass(frozen=True)
class Shark2Options:
    """How to match. Distances are in key widths, the shape's in sides of its box.

    The defaults were tuned on 2,000 swipes of the training part of How We Swipe, evenly spread, by
    `python -m benchmarks.tune_shark2 train.jsonl.gz`, which starts from them: 81.2 % top-1, 91.4 % top-4 there; then, on
    all of dev, 81.0 and 91.4. Top-1 on the training swipes, the rest not tuned anew: no touch offset 80.2, band 0 76.6,
    ends without penalties 75.0, no prior 53.0; band 7 81.3, 40 points 81.1. Gaussian penalties, tuned for themselves,
    cost 0.7.
    """

    n_points: int = 32
    """N, the equidistant points of a template and of a swipe"""
    touch_offset: float = 0.13
    """how far people touch below what they aim at"""
    prune_radius: float = 2.2
    """how far the swipe's first and last point may be from the word's first and last key"""
    tunnel_radius: float = 0.0
    """the location distance is 0 where swipe and template lie within this of each other everywhere; 0: no tunnel"""
    band: int = 5
    """points by which the location channel's elastic match may run ahead or behind; 0: point by point"""
    end_weight: float = 1.0
    """weight of the first and last points in the location channel; it falls linearly to 1 in the middle"""
    location_scale: float = 0.078
    shape_scale: float = 0.045
    start_scale: float = 0.32
    """standard deviation of the first point around its key; inf: it does not count"""
    end_scale: float = 0.5
    """the same of the last point"""
    power: float = 1.0
    """the channels' penalties grow with this power of the distance: 2 is Gaussian; 1 is Laplacian, which forgives more"""
    prior_weight: float = 1.0
    """of a word's log prior; 1 is Bayes' rule"""
    n_best: int = 4
    """how many words to return"""

    def __post_init__(self) -> None:
        """Raises: ValueError for an option out of its range."""
        least = {"n_points": 2, "n_best": 1, "power": 1}
        for option in fields(self):
            value = getattr(self, option.name)
            if not value >= least.get(option.name, 0) or (option.name.endswith("_scale") and value == 0):
                raise ValueError(f"{option.name} is {value}: it must be {_at_least(option.name, least)}")


PAPER = Shark2Options(
    touch_offset=0.0,
    prune_radius=1.4,
    tunnel_radius=0.78,
    band=0,
    end_weight=3.4,
    location_scale=0.25,
    shape_scale=0.055,
    start_scale=math.inf,
    end_scale=math.inf,
    power=2.0,
)
"""As published: rigid channels, Gaussian penalties, the tunnel; only the prior is more. Tuned likewise, with --paper: 74.4 %
top-1, 85.6 % top-4 on the training swipes; 74.1 and 86.6 on dev."""


class Shark2:
    """Reads the swipes of one grid by matching them with the template of every word of a lexicon.

    A word's template is the polyline through its key centres; double letters leave none, so the prior decides. Words
    whose first or last key is too far from the swipe's ends are pruned. The shape channel compares swipe and template
    moved and scaled to each other, the location channel as they lie on the keys. Source: Kristensson & Zhai, SHARK2: A
    Large Vocabulary Shorthand Writing System for Pen-based Computers (UIST 2004).

    The defaults go beyond the paper, PAPER does not: the location channel matches elastically (as the first SHARK did,
    Zhai & Kristensson 2003), first and last point have penalties of their own, all penalties have heavier tails, and
    swipes are moved up by what people touch too low. Both have the lexicon's prior, which the paper leaves to others.
    """

    def __init__(self, lexicon: Lexicon, grid: Grid, options: Shark2Options | None = None) -> None:
        """Builds the templates, in about a second for 300,000 words. Raises: ValueError for a letter that has no key."""
        self.lexicon = lexicon
        self.grid = grid
        self.options = options or Shark2Options()
        self._centres = grid.centres(lexicon.alphabet) / grid.key_width
        self._templates = _build_templates(lexicon, self._centres, self.options)
        self._weights = _weights(self.options)

    @property
    def n_bytes(self) -> int:
        """Of the templates and their index."""
        return sum(array.nbytes for array in self._templates if isinstance(array, np.ndarray))

    def recognize(self, swipe: Swipe) -> list[Candidate]:
        """The best words, best first: n_best, or all that survive the pruning where those are fewer, and at least one.

        A swipe that begins and ends near no word's keys gets the words whose keys are nearest. Ties: the word whose first
        key, then whose last key is earlier in the alphabet, then the commoner, the shorter, the alphabetically first.
        A probability is the share among the words returned.
        """
        words, scores = kernels.best_matches(self._templates, self._trace(swipe), self._weights, self.options.n_best)
        n_found = int((words != kernels.NO_WORD).sum())
        shares = np.exp(scores[:n_found] - scores[0])
        shares /= shares.sum()
        nodes = self._templates.node[words[:n_found]].tolist()
        return [self._candidate(*found) for found in zip(nodes, scores.tolist(), shares.tolist(), strict=False)]

    def _trace(self, swipe: Swipe) -> kernels.SwipeTrace:
        x, y = swipe.x / self.grid.key_width, swipe.y / self.grid.key_width - self.options.touch_offset
        points = kernels.equidistant(x, y, self.options.n_points)
        ends = np.array([[x[0], y[0]], [x[-1], y[-1]]])
        distances = np.hypot(*np.moveaxis(ends[:, None] - self._centres, 2, 0))
        return kernels.SwipeTrace(points, kernels.boxes_around(points, self.options.band), kernels.normal_form(points), distances)

    def _candidate(self, node: int, score: float, share: float) -> Candidate:
        sequence = self.lexicon.spell(node)
        forms = self.lexicon.forms(node)
        return Candidate(forms[0], score, share, sequence, forms)


def _build_templates(lexicon: Lexicon, centres: npt.NDArray[np.float64], options: Shark2Options) -> kernels.Templates:
    """The templates of all words, in the order that kernels.Templates says."""
    trie, n_keys = lexicon.trie, len(centres)
    nodes = np.flatnonzero(trie.word_prior)
    letters, lengths = kernels.spell_nodes(trie.first_child, trie.token, nodes)
    pairs = letters[:, 0].astype(np.int64) * n_keys + letters[np.arange(len(nodes)), lengths - 1]
    order = np.lexsort((nodes, trie.word_prior[nodes], pairs))  # the smallest stored prior is the best
    unit = max(float(np.abs(centres).max()) / LARGEST_STEP, 1e-9)
    points, normal = kernels.ideal_traces(letters[order], lengths[order], centres, options.n_points, unit)
    steps = trie.word_prior[nodes[order]].astype(np.float32) - 1
    log_prior = (steps * (-options.prior_weight * lexicon.prior_unit)).astype(np.float32)
    first_word = np.searchsorted(pairs[order], np.arange(n_keys * n_keys + 1))
    return kernels.Templates(points, unit, normal, log_prior, nodes[order].astype(np.uint32), first_word)


def _weights(options: Shark2Options) -> kernels.Weights:
    from_middle = np.abs(np.linspace(-1, 1, options.n_points))
    alpha = 1 + (options.end_weight - 1) * from_middle
    alpha /= alpha.sum()
    least = [(alpha[i] + alpha[max(i - options.band, 0) : i + options.band + 1].min()) / 2 for i in range(len(alpha))]
    return kernels.Weights(
        alpha=alpha.astype(np.float32),
        least_alpha=np.array(least, dtype=np.float32) * (options.tunnel_radius == 0),
        location_scale=options.location_scale,
        shape_scale=options.shape_scale,
        start_scale=options.start_scale,
        end_scale=options.end_scale,
        power=options.power,
        prune_radius=options.prune_radius,
        tunnel_radius=options.tunnel_radius,
        band=options.band,
    )


def _at_least(name: str, least: dict[str, int]) -> str:
    return "above 0" if name.endswith("_scale") else f"at least {least.get(name, 0)}"


# --- the command ---


@dataclass(frozen=True)
class Measurement:
    """What `python -m benchmarks.shark2` reports."""

    processor: str
    versions: dict[str, str]
    load_average: float
    """of the last minute, before; above 0.5 or so the times are too long"""
    data: str
    options: Shark2Options
    lexicon_words: int
    accuracy: Accuracy
    milliseconds: dict[str, float]
    """of a whole swipe, warm, one thread: p50, p95, p99"""
    build_s: float
    """of the templates, kernels compiled"""
    template_mb: float
    peak_mb: float
    """resident memory of this process, with Python, the lexicon and the swipes"""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_table(self) -> str:
        times = ", ".join(f"{name} {value:.2f}" for name, value in self.milliseconds.items())
        return "\n".join(
            [
                f"{self.processor}, load {self.load_average:.2f}; " + ", ".join(f"{name} {it}" for name, it in self.versions.items()),
                f"SHARK2, {self.lexicon_words:,} words, 1 thread, {self.data}",
                f"accuracy       {self.accuracy}",
                f"milliseconds   {times}",
                f"templates      {self.template_mb:.1f} MB, built in {self.build_s:.2f} s; process at most {self.peak_mb:.0f} MB",
            ]
        )


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shark2", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, metavar="DATA", help="recorded swipes with words (default: dev, else examples)")
    parser.add_argument("--n", type=positive, metavar="N", help="how many of them, evenly spread (default: all)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: English)")
    parser.add_argument("--grid", default=DEFAULT_GRID, metavar="NAME", help="grid of all swipes (default: %(default)s)")
    parser.add_argument("--paper", action="store_true", help="match as the paper does, instead of as well as we can")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout, instead of a table")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    """Raises: ArgumentTypeError for what is no number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number above 0, got '{text}'")
    return int(text)


def labelled_records(path: Path, n: int | None) -> list[SwipeRecord]:
    """At most n swipes with words, evenly spread over the file; all of them without n. Raises: ValueError, OSError."""
    records = [record for record in read_records(path, n or sys.maxsize) if record.word is not None]
    if not records:
        raise ValueError(f"none of the swipes of {path} says which word it was meant as: name other DATA")
    return records


def warm_up(grid: Grid, options: Shark2Options) -> None:
    """Compiles the kernels, or loads them, on a lexicon of one word."""
    letter = next(key.label for key in grid.letter_keys if key.label is not None)
    lexicon = Lexicon.from_bytes(build_lexicon([Entry(letter, 1.0, (letter,))], letter, "warm-up"))
    key = grid.letter_key(letter)
    Shark2(lexicon, grid, options).recognize(Swipe.from_points([key.centre_x] * 2, [key.centre_y] * 2, [0.0, 200.0]))


def decode(peer: Shark2, records: list[SwipeRecord]) -> tuple[Accuracy, dict[str, float]]:
    """The accuracy over labelled swipes, and the percentiles of the milliseconds that they took."""
    for record in records[:N_WARM_UP]:
        peer.recognize(record.swipe)
    ranks, milliseconds = [], []
    for record in tqdm(records, desc="swipes", disable=not sys.stderr.isatty()):
        start = time.perf_counter()
        candidates = peer.recognize(record.swipe)
        milliseconds.append((time.perf_counter() - start) * 1e3)
        ranks.append(rank_of(record.word or "", candidates, peer.lexicon.alphabet))
    shares = np.percentile(milliseconds, PERCENTILES).tolist()
    return Accuracy.of_ranks(ranks), {f"p{share}": value for share, value in zip(PERCENTILES, shares, strict=True)}


def run(arguments: argparse.Namespace) -> Measurement:
    """Raises: ValueError, OSError for what cannot be used."""
    options = PAPER if arguments.paper else Shark2Options()
    data = arguments.data or default_data()
    load = os.getloadavg()[0]
    records = labelled_records(data, arguments.n)
    lexicon, grid = open_lexicon(arguments.lexicon), pick_grid(load_grids(), arguments.grid)
    warm_up(grid, options)
    start = time.perf_counter()
    peer = Shark2(lexicon, grid, options)
    build_s = time.perf_counter() - start
    accuracy, milliseconds = decode(peer, records)
    return Measurement(
        processor=processor(),
        versions=versions(),
        load_average=load,
        data=data.name,
        options=options,
        lexicon_words=len(lexicon),
        accuracy=accuracy,
        milliseconds=milliseconds,
        build_s=build_s,
        template_mb=peer.n_bytes / 1e6,
        peak_mb=resident_mb()["peak"],
    )


def main() -> None:
    arguments = parse_args(sys.argv[1:])
    try:
        measurement = run(arguments)
    except (ValueError, OSError) as error:
        sys.exit(f"benchmarks.shark2: {error}")
    print(json.dumps(measurement.as_json()) if arguments.json else measurement.as_table())


if __name__ == "__main__":
    main()
