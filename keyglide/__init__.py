"""Keyglide: a finger trace over a keyboard goes in, ranked words come out.

    from keyglide import Swipe, SwipeRecognizer

    recognizer = SwipeRecognizer.load()
    candidates = recognizer.recognize(Swipe.from_points(x, y, t))

The names are those of `engine`.
"""

from typing import TYPE_CHECKING

import engine
from engine.version import VERSION

if TYPE_CHECKING:
    from engine import *  # noqa: F403

__version__ = VERSION
__all__ = ["__version__"]
__all__ += engine.__all__


def __getattr__(name: str) -> object:
    if name not in engine.__all__:
        raise AttributeError(f"module 'keyglide' has no attribute '{name}'", name=name)
    return getattr(engine, name)
