"""A program with one text field, or with a button in its place, by GTK 3, which the system's Python runs: it knows nothing of ours.

    /usr/bin/python3 gtk_program.py FOLDER text|entry|password|button [TEXT [maximised]]

It keeps its text in FOLDER/text, with a bar at the cursor, in FOLDER/changes a line for each text that it had, with the monotonic clock's
seconds before it, and in FOLDER/focus a line for each time it got or lost the focus.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

folder, kind = Path(sys.argv[1]), sys.argv[2]
waiting: list[int] = []
first = sys.argv[3] if len(sys.argv) > 3 else ""


def shown() -> str:
    if kind == "button":
        return ""
    if kind == "text":
        start, end = buffer.get_bounds()
        at = buffer.get_iter_at_mark(buffer.get_insert())
        return f"{buffer.get_text(start, at, True)}|{buffer.get_text(at, end, True)}"
    text, at = field.get_text(), field.get_position()
    return f"{text[:at]}|{text[at:]}"


def keep(*_: Any) -> None:
    """Soon, and once for all that happens until then: this program is to be as quick as others."""
    if not waiting:
        waiting.append(GLib.timeout_add(5, write))


def write() -> bool:
    waiting.clear()
    new = folder / "text.new"
    new.write_text(shown(), encoding="utf-8")
    new.replace(folder / "text")
    return False


def note(*_: Any) -> None:
    """When it had which text."""
    with (folder / "changes").open("a", encoding="utf-8") as log:
        log.write(json.dumps([time.monotonic(), shown()]) + "\n")


def focus(_: Any, event: Any) -> bool:
    with (folder / "focus").open("a", encoding="utf-8") as log:
        log.write("in\n" if event.in_ else "out\n")
    return False


window = Gtk.Window(title=f"gtk-{kind}")
window.set_default_size(500, 300)
if sys.argv[4:] == ["maximised"]:
    window.maximize()
window.connect("focus-in-event", focus)
window.connect("focus-out-event", focus)
window.connect("destroy", Gtk.main_quit)
window.connect("size-allocate", lambda _, area: (folder / "size").write_text(f"{area.width} {area.height}"))
if kind == "button":
    field = Gtk.Button(label=first)
elif kind == "text":
    field = Gtk.TextView()
    buffer = field.get_buffer()
    buffer.set_text(first)
    buffer.connect("changed", note)
    buffer.connect("changed", keep)
    buffer.connect("mark-set", keep)
else:
    field = Gtk.Entry()
    field.set_text(first)
    field.set_position(-1)
    if kind == "password":
        field.set_visibility(False)
        field.set_input_purpose(Gtk.InputPurpose.PASSWORD)
    field.connect("changed", note)
    field.connect("changed", keep)
    field.connect("notify::cursor-position", keep)
window.add(field)
window.show_all()
keep()
Gtk.main()
