"""The exported key reader gives the same numbers as PyTorch, on any keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from engine.explain import explain
from engine.grid import Grid
from engine.key_places import KeyPlaces
from engine.manifest import ModelBundleError
from engine.model import KEYS, KeyModel, ModelBundle, Tree
from engine.recognizer import SwipeRecognizer
from export.key_reader.bundle import Graphs, graphs, largest_difference
from tests.conftest import LATIN
from tests.support import toy
from tests.support.key_reader import small_network, write_key_bundle


@pytest.fixture(scope="module", name="exact")
def fixture_exact() -> Graphs:
    return graphs(small_network())


@pytest.fixture(scope="module", name="folder")
def fixture_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_key_bundle(tmp_path_factory.mktemp("keys") / "bundle")


@pytest.fixture(scope="module", name="bundle")
def fixture_bundle(folder: Path) -> ModelBundle:
    return ModelBundle.load(folder)


def test_the_graphs_say_what_torch_says(bundle: ModelBundle) -> None:
    assert 0 < largest_difference(small_network(), bundle, n=5) < 1e-4


def test_other_weights_are_noticed(bundle: ModelBundle) -> None:
    other = small_network()
    other.end.data[0, ::2] += 0.05
    assert largest_difference(other, bundle, n=2) > 1e-3


def test_the_number_of_keys_is_free(exact: Graphs) -> None:
    def lengths(model: onnx.ModelProto, name: str) -> list[str | int]:
        shape = next(value for value in model.graph.input if value.name == name).type.tensor_type.shape
        return [axis.dim_param or axis.dim_value for axis in shape.dim]

    assert lengths(exact.keys, "keys") == ["K", 4]
    assert lengths(exact.encoder, "near")[0] == "K"
    assert lengths(exact.step, "read")[0] == "K_tokens"


def test_a_bundle_for_any_grid_and_alphabet(bundle: ModelBundle, grids: dict[str, Grid]) -> None:
    assert bundle.manifest.reads == "keys" and not bundle.manifest.alphabet
    swipe = toy.swipe_of("quick", grids["qwerty_en"])
    for name, alphabet in (("qwerty_en", LATIN), ("qwerty_en", "qwertzuiopasd".replace("z", "")), ("yandex_ru", "йцукеё")):
        model = bundle.on(grids[name], alphabet)
        memory = model.encode(model.extractor(swipe))
        np.testing.assert_allclose(
            np.exp(memory.ctc_log_probs[:, [*range(len(set(map(grids[name].letter_key, alphabet)))), -1]]).sum(1), 1, rtol=1e-4
        )


def test_letters_on_one_key_sound_the_same_and_take_nothing_from_each_other(bundle: ModelBundle, qwerty: Grid) -> None:
    """ä on the key of a: to the network there is one key."""
    grid = replace(qwerty, aliases={"ä": "a"})
    alone, both = bundle.on(grid, LATIN), bundle.on(grid, LATIN + "ä")
    features = both.extractor(toy.swipe_of("cat", qwerty))
    one, other = alone.encode(features), both.encode(features)
    np.testing.assert_allclose(other.ctc_log_probs[:, [*range(26), 27]], one.ctc_log_probs, atol=1e-6)
    np.testing.assert_array_equal(other.ctc_log_probs[:, 26], other.ctc_log_probs[:, 0])
    parents = np.array([-1, 0, 1])
    said = [
        model.step(np.array([len(model.alphabet) + 1, *tokens]), parents, model.empty_cache, memory).log_probs
        for model, memory, tokens in ((alone, one, [0, 19]), (both, other, [0, 19]), (both, other, [26, 19]))
    ]
    np.testing.assert_allclose(said[1][:, [*range(26), 27]], said[0], atol=1e-5)
    np.testing.assert_allclose(said[2], said[1], atol=1e-6)


def test_the_order_of_the_letters_makes_no_difference_to_the_last_bit(bundle: ModelBundle, qwerty: Grid) -> None:
    swipe, random = toy.swipe_of("hello", qwerty), np.random.default_rng(1)

    def said(alphabet: str) -> list[npt.NDArray[np.float32]]:
        """What both heads say, by the letters of LATIN."""
        model = bundle.on(qwerty, alphabet)
        memory = model.encode(model.extractor(swipe))
        tokens = np.array([27, *map(alphabet.index, "help")])
        log_probs = model.step(tokens, np.arange(5) - 1, model.empty_cache, memory).log_probs
        order = [*map(alphabet.index, LATIN), 26]
        return [memory.seen, memory.ctc_log_probs[:, order], log_probs[:, order]]

    expected = said(LATIN)
    for _ in range(4):
        for got, one in zip(said("".join(random.permutation(list(LATIN)))), expected, strict=True):
            np.testing.assert_array_equal(got, one)


def test_a_keyboard_in_other_units_gives_the_same(bundle: ModelBundle, qwerty: Grid) -> None:
    swipe = toy.swipe_of("hello", qwerty)
    model = bundle.on(qwerty, LATIN)
    expected = model.encode(model.extractor(swipe)).ctc_log_probs
    larger = Grid(
        "larger", 3 * qwerty.width, 2 * qwerty.height, tuple(replace(k, x=3 * k.x, w=3 * k.w, y=2 * k.y, h=2 * k.h) for k in qwerty.keys)
    )
    stretched = type(swipe).from_points(3 * swipe.x, 2 * swipe.y, swipe.t)
    model = bundle.on(larger, LATIN)
    np.testing.assert_allclose(model.encode(model.extractor(stretched)).ctc_log_probs, expected, rtol=1e-4, atol=1e-4)


def test_it_decodes_and_takes_its_internal_lm_off(bundle: ModelBundle, toy_lexicon: Path, qwerty: Grid) -> None:
    recognizer = SwipeRecognizer.load(bundle, toy_lexicon, qwerty)
    assert isinstance(recognizer.model, KeyModel) and recognizer.internal_lm is not None
    assert not recognizer.internal_lm.table.all()
    first = recognizer.recognize(toy.swipe_of("cat", qwerty))
    again = recognizer.recognize(toy.swipe_of("cat", qwerty))
    assert first == again and first
    assert recognizer.internal_lm.table.any()


def test_a_missing_or_altered_graph_of_keys_is_named(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    content = bytearray((tmp_path / KEYS).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / KEYS).write_bytes(content)
    with pytest.raises(ModelBundleError, match=r"keys\.onnx has sha256"):
        ModelBundle.load(tmp_path)
    (tmp_path / KEYS).unlink()
    with pytest.raises(ModelBundleError, match=r"cannot read keys\.onnx"):
        ModelBundle.load(tmp_path)


def test_places_without_a_key_are_refused(bundle: ModelBundle, grids: dict[str, Grid]) -> None:
    with pytest.raises(ValueError, match="grid 'yandex_ru' has no key for 'a', 'b', 'c' and 23 more"):
        bundle.on(grids["yandex_ru"], LATIN)
    assert len(KeyPlaces.on(grids["yandex_ru"], "йцукен")) == 6


def test_its_candidates_are_explained(bundle: ModelBundle, toy_lexicon: Path, qwerty: Grid) -> None:
    """Letter by letter: they add up to the score, and each was looked for at some key."""
    recognizer = SwipeRecognizer.load(bundle, toy_lexicon, qwerty)
    swipe = toy.swipe_of("cat", qwerty)
    for candidate in recognizer.recognize(swipe):
        explained = explain(recognizer, swipe, candidate, recognizer.default_options)
        total = explained.weighted_log_prior + sum(letter.log_prob for letter in explained.letters)
        assert total == pytest.approx(candidate.score, abs=0.01)
        assert {letter.looked_at.key for letter in explained.letters} <= set(LATIN)


def test_swipes_read_together_are_read_as_alone(bundle: ModelBundle, qwerty: Grid) -> None:
    """By the encoder, and by the decoder, whose trees are filled up to the largest."""
    model = bundle.on(qwerty, LATIN)
    features = [model.extractor(toy.swipe_of(word, qwerty)) for word in ("cat", "hello", "were")]
    trees = [
        Tree(np.array([-1, *parents]), np.array([27, *tokens])) for parents, tokens in (([0, 0], [2, 5]), ([], []), ([0, 1, 1], [7, 4, 0]))
    ]
    together = [model.lettered(memory) for memory in model.encode_many(features)]
    read = model.read_trees(trees, together)
    for one, memory, tree, log_probs in zip(features, together, trees, read, strict=True):
        alone = model.encode(one)
        np.testing.assert_allclose(memory.seen, alone.seen, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(memory.ctc_log_probs, alone.ctc_log_probs, rtol=1e-4, atol=1e-5)
        expected = model.step(tree.tokens, tree.parents, model.empty_cache, alone).log_probs
        np.testing.assert_allclose(log_probs, expected, rtol=1e-4, atol=1e-5)


def test_many_swipes_have_the_candidates_of_each(bundle: ModelBundle, toy_lexicon: Path, qwerty: Grid) -> None:
    recognizer = SwipeRecognizer.load(bundle, toy_lexicon, qwerty)
    swipes = [toy.swipe_of(word, qwerty) for word in ("cat", "a", "hello", "london", "were", "dont", "vat")]
    for options in (None, recognizer.default_options.changed(["method=steps"])):
        expected = [recognizer.recognize(swipe, options) for swipe in swipes]
        found = list(recognizer.recognize_many(iter(swipes), options))
        assert [len(some) for some in found] == [len(some) for some in expected]
        for some, others in zip(found, expected, strict=True):
            assert [one.score for one in some] == pytest.approx([one.score for one in others], rel=1e-4, abs=1e-4)
