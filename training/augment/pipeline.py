"""Ways to combine transforms: one after the other, one of several, on a grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.grid import Grid
from engine.swipe import Swipe
from training.augment.transform import Transform


@dataclass(frozen=True)
class Step:
    """A transform with the probability that it is applied."""

    transform: Transform
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"the probability of {self.transform} is {self.probability}, expected 0 to 1")


@dataclass(frozen=True)
class Pipeline:
    """Transforms one after the other, each with its probability."""

    steps: tuple[Step, ...] = ()

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        for step in self.steps:
            if random.random() < step.probability:
                swipe = step.transform(swipe, random)
        return swipe


@dataclass(frozen=True)
class Choice:
    """A transform among several."""

    transform: Transform
    weight: float = 1.0
    """how often it is chosen, compared with the others"""


@dataclass(frozen=True)
class OneOf:
    """One of several transforms, chosen at random for each swipe."""

    choices: tuple[Choice, ...]

    def __post_init__(self) -> None:
        weights = [choice.weight for choice in self.choices]
        if not (np.isfinite(weights).all() and min(weights, default=0.0) >= 0 and sum(weights) > 0):
            raise ValueError(f"the weights of the choices are {weights}, expected numbers of 0 or more, at least one of them above 0")

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        shares = np.cumsum([choice.weight for choice in self.choices])
        drawn = np.searchsorted(shares[:-1], random.random() * shares[-1], side="right")
        return self.choices[int(drawn)].transform(swipe, random)


@dataclass(frozen=True)
class OnGrid:
    """A transform for swipes in a grid's units, made from one that measures in key widths from the middle of the keys."""

    transform: Transform
    grid: Grid

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        (x, y), unit = self.grid.origin, self.grid.key_width
        variant = self.transform(Swipe((swipe.x - x) / unit, (swipe.y - y) / unit, swipe.t), random)
        return Swipe(variant.x * unit + x, variant.y * unit + y, variant.t)


def variants(transform: Transform, swipe: Swipe, n: int, random: np.random.Generator) -> Iterator[Swipe]:
    """n variants of a swipe, each made from the swipe itself."""
    return (transform(swipe, random) for _ in range(n))
