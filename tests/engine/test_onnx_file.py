"""A stranger's graph has nothing read outside its bundle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from engine.manifest import ModelBundleError
from engine.model import ModelBundle
from engine.onnx_file import check_whole
from engine.shipped import languages_folder
from tests.support import toy


def outside(location: str) -> TensorProto:
    tensor = TensorProto(name="weights", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    return tensor


def graph_with(tensor: TensorProto, place: str) -> onnx.ModelProto:
    """A graph that has the tensor as an initializer, in a constant, or in the branch of a condition."""
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [4])
    constant = helper.make_node("Constant", [], ["y"], value=tensor)
    branch = helper.make_graph([constant], "branch", [], [y])
    nodes = {
        "initializer": [helper.make_node("Identity", ["weights"], ["y"])],
        "constant": [constant],
        "branch": [helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)],
    }[place]
    x = helper.make_tensor_value_info("x", TensorProto.BOOL, [])
    graph = helper.make_graph(nodes, "graph", [x], [y], [tensor] if place == "initializer" else [])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


@pytest.mark.parametrize("place", ["initializer", "constant", "branch"])
@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname", "weights.bin"])
def test_data_in_another_file_are_refused(place: str, location: str, tmp_path: Path) -> None:
    (tmp_path / "encoder.onnx").write_bytes(graph_with(outside(location), place).SerializeToString())
    with pytest.raises(ModelBundleError, match="has data in another file"):
        check_whole(tmp_path, "encoder.onnx")
    inside = numpy_helper.from_array(np.zeros(4, np.float32), "weights")
    (tmp_path / "encoder.onnx").write_bytes(graph_with(inside, place).SerializeToString())
    check_whole(tmp_path, "encoder.onnx")


def test_a_bundle_with_data_elsewhere_is_not_loaded(tmp_path: Path) -> None:
    folder = toy.write_bundle(tmp_path / "bundle")
    (tmp_path / "secret.bin").write_bytes(bytes(16))
    content = graph_with(outside("../secret.bin"), "initializer").SerializeToString()
    (folder / "encoder.onnx").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"]["encoder.onnx"] = hashlib.sha256(content).hexdigest()  # the stranger made the manifest, too
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelBundleError, match="has data in another file"):
        ModelBundle.load(folder)


def test_a_link_out_of_the_bundle_is_not_followed(tmp_path: Path) -> None:
    folder = toy.write_bundle(tmp_path / "bundle")
    (folder / "encoder.onnx").rename(tmp_path / "elsewhere.onnx")
    (folder / "encoder.onnx").symlink_to(tmp_path / "elsewhere.onnx")
    with pytest.raises(ModelBundleError, match=r"is a link to .*elsewhere\.onnx, outside the bundle"):
        ModelBundle.load(folder)


def test_the_shipped_graphs_are_whole() -> None:
    folder = languages_folder().parent / "engine" / "models"
    graphs = list(folder.glob("*/*.onnx"))
    assert len(graphs) >= 2
    for graph in graphs:
        check_whole(graph.parent, graph.name)


@given(content=st.binary(max_size=200), cut=st.integers(0, 10_000))
def test_what_is_no_graph_is_refused_or_whole(content: bytes, cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("graph")
    good = graph_with(outside("x"), "branch").SerializeToString()
    for data in (content, good[: cut % len(good)], good[: cut % len(good)] + content):
        (folder / "encoder.onnx").write_bytes(data)
        try:
            check_whole(folder, "encoder.onnx")
        except ModelBundleError as error:
            assert "encoder.onnx" in str(error)
