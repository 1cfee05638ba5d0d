"""Commands of ours in processes of their own, watched: what they ask of the network, and which files they leave.

Each starts as on a new machine, with an empty HOME and nothing in its environment. tests.support.confined kills it where it asks for
a network socket; where strace is installed, that lists the sockets, and every file that is made, wherever it may be.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

STRACE = shutil.which("strace")
CONFINE = (sys.executable, str(ROOT / "tests" / "support" / "confined.py"))
TRACED = "trace=%network,open,openat,creat,mkdir,mkdirat"
PATIENCE_S = 900
OWN = (".cache/keyglide", ".config/keyglide", ".local/share/keyglide")
"""Our folders, below HOME."""
PASSING = ("/dev/", "/proc/")
"""What is made here is gone with the process."""
LOCAL_PEERS = ("/tmp/.X11-unix/", "nscd/socket", "/userdb/", "dbus", "/bus")
"""UNIX sockets on which nothing leaves the machine: the display, the names of users, the desktop's messages."""
SOCKET = re.compile(r"\bsocket\((?!AF_UNIX|AF_NETLINK, [^)]*NETLINK_KOBJECT_UEVENT).*")
UNIX_PEER = re.compile(r'\bconnect\(.*sun_path=@?"([^"]*)"')
ADDRESS = re.compile(r'\b(?:bind|connect|sendto|sendmsg)\(.*inet_(?:addr\(|pton\(AF_INET6, )"([^"]*)"')
MADE = re.compile(r'\b(?:open|openat|creat|mkdir|mkdirat)\((?:(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, )?"([^"]*)"(.*)')


@dataclass(frozen=True)
class Watched:
    """What a process did."""

    returncode: int
    """-SIGSYS where it was killed because it asked for a socket"""
    output: str
    """standard output and error"""
    sockets: tuple[str, ...]
    """every call that asks for more than a UNIX socket on this machine; empty without strace"""
    addresses: frozenset[str]
    """IP addresses that it bound to, or sent to; empty without strace"""
    strays: tuple[Path, ...]
    """what was made outside our folders and those that it was given: under its HOME, and with strace wherever it is"""


def watch(
    command: Sequence[str | Path],
    home: Path,
    given: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    confined: bool = True,
    traced: bool = STRACE is not None,
) -> Watched:
    """Runs the command. home: an empty folder. given: folders that it may write into, beside our own."""
    trace = home.parent / f"{home.name}.trace"
    home.mkdir()
    tracing = [str(STRACE), "-f", "--seccomp-bpf", "-y", "-s", "300", "-o", str(trace), "-e", TRACED] if traced else []
    clean = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(ROOT)}
    # Not below home: processes of a training meet at a UNIX socket there, whose path may have 107 bytes, and wait for ever if it has more.
    with tempfile.TemporaryDirectory(prefix="kg-", dir="/tmp") as temporary:
        clean |= {"TMPDIR": temporary, "XDG_RUNTIME_DIR": temporary}  # a desktop session has the second one
        done = subprocess.run(
            [*tracing, *(CONFINE if confined else ()), *map(str, command)],
            cwd=ROOT,
            env=clean | dict(environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
        )
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines() if traced else []
    allowed = [*(home / own for own in OWN), Path(temporary), *given]
    made = {path for path in home.rglob("*") if path.is_file()} | set(filter(None, map(_made, lines)))
    return Watched(
        done.returncode,
        done.stdout,
        tuple(line for line in lines if _leaves(line, temporary)),
        frozenset(address[1] for line in lines for address in ADDRESS.finditer(line)),
        tuple(sorted(path for path in made if not _is_ours(path, allowed))),
    )


def _leaves(line: str, temporary: str) -> bool:
    """Whether a line of strace asks for a socket that may lead out of this machine."""
    peer = UNIX_PEER.search(line)
    return bool(SOCKET.search(line)) or (peer is not None and not any(known in peer[1] for known in (*LOCAL_PEERS, temporary)))


def _made(line: str) -> Path | None:
    """The path that a line of strace makes, or may make; None where it only reads, or fails."""
    call = MADE.search(line)
    if call is None or " = -1 " in line or ("open" in call[0].partition("(")[0] and "O_CREAT" not in call[3]):
        return None
    return Path(os.path.normpath(ROOT / (call[1] or "") / call[2]))


def _is_ours(path: Path, allowed: Sequence[Path]) -> bool:
    """Whether the path lies in a folder that is allowed, or leads to one; compiled code beside its source is ours, too."""
    if "__pycache__" in path.parts or str(path).startswith(PASSING):
        return True
    return any(path.is_relative_to(folder) or folder.is_relative_to(path) for folder in allowed)
