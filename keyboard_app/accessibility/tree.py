"""What is on a page, as AT-SPI describes it. Source: at-spi2-core 2.46, atspi/atspi-constants.h"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

Box = tuple[int, int, int, int]
"""Left, top, width and height, px."""


class Role(IntEnum):
    """What a thing is."""

    CHECK_BOX = 7
    FRAME = 23
    LABEL = 29
    PUSH_BUTTON = 43
    RADIO_BUTTON = 44
    TEXT = 61
    APPLICATION = 75

    @property
    def title(self) -> str:
        return self.name.lower().replace("_", " ")


class State(IntEnum):
    """What a thing is like: the number of a bit."""

    ACTIVE = 1
    CHECKED = 4
    ENABLED = 8
    FOCUSABLE = 11
    FOCUSED = 12
    SENSITIVE = 24
    SHOWING = 25
    VISIBLE = 30
    CHECKABLE = 41


@dataclass(frozen=True)
class Node:
    """A thing on a page."""

    number: int
    """the same as long as the thing is there; from 2 on, 1 is the page"""
    role: Role
    name: str
    """what is read out"""
    box: Box
    """in the window"""
    checked: bool | None = None
    """None: that makes no sense for it"""
    focused: bool = False
    enabled: bool = True
    press: Callable[[], None] | None = None
    """on the window's thread; None: it cannot be pressed"""

    @property
    def states(self) -> list[int]:
        """The bits of its states, in two numbers of 32."""
        found = {State.SHOWING, State.VISIBLE}
        if self.enabled:
            found |= {State.ENABLED, State.SENSITIVE}
        if self.press is not None:
            found.add(State.FOCUSABLE)
        if self.checked is not None:
            found.add(State.CHECKABLE)
        if self.checked:
            found.add(State.CHECKED)
        if self.focused:
            found.add(State.FOCUSED)
        return bits(found)


@dataclass(frozen=True)
class Page:
    """What the window shows."""

    title: str
    box: Box = (0, 0, 0, 0)
    """of the window on the screen"""
    nodes: tuple[Node, ...] = ()

    @property
    def focused(self) -> Node | None:
        return next((node for node in self.nodes if node.focused), None)


def bits(states: set[State]) -> list[int]:
    """The bits of states, in two numbers of 32."""
    whole = sum(1 << state for state in states)
    return [whole & 0xFFFFFFFF, whole >> 32]
