"""Transforms of when the points were touched. Places are left alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.swipe import Swipe
from training.augment.transform import Amounts, paced, within

LIMIT = 5.0
"""The logarithm of a factor of time stays within +- this, so that no setting stretches time without limit."""


@dataclass(frozen=True)
class Pace(Amounts):
    """Faster or slower as a whole."""

    spread: float = 0.15
    """standard deviation of the logarithm of the factor"""

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        return paced(swipe, np.exp(within(random.normal(0.0, self.spread), -LIMIT, LIMIT)))


@dataclass(frozen=True)
class TimeWarp(Amounts):
    """Faster and slower in waves along the swipe."""

    depth: float = 0.2
    """standard deviation of the greatest logarithm of the factor"""
    fewest: float = 0.5
    """waves along the swipe"""
    most: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_at_most("fewest", self.fewest, self.most)

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        waves, phase = random.uniform(self.fewest, self.most), random.uniform(0.0, 2 * np.pi)
        depth = within(random.normal(0.0, self.depth), -LIMIT, LIMIT)
        u = np.arange(1, len(swipe)) / (len(swipe) - 1)
        return paced(swipe, np.exp(depth * np.sin(2 * np.pi * waves * u + phase)))


@dataclass(frozen=True)
class TimeNoise(Amounts):
    """Makes every interval longer or shorter independently: events that are delivered late."""

    spread: float = 0.2
    """standard deviation of the logarithm of an interval's factor"""

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        return paced(swipe, np.exp(np.clip(random.normal(0.0, self.spread, len(swipe) - 1), -LIMIT, LIMIT)))
