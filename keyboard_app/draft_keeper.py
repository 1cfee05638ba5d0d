"""Keeps the draft up to date while the person writes, as long as the settings say so."""

from __future__ import annotations

from pathlib import Path

from kivy.clock import Clock

from keyboard_app.configuration import Configuration
from keyboard_app.open_files import reason
from keyboard_app.session.draft import Draft
from keyboard_app.session.typing_session import TypingSession
from keyboard_app.text.sink import OwnField

PAUSE_S = 1.0
"""The draft is written this long after the first change that it lacks."""
NOT_KEPT = "Your text cannot be kept for the next start: {reason}."


class DraftKeeper:
    """Writes the field's text into the draft, a moment after it has changed and when the window closes."""

    def __init__(self, path: Path | None, configuration: Configuration) -> None:
        self._draft, self._configuration = Draft(path), configuration
        self._field = OwnField()
        self._keep_soon = Clock.create_trigger(self._keep, PAUSE_S)
        self._problem = ""

    def open(self) -> str:
        """The text of the last time; "" if it was not kept, or is not to be."""
        try:
            text = self._draft.open()
        except (OSError, ValueError) as error:
            self._say(error)
            return ""
        return text if self._configuration.settings.keep_draft else ""

    def follow(self, session: TypingSession, field: OwnField) -> None:
        """Keeps the text of that field from now on."""
        self._field = field
        session.subscribe(self._changed)
        self._configuration.subscribe(self._changed)

    def close(self) -> None:
        self._keep_soon.cancel()
        self._keep()
        self._draft.close()

    def _changed(self) -> None:
        if not self._field.text or not self._configuration.settings.keep_draft:
            self._keep()  # what was cleared is gone at once
        else:
            self._keep_soon()

    def _keep(self, *_: object) -> None:
        try:
            self._draft.keep(self._field.text if self._configuration.settings.keep_draft else "")
        except OSError as error:
            self._say(error)

    def _say(self, error: OSError | ValueError) -> None:
        """Says it once."""
        if not self._problem:
            self._problem = NOT_KEPT.format(reason=reason(error))
            self._configuration.tell(self._problem)
