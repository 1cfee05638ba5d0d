"""Changes to a preset, written as NAME=VALUE: the names are those of its fields, dotted, the values of their types."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from engine.files import write_whole
from engine.grid import load_grids, pick_grid
from engine.naming import check_choice, nearest_name
from training.config import Preset, key_centres

CENTRES = "model.key_centres"
"""The field that comes from the grid, not from a setting."""
BOOLEANS = {"true": True, "false": False}
EXPECTED = {bool: "true or false", int: "a whole number", float: "a finite number"}
Chosen = TypeVar("Chosen")
"""A dataclass of settings: Preset, or training.key_reader.config.KeyReaderPreset."""


def apply_settings(preset: Preset, settings: Sequence[str]) -> Preset:
    """The preset, changed by settings such as "model.embedding=weighted", "model.features.columns=x,y" or "n_steps=2000".

    As `changed`. The embedding "trainable_gaussian" starts at the key centres of the preset's grid, unless the preset has some.
    """
    values = read_settings(Preset, settings)
    model = preset.model
    if values.get("model.embedding", model.embedding) == "trainable_gaussian" and not model.key_centres:
        grid = pick_grid(load_grids(), values.get("grid", preset.grid))
        values[CENTRES] = key_centres(grid, values.get("model.alphabet", model.alphabet))
    return _replace(preset, values)


def changed(chosen: Chosen, settings: Sequence[str]) -> Chosen:
    """The dataclass, changed by settings such as "mixture.spliced=0.3".

    All are applied at once: only what they make together has to be valid. Raises: ValueError for an unknown name or choice, with the
    nearest, a setting without a value or given twice, and a value of another type or out of range.
    """
    return _replace(chosen, read_settings(type(chosen), settings))


def read_settings(of: type, settings: Sequence[str]) -> dict[str, Any]:
    """The value that each setting gives to a field of the dataclass `of`, by the field's dotted name. Raises: as `changed`."""
    kinds = dict(_kinds(of))
    values: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise ValueError(f"setting '{setting}' has no value: expected NAME=VALUE, as in n_steps=2000")
        if name not in kinds:
            raise ValueError(f"unknown setting '{name}': {_offer(name, list(kinds))}")
        if name in values:
            raise ValueError(f"setting {name} is given twice: give it once")
        values[name] = _value(name, text, kinds[name])
    return values


def settings_of(preset: object) -> list[str]:
    """All settings of a dataclass, as `changed` reads them."""
    return [f"{name}={_text(functools.reduce(getattr, name.split('.'), preset))}" for name, _ in _kinds(type(preset))]


def keep_settings(preset: object, path: Path) -> list[str]:
    """Writes the settings of a run into its file. Returns a sentence for each that had another value there."""
    now = dict(setting.split("=", 1) for setting in settings_of(preset))
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    before = dict(line.split("=", 1) for line in lines if "=" in line)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, "".join(f"{name}={value}\n" for name, value in now.items()))
    return [f"{name} is now {value}, was {before[name]}" for name, value in now.items() if before.get(name, value) != value]


def _text(value: Any) -> str:
    """What `_value` reads back."""
    if isinstance(value, tuple):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kinds(of: Any, outer: str = "") -> Iterator[tuple[str, Any]]:
    """(dotted name, type) of every field that a setting can change."""
    for name, kind in get_type_hints(of).items():
        if dataclasses.is_dataclass(kind):
            yield from _kinds(kind, f"{outer}{name}.")
        elif outer + name != CENTRES:
            yield outer + name, kind


def _value(name: str, text: str, kind: Any) -> Any:
    """Raises: ValueError for text that is not a value of the type, which is bool, int, float, str, a Literal or a tuple of one of them."""
    if get_origin(kind) is tuple:
        return tuple(_value(name, part.strip(), get_args(kind)[0]) for part in text.split(","))
    if get_origin(kind) is Literal:
        check_choice(name, text, get_args(kind))
        return text
    try:
        value = BOOLEANS[text.lower()] if kind is bool else kind(text)
    except (KeyError, ValueError):
        value = math.nan
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"setting {name} must be {EXPECTED[kind]}, got '{text}'")
    return value


def _replace(value: Chosen, changes: Mapping[str, Any]) -> Chosen:
    """The dataclass with other values for the named fields; the names of fields of its fields are dotted."""
    here = {name: change for name, change in changes.items() if "." not in name}
    for outer in {name.partition(".")[0] for name in changes if "." in name}:
        below = {name.removeprefix(f"{outer}."): change for name, change in changes.items() if name.startswith(f"{outer}.")}
        here[outer] = _replace(getattr(value, outer), below)
    return dataclasses.replace(value, **here)  # type: ignore[type-var]


def _offer(name: str, known: Sequence[str]) -> str:
    """The name that was probably meant: one that ends alike, where the outer names were left out, or the nearest."""
    meant = next((one for one in known if one.endswith(f".{name}")), None) or nearest_name(name, known)
    return f"did you mean '{meant}'?" if meant else f"known are {', '.join(known)}"
