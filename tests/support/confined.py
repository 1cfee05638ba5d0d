"""python confined.py COMMAND...: runs the command, and has the kernel kill whichever of its processes asks for a network socket.

A seccomp filter, which child processes inherit. Allowed are UNIX sockets, and the netlink socket on which the kernel announces that a
device was plugged in: SDL listens there for mice and touch screens. A killed process ends by SIGSYS. Linux on x86-64 or ARM64.
"""

from __future__ import annotations

import ctypes
import os
import platform
import socket
import struct
import sys

MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""The kernel's name for the architecture, and its number of the system call `socket`."""
NETLINK_KOBJECT_UEVENT = 15
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
"""Instructions: load a word of the call's description, jump where it is equal, end."""
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
"""Offsets in that description."""


class Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def is_possible() -> bool:
    """Whether this system has such filters."""
    return sys.platform == "linux" and platform.machine() in MACHINES


def forbid_network() -> None:
    """For this process and all that it starts, for good. Raises: OSError where the kernel refuses."""
    architecture, socket_call = MACHINES[platform.machine()]
    steps = [  # each: instruction, steps to skip where equal, steps to skip where not, value
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 0, 7, architecture),
        (LOAD, 0, 0, NUMBER),
        (EQUAL, 0, 6, socket_call),
        (LOAD, 0, 0, ARGUMENTS),
        (EQUAL, 4, 0, socket.AF_UNIX),
        (EQUAL, 0, 2, socket.AF_NETLINK),
        (LOAD, 0, 0, ARGUMENTS + 2 * 8),
        (EQUAL, 1, 0, NETLINK_KOBJECT_UEVENT),
        (RETURN, 0, 0, KILL_PROCESS),
        (RETURN, 0, 0, ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    libc = ctypes.CDLL(None, use_errno=True)
    program = Program(len(steps), code)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), "the kernel takes no seccomp filter")


if __name__ == "__main__":
    forbid_network()
    os.execvp(sys.argv[1], sys.argv[1:])
