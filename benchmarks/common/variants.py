"""A model bundle in other precisions than its own."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Literal

import onnx

from engine.manifest import Manifest
from engine.model import DECODER_STEP, ENCODER, MANIFEST, ModelBundle
from export.onnx_files import encoder_onnx
from export.quantize import quantize
from export.restore import restore

Precision = Literal["fp32", "int8", "int8_both"]
"""Of the matrix products: all in fp32, the encoder's in int8, or the decoder's in int8 as well."""


def own_precision(manifest: Manifest) -> Precision:
    """The precision of a bundle that was exported. Raises: ValueError for one that this module does not know."""
    match manifest.precision:
        case "fp32" | "int8":
            return manifest.precision
        case other:
            raise ValueError(f"the bundle's precision is '{other}', expected fp32 or int8: export the bundle again")


def variant(bundle: Path, precision: Precision, target: Path) -> Path:
    """The bundle in a precision, in the new folder `target`, which is returned. Its parents must exist.

    Graphs that already have the precision are copied. fp32 made from int8 computes in fp32, but with the weights that int8 rounded:
    it takes as long as an fp32 bundle, but is not quite as accurate.
    Raises: ModelBundleError, as export.restore; ValueError; OSError, also where there is a `target`.
    """
    manifest = ModelBundle.load(bundle).manifest  # this checks the hashes too
    own = own_precision(manifest)
    target.mkdir()
    match own, precision:
        case "int8", "fp32":
            _save(encoder_onnx(restore(bundle)), target / ENCODER)
        case "fp32", "int8" | "int8_both":
            _save(quantize(onnx.load(bundle / ENCODER)), target / ENCODER)
        case _:
            shutil.copyfile(bundle / ENCODER, target / ENCODER)
    if precision == "int8_both":
        _save(quantize(onnx.load(bundle / DECODER_STEP)), target / DECODER_STEP)
    else:
        shutil.copyfile(bundle / DECODER_STEP, target / DECODER_STEP)
    hashes = {name: hashlib.sha256((target / name).read_bytes()).hexdigest() for name in (ENCODER, DECODER_STEP)}
    changed = replace(manifest, precision="fp32" if precision == "fp32" else "int8", sha256=hashes)
    (target / MANIFEST).write_text(changed.to_json(), encoding="utf-8")
    return target


def _save(graph: onnx.ModelProto, path: Path) -> None:
    path.write_bytes(graph.SerializeToString())
