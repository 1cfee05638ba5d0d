"""Keyglide's engine: a finger trace over a key grid goes in, ranked words come out.

recognizer = SwipeRecognizer.load()
candidates = recognizer.recognize(Swipe.from_points(x, y, t))
"""

from importlib import import_module
from typing import TYPE_CHECKING

from engine import telemetry  # noqa: F401  first of all: before anything imports onnxruntime
from engine.accuracy import Accuracy, rank_of
from engine.explain import ContextExplanation, Explanation, LetterExplanation, explain
from engine.features import Features, FeatureSpec
from engine.grid import Grid, Key, load_grids, pick_grid
from engine.language import Language, default_language, language_of, load_languages, titles_of
from engine.lexicon import Lexicon, OverlayWord
from engine.manifest import Manifest, ModelBundleError
from engine.model import ModelBundle
from engine.recognizer import Candidate, Recognition, StageTimes, SwipeRecognizer, open_lexicon
from engine.search_options import SearchOptions
from engine.shipped import DEFAULT_GRID
from engine.swipe import Swipe
from engine.swipe_file import BadRecord, SwipeRecord, read_swipes

if TYPE_CHECKING:
    from engine.context.model import ContextModel, NextWord
    from engine.grid_recognizers import GridRecognizers
    from engine.words.personal import PersonalWords
    from engine.words.prior import Strength
    from engine.words.store import WordStore
    from engine.words.word import PersonalWord

LATER = {
    "ContextModel": "engine.context.model",
    "GridRecognizers": "engine.grid_recognizers",
    "NextWord": "engine.context.model",
    "PersonalWord": "engine.words.word",
    "PersonalWords": "engine.words.personal",
    "Strength": "engine.words.prior",
    "WordStore": "engine.words.store",
}
"""What a first swipe does without, and its module, which is imported when it is first asked for."""


def __getattr__(name: str) -> object:
    if name not in LATER:
        raise AttributeError(f"module 'engine' has no attribute '{name}'", name=name)
    return getattr(import_module(LATER[name]), name)


__all__ = [
    "DEFAULT_GRID",
    "Accuracy",
    "BadRecord",
    "Candidate",
    "ContextExplanation",
    "ContextModel",
    "Explanation",
    "FeatureSpec",
    "Features",
    "Grid",
    "GridRecognizers",
    "Key",
    "Language",
    "LetterExplanation",
    "Lexicon",
    "Manifest",
    "ModelBundle",
    "ModelBundleError",
    "NextWord",
    "OverlayWord",
    "PersonalWord",
    "PersonalWords",
    "Recognition",
    "SearchOptions",
    "StageTimes",
    "Strength",
    "Swipe",
    "SwipeRecognizer",
    "SwipeRecord",
    "WordStore",
    "default_language",
    "explain",
    "language_of",
    "load_grids",
    "load_languages",
    "open_lexicon",
    "pick_grid",
    "rank_of",
    "read_swipes",
    "titles_of",
]
