"""Damaged and made-up files: a clear error or a result, whatever is in them. What was found once stays found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.fuzz_targets import FINDS, Targets

NAMES = ("swipe", "grid", "lexicon", "manifest", "graph", "language", "context", "store", "words")
JSON_NAMES = ("swipe", "grid", "manifest", "language", "words")
odd_values: st.SearchStrategy[Any] = st.sampled_from(
    (None, True, -1, 0, 1e308, -1e308, 2**70, 1e-300, "", "x" * 5000, "\ud800", [], {}, [[]], [None], float("nan"), float("inf"), 10**6)
)


@pytest.fixture(scope="module")
def targets(tmp_path_factory: pytest.TempPathFactory) -> Targets:
    return Targets(tmp_path_factory.mktemp("fuzz"))


def damaged(content: bytes, draw: Callable[[Any], Any]) -> bytes:
    """The file with a few of its bytes changed, taken out, put in or doubled."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(content) - 1)))
        end = min(len(content), start + draw(st.sampled_from((0, 1, 2, 4, 8, 64, 4096))))
        kind = draw(st.sampled_from(("replace", "same length", "double", "end")))
        if kind == "replace":
            content = content[:start] + draw(st.binary(max_size=8)) + content[end:]
        elif kind == "same length":
            content = content[:start] + draw(st.sampled_from((b"\0", b"\xff", b"\x7f", b"1"))) * (end - start) + content[end:]
        elif kind == "double":
            content = content[:end] + content[start:]
        else:
            content = content[:start]
    return content


def odd(value: Any, draw: Callable[[Any], Any]) -> Any:
    """The JSON value with something odd in one place."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 5)) == 0:
        return draw(odd_values)
    if isinstance(value, dict):
        name = draw(st.sampled_from(sorted(value)))
        if draw(st.integers(0, 8)) == 0:
            return {other: inner for other, inner in value.items() if other != name}
        return {**value, name: odd(value[name], draw)}
    at = draw(st.integers(0, len(value) - 1))
    return [*value[:at], odd(value[at], draw), *value[at + 1 :]]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_damaged_files(name: str, targets: Targets, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(targets.seeds(name)))
    targets(name, damaged(seed, data.draw))


@pytest.mark.parametrize("name", JSON_NAMES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_files_with_odd_values(name: str, targets: Targets, data: st.DataObject) -> None:
    value = odd(json.loads(targets.seeds(name)[0]), data.draw)
    targets(name, json.dumps(value).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", NAMES)
def test_good_files_are_read(name: str, targets: Targets) -> None:
    for seed in targets.seeds(name):
        targets.by_name[name](seed)


@pytest.mark.parametrize(
    "find", sorted(path for path in FINDS.glob("*/*") if path.is_file()), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_what_was_found(find: Path, targets: Targets) -> None:
    targets(find.parent.name, find.read_bytes())


@pytest.mark.parametrize("nested", [b"[" * 200_000, b'{"a":' * 200_000])
@pytest.mark.parametrize("name", JSON_NAMES)
def test_files_that_are_nested_deeply(name: str, nested: bytes, targets: Targets) -> None:
    targets(name, nested)
