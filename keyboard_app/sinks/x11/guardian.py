"""A process that waits for the keyboard to end, and frees the keys that it had mapped where it was killed before it could.

Run as a program, with its standard input a pipe that the keyboard holds open.
"""

from __future__ import annotations

import subprocess
import sys


def start() -> subprocess.Popen[bytes]:
    """Starts it for this process. It ends when its standard input is closed."""
    command = [sys.executable, "-I", __file__]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def main() -> None:
    sys.stdin.read()
    from pathlib import Path  # late, all of it: until the keyboard ends it needs no memory for that

    sys.path.insert(0, str(Path(__file__).parents[3]))
    from keyboard_app.sinks.x11.connection import NoDisplayServerError, connect
    from keyboard_app.sinks.x11.spare_keys import free_listed

    try:
        display = connect()
    except NoDisplayServerError:
        return  # and its keyboard mapping is gone with it
    free_listed(display)
    display.close()


if __name__ == "__main__":
    main()
