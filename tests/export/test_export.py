"""The export: both graphs against torch, the proof and what it catches, and that nothing unproven is left behind."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

import export.__main__
import export.bundle
import export.quantize
from benchmarks.common.environment import LETTERS
from benchmarks.common.variants import variant
from engine.grid import Grid
from engine.lexicon import Lexicon
from engine.model import DECODER_STEP, ENCODER, ModelBundle
from engine.recognizer import Candidate, SwipeRecognizer
from engine.search_options import Method, SearchOptions
from engine.swipe import Swipe
from export.__main__ import main, read_samples
from export.proof import TOLERANCE, Proof, Sample, compare_steps, prove, same, tied
from export.quantize import Quantisation, compare
from export.reference import PrefixTree, ReferenceResult, ScoredWord, ctc_following, reference_search
from export.restore import restore
from tests.conftest import ROOT
from tests.support import naive, random_network, toy, trained_network
from tests.support.approximately import about
from training.config import ModelConfig
from training.data.swipe_data import load_swipes
from training.loop.checkpoint import PAYLOAD, TrainingInfo, payload
from training.model.network import SwipeNetwork

EXAMPLES = ROOT / "examples" / "swipes.jsonl"
CONFIG = ModelConfig(toy.ALPHABET, width=12, feed_forward_width=20, n_heads=3, n_encoder_layers=1, n_decoder_layers=2, max_letters=8)
N_INT8 = 200
ONNX_FUNCTIONS = {ENCODER: "encoder_onnx", DECODER_STEP: "decoder_step_onnx"}


@pytest.fixture(scope="module")
def network() -> SwipeNetwork:
    return random_network.make(CONFIG)


@pytest.fixture(scope="module")
def checkpoint(network: SwipeNetwork, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "random.ckpt"
    info = TrainingInfo("no command", "no data", "qwerty_en", n_steps=10, n_swipes=1_280, seed=4)
    torch.save({PAYLOAD: payload(CONFIG, network.state_dict(), info)}, path)
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def run_export(monkeypatch: pytest.MonkeyPatch, *arguments: Path | str) -> None:
    monkeypatch.setattr(sys, "argv", ["export", *map(str, arguments)])
    main()


@pytest.fixture(scope="module")
def exported(checkpoint: Path, toy_lexicon: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the random network."""
    folder = tmp_path_factory.mktemp("exported") / "bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder.parent / "cache"))
        arguments = (
            "--swipes",
            EXAMPLES,
            "--n-swipes",
            "8",
            "--lexicon",
            toy_lexicon,
            "--search",
            "ctc_weight=0.25",
            "--precision",
            "fp32",
        )
        run_export(patch, checkpoint, folder, *arguments)
    return folder


@pytest.fixture(scope="module")
def recognizer(exported: Path, toy_lexicon: Path, qwerty: Grid) -> SwipeRecognizer:
    return SwipeRecognizer(ModelBundle.load(exported), Lexicon.open(toy_lexicon), qwerty)


@pytest.fixture
def samples() -> list[Sample]:
    return read_samples(EXAMPLES, 8, CONFIG)


# --- what is written ---


def test_the_manifest_says_where_the_model_comes_from_and_what_was_proven(exported: Path) -> None:
    manifest = ModelBundle.load(exported).manifest
    assert (manifest.alphabet, manifest.max_letters, manifest.grids) == (toy.ALPHABET, 8, ("qwerty_en",))
    shipped = ModelBundle.load(LETTERS).manifest.search
    assert manifest.search == replace(shipped, ctc_weight=0.25)  # the defaults are those of the model that comes along
    assert manifest.precision == "fp32"
    assert manifest.training_command == "no command" and manifest.training_data == "no data; 1,280 samples in 10 steps, seed 4"
    proof = manifest.metrics["export_proof"]
    assert proof["swipes"] == proof["equal_candidate_lists"] + proof["tied_candidate_lists"] == 8
    assert proof["largest_difference_nats"] <= TOLERANCE
    assert {file.name for file in exported.iterdir()} == {ENCODER, DECODER_STEP, "manifest.json"}


@pytest.mark.parametrize("name", [ENCODER, DECODER_STEP])
def test_the_graphs_hold_nothing_but_themselves(exported: Path, name: str, network: SwipeNetwork) -> None:
    content = (exported / name).read_bytes()
    graph = onnx.load_from_string(content).graph
    assert not any(node.doc_string or node.metadata_props for node in graph.node)
    assert str(ROOT).encode() not in content
    used = {name for node in graph.node for name in node.input}
    assert {tensor.name for tensor in graph.initializer} <= used
    assert not {node.op_type for node in graph.node} & {"Cast", "Expand", "Identity", "Slice", "Where"}
    n_weights = sum(int(np.prod(tensor.dims)) for tensor in graph.initializer)
    assert n_weights < sum(parameter.numel() for parameter in network.parameters())  # each graph has its part, once


def test_only_hypotheses_and_letters_are_of_free_length(exported: Path) -> None:
    def shapes(name: str) -> dict[str, list[int | str]]:
        graph = onnx.load(exported / name).graph
        return {
            value.name: [length.dim_param or length.dim_value for length in value.type.tensor_type.shape.dim]
            for value in (*graph.input, *graph.output)
        }

    assert shapes(ENCODER) == {
        "trajectory": [1, 64, 7],
        "key_distances": [1, 64, 26],
        "memory": [2, 6, 32, 4],
        "ctc_log_probs": [32, 27],
    }
    assert shapes(DECODER_STEP) == {
        "tokens": ["B"],
        "lengths": ["B"],
        "mask": ["B", "P_after"],
        "cache": [2, 6, "P", 4],
        "memory": [2, 6, 32, 4],
        "log_probs": ["B", 27],
        "new_rows": [2, 6, "B", 4],
        "attention": [3, "B", 32],
    }


# --- the proof ---


@pytest.mark.parametrize("beam_width", [1, 3, 50])
@pytest.mark.parametrize("ctc_weight", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("method", get_args(Method))
def test_the_engine_finds_what_the_reference_finds(
    recognizer: SwipeRecognizer, network: SwipeNetwork, samples: list[Sample], beam_width: int, ctc_weight: float, method: Method
) -> None:
    for margin, n_best in ((np.inf, 4), (1.5, 2)):
        options = SearchOptions(beam_width, 0.3, margin, n_best, ctc_weight, method)
        proof = prove(recognizer, network, samples[:3], options)
        assert proof.holds, proof.report()
        assert proof.n_swipes == 3


def test_the_reference_scores_every_word_when_nothing_is_pruned(
    recognizer: SwipeRecognizer, network: SwipeNetwork, samples: list[Sample]
) -> None:
    features, tree = recognizer.model.extractor(samples[0].swipe), PrefixTree(recognizer.lexicon)
    found = reference_search(network, features, tree, SearchOptions(1000, 0.3, n_best=1000, ctc_weight=0.5))
    assert {word.key_sequence for word in found.finished} == {entry.key_sequence for entry in toy.ENTRIES}
    inputs = torch.from_numpy(features.trajectory)[None], torch.from_numpy(features.key_distances)[None]
    for word in found.finished:
        letters = [toy.ALPHABET.index(letter) for letter in word.key_sequence]
        logits, ctc_logits = network(*inputs, torch.tensor([[CONFIG.bos, *letters]]))
        log_probs = logits[0].log_softmax(dim=-1)
        decoder = sum(float(log_probs[at, token]) for at, token in enumerate([*letters, CONFIG.eos]))
        frames = ctc_logits[0].log_softmax(dim=-1)
        heard = 0.0
        for rested, odds in naive.rests(letters):
            lengths = torch.tensor([len(frames)]), torch.tensor([len(rested)])
            loss = torch.nn.functional.ctc_loss(frames[:, None], torch.tensor([rested]), *lengths, blank=26, reduction="sum")
            heard += odds * math.exp(-float(loss))
        expected = 0.5 * decoder + 0.5 * math.log(heard) + 0.3 * recognizer.lexicon.log_prior(word.key_sequence)
        assert word.score == pytest.approx(expected, abs=1e-3, rel=1e-4)


def test_the_references_ctc_head_equals_the_sum_over_labellings() -> None:
    frames = np.random.default_rng(0).dirichlet(np.ones(3), 5).tolist()
    for word in ([], [0], [1, 1], [0, 1, 0]):
        *begins, _ = (naive.ctc_probabilities(frames, [*word, token])[0] for token in (0, 1, 0))
        expected = [*begins, naive.ctc_probabilities(frames, word)[1]]
        assert np.exp(ctc_following(frames, word)) == pytest.approx(expected)


@pytest.mark.parametrize("name", [ENCODER, DECODER_STEP])
def test_a_graph_that_differs_leaves_no_bundle(
    name: str, checkpoint: Path, toy_lexicon: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exported: Path
) -> None:
    """One bias of the graph is off by a little."""

    def corrupted(_network: SwipeNetwork) -> onnx.ModelProto:
        model = onnx.load(exported / name)
        bias = next(tensor for tensor in model.graph.initializer if tensor.name.endswith("norm.bias"))
        values = numpy_helper.to_array(bias).copy()
        values[0] += 1e-2
        bias.CopyFrom(numpy_helper.from_array(values, bias.name))
        return model

    intact = next(other for other in ONNX_FUNCTIONS if other != name)
    monkeypatch.setattr(export.bundle, ONNX_FUNCTIONS[name], corrupted)
    monkeypatch.setattr(export.bundle, ONNX_FUNCTIONS[intact], lambda _network: onnx.load(exported / intact))
    target = tmp_path / "models" / "bundle"
    with pytest.raises(SystemExit, match=r"log-probabilities differ by .* nats, allowed are 0.0001"):
        run_export(monkeypatch, checkpoint, target, "--swipes", EXAMPLES, "--n-swipes", "2", "--lexicon", toy_lexicon)
    assert list(target.parent.iterdir()) == []


def test_a_search_that_differs_leaves_no_bundle(
    checkpoint: Path, toy_lexicon: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exported: Path
) -> None:
    """The engine swaps its best two candidates. An earlier bundle stays as it was."""
    for name, function in ONNX_FUNCTIONS.items():
        monkeypatch.setattr(export.bundle, function, lambda _network, name=name: onnx.load(exported / name))
    target = tmp_path / "bundle"
    arguments = (checkpoint, target, "--swipes", EXAMPLES, "--n-swipes", "2", "--lexicon", toy_lexicon)
    run_export(monkeypatch, *arguments, "--search", "beam_width=7")
    before = (target / "manifest.json").read_text()
    recognize = SwipeRecognizer.recognize

    def swapped(*arguments: object) -> list[Candidate]:
        first, second, *others = recognize(*arguments)  # type: ignore[arg-type]
        return [second, first, *others]

    with monkeypatch.context() as patch:
        patch.setattr(SwipeRecognizer, "recognize", swapped)
        with pytest.raises(SystemExit, match=r"(?s)'hello': .* from ONNX, .* from torch.*'keyboard'"):
            run_export(patch, *arguments, "--search", "beam_width=9")
    assert (target / "manifest.json").read_text() == before
    run_export(monkeypatch, *arguments, "--search", "beam_width=9")
    assert json.loads((target / "manifest.json").read_text())["search"]["beam_width"] == 9
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "cache"] == ["bundle"]


def test_nan_is_a_difference(recognizer: SwipeRecognizer, network: SwipeNetwork, samples: list[Sample]) -> None:
    torch.manual_seed(5)
    broken = SwipeNetwork(CONFIG).eval().requires_grad_(False)
    broken.load_state_dict(network.state_dict())
    broken.out.bias[3] = torch.nan
    difference, _ = compare_steps(recognizer, broken, recognizer.model.extractor(samples[0].swipe), samples[0].word)
    assert np.isnan(difference)
    proof = prove(recognizer, broken, samples[:1])
    assert not proof.holds and "differ by nan" in proof.report()


def test_a_proof_of_nothing_does_not_hold() -> None:
    assert not Proof().holds


# --- 8 bits ---


def test_an_int8_encoder_gives_nearly_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the shipped network, for among words of random weights none is much better than the next. The proof in fp32 is others' matter."""
    monkeypatch.setattr(export.__main__, "prove", lambda *_: Proof(n_swipes=N_INT8))
    checkpoint = trained_network.write_checkpoint(tmp_path / "trained.ckpt")
    swipes = trained_network.write_swipes(tmp_path / "swipes.jsonl", N_INT8)
    arguments: list[Path | str] = [checkpoint, tmp_path / "int8", "--swipes", swipes, "--n-swipes", str(N_INT8)]
    run_export(monkeypatch, *arguments)
    bundle = ModelBundle.load(tmp_path / "int8")
    assert bundle.manifest.precision == "int8"
    found = bundle.manifest.metrics["quantisation"]
    assert found["swipes"] == N_INT8 and found["equal_best_candidates"] >= export.quantize.LEAST_EQUAL * N_INT8
    assert found["largest_score_difference_nats"] > 0


def test_an_int8_encoder_has_its_products_and_weights_in_8_bits(exported: Path, network: SwipeNetwork, tmp_path: Path) -> None:
    folder = variant(exported, "int8", tmp_path / "int8")
    assert ModelBundle.load(exported).manifest.precision == "fp32"
    operators = [{node.op_type for node in onnx.load(each / ENCODER).graph.node} for each in (exported, folder)]
    assert "Gemm" in operators[0] and "Gemm" not in operators[1] and "MatMulInteger" in operators[1]
    assert (folder / DECODER_STEP).read_bytes() == (exported / DECODER_STEP).read_bytes()
    for name, weights in restore(folder).named_parameters():
        step = float(network.get_parameter(name).abs().max()) / 63  # 7 bits of which one is the sign
        torch.testing.assert_close(weights, network.get_parameter(name), rtol=1e-5, atol=0.51 * step)


def test_an_int8_encoder_that_differs_much_leaves_no_bundle(
    exported: Path, checkpoint: Path, toy_lexicon: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, function in ONNX_FUNCTIONS.items():
        monkeypatch.setattr(export.bundle, function, lambda _network, name=name: onnx.load(exported / name))
    monkeypatch.setattr(export.__main__, "compare", lambda *_: Quantisation(100, 94, 90, 0.3))
    with pytest.raises(SystemExit, match=r"94 of 100 best candidates .* are equal \(needed: 95% of the best\)"):
        run_export(monkeypatch, checkpoint, tmp_path / "int8", "--swipes", EXAMPLES, "--n-swipes", "2", "--lexicon", toy_lexicon)
    assert not (tmp_path / "int8").exists()


def test_candidates_of_two_precisions_are_compared_swipe_by_swipe(recognizer: SwipeRecognizer, samples: list[Sample]) -> None:
    same = compare(recognizer, recognizer, [sample.swipe for sample in samples])
    assert same == Quantisation(8, 8, 8, 0.0) and same.holds

    class Other(SwipeRecognizer):
        def recognize(self, swipe: Swipe, options: SearchOptions | None = None, before: str | None = None) -> list[Candidate]:
            first, second, *others = super().recognize(swipe, options, before)
            return [replace(second, score=second.score + 0.5), first, *others]

    other = Other(recognizer.bundle, recognizer.lexicon, recognizer.grid)
    different = compare(recognizer, other, [sample.swipe for sample in samples[:2]])
    assert different == Quantisation(2, 0, 0, about(0.5)) and not different.holds


# --- ties ---


def candidates(*words: tuple[str, float]) -> list[Candidate]:
    return [Candidate(word, score, 0.1, word, (word,)) for word, score in words]


def reference(*words: tuple[str, float], narrowest: float = 1.0) -> ReferenceResult:
    return ReferenceResult([ScoredWord(*word) for word in words], narrowest)


def test_lists_are_the_same_only_with_the_same_words_order_and_scores() -> None:
    expected = reference(("a", -1.0), ("b", -2.0)).finished
    assert same(candidates(("a", -1.0), ("b", -2.00001)), expected)
    assert not same(candidates(("b", -2.0), ("a", -1.0)), expected)
    assert not same(candidates(("a", -1.0)), expected)
    assert not same(candidates(("a", -1.0), ("b", -2.01)), expected)


def test_words_may_change_places_only_with_their_equals() -> None:
    scored = reference(("a", -1.0), ("b", -1.00002), ("c", -2.0), ("d", -2.00003))
    assert tied(candidates(("b", -1.0), ("a", -1.0), ("c", -2.0)), scored, 3)
    assert tied(candidates(("a", -1.0), ("b", -1.0), ("d", -2.0)), scored, 3)  # d was finished, too, and missed the list by a hair
    assert not tied(candidates(("a", -1.0), ("c", -2.0), ("b", -1.0)), scored, 3)
    assert not tied(candidates(("a", -1.0), ("b", -1.0), ("e", -2.0)), scored, 3)
    assert not tied(candidates(("a", -1.0), ("b", -1.0)), scored, 3)


def test_another_list_is_excused_where_the_beam_decided_by_a_hair() -> None:
    other = candidates(("x", -1.0))
    assert tied(other, reference(("a", -1.0), narrowest=1e-5), 1)
    assert not tied(other, reference(("a", -1.0), narrowest=1e-3), 1)
    assert not tied(candidates(("a", -3.0)), reference(("a", -1.0), narrowest=1e-5), 1)  # the score is wrong


# --- the command line ---


def test_samples_are_words_that_the_model_can_write() -> None:
    words = [sample.word for sample in read_samples(EXAMPLES, 10, CONFIG)]
    assert [words[0], words[-1]] == ["hello", "keyboard"] and len(words) == 10
    short = ModelConfig(toy.ALPHABET, width=12, n_heads=3, max_letters=5)
    assert {len(sample.word) for sample in read_samples(EXAMPLES, 5, short)} <= {2, 3, 4, 5}
    data = load_swipes(EXAMPLES)
    with pytest.raises(ValueError, match=f"has {len(data)} swipes .* needs 256"):
        read_samples(EXAMPLES, 256, CONFIG)


def test_a_folder_that_is_no_bundle_is_left_alone(
    checkpoint: Path, toy_lexicon: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(SystemExit, match="exists and is not a model bundle"):
        run_export(monkeypatch, checkpoint, tmp_path, "--swipes", EXAMPLES, "--n-swipes", "1", "--lexicon", toy_lexicon)
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_an_encoder_alone_is_refused(network: SwipeNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = TrainingInfo("python -m training.pretrain swipes run", "swipes", "qwerty_en", n_steps=10, n_swipes=1_280, seed=4)
    torch.save({PAYLOAD: payload(CONFIG, network.state_dict(), info)}, tmp_path / "best.ckpt")
    with pytest.raises(SystemExit, match=r"best.ckpt' has no trained decoder: pass it to training.train --init"):
        run_export(monkeypatch, tmp_path / "best.ckpt", tmp_path / "bundle", "--swipes", EXAMPLES, "--n-swipes", "1")
    assert not (tmp_path / "bundle").exists()


def test_bad_arguments_are_one_line_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "not.ckpt").write_text("no checkpoint")
    command = [sys.executable, "-m", "export", str(tmp_path / "not.ckpt"), str(tmp_path / "bundle")]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert ran.returncode == 1 and ran.stderr.startswith("export: '") and ran.stderr.count("\n") == 1
    assert not (tmp_path / "bundle").exists()
