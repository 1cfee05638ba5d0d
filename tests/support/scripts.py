"""What a person does to a writer, as a script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keyboard_app.session.learning import Moment
from keyboard_app.text.writer import Shift, Writer


def played(writer: Writer, steps: Iterable[str]) -> Iterator[Moment]:
    """Does one thing after another, and yields what was there before each.

    ~a/b swipes a with the second candidate b, <key> presses a key, <choose 1> and <at 3> choose a candidate and move the cursor, the rest
    is tapped letter by letter.
    """
    for step in steps:
        for one in [step] if step[0] in "~<" else step:
            before = Moment.of(writer)
            _do(writer, one)
            yield before


def _do(writer: Writer, step: str) -> None:
    if step.startswith("~"):
        writer.commit(step[1:].split("/"))
    elif step.startswith("<choose"):
        writer.choose(int(step[8:-1]))
    elif step.startswith("<at"):
        writer.move_to(int(step[4:-1]))
    elif step.startswith("<"):
        getattr(writer, step[1:-1])()
    else:
        writer.type(step.lower() if writer.shift is Shift.OFF and step.islower() else step)
