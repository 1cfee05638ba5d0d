"""Pictures of the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGBA, GL_UNSIGNED_BYTE, glReadPixels
from kivy.graphics.texture import Texture

SETTLE_FRAMES = 5
"""Frames until everything is in place and has its text."""


def save_screenshot(path: Path) -> None:
    """Writes what the window shows to a PNG file. Raises: OSError if it cannot be written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()  # raises if that is not possible; Kivy would say nothing
    Window.dispatch("on_draw")
    # Kivy's own Window.screenshot skews windows whose rows of RGB are not a multiple of 4 bytes.
    pixels = bytearray(glReadPixels(0, 0, *Window.size, GL_RGBA, GL_UNSIGNED_BYTE))
    pixels[3::4] = b"\xff" * (len(pixels) // 4)
    texture = Texture.create(size=Window.size, colorfmt="rgba")
    texture.blit_buffer(bytes(pixels), colorfmt="rgba", bufferfmt="ubyte")
    if texture.save(str(path)) is False:
        raise OSError(f"the picture could not be written to '{path}': choose another file, ending in .png")


def run_for_screenshot(app: App, path: Path, ready: Callable[[], bool] = lambda: True) -> None:
    """Runs the app until it is ready and everything is in place, saves the picture, and closes the app. Raises: OSError."""
    problems: list[OSError] = []
    frames_left = [SETTLE_FRAMES]

    def look(_: float) -> None:
        if not ready():
            return
        frames_left[0] -= 1
        if frames_left[0] > 0:
            return
        try:
            save_screenshot(path)
        except OSError as error:
            problems.append(error)
        app.stop()

    Clock.schedule_interval(look, 0)
    app.run()
    if problems:
        raise problems[0]
