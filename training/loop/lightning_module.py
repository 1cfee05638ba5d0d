"""The body of the training loop: losses, schedule, and validation with the averaged weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning
import torch
import torch.nn.functional as F
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor, nn

from training.config import LossConfig, ModelConfig
from training.data.batches import IGNORED, Batch
from training.loop.checkpoint import PAYLOAD, TrainingInfo, payload
from training.loop.checkpoint_files import save_whole
from training.loop.optimizer import MasterAdamW, copy, gradient_norms
from training.model.network import Attention, Convolution, FeedForward, SwipeNetwork

LOG_EVERY = 50
"""steps"""
BAD_BATCH = "bad_batch.pt"
"""The file in the run's folder for a batch whose loss is not finite."""


def learning_rate_factor(step: int, n_steps: int, config: LossConfig) -> float:
    """Warm up linearly, stay, fall to 1 % along a half cosine."""
    if step < config.warm_up_steps:
        return (step + 1) / config.warm_up_steps
    decay_steps = config.decay_share * n_steps
    through = min(max((step - (n_steps - decay_steps)) / decay_steps, 0.0), 1.0)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * through))


def cross_entropy(logits: Tensor, targets: Tensor, smoothing: float, impossible: Tensor | None = None) -> Tensor:
    """The mean over the targets that are not IGNORED. logits and impossible (..., V), targets (...).

    Impossible letters have no probability, and none of the smoothing's: it is spread over the others alone.
    """
    if impossible is None:
        return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=IGNORED, label_smoothing=smoothing)
    log_probs = logits.masked_fill(impossible, -math.inf).log_softmax(dim=-1)
    true = log_probs.gather(-1, targets.clamp_min(0)[..., None])[..., 0]
    spread = log_probs.masked_fill(impossible, 0.0).sum(dim=-1) / (~impossible).sum(dim=-1)
    return -((1 - smoothing) * true + smoothing * spread)[targets != IGNORED].mean()


def add_dropout(network: SwipeNetwork, share: float) -> None:
    """Drops this share of the output of attention, feed-forward, convolution and recurrence while the network trains.

    By hooks, so that the network and what is exported do not depend on it. Source: Vaswani et al. 2017, section 5.4.
    """

    def drop(branch: nn.Module, _inputs: object, output: Any) -> Any:
        if isinstance(output, tuple):  # of a recurrent layer: its output and its last state
            return F.dropout(output[0], share, branch.training), *output[1:]
        return F.dropout(output, share, branch.training)

    for module in network.modules():
        if isinstance(module, Attention):
            module.out.register_forward_hook(drop)
        elif isinstance(module, FeedForward | Convolution | nn.RNNBase):
            module.register_forward_hook(drop)


class SwipeTraining(lightning.LightningModule):
    """A network, its losses and its optimizer, for Lightning's Trainer, whose default_root_dir is the run's folder."""

    def __init__(self, model: ModelConfig, loss: LossConfig, info: TrainingInfo, batch_size: int) -> None:
        """info: its n_steps is the whole training's length; batch_size: of all processes together."""
        super().__init__()
        self.model_config, self.loss_config, self.info, self.batch_size = model, loss, info, batch_size
        self.network = SwipeNetwork(model).to(torch.bfloat16 if loss.bfloat16 else torch.float32)
        if loss.dropout:
            add_dropout(self.network, loss.dropout)
        self.averaged = SwipeNetwork(model).requires_grad_(False)
        self.averaged.eval()

    @property
    def trained(self) -> nn.Module:
        """The module with all trained parameters: the network, or what contains it."""
        return self.network

    @property
    def averaged_trained(self) -> nn.Module:
        """The module that the averages of these parameters are written into."""
        return self.averaged

    def losses(self, network: SwipeNetwork, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """(cross-entropy, CTC loss, share of words of which every letter is the likeliest possible one after those before it).

        Without a CTC head, its loss is 0.
        """
        logits, ctc_logits = network(batch.trajectory, batch.key_distances, batch.tokens)
        logits, ctc_logits = logits.float(), ctc_logits.float()
        letter_loss = cross_entropy(logits, batch.targets, self.loss_config.label_smoothing, batch.impossible)
        n_letters = (batch.targets != IGNORED).sum(dim=1) - 1
        n_frames = torch.full_like(n_letters, ctc_logits.shape[1])
        letters = batch.targets.clamp_min(0)[:, :-1]
        blank = self.model_config.n_letters
        log_probs = ctc_logits.log_softmax(dim=-1).transpose(0, 1)
        if self.model_config.ctc:
            ctc = F.ctc_loss(log_probs, letters, n_frames, n_letters, blank=blank, zero_infinity=True)
        else:
            ctc = torch.zeros(())
        possible = logits if batch.impossible is None else logits.masked_fill(batch.impossible, -math.inf)
        right = (possible.argmax(dim=-1) == batch.targets) | (batch.targets == IGNORED)
        return letter_loss, ctc, right.all(dim=1).float().mean()

    def training_step(self, batch: Batch, _index: int) -> Tensor:
        """Raises: FloatingPointError, as `require_finite`."""
        letter_loss, ctc, accuracy = self.losses(self.network, batch)
        total = letter_loss + self.loss_config.ctc_weight * ctc
        self.require_finite(total, batch._asdict())
        shown = {"train/cross_entropy": letter_loss, "train/ctc": ctc, "train/greedy_accuracy": accuracy}
        self.log_dict(shown, prog_bar=True, batch_size=len(batch.tokens))
        return total

    def require_finite(self, loss: Tensor, tensors: Mapping[str, Tensor | None]) -> None:
        """Raises: FloatingPointError if the loss is not finite; the batch's tensors are then in BAD_BATCH."""
        if torch.isfinite(loss):
            return
        problem, path = f"the loss is {loss.item()} at step {self.global_step}", Path(self.trainer.default_root_dir) / BAD_BATCH
        try:
            save_whole({**tensors, "step": self.global_step, "message": problem}, path)
        except OSError as error:
            raise FloatingPointError(f"{problem}, and its batch could not be saved: {error}") from error
        raise FloatingPointError(f"{problem}; its batch is in '{path}': look for damaged swipes in it, else lower loss.learning_rate")

    def on_before_optimizer_step(self, _optimizer: torch.optim.Optimizer) -> None:
        """Logs the norm of each layer's gradient, before it is clipped."""
        if (self.global_step + 1) % LOG_EVERY == 0:
            self.log_dict({f"grad_norm/{name}": norm for name, norm in gradient_norms(self.network).items()})

    def on_validation_start(self) -> None:
        self.update_averaged()

    def validation_step(self, batch: Batch, _index: int) -> None:
        letter_loss, ctc, accuracy = self.losses(self.averaged, batch)
        shown = {"val/cross_entropy": letter_loss, "val/ctc": ctc, "val/greedy_accuracy": accuracy}
        self.log_dict(shown, prog_bar=True, sync_dist=True, batch_size=len(batch.tokens))

    def configure_optimizers(self) -> Any:
        config = self.loss_config
        optimizer = MasterAdamW(self.trained, config.learning_rate, config.weight_decay, config.average)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate_factor(step, self.info.n_steps, config))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def configure_gradient_clipping(self, *_args: Any, **_options: Any) -> None:
        """Nothing: MasterAdamW clips its float32 gradients."""

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.update_averaged()
        weights = {name: tensor.clone() for name, tensor in self.averaged.state_dict().items()}
        n_swipes = self.global_step * self.batch_size
        info = replace(self.info, n_steps=self.global_step, n_swipes=n_swipes)
        checkpoint[PAYLOAD] = payload(self.model_config, weights, info)

    def update_averaged(self) -> None:
        """Writes the optimizer's running average into the network that is validated and kept."""
        wrapped = self.optimizers()
        assert isinstance(wrapped, LightningOptimizer) and isinstance(wrapped.optimizer, MasterAdamW)
        copy(wrapped.optimizer.averages, self.averaged_trained.parameters())
