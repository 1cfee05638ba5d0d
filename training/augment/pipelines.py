"""Pipelines as JSON, and those that come with Keyglide.

A pipeline is a list of steps. A step is {"transform": "Scale", "x": 0.05}, where fields that are left out have their defaults;
{"one_of": [steps]}, each with a "weight" if some should be chosen more often; or {"pipeline": [steps]}. A step in a pipeline
may have a "probability"; without one it is always applied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Literal

from engine.naming import did_you_mean
from training.augment.pipeline import Choice, OneOf, Pipeline, Step
from training.augment.sampling import CutEnds, DropSamples, DropStretch, KeepEvery, Resample
from training.augment.space import Drift, Jitter, Rotate, Scale, Shift, Smooth, Tremor
from training.augment.timing import Pace, TimeNoise, TimeWarp
from training.augment.transform import Amounts, Transform

Preset = Literal["narrow", "wide"]
TRANSFORMS: Mapping[str, type[Amounts]] = {
    kind.__name__: kind
    for kind in (
        *(Scale, Rotate, Shift, Drift, Tremor, Jitter, Smooth),
        *(Pace, TimeWarp, TimeNoise),
        *(Resample, DropSamples, DropStretch, KeepEvery, CutEnds),
    )
}
NARROW = Pipeline(
    (
        *(Step(transform) for transform in (Scale(), Rotate(), Shift(), Drift())),
        Step(Jitter(), 0.4),
        Step(Pace()),
        Step(TimeWarp()),
        Step(OneOf((Choice(DropStretch(), 0.7), Choice(KeepEvery(), 0.3))), 0.25),
    )
)
"""The default. It varies swipes as much as the code did that varied those of the shipped model."""
WIDE = Pipeline(
    (
        *(Step(transform) for transform in (Scale(), Rotate(), Shift(), Drift())),
        Step(CutEnds(), 0.2),
        Step(Resample(), 0.5),
        Step(OneOf((Choice(Jitter()), Choice(Tremor()), Choice(Smooth()))), 0.5),
        Step(Pace()),
        Step(TimeWarp()),
        Step(TimeNoise(), 0.2),
        Step(OneOf((Choice(DropStretch(), 0.7), Choice(DropSamples(), 0.3))), 0.25),
    )
)
"""Other kinds of screens: other rates, filters, noise, late events. No better and no worse on dev (docs/EXPERIMENTS.md). A model that
learnt from them reads resampled swipes better, and recorded ones no better (docs/training.md)."""


def preset_pipeline(preset: Preset) -> Pipeline:
    """The pipeline of that name."""
    match preset:
        case "narrow":
            return NARROW
        case "wide":
            return WIDE


def load_pipeline(path: Path) -> Pipeline:
    """The pipeline of a JSON file. Raises: ValueError for anything else, with the step that is wrong; OSError."""
    try:
        return pipeline_from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"'{path}' is not a pipeline: {error}") from error


def pipeline_from_json(value: object, where: str = "the pipeline") -> Pipeline:
    """Raises: ValueError for unknown names (it offers the nearest), fields of the wrong type and amounts out of range."""
    steps = []
    for place, step in _items(value, where):
        transform, probability = _transform_from_json(step, place, "probability")
        with _named(place):
            steps.append(Step(transform, probability))
    return Pipeline(tuple(steps))


def pipeline_to_json(pipeline: Pipeline) -> list[dict[str, Any]]:
    """What `pipeline_from_json` reads, every field written out."""
    return [{**_transform_to_json(step.transform), "probability": step.probability} for step in pipeline.steps]


def _transform_to_json(transform: Transform) -> dict[str, Any]:
    match transform:
        case Amounts():
            return {"transform": type(transform).__name__, **asdict(transform)}
        case OneOf(choices):
            return {"one_of": [{**_transform_to_json(choice.transform), "weight": choice.weight} for choice in choices]}
        case Pipeline():
            return {"pipeline": pipeline_to_json(transform)}
        case _:
            raise TypeError(f"{transform!r} cannot be written as JSON: expected a transform of training.augment, one of them or a pipeline")


def _transform_from_json(step: Mapping[str, Any], where: str, extra: str) -> tuple[Transform, float]:
    """The transform, and the number in the field `extra`, 1 if that is missing."""
    amount = _number(step.get(extra, 1.0), f"{where}: {extra}")
    rest = {name: value for name, value in step.items() if name != extra}
    if "transform" in rest:
        return _leaf_from_json(rest, where), amount
    match list(rest):
        case ["pipeline"]:
            return pipeline_from_json(rest["pipeline"], where), amount
        case ["one_of"]:
            items = [_transform_from_json(item, place, "weight") for place, item in _items(rest["one_of"], where)]
            with _named(where):
                return OneOf(tuple(Choice(transform, weight) for transform, weight in items)), amount
        case names:
            raise ValueError(f"{where} has the fields {names}: expected 'transform' and its amounts, 'one_of' or 'pipeline'; and '{extra}'")


def _leaf_from_json(step: Mapping[str, Any], where: str) -> Amounts:
    name = str(step["transform"])
    if name not in TRANSFORMS:
        raise ValueError(f"{where}: unknown transform '{name}'{_offer(name, TRANSFORMS)}")
    kind = TRANSFORMS[name]
    whole = {field.name: field.type == "int" for field in fields(kind)}
    amounts: dict[str, Any] = {}
    for field, value in step.items():
        if field == "transform":
            continue
        if field not in whole:
            raise ValueError(f"{where}: {name} has no field '{field}'{_offer(field, whole)}")
        amounts[field] = _number(value, f"{where}: {field}", whole[field])
    with _named(where):
        return kind(**amounts)


def _items(value: object, where: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The steps of a list, each with its place for error messages."""
    if not isinstance(value, list):
        raise ValueError(f"{where} must be a list of steps, got {value!r}")
    places = [f"{where}, step {number}" for number in range(1, len(value) + 1)]
    for place, step in zip(places, value, strict=True):
        if not isinstance(step, dict):
            raise ValueError(f"{place} must be an object with a field 'transform', 'one_of' or 'pipeline', got {step!r}")
    return list(zip(places, value, strict=True))


def _number(value: object, what: str, whole: bool = False) -> float:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise ValueError(f"{what} must be a {'whole ' if whole else ''}number, got {value!r}")
    return value


def _offer(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known) or f": known are {', '.join(known)}"


@contextmanager
def _named(where: str) -> Iterator[None]:
    """Adds the place to the message of a ValueError."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from error
