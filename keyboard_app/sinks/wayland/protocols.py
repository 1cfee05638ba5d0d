"""The protocols that pywayland does not have: their requests and events in the order of their numbers.

Source: input-method-unstable-v2.xml, virtual-keyboard-unstable-v1.xml and wlr-layer-shell-unstable-v1.xml of wlroots.
"""

from __future__ import annotations

from typing import Any

from pywayland.protocol.wayland import WlOutput, WlSeat, WlSurface
from pywayland.protocol_core import Argument, ArgumentType, Interface, Proxy

TEXT, UINT, INT = Argument(ArgumentType.String), Argument(ArgumentType.Uint), Argument(ArgumentType.Int)
FD = Argument(ArgumentType.FileDescriptor)


class InputMethod(Interface):
    name, version = "zwp_input_method_v2", 1


class InputMethodManager(Interface):
    name, version = "zwp_input_method_manager_v2", 1


class VirtualKeyboard(Interface):
    name, version = "zwp_virtual_keyboard_v1", 1


class VirtualKeyboardManager(Interface):
    name, version = "zwp_virtual_keyboard_manager_v1", 1


class LayerSurface(Interface):
    name, version = "zwlr_layer_surface_v1", 1


class LayerShell(Interface):
    name, version = "zwlr_layer_shell_v1", 1


class InputMethodProxy(Proxy[Any]):
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


class InputMethodManagerProxy(Proxy[Any]):
    interface = InputMethodManager

    @InputMethodManager.request(Argument(ArgumentType.Object, interface=WlSeat), Argument(ArgumentType.NewId, interface=InputMethod))
    def get_input_method(self, seat: Any) -> Any:
        return self._marshal_constructor(0, InputMethod, seat)


class VirtualKeyboardProxy(Proxy[Any]):
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


class VirtualKeyboardManagerProxy(Proxy[Any]):
    interface = VirtualKeyboardManager

    @VirtualKeyboardManager.request(
        Argument(ArgumentType.Object, interface=WlSeat), Argument(ArgumentType.NewId, interface=VirtualKeyboard)
    )
    def create_virtual_keyboard(self, seat: Any) -> Any:
        return self._marshal_constructor(0, VirtualKeyboard, seat)


class LayerSurfaceProxy(Proxy[Any]):
    interface = LayerSurface

    @LayerSurface.request(UINT, UINT)
    def set_size(self, width: int, height: int) -> None:
        self._marshal(0, width, height)

    @LayerSurface.request(UINT)
    def set_anchor(self, edges: int) -> None:
        """1 top, 2 bottom, 4 left, 8 right"""
        self._marshal(1, edges)

    @LayerSurface.request(INT)
    def set_exclusive_zone(self, height: int) -> None:
        self._marshal(2, height)

    @LayerSurface.request(INT, INT, INT, INT)
    def set_margin(self, top: int, right: int, bottom: int, left: int) -> None:
        self._marshal(3, top, right, bottom, left)

    @LayerSurface.request(UINT)
    def set_keyboard_interactivity(self, takes_keys: int) -> None:
        self._marshal(4, takes_keys)

    @LayerSurface.request(Argument(ArgumentType.Object, interface=WlSurface))
    def get_popup(self, popup: Any) -> None:
        """Not used; it keeps the number of the next one."""
        self._marshal(5, popup)

    @LayerSurface.request(UINT)
    def ack_configure(self, serial: int) -> None:
        self._marshal(6, serial)


class LayerShellProxy(Proxy[Any]):
    interface = LayerShell

    @LayerShell.request(
        Argument(ArgumentType.NewId, interface=LayerSurface),
        Argument(ArgumentType.Object, interface=WlSurface),
        Argument(ArgumentType.Object, interface=WlOutput, nullable=True),
        UINT,
        TEXT,
    )
    def get_layer_surface(self, surface: Any, output: Any, layer: int, namespace: str) -> Any:
        return self._marshal_constructor(0, LayerSurface, surface, output, layer, namespace)


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

_event(LayerSurface, "configure", UINT, UINT, UINT)
_event(LayerSurface, "closed")

for _interface, _proxy in (
    (LayerSurface, LayerSurfaceProxy),
    (LayerShell, LayerShellProxy),
    (InputMethod, InputMethodProxy),
    (InputMethodManager, InputMethodManagerProxy),
    (VirtualKeyboard, VirtualKeyboardProxy),
    (VirtualKeyboardManager, VirtualKeyboardManagerProxy),
):
    _interface._gen_c()
    _interface.proxy_class = _proxy
