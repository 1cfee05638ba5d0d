"""What every command needs of its standard output: whatever the locale and wherever the output goes, it says what it has to say."""

from __future__ import annotations

import functools
import io
import os
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Code = TypeVar("Code")


class OutputError(Exception):
    """Standard output cannot be written: the disk is full, say."""


def survives_its_output(main: Callable[Parameters, Code]) -> Callable[Parameters, Code | int]:
    r"""The main function of a command, with three faults of standard output seen to.

    A letter that its encoding lacks is written as \xe9. Where it cannot be written, one line on standard error says so, and the exit
    code is 1. Where its reader has left, as `| head` does, the exit code is 1.
    """

    @functools.wraps(main)
    def command(*arguments: Parameters.args, **named: Parameters.kwargs) -> Code | int:
        spell_out_what_cannot_be_encoded()
        try:
            code = main(*arguments, **named)
            say("", end="", flush=True)
        except BrokenPipeError:
            _give_up_output()
        except OutputError as error:
            print(f"error: standard output cannot be written: {error}", file=sys.stderr)
            _give_up_output()
        else:
            return code
        return 1

    return command


def spell_out_what_cannot_be_encoded() -> None:
    r"""From now on print writes \xe9 for an é that the encoding of standard output lacks."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def say(text: str, end: str = "\n", flush: bool = False) -> None:
    """Prints. Raises: OutputError where that fails, unlike the OSError of a file that cannot be read; BrokenPipeError."""
    try:
        print(text, end=end, flush=flush)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(error.strerror or str(error)) from error


def _give_up_output() -> None:
    """What print still holds goes nowhere, so that Python does not fail once more when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
