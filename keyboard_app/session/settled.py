"""When a word is settled: the person has gone on after it, with another word or the end of the sentence. Never Kivy."""

from __future__ import annotations

from keyboard_app.session.learning import Moment
from keyboard_app.text.rules import LOOK_BACK

SENTENCE_ENDS = ".!?…\n"


def settled(before: Moment, after: Moment) -> str | None:
    """The end of the text up to the word that one change settled, that word included; None if it settled none.

    Only what is added right behind a word settles it: what is changed elsewhere in the text says nothing of the order of writing.
    """
    written = before.text[max(0, before.cursor - LOOK_BACK) : before.cursor].rstrip(" ")
    word = written.rstrip(" ,;:-–—\"'”’»()")
    start = max(0, before.cursor - LOOK_BACK)
    now = after.text[start : after.cursor]
    if not word or not word[-1].isalnum() or not now.startswith(written):
        return None
    for place in range(len(written), len(now)):
        begins_word = now[place].isalnum() and not (now[place - 1].isalnum() or now[place - 1] in "'’")
        if now[place] in SENTENCE_ENDS or begins_word:
            return word
    return None
