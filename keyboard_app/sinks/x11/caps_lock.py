"""Caps Lock, switched by the X Keyboard Extension, which python-xlib does not know."""

from __future__ import annotations

from Xlib import X
from Xlib.display import Display
from Xlib.protocol import rq

EXTENSION = "XKEYBOARD"
CORE_KEYBOARD = 0x100


class _UseExtension(rq.ReplyRequest):  # type: ignore[misc]
    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(0), rq.RequestLength(), rq.Card16("major"), rq.Card16("minor"))
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Card8("supported"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Card16("major"),
        rq.Card16("minor"),
        rq.Pad(20),
    )


class _LatchLockState(rq.Request):  # type: ignore[misc]
    """Source: the X Keyboard Extension's protocol, 16.3.3."""

    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(5),
        rq.RequestLength(),
        rq.Card16("device"),
        rq.Card8("affect_locks"),
        rq.Card8("locks"),
        rq.Bool("lock_group"),
        rq.Card8("group_lock"),
        rq.Card8("affect_latches"),
        rq.Card8("latches"),
        rq.Pad(1),
        rq.Bool("latch_group"),
        rq.Card16("group_latch"),
    )


class CapsLock:
    """Switches Caps Lock off and on. Where the server lacks the extension it does nothing."""

    def __init__(self, display: Display) -> None:
        self._display = display
        found = display.query_extension(EXTENSION)
        self._opcode = found.major_opcode if found is not None and found.present else None
        if self._opcode is not None:
            _UseExtension(display=display.display, opcode=self._opcode, major=1, minor=0)

    def switch(self, on: bool) -> None:
        if self._opcode is not None:
            _LatchLockState(
                display=self._display.display,
                opcode=self._opcode,
                device=CORE_KEYBOARD,
                affect_locks=X.LockMask,
                locks=X.LockMask if on else 0,
                lock_group=0,
                group_lock=0,
                affect_latches=0,
                latches=0,
                latch_group=0,
                group_latch=0,
            )
