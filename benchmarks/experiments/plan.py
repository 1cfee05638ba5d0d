"""What is compared. Every experiment is the preset `study` with a few settings changed: the same data, budget and seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from engine.naming import check_choice

PRESET = "study"
Group = Literal["seeds", "embeddings", "features", "networks", "training", "labels"]
TITLES: dict[Group, str] = {
    "seeds": "The preset with other seeds",
    "embeddings": "Swipe point embeddings",
    "features": "Columns, scaling and resampling",
    "networks": "Networks",
    "training": "Training options",
    "labels": "Pre-training, by the share of labels",
}


@dataclass(frozen=True)
class Experiment:
    """One training."""

    name: str
    group: Group
    settings: tuple[str, ...] = ()
    """what training.train takes with --set"""
    against: str = "study"
    """the experiment that it is compared with"""
    seed: int = 1
    pretrained: bool = False
    """whether it starts from the encoder that `PRETRAINED` left"""
    labels: float = 1.0
    """share of the training swipes"""


COLUMNS = "model.features.columns=x,y,vx,vy,ax,ay"
"""Those of the predecessor, for all embeddings alike."""
FEWER = ("mixture.synthetic_start=0.5", "mixture.synthetic_end=0.15")
HELPED = ("model.encoder=conformer", *FEWER, "mixture.path_outliers=drop", "mixture.transforms=wide")
"""The last is for other screens: on dev as it is, it changes nothing."""
PRETRAINED = "pretrained"
"""Name of the run of training.pretrain."""
PREDECESSOR_ORDER = ("weighted", "nearest", "indiswipe", "google_2015", "phrase_swipe")
"""Best first, on 5.6 million Russian swipes."""

SOFT = "soft_distances"


def embedding(name: str, *settings: str, kind: str | None = None) -> Experiment:
    """The embedding with the predecessor's columns."""
    return Experiment(name, "embeddings", (f"model.embedding={kind or name}", *(settings or (COLUMNS,))), against="weighted")


def with_labels(share: float) -> list[Experiment]:
    """With and without pre-training, on this share of the labels."""
    percent = f"{100 * share:g} %"
    scratch = Experiment(f"{percent} of labels", "labels", labels=share)
    first = [] if share == 1.0 else [scratch]
    against = scratch.name if first else "study"
    return [*first, Experiment(f"{percent} of labels, pre-trained", "labels", against=against, pretrained=True, labels=share)]


STUDY = Experiment("study", "seeds")
EXPERIMENTS: tuple[Experiment, ...] = (
    STUDY,
    *(replace(STUDY, name=f"study, seed {seed}", seed=seed) for seed in (2, 3)),
    embedding("weighted"),
    embedding("weighted, softmax", COLUMNS, "model.weighting=softmax", kind="weighted"),
    embedding("weighted, normalised", COLUMNS, "model.weighting=normalised", kind="weighted"),
    embedding("nearest"),
    embedding("indiswipe"),
    embedding("google_2015", f"{COLUMNS},dt"),
    embedding("phrase_swipe"),
    embedding(SOFT),
    embedding("trainable_weighted"),
    embedding("trainable_gaussian"),
    embedding("distances"),
    *(Experiment(f"scaling {name}", "features", (f"model.features.scaling={name}",)) for name in ("bounding_box", "z_score", "paper_2015")),
    *(Experiment(f"sampling {name}", "features", (f"model.features.sampling={name}",)) for name in ("arc_length", "time")),
    *(Experiment(name, "networks", (f"model.encoder={name}",)) for name in ("conformer", "gru", "lstm")),
    Experiment("conformer, two layers", "networks", ("model.encoder=conformer", "model.n_encoder_layers=2")),
    Experiment("no CTC", "networks", ("model.ctc=false",)),
    Experiment("impossible letters masked", "training", ("loss.impossible_letters=masked",)),
    Experiment("transforms wide", "training", ("mixture.transforms=wide",)),
    Experiment("dropout 0.1", "training", ("loss.dropout=0.1",)),
    Experiment("no augmentation", "training", ("mixture.transforms=none",)),
    Experiment("path outliers dropped", "training", ("mixture.path_outliers=drop",)),
    Experiment("no synthetic swipes", "training", ("mixture.synthetic_start=0", "mixture.synthetic_end=0")),
    Experiment("fewer synthetic swipes", "training", FEWER),
    Experiment("what helped, together", "training", HELPED),
    *with_labels(0.01),
    *with_labels(0.1),
    *with_labels(1.0),
)
ENSEMBLES = {
    "three seeds": ("study", "study, seed 2", "study, seed 3"),
    "three networks": ("study", "conformer", "gru"),
    "five embeddings": ("weighted", "nearest", "indiswipe", "google_2015", "trainable_gaussian"),
}
"""Chosen before any was fitted."""


def chosen(names: list[str] | None) -> list[Experiment]:
    """The experiments of these names, in the plan's order; all where none are named. Raises: ValueError that offers the nearest."""
    for name in names or []:
        check_choice("experiment", name, tuple(experiment.name for experiment in EXPERIMENTS))
    return [experiment for experiment in EXPERIMENTS if not names or experiment.name in names]
