"""Several processes that train together on this machine, and no other machine within reach of them."""

from __future__ import annotations

import os
from pathlib import Path

import torch.distributed
from lightning.pytorch.strategies import DDPStrategy

LOOPBACK = "lo"


class LocalProcesses(DDPStrategy):
    """The processes meet in a file and exchange gradients over the loopback device.

    Lightning's own way listens on every network device of the machine, and asks the name server for the name of 127.0.0.1.
    """

    def __init__(self, folder: Path) -> None:
        """folder: where the file is made in which they meet; it goes when they are done."""
        super().__init__(process_group_backend="gloo", gradient_as_bucket_view=True, static_graph=True)
        self._folder = folder.resolve()
        if "LOCAL_RANK" not in os.environ:  # what a process of the same number left behind when it was killed
            self._meeting(os.getpid()).unlink(missing_ok=True)
        os.environ.setdefault("MASTER_PORT", "0")  # Lightning would try out a port, on all devices; nothing listens at this one

    def setup_distributed(self) -> None:
        self.set_world_ranks()
        starter = os.getpid() if self.local_rank == 0 else os.getppid()
        os.environ.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK)
        meeting = f"file://{self._meeting(starter)}"
        torch.distributed.init_process_group("gloo", meeting, rank=self.global_rank, world_size=self.world_size)
        super().setup_distributed()

    def _meeting(self, starter: int) -> Path:
        return self._folder / f".processes-of-{starter}"
