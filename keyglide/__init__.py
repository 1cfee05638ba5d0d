"""Keyglide: a finger trace over a keyboard goes in, ranked words come out.

    from keyglide import Swipe, SwipeRecognizer

    recognizer = SwipeRecognizer.load()
    candidates = recognizer.recognize(Swipe.from_points(x, y, t))

The names are those of `engine`.
"""

import engine
from engine import *  # noqa: F403
from engine.version import VERSION

__version__ = VERSION
__all__ = ["__version__"]
__all__ += engine.__all__
