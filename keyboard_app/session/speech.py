"""Says written words and what the bar offers aloud, through the desktop's speech dispatcher. Never Kivy."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence

from keyboard_app.session.typing_session import TypingSession

SPEAKER = "spd-say"
"""speech-dispatcher's own client."""


def say(text: str) -> None:
    """Says a text, in the place of what is being said. Nothing happens where there is no speech dispatcher."""
    if (program := shutil.which(SPEAKER)) is not None:
        command = [program, "--cancel", "--", text]
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


class Speech:
    """Follows a session: says each new word, then what else it may be; of passwords nothing."""

    def __init__(self, session: TypingSession, speak: Callable[[str], None] = say) -> None:
        self.is_on = False
        self._session, self._speak = session, speak
        self._word = ""
        self._choices: Sequence[str] = ()
        session.subscribe(self._changed)

    def _changed(self) -> None:
        session = self._session
        word = session.writer.last_word
        if (word, session.choices) == (self._word, self._choices):
            return
        new = word if word != self._word else ""
        self._word, self._choices = word, session.choices
        if self.is_on and not session.secret and (new or session.choices):
            self._speak(", ".join(part for part in (new, *session.choices) if part))
