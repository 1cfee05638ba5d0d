"""What a transform is, and what all transforms share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.swipe import Swipe

Floats = npt.NDArray[np.float64]


class Transform(Protocol):
    """Swipe -> a random variant of it: two points or more, time that never decreases, the first point's time kept."""

    def __call__(self, swipe: Swipe, random: np.random.Generator, /) -> Swipe: ...


@dataclass(frozen=True)
class Amounts(ABC):
    """The base of the transforms whose fields say how much they change: finite numbers, 0 or more."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{type(self).__name__}: {field.name} is {value}, expected a finite number, 0 or more")

    @abstractmethod
    def __call__(self, swipe: Swipe, random: np.random.Generator, /) -> Swipe: ...

    def require_at_most(self, name: str, value: float, most: float) -> None:
        """Raises: ValueError where the field of that name is above `most`."""
        if value > most:
            raise ValueError(f"{type(self).__name__}: {name} is {value}, expected at most {most:g}")


def moved(swipe: Swipe, dx: Floats | float, dy: Floats | float) -> Swipe:
    """The swipe with its points moved."""
    return Swipe(swipe.x + dx, swipe.y + dy, swipe.t)


def paced(swipe: Swipe, factors: Floats | float) -> Swipe:
    """The swipe with its n - 1 intervals of time multiplied; factors are above 0."""
    passed = np.zeros(len(swipe))
    np.cumsum((swipe.t[1:] - swipe.t[:-1]) * factors, out=passed[1:])
    return Swipe(swipe.x, swipe.y, swipe.t[0] + passed)


def within(value: float, least: float, most: float) -> float:
    """The value, moved into the limits. np.clip takes ten times as long for a single number."""
    return min(max(value, least), most)
