"""Transforms of where the points lie. Times are left alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.swipe import Swipe
from training.augment.transform import Amounts, Floats, moved, within

N_WAVES = 3
"""A tremor is the sum of this many sines along each axis."""
WINDOW = 3.0
"""The smoothing window ends after this many standard deviations."""


@dataclass(frozen=True)
class Scale(Amounts):
    """Larger or smaller around the middle of the keys."""

    x: float = 0.03
    """standard deviation of the factor; it never falls below a half or rises above two"""
    y: float = 0.03

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        factor_x = within(1.0 + random.normal(0.0, self.x), 0.5, 2.0)
        factor_y = within(1.0 + random.normal(0.0, self.y), 0.5, 2.0)
        return Swipe(swipe.x * factor_x, swipe.y * factor_y, swipe.t)


@dataclass(frozen=True)
class Rotate(Amounts):
    """Turned around the middle of the keys."""

    angle: float = 0.02
    """standard deviation, radians"""

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        angle = random.normal(0.0, self.angle)
        cos, sin = np.cos(angle), np.sin(angle)
        return Swipe(cos * swipe.x - sin * swipe.y, sin * swipe.x + cos * swipe.y, swipe.t)


@dataclass(frozen=True)
class Shift(Amounts):
    """All points moved alike."""

    x: float = 0.08
    """standard deviation, key widths"""
    y: float = 0.13

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        return moved(swipe, random.normal(0.0, self.x), random.normal(0.0, self.y))


@dataclass(frozen=True)
class Drift(Amounts):
    """Moves the points by a quadratic Bezier curve: start, middle and end each in a direction of their own."""

    x: float = 0.05
    """standard deviation of a control point, key widths"""
    y: float = 0.08

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        return moved(swipe, _bezier(random.normal(0.0, self.x, 3), len(swipe)), _bezier(random.normal(0.0, self.y, 3), len(swipe)))


@dataclass(frozen=True)
class Tremor(Amounts):
    """Smooth noise: the hand trembles. A sum of sines over time, of random frequency and phase."""

    size: float = 0.03
    """standard deviation, key widths"""
    low_hz: float = 4.0
    high_hz: float = 12.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_at_most("low_hz", self.low_hz, self.high_hz)

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        seconds = (swipe.t - swipe.t[0]) / 1000.0
        hz = random.uniform(self.low_hz, self.high_hz, (2, N_WAVES, 1))
        phase = random.uniform(0.0, 2 * np.pi, (2, N_WAVES, 1))
        waves = np.sin(2 * np.pi * hz * seconds + phase).sum(axis=1)
        dx, dy = self.size * np.sqrt(2 / N_WAVES) * waves
        return moved(swipe, dx, dy)


@dataclass(frozen=True)
class Jitter(Amounts):
    """Moves every coordinate independently: the noise of a touch screen."""

    size: float = 0.015
    """standard deviation, key widths"""

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        dx, dy = random.normal(0.0, self.size, (2, len(swipe)))
        return moved(swipe, dx, dy)


@dataclass(frozen=True)
class Smooth(Amounts):
    """A Gaussian mean over neighbouring points: a touch screen that filters. Beyond the ends, the end points repeat."""

    most: float = 1.5
    """points: the window's standard deviation is drawn between 0 and this; at most 50"""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_at_most("most", self.most, 50.0)

    def __call__(self, swipe: Swipe, random: np.random.Generator) -> Swipe:
        deviation = random.uniform(0.0, self.most)
        reach = int(np.ceil(WINDOW * deviation))
        if reach == 0:
            return swipe
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
        weights /= weights.sum()
        return Swipe(_convolved(swipe.x, weights), _convolved(swipe.y, weights), swipe.t)


def _bezier(control: Floats, n: int) -> Floats:
    """n values along the curve of three control values."""
    u = np.arange(n) / (n - 1)
    start, middle, end = control.tolist()
    curve: Floats = start + u * (2 * (middle - start) + u * (start - 2 * middle + end))
    return curve


def _convolved(values: Floats, weights: Floats) -> Floats:
    around = np.ones(len(weights) // 2)
    return np.convolve(np.concatenate([around * values[0], values, around * values[-1]]), weights, mode="valid")
