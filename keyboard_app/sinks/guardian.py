"""A process that waits for the keyboard to end, and cleans up after it where it was killed before it could: it frees the keys that were
mapped, and puts the person's IBus engine back.

Run as a program, with its standard input a pipe that the keyboard holds open.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys


class Guardian:
    """Starts it for this process, when it is first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """A second call does nothing."""
        if self._process is None:
            command = [sys.executable, "-I", __file__]
            silent = subprocess.DEVNULL
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=silent, stderr=silent, start_new_session=True)

    def close(self) -> None:
        """Ends it; what it would clean up is clean."""
        if self._process is not None:
            self._process.communicate()
            self._process = None


def main() -> None:
    sys.stdin.read()
    from pathlib import Path  # late, all of it: until the keyboard ends it needs no memory for that

    sys.path.insert(0, str(Path(__file__).parents[2]))
    free_keys()
    put_engine_back()


def free_keys() -> None:
    from keyboard_app.sinks.x11.connection import NoDisplayServerError, connect
    from keyboard_app.sinks.x11.spare_keys import free_listed

    try:
        display = connect()
    except NoDisplayServerError:
        return  # and its keyboard mapping is gone with it
    free_listed(display)
    display.close()


def put_engine_back() -> None:
    from keyboard_app.sinks.ibus import note

    if not note.read():
        return
    from keyboard_app.sinks.ibus.bus import put_back
    from keyboard_app.sinks.ibus.wire import NoIBusError

    with contextlib.suppress(NoIBusError):  # it has ended, and will start with the person's own engine
        put_back()


if __name__ == "__main__":
    main()
