"""The pictures of a Wayland surface, in memory shared with the compositor. Every method is called on the connection's thread."""

from __future__ import annotations

import mmap
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

XRGB = 1
"""a pixel format that every compositor has: blue, green, red and nothing"""
N_BUFFERS = 3
Pixels = npt.NDArray[np.uint8]
"""(height, width, 4): blue, green, red and anything; the lowest row first"""


@dataclass(eq=False)
class _Buffer:
    buffer: Any
    pixels: Pixels
    free: bool = True


class Pictures:
    """Shows the last picture that it was given, as soon as the compositor has read one of those before."""

    def __init__(self, shm: Any, surface: Any) -> None:
        self._shm, self._surface = shm, surface
        self._buffers: list[_Buffer] = []
        self._waiting: Pixels | None = None

    def show(self, picture: Pixels) -> None:
        height, width = picture.shape[:2]
        buffer = next((one for one in self._ready(height, width) if one.free), None)
        if buffer is None:
            self._waiting = picture
            return
        self._waiting = None
        np.copyto(buffer.pixels, picture[::-1])
        buffer.free = False
        self._surface.attach(buffer.buffer, 0, 0)
        self._surface.damage_buffer(0, 0, width, height)
        self._surface.commit()

    def forget(self) -> None:
        """What waits is of another size than the surface by now."""
        self._waiting = None

    def _ready(self, height: int, width: int) -> list[_Buffer]:
        """Buffers of that size."""
        if not self._buffers or self._buffers[0].pixels.shape[:2] != (height, width):
            for old in self._buffers:
                old.buffer.destroy()
            self._buffers = [self._make(height, width) for _ in range(N_BUFFERS)]
        return self._buffers

    def _make(self, height: int, width: int) -> _Buffer:
        size = width * height * 4
        fd = os.memfd_create("keyglide-picture")
        try:
            os.ftruncate(fd, size)
            memory = mmap.mmap(fd, size)
            pool = self._shm.create_pool(fd, size)
            buffer = pool.create_buffer(0, width, height, 4 * width, XRGB)
            pool.destroy()
        finally:
            os.close(fd)
        made = _Buffer(buffer, np.frombuffer(memory, np.uint8).reshape(height, width, 4))

        def release(_: object) -> None:
            made.free = True
            if self._waiting is not None and made in self._buffers:
                self.show(self._waiting)

        buffer.dispatcher["release"] = release
        return made
