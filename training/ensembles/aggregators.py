"""The candidates of several predictors for a swipe -> one list. Aggregators are fitted on swipes by other people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from engine.files import write_whole
from training.ensembles.predictions import Prediction, Ranking
from training.evaluation.metrics import swipe_mrr

Kind = Literal["append", "weighted"]
RIDGE = 1e-3
"""How strongly the weights are pulled towards equal ones, next to a mean log likelihood in nats: it decides between members that agree."""
N_NEWTON = 100
"""The most steps; three predictors of dev took six."""
TOLERANCE = 1e-9
"""Fitting ends when no weight moves by more."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """What M predictors said about n swipes."""

    words: tuple[str | None, ...]
    """(n,), those that were meant"""
    rankings: tuple[tuple[Ranking, ...], ...]
    """(n, M)"""

    @classmethod
    def of(cls, predictions: Sequence[Sequence[Prediction]], rows: Sequence[int]) -> Sample:
        """predictions: (M, all swipes), of the same swipes; rows: those to take."""
        words = tuple(predictions[0][row].word for row in rows)
        return cls(words, tuple(tuple(one[row].ranking for one in predictions) for row in rows))

    def predictions(self, member: int) -> list[Prediction]:
        """(n,), of one of the predictors."""
        return [Prediction(word, rankings[member]) for word, rankings in zip(self.words, self.rankings, strict=True)]

    def combined(self, aggregator: Aggregator) -> list[Prediction]:
        """(n,), of all predictors together."""
        return [Prediction(word, aggregator.combine(rankings)) for word, rankings in zip(self.words, self.rankings, strict=True)]


@dataclass(frozen=True)
class Append:
    """The first candidates of the best predictor, then the new ones among the next one's, and so on; then the rest."""

    order: tuple[int, ...]
    """the predictors, best first"""
    n_first: int
    """how many candidates of each come before the rest"""

    @classmethod
    def fit(cls, sample: Sample) -> Append:
        """In the order of swipe_mrr, with the best n_first. Ties: the predictor that was named first; the largest n_first."""
        n_members = len(sample.rankings[0])
        quality = np.array([mean_swipe_mrr(sample.predictions(member)) for member in range(n_members)])
        order = tuple(np.argsort(-quality, kind="stable").tolist())
        longest = max(1, *(len(ranking) for rankings in sample.rankings for ranking in rankings))
        tried = [cls(order, n_first) for n_first in range(longest, 0, -1)]
        return max(tried, key=lambda one: mean_swipe_mrr(sample.combined(one)))  # max keeps the first of equals

    def part(self, member: int) -> str:
        """The member's part in the combination, in words."""
        return f"place {self.order.index(member) + 1}"

    def combine(self, rankings: Sequence[Ranking]) -> Ranking:
        """One swipe's candidates. Scores of different predictors cannot be compared, so the score at rank r is -r."""
        ordered = [[word for word, _ in rankings[member]] for member in self.order]
        first = [word for words in ordered for word in words[: self.n_first]]
        rest = [word for words in ordered for word in words[self.n_first :]]
        return tuple((word, float(-rank)) for rank, word in enumerate(dict.fromkeys(first + rest)))


@dataclass(frozen=True)
class Weighted:
    """Candidates by the weighted sum of their scores.

    A predictor that did not return a word is assumed to score it like its last candidate: no better than what it did return.
    """

    weights: tuple[float, ...]
    """of the predictors, none below 0"""

    @classmethod
    def fit(cls, sample: Sample) -> Weighted:
        """The weights with which the words that were meant are most probable among the candidates, by a softmax of the sums.

        The likelihood has a single maximum. Swipes whose word no predictor found say nothing about the weights.
        Raises: ValueError if no predictor found any word.
        """
        tables = [_score_table(rankings) for rankings in sample.rankings]
        found = [
            (scores, words.index(word))
            for word, (words, scores) in zip(sample.words, tables, strict=True)
            if word is not None and word in words
        ]
        if not found:
            raise ValueError("no predictor found the word of any swipe, so there is nothing to fit weights on: take other data")
        starts = np.cumsum([0, *(len(scores) for scores, _ in found)])[:-1]
        targets = starts + np.array([place for _, place in found])
        likelihood = _Likelihood(np.concatenate([scores for scores, _ in found]), starts, targets)
        return cls(tuple(_least(likelihood).tolist()))

    def part(self, member: int) -> str:
        """As of Append."""
        return f"weight {self.weights[member]:.3f}"

    def combine(self, rankings: Sequence[Ranking]) -> Ranking:
        """One swipe's candidates. Ties: in the order of the predictors and their candidates."""
        words, scores = _score_table(rankings)
        sums = scores @ np.array(self.weights)
        return tuple((words[row], float(sums[row])) for row in np.argsort(-sums, kind="stable").tolist())


Aggregator = Append | Weighted


def fit(kind: Kind, sample: Sample) -> Aggregator:
    """Raises: ValueError where there is nothing to fit on."""
    match kind:
        case "append":
            return Append.fit(sample)
        case "weighted":
            return Weighted.fit(sample)


def mean_swipe_mrr(predictions: Sequence[Prediction]) -> float:
    return float(swipe_mrr(one.rank for one in predictions).mean())


def _score_table(rankings: Sequence[Ranking]) -> tuple[list[str], Floats]:
    """All W words of one swipe in the order in which they come up, and each predictor's score of each, (W, M)."""
    words = list(dict.fromkeys(word for ranking in rankings for word, _ in ranking))
    scores = np.zeros((len(words), len(rankings)))
    for member, ranking in enumerate(rankings):
        found = dict(ranking)
        lowest = min(found.values(), default=0.0)
        scores[:, member] = [found.get(word, lowest) for word in words]
    return words, scores


@dataclass(frozen=True, eq=False)
class _Likelihood:
    """How improbable the intended words are, as a function of M weights; convex."""

    scores: Floats
    """(all words of all swipes, M)"""
    starts: Integers
    """(n,) each swipe's first word"""
    targets: Integers
    """(n,) each swipe's word that was meant"""

    @property
    def start(self) -> Floats:
        """(M,), where the weights are pulled to: equal ones."""
        return np.full(self.scores.shape[1], 1 / self.scores.shape[1])

    def loss(self, weights: Floats) -> float:
        """The mean negative log softmax of the sums, and the pull."""
        sums = self.scores @ weights
        improbable = np.logaddexp.reduceat(sums, self.starts) - sums[self.targets]
        return float(improbable.mean() + RIDGE / 2 * ((weights - self.start) ** 2).sum())

    def derivatives(self, weights: Floats) -> tuple[Floats, Floats]:
        """The loss's gradient (M,) and Hessian (M, M)."""
        n_words = np.diff(np.append(self.starts, len(self.scores)))
        sums = self.scores @ weights
        shares = np.exp(sums - np.repeat(np.logaddexp.reduceat(sums, self.starts), n_words))
        means = np.add.reduceat(shares[:, None] * self.scores, self.starts)  # (n, M)
        gradient = (means - self.scores[self.targets]).mean(axis=0) + RIDGE * (weights - self.start)
        from_means = self.scores - np.repeat(means, n_words, axis=0)
        hessian = (shares[:, None] * from_means).T @ from_means / len(self.starts)
        return gradient, hessian + RIDGE * np.eye(len(weights))


def _least(likelihood: _Likelihood) -> Floats:
    """The weights, none below 0, where the loss is least. Source: projected Newton, Bertsekas 1982.

    A weight below 0 would reward a word for being missing.
    """
    weights = likelihood.start
    for _ in range(N_NEWTON):
        gradient, hessian = likelihood.derivatives(weights)
        free = (weights > 0) | (gradient < 0)
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        before, after = likelihood.loss(weights), np.maximum(0, weights - step)
        while likelihood.loss(after) > before and np.abs(step).max() > TOLERANCE:
            step /= 2
            after = np.maximum(0, weights - step)
        if np.abs(after - weights).max() < TOLERANCE:
            break
        weights = after
    return weights


# --- saved states ---


@dataclass(frozen=True)
class Ensemble:
    """A fitted aggregator, with its predictors and the people whose swipes it was fitted on."""

    kind: Kind
    members: tuple[str, ...]
    """ids of the predictors, in the order in which the aggregator takes them"""
    aggregator: Aggregator
    people: tuple[str, ...]
    """the people on whose swipes it was fitted, sorted: it is judged on others"""

    def save(self, path: Path) -> None:
        """Writes it as JSON, in one step. Raises: OSError."""
        write_whole(path, json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Ensemble:
        """Reads what `save` wrote. Raises: ValueError for any other file; OSError."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            members = tuple(str(member) for member in fields["members"])
            aggregator = _aggregator(fields["kind"], fields["aggregator"], len(members))
            return cls(fields["kind"], members, aggregator, tuple(map(str, fields["people"])))
        except FileNotFoundError:
            raise FileNotFoundError(f"no saved ensemble at '{path}': fit it with python -m training.ensemble fit") from None
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"'{path}' is not a saved ensemble: {error!r}; fit it again with python -m training.ensemble fit") from error


def _aggregator(kind: str, fields: dict[str, Any], n_members: int) -> Aggregator:
    """Raises: ValueError, KeyError, TypeError for what is not an aggregator of n_members."""
    match kind:
        case "append":
            order = tuple(int(member) for member in fields["order"])
            if sorted(order) != list(range(n_members)):
                raise ValueError(f"order is {order}, expected each of {n_members} members once")
            return Append(order, int(fields["n_first"]))
        case "weighted":
            weights = tuple(float(weight) for weight in fields["weights"])
            if len(weights) != n_members:
                raise ValueError(f"{len(weights)} weights for {n_members} members")
            return Weighted(weights)
        case _:
            raise ValueError(f"kind is '{kind}', expected one of {', '.join(get_args(Kind))}")
