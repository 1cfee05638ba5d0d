"""`python -m training.calibrate TRAIN`: fits what makes probabilities of scores, on people that training left out, into the bundle.

Two numbers are fitted to both, swipes that stand alone and swipes with the words before them: the temperature, and the score of none of
the words (docs/SCORE.md). They make what was meant as probable as can be. Take dev to see whether the probabilities can be believed:
training.evaluate.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from engine.console import survives_its_output
from engine.files import write_whole
from engine.manifest import Manifest, ModelBundleError
from engine.model import MANIFEST
from engine.search_options import SearchOptions
from training.evaluation.calibration import calibrate
from training.evaluation.contexts import ContextSource
from training.evaluation.decode_data import Outcome, Setup, add_setup_arguments, decode_rows, setup_of
from training.key_reader.config import HELD_OUT

CONTEXTS: tuple[ContextSource, ...] = ("none", "true")
NOWHERE = -1e6
"""in the place of the score of a word that there is not"""


@dataclass(frozen=True, eq=False)
class Scored:
    """The words of n swipes, W each at most."""

    scores: npt.NDArray[np.float64]
    """(n, W), best first, NOWHERE beyond the last"""
    meant: npt.NDArray[np.int64]
    """(n,) which of them was meant; W for none"""

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> Scored:
        """Of outcomes with all words that the search finished."""
        most = max(1, *map(len, (one.candidates for one in outcomes)))
        scores = np.full((len(outcomes), most), NOWHERE)
        for row, one in enumerate(outcomes):
            scores[row, : len(one.candidates)] = [score for _, score in one.candidates]
        return cls(scores, np.array([most if one.rank is None else one.rank for one in outcomes]))


@dataclass(frozen=True)
class Confidence:
    """What makes probabilities of scores."""

    temperature: float
    none_score: float

    def best(self, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(n,) the probability of each swipe's best word. scores: (n, W), as Scored has them; W > 0."""
        base = np.maximum(scores[:, 0], self.none_score)
        odds = np.exp((scores - base[:, None]) / self.temperature)
        probability: npt.NDArray[np.float64] = odds[:, 0] / (odds.sum(axis=1) + np.exp((self.none_score - base) / self.temperature))
        return probability


def fit(scored: Scored) -> Confidence:
    """The temperature and the score of none of the words that make what was meant most probable.

    Source: Guo, Pleiss, Sun, Weinberger: On calibration of modern neural networks, ICML 2017; the score of none is ours. Measured on dev
    with the shipped bundle, calibration error without and with the words before: as it was 2.9 and 3.0 %, the temperature alone 2.1 and
    2.0 %, a constant share for none beside it 2.6 and 2.5 %, a score for none 0.5 and 0.9 %, one that moves with the best word's score 0.4
    and 0.6 %.
    """
    scores, meant = torch.from_numpy(scored.scores), torch.from_numpy(scored.meant)
    log_temperature, none_score = (torch.tensor(start, dtype=torch.float64, requires_grad=True) for start in (0.0, -6.0))
    optimizer = torch.optim.LBFGS([log_temperature, none_score], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        logits = torch.cat((scores, none_score.expand(len(scores), 1)), dim=1) / log_temperature.exp()
        value = torch.nn.functional.cross_entropy(logits, meant)
        value.backward()
        return value

    optimizer.step(loss)
    return Confidence(round(math.exp(log_temperature.item()), 3), round(none_score.item(), 3))


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training.calibrate", description=__doc__)
    add_setup_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="fit and print, and leave the bundle as it is")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> list[str]:
    """Writes what it fits into the bundle's manifest; the report's lines. Raises: ModelBundleError, ValueError, OSError."""
    setup = setup_of(options)
    decoder = setup.load()
    recognizer, data = decoder.recognizer, decoder.data
    rows = np.flatnonzero(data.held_out(HELD_OUT)).tolist()  # those that training.key_reader.train left out
    search = recognizer.default_options
    search = replace(search, n_best=max(search.n_best, search.beam_width), sure_margin=math.inf)  # where it is sure, scores are guesses
    contexts = CONTEXTS if recognizer.context is not None else CONTEXTS[:1]
    decoded = {context: decode_rows(replace(setup, context=context), rows, search, options.processes) for context in contexts}
    found = fit(Scored.of([outcome for outcomes in decoded.values() for outcome in outcomes]))
    before = Confidence(search.temperature, search.none_score)
    lines = [f"{len(rows):,} swipes of {len(set(data.users[rows].tolist()))} people; expected calibration error:"]
    for context, outcomes in decoded.items():
        errors = [error(one, outcomes, data.users[rows]) for one in (before, found)]
        lines.append(f"{f'words before: {context}':24}{errors[0]:8.2%} as it was{errors[1]:8.2%} now")
    lines.append(f"temperature {found.temperature:g}, none_score {found.none_score:g}")
    if not options.dry_run:
        write(setup, found)
        lines.append(f"written into '{options.bundle / MANIFEST}'")
    return lines


def error(confidence: Confidence, outcomes: Sequence[Outcome], people: npt.NDArray[np.str_]) -> float:
    """The expected calibration error of the best words' probabilities."""
    right = np.array([outcome.rank == 0 for outcome in outcomes])
    return calibrate(confidence.best(Scored.of(outcomes).scores), right, people).error


def write(setup: Setup, confidence: Confidence) -> None:
    """Puts it into the search settings of the setup's bundle."""
    assert setup.bundle is not None
    path = Path(setup.bundle) / MANIFEST
    manifest = Manifest.from_json(path.read_text(encoding="utf-8"))
    search: SearchOptions = replace(manifest.search, temperature=confidence.temperature, none_score=confidence.none_score)
    write_whole(path, replace(manifest, search=search).to_json())


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        lines = run(options)
    except (ModelBundleError, ValueError, OSError) as problem:
        sys.exit(f"training.calibrate: {problem}")
    except KeyboardInterrupt:
        sys.exit("training.calibrate: stopped")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
