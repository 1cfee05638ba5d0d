"""The exported key reader gives the same numbers as PyTorch."""

from __future__ import annotations

import onnx
import pytest

from export.key_reader.__main__ import Graphs, graphs, largest_difference
from tests.support.key_reader import small_network
from training.key_reader.recognizer import KeyReaderSession


@pytest.fixture(scope="module", name="exact")
def fixture_exact() -> Graphs:
    return graphs(small_network())


def test_the_graphs_say_what_torch_says(exact: Graphs) -> None:
    assert largest_difference(small_network(), KeyReaderSession(exact.keys, exact.encoder, exact.step), n=5) < 1e-4


def test_the_number_of_keys_is_free(exact: Graphs) -> None:
    def lengths(model: onnx.ModelProto, name: str) -> list[str | int]:
        shape = next(value for value in model.graph.input if value.name == name).type.tensor_type.shape
        return [axis.dim_param or axis.dim_value for axis in shape.dim]

    assert lengths(exact.keys, "keys") == ["K", 4]
    assert lengths(exact.encoder, "near")[0] == "K"
    assert lengths(exact.step, "read")[0] == "K_tokens"
