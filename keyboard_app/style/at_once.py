"""One page in the place of another, without a frame between in which no touch counts."""

from __future__ import annotations

from kivy.uix.screenmanager import NoTransition, ScreenManager


class AtOnce(NoTransition):
    """Shows the next page at once. Kivy's NoTransition is done a frame later, and until then the manager passes no touch on."""

    def start(self, manager: ScreenManager) -> None:
        super().start(manager)
        self._anim.cancel(self)
        self._on_complete()
