"""The sink for programs that IBus knows; on X11, keys pressed by XTest are for those that it does not."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from threading import Event, Thread

from keyboard_app.sinks.codes import KEYS, PURPOSES
from keyboard_app.sinks.freshness import Freshness
from keyboard_app.sinks.ibus import bus as ibus
from keyboard_app.sinks.ibus import note, wire
from keyboard_app.sinks.ibus.engine import NOBODY, UNNAMED, Engine, Post
from keyboard_app.sinks.ibus.wire import NoIBusError
from keyboard_app.sinks.x11.strokes import Guardian
from keyboard_app.sinks.x11.xtest_sink import XTestSink
from keyboard_app.text.rules import CHARACTER
from keyboard_app.text.sink import Context, KeyName, Purpose, do_nothing

IBUS_PURPOSES: dict[int, Purpose] = PURPOSES | {9: "password", 10: "terminal"}
"""with PIN and terminal"""
GONE = "IBus has ended. What you write is typed as keys until it runs again."
GONE_WITHOUT_KEYS = "IBus has ended: what you write waits until it runs again."
APART_S = 0.1
"""between a text by IBus and a key by X, which reach a program on different ways"""
RETRY_S = 1.0
"""how often IBus is looked for when it has ended"""


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
        self._told: Purpose = "text"
        """the purpose that was told last"""
        self._committed_s = float("-inf")
        self._fresh = Freshness()
        self._trouble = ""
        self._closed = Event()
        self._seeker: Thread | None = None
        """looks for an IBus that has ended"""
        self._post, self._guardian = post, guardian
        self._keys = XTestSink(post, guardian) if os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY") else None
        try:
            self._engine = self._take_over()
        except NoIBusError:
            if self._keys is not None:
                self._keys.close()
            raise
        if self._keys is not None:
            self._keys.on_focus, self._keys.on_context = self._keys_focused, lambda: self.on_context()
            self._keys.on_lost = lambda text: self.on_lost(text)

    def _take_over(self) -> Engine:
        """Raises: NoIBusError."""
        bus = ibus.Bus()
        bus.take_name()
        before = bus.engine()
        if before and before != wire.ENGINE:
            note.write(before)
        self._guardian.start()
        bus.register()
        engine = Engine(bus, self, self._post)
        chooser = ibus.Bus()  # IBus asks our engine before it answers, so the answer comes on another connection
        chooser.use_engine(wire.ENGINE)
        client = UNNAMED if chooser.has_client() else NOBODY
        chooser.close()
        self._post(lambda: self._first_client(client))
        return engine

    @property
    def purpose(self) -> Purpose:
        told = IBUS_PURPOSES.get(self._purpose, "text")
        return self._keys.purpose if told == "text" and self._keys is not None else told

    @property
    def listening(self) -> bool:
        return self._by_ibus or (self._keys is not None and self._keys.listening)

    @property
    def in_field(self) -> bool | None:
        if self._by_ibus:
            return True
        return False if self._keys is None else None  # a password field of GTK 3 on X11 is nobody to IBus

    @property
    def trouble(self) -> str:
        return self._trouble or (self._keys.trouble if self._keys is not None else "")

    def context(self) -> Context | None:
        if self._by_ibus:
            return self._fresh.context
        return None if self._keys is None else self._keys.context()

    def replace(self, before: str, after: str, text: str) -> None:
        if not self._by_ibus:
            if self._keys is not None:
                self._keys.replace(before, after, text)
            else:
                self.on_lost(text)
            return
        self._remove(before, after)
        self._committed_s = time.monotonic()
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
            if self._by_ibus:  # GTK 4 does not take keys from IBus on X11; other ways lead to it, so neither may overtake the other
                self._keys.pause(max(0.0, self._committed_s + APART_S - time.monotonic()))
                self._engine.hold(APART_S)
            self._keys.key(name, times)
        elif self._by_ibus:
            for _ in range(times):
                self._engine.press(KEYS[name])
        self._fresh.edited("")

    def close(self) -> None:
        """Puts the person's engine back."""
        if self._closed.is_set():
            return
        self._closed.set()
        if self._seeker is not None:
            self._seeker.join()
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
        return self._client not in (None, NOBODY)

    def _remove(self, before: str, after: str) -> None:
        if self._capabilities & wire.SURROUNDING_TEXT:
            if before or after:
                self._engine.delete(len(before), len(after))
            return
        for key, removed in ((KEYS["backspace"], before), (KEYS["delete"], after)):
            for _ in CHARACTER.findall(removed):
                self._engine.press(key)

    def _keys_focused(self) -> None:
        """Another window has the focus; where IBus knows it, it says more, and later, but not whether it is a terminal."""
        if not self._by_ibus or self.purpose != self._told:
            self._tell_focus()

    def _tell_focus(self) -> None:
        self._told = self.purpose
        self.on_focus()

    # --- what clients say, on the window's thread ---

    def focused(self, client: str | None) -> None:
        self._client = client
        self._purpose = 0
        self._fresh.reset()
        if self._keys is not None:
            self._keys.look()  # so that the kind is that of this window
        self._tell_focus()

    def _first_client(self, client: str) -> None:
        """IBus names a client when it gets the focus, and not the one that has it when we come."""
        if self._client is None:
            self.focused(client)

    def capable(self, capabilities: int) -> None:
        self._capabilities = capabilities

    def typed(self, purpose: int) -> None:
        if purpose != self._purpose:
            self._purpose = purpose
            self._tell_focus()

    def surrounded(self, content: str, cursor: int) -> None:
        if self._fresh.told(Context(content[:cursor], content[cursor:])):
            self.on_context()

    def gone(self) -> None:
        if self._seeker is not None or self._closed.is_set():
            return  # it is told once for each signal that could not be sent
        self._client = None
        self._trouble = GONE if self._keys is not None else GONE_WITHOUT_KEYS
        self._seeker = Thread(target=self._seek, name="ibus-seeker", daemon=True)
        self._seeker.start()
        self.on_context()

    def _seek(self) -> None:
        """On a thread of its own: makes our engine the one in use again, once IBus runs."""
        while not self._closed.wait(RETRY_S):
            try:
                engine = self._take_over()
            except NoIBusError:
                continue
            self._post(partial(self._back, engine))
            return

    def _back(self, engine: Engine) -> None:
        self._engine.close()
        self._engine, self._seeker, self._trouble = engine, None, ""
        self.on_context()
