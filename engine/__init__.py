"""Keyglide's engine: a finger trace over a key grid goes in, ranked words come out.

    recognizer = SwipeRecognizer.load()
    candidates = recognizer.recognize(Swipe.from_points(x, y, t))
"""

from engine.beam_search import SearchOptions
from engine.features import Features, FeatureSpec
from engine.grid import Grid, Key, load_grids, pick_grid
from engine.lexicon import Lexicon
from engine.manifest import Manifest, ModelBundleError
from engine.model import ModelBundle
from engine.recognizer import Candidate, Recognition, StageTimes, SwipeRecognizer
from engine.swipe import Swipe

__all__ = [
    "Candidate",
    "FeatureSpec",
    "Features",
    "Grid",
    "Key",
    "Lexicon",
    "Manifest",
    "ModelBundle",
    "ModelBundleError",
    "Recognition",
    "SearchOptions",
    "StageTimes",
    "Swipe",
    "SwipeRecognizer",
    "load_grids",
    "pick_grid",
]
