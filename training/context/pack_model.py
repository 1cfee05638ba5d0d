"""From a trained network to the file that the engine reads."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from engine.context.context_file import Header, Sizes, pack
from engine.context.word_classes import starts_with_capital
from engine.lexicon import Lexicon, key_sequence
from training.context.network import LEVELS, ContextNetwork, row_scale
from training.context.vocabulary import Vocabulary

Floats = npt.NDArray[np.float32]


def quantize(matrix: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """int8 with a scale for each row: the largest weight of a row becomes 127."""
    scale = np.maximum(np.abs(matrix).max(axis=1), 1e-8) / 127
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale.astype(np.float32)


def pack_rows(rows: Tensor) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float16]]:
    """The rows in four bits a weight, as network.stored has them, and their scales."""
    scale = row_scale(rows)
    whole = torch.clamp(torch.round(rows / scale), -LEVELS - 1, LEVELS).numpy().astype(np.int64) + LEVELS + 1
    half = whole.shape[1] // 2
    return (whole[:, :half] | whole[:, half:] << 4).astype(np.uint8), scale[:, 0].numpy().astype(np.float16)


def pack_model(  # noqa: PLR0913
    network: ContextNetwork,
    vocabulary: Vocabulary,
    lexicon: Lexicon,
    language: str,
    source: str,
    metrics: Mapping[str, float],
    packed: Mapping[str, npt.NDArray[Any]] | None = None,
) -> bytes:
    """The content of the file. lexicon: of the language; packed: arrays of a file whose rows are taken over.

    Raises: ValueError where two key sequences have one hash, or the source is too long.
    """
    weights = {name: value.detach().float().numpy() for name, value in network.state_dict().items()}
    arrays: dict[str, npt.NDArray[Any]] = {
        "bias": weights["bias"],
        "log_frequency": np.log(np.maximum(vocabulary.frequencies, 1e-12)),
        "class_mass": class_mass(vocabulary, lexicon),
        "input_bias": weights["cell.bias_ih_l0"],
        "recurrent_bias": weights["cell.bias_hh_l0"],
        "project_bias": weights["project.bias"],
    }
    if packed is None:
        arrays["rows"], arrays["row_scale"] = pack_rows(network.rows.weight.detach())
    else:
        arrays["rows"], arrays["row_scale"] = packed["rows"], packed["row_scale"]
    matrices = {"input": "cell.weight_ih_l0", "recurrent": "cell.weight_hh_l0", "project": "project.weight"}
    for name, key in matrices.items():
        arrays[name], arrays[f"{name}_scale"] = quantize(weights[key])
    texts = [word.encode() for word in vocabulary.words]
    arrays["text"] = np.frombuffer(b"".join(texts), np.uint8)
    arrays["text_start"] = np.cumsum([0, *(len(text) for text in texts)])
    arrays["key_hash"], arrays["key_row"] = key_table(vocabulary, lexicon.alphabet)
    sizes = Sizes(vocabulary.n_rows, len(texts), network.config.width, network.config.hidden, len(arrays["key_hash"]), len(arrays["text"]))
    return pack(Header(language, lexicon.alphabet, source, vocabulary.classes.endings, sizes, metrics), arrays)


def key_table(vocabulary: Vocabulary, alphabet: str) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
    """(n,) hashes of key sequences, ascending, and the rows that are swiped so, the commonest first.

    Raises: ValueError where two key sequences have one hash.
    """
    pairs: list[tuple[int, int]] = []
    owners: dict[int, str] = {}
    for place, word in enumerate(vocabulary.words):
        sequence = key_sequence(word, alphabet)
        if sequence is None:
            continue
        digest = zlib.crc32(sequence.encode())
        if owners.setdefault(digest, sequence) != sequence:
            raise ValueError(f"the key sequences '{sequence}' and '{owners[digest]}' have one hash: drop the rarer word")
        pairs.append((digest, vocabulary.first_word + place))
    table = np.array(sorted(pairs))
    return table[:, 0].astype(np.uint32), table[:, 1].astype(np.uint16)


def class_mass(vocabulary: Vocabulary, lexicon: Lexicon) -> Floats:
    """(n_classes,) the log of the lexicon's probability of each class's words: those that the vocabulary lacks."""
    known = {key_sequence(word, lexicon.alphabet) for word in vocabulary.words}
    mass = np.full(len(vocabulary.classes), 1e-9)
    for sequence, log_prior in lexicon.key_sequences():
        if sequence not in known:
            mass[vocabulary.classes.of(sequence, starts_with_capital(lexicon.forms(sequence)[0]))] += math.exp(log_prior)
    log_mass: Floats = np.log(mass).astype(np.float32)
    return log_mass
