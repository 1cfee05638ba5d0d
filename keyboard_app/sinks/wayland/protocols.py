"""The protocols that pywayland does not have: their requests and events in the order of their numbers.

Source: input-method-unstable-v2.xml and virtual-keyboard-unstable-v1.xml of wlroots.
"""

from __future__ import annotations

from typing import Any

from pywayland.protocol.wayland import WlSeat
from pywayland.protocol_core import Argument, ArgumentType, Interface, Proxy

TEXT, UINT, INT = Argument(ArgumentType.String), Argument(ArgumentType.Uint), Argument(ArgumentType.Int)
FD = Argument(ArgumentType.FileDescriptor)


class InputMethod(Interface):  # type: ignore[misc]
    name, version = "zwp_input_method_v2", 1


class InputMethodManager(Interface):  # type: ignore[misc]
    name, version = "zwp_input_method_manager_v2", 1


class VirtualKeyboard(Interface):  # type: ignore[misc]
    name, version = "zwp_virtual_keyboard_v1", 1


class VirtualKeyboardManager(Interface):  # type: ignore[misc]
    name, version = "zwp_virtual_keyboard_manager_v1", 1


class InputMethodProxy(Proxy):  # type: ignore[misc]
    interface = InputMethod

    @InputMethod.request(TEXT)
    def commit_string(self, text: str) -> None:
        self._marshal(0, text)

    @InputMethod.request(TEXT, INT, INT)
    def set_preedit_string(self, text: str, begin: int, end: int) -> None:
        self._marshal(1, text, begin, end)

    @InputMethod.request(UINT, UINT)
    def delete_surrounding_text(self, before: int, after: int) -> None:
        """In bytes."""
        self._marshal(2, before, after)

    @InputMethod.request(UINT)
    def commit(self, serial: int) -> None:
        """serial: how many `done` have come."""
        self._marshal(3, serial)


class InputMethodManagerProxy(Proxy):  # type: ignore[misc]
    interface = InputMethodManager

    @InputMethodManager.request(Argument(ArgumentType.Object, interface=WlSeat), Argument(ArgumentType.NewId, interface=InputMethod))
    def get_input_method(self, seat: Any) -> Any:
        return self._marshal_constructor(0, InputMethod, seat)


class VirtualKeyboardProxy(Proxy):  # type: ignore[misc]
    interface = VirtualKeyboard

    @VirtualKeyboard.request(UINT, FD, UINT)
    def keymap(self, kind: int, fd: int, size: int) -> None:
        self._marshal(0, kind, fd, size)

    @VirtualKeyboard.request(UINT, UINT, UINT)
    def key(self, time_ms: int, code: int, state: int) -> None:
        self._marshal(1, time_ms, code, state)

    @VirtualKeyboard.request(UINT, UINT, UINT, UINT)
    def modifiers(self, depressed: int, latched: int, locked: int, group: int) -> None:
        self._marshal(2, depressed, latched, locked, group)


class VirtualKeyboardManagerProxy(Proxy):  # type: ignore[misc]
    interface = VirtualKeyboardManager

    @VirtualKeyboardManager.request(
        Argument(ArgumentType.Object, interface=WlSeat), Argument(ArgumentType.NewId, interface=VirtualKeyboard)
    )
    def create_virtual_keyboard(self, seat: Any) -> Any:
        return self._marshal_constructor(0, VirtualKeyboard, seat)


def _event(interface: type[Interface], name: str, *arguments: Argument) -> None:
    """Declares an event: pywayland takes its name from a function's."""

    def told(*_: object) -> None:
        """For servers."""

    told.__name__ = name
    interface.event(*arguments)(told)


for _name, _arguments in (
    ("activate", ()),
    ("deactivate", ()),
    ("surrounding_text", (TEXT, UINT, UINT)),
    ("text_change_cause", (UINT,)),
    ("content_type", (UINT, UINT)),
    ("done", ()),
    ("unavailable", ()),
):
    _event(InputMethod, _name, *_arguments)

for _interface, _proxy in (
    (InputMethod, InputMethodProxy),
    (InputMethodManager, InputMethodManagerProxy),
    (VirtualKeyboard, VirtualKeyboardProxy),
    (VirtualKeyboardManager, VirtualKeyboardManagerProxy),
):
    _interface._gen_c()
    _interface.proxy_class = _proxy
