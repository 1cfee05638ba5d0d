"""What the tests of python -m engine.decode share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.swipe import Swipe


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def words(self) -> list[list[str]]:
        return [[one["word"] for one in line["candidates"]] for line in self.json_lines]


Run = Callable[..., Result]
"""run(content, *options, stdin=False)"""
Swiped = Callable[[str], dict[str, Any]]
"""swipe_of(word): the toy's swipe of it, as JSON"""


def as_json(swipe: Swipe) -> dict[str, Any]:
    return {"x": swipe.x.tolist(), "y": swipe.y.tolist(), "t": swipe.t.tolist()}


def lines(*values: object) -> bytes:
    return b"".join(value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n" for value in values)
