"""A bundle in other precisions, on a small random network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from benchmarks.common.variants import Precision, own_precision, variant
from engine.grid import Grid
from engine.manifest import ModelBundleError
from engine.model import DECODER_STEP, ENCODER, ModelBundle
from engine.recognizer import SwipeRecognizer
from tests.support import random_network, toy


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In fp32."""
    return random_network.write_bundle(tmp_path_factory.mktemp("variants") / "fp32")


@pytest.fixture(scope="module")
def rounded(exact: Path) -> Path:
    return variant(exact, "int8", exact.parent / "int8")


def products_in_int8(path: Path) -> int:
    return sum(node.op_type == "MatMulInteger" for node in onnx.load(path).graph.node)


def test_int8_rounds_the_encoder_alone(exact: Path, rounded: Path) -> None:
    assert products_in_int8(exact / ENCODER) == 0 < products_in_int8(rounded / ENCODER)
    assert (rounded / DECODER_STEP).read_bytes() == (exact / DECODER_STEP).read_bytes()
    assert ModelBundle.load(rounded).manifest.precision == own_precision(ModelBundle.load(rounded).manifest) == "int8"


@pytest.mark.parametrize("own", ["fp32", "int8"])
def test_int8_both_rounds_both(exact: Path, rounded: Path, tmp_path: Path, own: Precision) -> None:
    both = variant(exact if own == "fp32" else rounded, "int8_both", tmp_path / "both")
    assert (both / ENCODER).read_bytes() == (rounded / ENCODER).read_bytes()
    assert products_in_int8(both / DECODER_STEP) > 0
    assert ModelBundle.load(both).manifest.precision == "int8"


def test_fp32_of_int8_computes_in_fp32_with_the_rounded_weights(exact: Path, rounded: Path, tmp_path: Path, qwerty: Grid) -> None:
    again = variant(rounded, "fp32", tmp_path / "again")
    assert products_in_int8(again / ENCODER) == 0
    assert ModelBundle.load(again).manifest.precision == "fp32"
    features = SwipeRecognizer.load(exact).model.extractor(toy.swipe_of("hello", qwerty))
    wanted, near, far = (
        ModelBundle.load(folder).on(qwerty, toy.ALPHABET).encode(features).ctc_log_probs for folder in (exact, again, rounded)
    )
    assert 0 < np.abs(near - wanted).max() < 0.5
    assert 0 < np.abs(near - far).max() < 0.5


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_the_own_precision_is_a_copy(exact: Path, rounded: Path, tmp_path: Path, precision: Precision) -> None:
    bundle = exact if precision == "fp32" else rounded
    copy = variant(bundle, precision, tmp_path / "copy")
    assert {file.name: file.read_bytes() for file in copy.iterdir()} == {file.name: file.read_bytes() for file in bundle.iterdir()}


def test_what_is_no_bundle_is_refused(exact: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelBundleError, match=r"cannot read manifest\.json"):
        variant(tmp_path, "int8", tmp_path / "int8")
    assert not (tmp_path / "int8").exists()
    toy.write_bundle(tmp_path / "odd", precision="int4")
    with pytest.raises(ValueError, match="the bundle's precision is 'int4', expected fp32 or int8"):
        variant(tmp_path / "odd", "fp32", tmp_path / "fp32")
    with pytest.raises(FileExistsError):
        variant(exact, "int8", exact)
