"""What the key reader's training minimises, and how it is validated."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from training.key_reader.config import LossConfig
from training.key_reader.network import KeyReader
from training.key_reader.samples import IGNORED, Batch, Recorded, plain_batches

VALIDATION_BATCH = 128


class Hidden(NamedTuple):
    """What the decoder sees of a batch."""

    seen: Tensor
    """(B,): whether it sees the swipe"""
    kept: Tensor
    """(B, T): which tokens it sees; all of them where it does not see the swipe"""


class Losses(NamedTuple):
    """The losses of a batch of B swipes with n letters, word ends included."""

    letters: Tensor
    """(n,): cross-entropy of each letter"""
    rows: Tensor
    """(n,): the swipe that each letter belongs to"""
    ctc: Tensor
    """(B,): of the CTC head, per letter"""

    def total(self, config: LossConfig) -> Tensor:
        """What is minimised."""
        return self.letters.mean() + config.ctc_weight * self.ctc.mean()


def hide(batch: Batch, config: LossConfig, random: torch.Generator) -> Hidden:
    """Draws what the decoder does not see."""
    seen = torch.rand(len(batch.tokens), generator=random) >= config.nothing
    kept = torch.rand(batch.tokens.shape, generator=random) >= config.forgotten
    return Hidden(seen, kept | ~seen[:, None])


def losses(network: KeyReader, batch: Batch, config: LossConfig, hidden: Hidden) -> Losses:
    """The losses, in float32. Label smoothing is spread over the keys that the keyboard has, and the word's end."""
    logits, ctc_logits = network(batch.trajectory, batch.keys, batch.present, batch.tokens, hidden.seen, hidden.kept)
    log_probs, meant = logits.float().log_softmax(dim=-1), batch.targets != IGNORED
    possible = F.pad(batch.present, (0, 1), value=True)[:, None]
    spread = log_probs.masked_fill(~possible, 0.0).sum(dim=-1) / possible.sum(dim=-1)
    true = log_probs.gather(-1, batch.targets.clamp_min(0)[..., None])[..., 0]
    letters = -((1 - config.label_smoothing) * true + config.label_smoothing * spread)[meant]
    return Losses(letters, meant.nonzero()[:, 0], ctc_losses(ctc_logits, batch) / batch.n_letters)


def ctc_losses(logits: Tensor, batch: Batch) -> Tensor:
    """(B,): the CTC loss of each word, nats; 0 for a word that does not fit into the frames. logits (B, S, K + 1)."""
    log_probs = logits.float().log_softmax(dim=-1).transpose(0, 1)
    n_frames, words = torch.full_like(batch.n_letters, len(log_probs)), batch.targets.clamp_min(0)[:, :-1]
    blank = batch.keys.shape[1]
    return F.ctc_loss(log_probs, words, n_frames, batch.n_letters, blank=blank, reduction="none", zero_infinity=True)


@torch.no_grad()
def validate(network: KeyReader, held_out: Recorded) -> dict[str, float]:
    """Over real swipes of people that training leaves out, unchanged: cross-entropy per letter, CTC loss per word, and the share of words
    whose every letter is the likeliest one after those before it. Named as training.train names them in its log."""
    letters = ctc = right = n_letters = 0.0
    for _, batch in plain_batches(held_out, network.config, VALIDATION_BATCH):
        logits, ctc_logits = network(batch.trajectory, batch.keys, batch.present, batch.tokens, torch.ones(len(batch.tokens)))
        logits = logits.float()
        letters += float(F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORED, reduction="sum"))
        n_letters += int((batch.targets != IGNORED).sum())
        right += int(((logits.argmax(-1) == batch.targets) | (batch.targets == IGNORED)).all(1).sum())
        ctc += float(ctc_losses(ctc_logits, batch).sum())
    n = len(held_out.words)
    return {"val/cross_entropy": letters / n_letters, "val/ctc": ctc / n, "val/greedy_accuracy": right / n}
