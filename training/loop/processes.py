"""Several processes that train together: on this machine, out of reach of any other, or on several machines, started by torchrun."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any

import lightning
import torch.distributed
from lightning.pytorch.strategies import DDPStrategy

LOOPBACK = "lo"
DDP: dict[str, Any] = {"process_group_backend": "gloo", "gradient_as_bucket_view": True, "static_graph": True}


def started_by_torchrun() -> bool:
    """Whether this is one of the processes that torchrun started."""
    return torch.distributed.is_torchelastic_launched()


def global_rank() -> int:
    """This process's number among all that train together, from 0."""
    return int(os.environ["RANK"] if started_by_torchrun() else os.environ.get("LOCAL_RANK", 0))


def n_together(n_processes: int) -> int:
    """How many processes train together: as torchrun says, else n_processes on this machine."""
    return int(os.environ["WORLD_SIZE"]) if started_by_torchrun() else n_processes


class Machines(DDPStrategy):
    """The processes that torchrun started on one or several machines. They find each other as its --master-addr says.

    If that is this machine's loopback address, they exchange gradients over the loopback device; else over the device that Gloo
    chooses, or that GLOO_SOCKET_IFNAME names.
    """

    def __init__(self) -> None:
        super().__init__(**DDP)

    def setup_environment(self) -> None:
        if _is_loopback(os.environ.get("MASTER_ADDR", "")):
            os.environ.setdefault("GLOO_SOCKET_IFNAME", LOOPBACK)
        super().setup_environment()


def _is_loopback(address: str) -> bool:
    try:
        return address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:  # a name
        return False


class SameCheckpoint(lightning.Callback):
    """Stops a training whose processes would go on from different steps, because they do not see the same folder."""

    def __init__(self, path: Path, step: int) -> None:
        """step: of the checkpoint at `path`; 0 if there is none."""
        self._path, self._step = path, step

    def setup(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:
        """Raises: ValueError, with what to do."""
        first = trainer.strategy.broadcast(self._step)
        if first != self._step:
            raise ValueError(
                f"'{self._path}' is at step {self._step} here, and at step {first} on the first machine: "
                "put the run's folder on a disk that all machines share"
            )


class LocalProcesses(DDPStrategy):
    """The processes meet in a file and exchange gradients over the loopback device.

    Lightning's own way listens on every network device of the machine, and asks the name server for the name of 127.0.0.1.
    """

    def __init__(self, folder: Path) -> None:
        """folder: where the file is made in which they meet; it goes when they are done."""
        super().__init__(**DDP)
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
