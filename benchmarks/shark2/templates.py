"""SHARK2, the classical way to read a swipe: template matching over a whole lexicon."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from benchmarks.common import kernels
from engine.grid import Grid
from engine.lexicon import Lexicon
from engine.recognizer import Candidate
from engine.swipe import Swipe

LARGEST_STEP = np.iinfo(np.int16).max


@dataclass(frozen=True)
class Shark2Options:
    """How to match. Distances are in key widths, the shape's in sides of its box.

    The defaults were tuned on 2,000 swipes of the training part of How We Swipe, evenly spread, by
    `python -m benchmarks.shark2.tune train.jsonl.gz`, which starts from them: 81.2 % top-1, 91.4 % top-4 there; then, on
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
