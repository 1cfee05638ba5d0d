"""The sink for programs that IBus knows; on X11, keys pressed by XTest are for those that it does not."""

from __future__ import annotations

import os
from collections.abc import Callable

from keyboard_app.sinks.freshness import Freshness
from keyboard_app.sinks.ibus import bus as ibus
from keyboard_app.sinks.ibus import note, wire
from keyboard_app.sinks.ibus.engine import NOBODY, UNNAMED, Engine, Post
from keyboard_app.sinks.ibus.wire import NoIBusError
from keyboard_app.sinks.x11.strokes import Guardian
from keyboard_app.sinks.x11.xtest_sink import XTestSink
from keyboard_app.text.rules import CHARACTER
from keyboard_app.text.sink import Context, KeyName, Purpose, do_nothing

PURPOSES: dict[int, Purpose] = {
    2: "number",
    3: "number",
    4: "number",
    5: "url",
    6: "email",
    8: "password",
    9: "password",
    10: "terminal",
}
"""IBus's input purposes: digits, number, telephone, URL, e-mail, password, PIN, terminal"""
KEYS: dict[KeyName, tuple[int, int]] = {
    "backspace": (0xFF08, 14),
    "tab": (0xFF09, 15),
    "enter": (0xFF0D, 28),
    "escape": (0xFF1B, 1),
    "home": (0xFF50, 102),
    "left": (0xFF51, 105),
    "up": (0xFF52, 103),
    "right": (0xFF53, 106),
    "down": (0xFF54, 108),
    "end": (0xFF57, 107),
    "delete": (0xFFFF, 111),
}
"""keysym and the kernel's key code"""
GONE = "IBus has ended. What you write is typed as keys; start the keyboard again to use IBus."
GONE_WITHOUT_KEYS = "IBus has ended: start it, and then the keyboard again."


class IBusSink:
    """Commits text through our engine in IBus."""

    def __init__(self, post: Post, guardian: Guardian) -> None:
        """Makes our engine the one in use. Raises: NoIBusError."""
        self.on_focus: Callable[[], None] = do_nothing
        self.on_context: Callable[[], None] = do_nothing
        self.on_lost: Callable[[str], None] = do_nothing
        self._client: str | None = None
        """the program whose field has the cursor, as IBus names it"""
        self._capabilities, self._purpose = 0, 0
        self._fresh = Freshness()
        self._trouble = ""
        self._closed = False
        self._guardian = guardian
        self._keys = XTestSink(post, guardian) if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY") else None
        try:
            self._engine = self._take_over(post)
        except NoIBusError:
            if self._keys is not None:
                self._keys.close()
            raise
        if self._keys is not None:
            self._keys.on_focus, self._keys.on_context = self._keys_focused, lambda: self.on_context()
            self._keys.on_lost = lambda text: self.on_lost(text)

    def _take_over(self, post: Post) -> Engine:
        bus = ibus.Bus()
        bus.take_name()
        before = bus.engine()
        if before and before != wire.ENGINE:
            note.write(before)
        self._guardian.start()
        bus.register()
        engine = Engine(bus, self, post)
        chooser = ibus.Bus()  # IBus asks our engine before it answers, so the answer comes on another connection
        chooser.use_engine(wire.ENGINE)
        chooser.close()
        return engine

    @property
    def purpose(self) -> Purpose:
        told = PURPOSES.get(self._purpose, "text")
        return self._keys.purpose if told == "text" and self._keys is not None else told

    @property
    def listening(self) -> bool:
        return self._by_ibus or (self._keys is not None and self._keys.listening)

    @property
    def trouble(self) -> str:
        return self._trouble or (self._keys.trouble if self._keys is not None else "")

    def context(self) -> Context | None:
        return self._fresh.context if self._by_ibus else None

    def replace(self, before: str, after: str, text: str) -> None:
        if not self._by_ibus:
            if self._keys is not None:
                self._keys.replace(before, after, text)
            else:
                self.on_lost(text)
            return
        self._remove(before, after)
        lines = text.split("\n")
        for line in lines[:-1]:
            if line:
                self._engine.commit(line)
            self.key("enter")
        if lines[-1]:
            self._engine.commit(lines[-1])
        self._fresh.edited(lines[-1])

    def key(self, name: KeyName, times: int = 1) -> None:
        if self._keys is not None and (not self._by_ibus or self._client == UNNAMED or str(self._client).startswith("gtk4")):
            self._keys.key(name, times)  # GTK 4 does not take keys from IBus on X11
        elif self._by_ibus:
            for _ in range(times):
                self._engine.press(*KEYS[name])
        self._fresh.edited("")

    def close(self) -> None:
        """Puts the person's engine back."""
        if self._closed:
            return
        self._closed = True
        self._engine.close()
        try:
            ibus.put_back()
        except NoIBusError:
            note.remove()  # IBus is gone, and starts with the person's own
        if self._keys is not None:
            self._keys.close()
        self._guardian.close()

    @property
    def _by_ibus(self) -> bool:
        if self._client == UNNAMED and self._keys is not None:  # it may be nobody, who tells no text
            return bool(self._capabilities & wire.SURROUNDING_TEXT)
        return self._client not in (None, NOBODY)

    def _remove(self, before: str, after: str) -> None:
        if self._capabilities & wire.SURROUNDING_TEXT:
            if before or after:
                self._engine.delete(len(before), len(after))
            return
        for name, removed in (("backspace", before), ("delete", after)):
            for _ in CHARACTER.findall(removed):
                self._engine.press(*KEYS[name])  # type: ignore[index]

    def _keys_focused(self) -> None:
        """Another window has the focus; where IBus knows it, it says more, and later."""
        if not self._by_ibus:
            self.on_focus()

    # --- what clients say, on the window's thread ---

    def focused(self, client: str | None) -> None:
        self._client = client
        self._purpose = 0
        self._fresh.reset()
        self.on_focus()

    def capable(self, capabilities: int) -> None:
        self._capabilities = capabilities

    def typed(self, purpose: int) -> None:
        if purpose != self._purpose:
            self._purpose = purpose
            self.on_focus()

    def surrounded(self, content: str, cursor: int) -> None:
        if self._fresh.told(Context(content[:cursor], content[cursor:])):
            self.on_context()

    def gone(self) -> None:
        self._client = None
        self._trouble = GONE if self._keys is not None else GONE_WITHOUT_KEYS
        self.on_focus()
