from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.context.model import ContextModel
from engine.context.words import Sentence
from tests.support import toy_context
from training.context import __main__ as command
from training.context.batches import Batch, EncodedText, held_out_batches, say_nothing, training_batches
from training.context.corpus import Corpus, read_corpus
from training.context.fit import FitOptions, Negatives, evaluate, fit, sampled_loss
from training.context.network import ContextConfig, ContextNetwork, stored, widened
from training.context.pack_model import pack_model
from training.context.vocabulary import NUMBER_ROW, START, Encoder, Vocabulary, build_vocabulary

LEXICON = toy_context.lexicon()
LINES = [
    "We could meet at the station.",
    "the station is in London!",
    "May I? It's nine. In May we may",
    "its 9:30 at the Zoo",
    "we meet at nine",
]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("text") / "some.txt.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(LINES * 160))
    return read_corpus([path], 0.2)


@pytest.fixture(scope="module")
def made(corpus: Corpus) -> tuple[Vocabulary, Encoder]:
    return build_vocabulary(corpus, [1.0], toy_context.ALPHABET, 16, 4)


def random_network(vocabulary: Vocabulary, seed: int = 0) -> ContextNetwork:
    torch.manual_seed(seed)
    network = ContextNetwork(ContextConfig(vocabulary.n_rows, vocabulary.first_word, 16, 12), vocabulary.frequencies)
    torch.nn.init.normal_(network.rows.weight, std=0.8)
    return network


def encoded(corpus: Corpus, encoder: Encoder) -> EncodedText:
    (text,) = corpus.texts
    return EncodedText(text.name, encoder.rows(text), text.offsets, text.is_held_out)


# --- text ---


def test_sentences_are_read_in_their_order(corpus: Corpus) -> None:
    (text,) = corpus.texts
    first = [corpus.written[number] for number in text.words[text.offsets[0] : text.offsets[1]]]
    assert first == ["We", "could", "meet", "at", "the", "station"]
    assert 0 < text.is_held_out.mean() < 0.5


def test_capitals_count_amid_a_sentence_alone(corpus: Corpus, made: tuple[Vocabulary, Encoder]) -> None:
    vocabulary, encoder = made
    rows = encoder.rows(corpus.texts[0])
    (text,) = corpus.texts
    by_sentence = [
        [vocabulary.words[row - vocabulary.first_word] if row >= vocabulary.first_word else row for row in part]
        for part in np.split(rows, text.offsets[1:-1])
    ]
    assert by_sentence[0] == ["we", "could", "meet", "at", "the", "station"]
    assert by_sentence[1][-1] == "London"
    assert by_sentence[4][:3] == ["in", "May", "we"]
    assert NUMBER_ROW in by_sentence[5]


def test_a_batch_holds_pieces_of_one_length(corpus: Corpus, made: tuple[Vocabulary, Encoder]) -> None:
    text = encoded(corpus, made[1])
    batches = training_batches([text], [1.0], 32, np.random.default_rng(0))
    kept = ~text.is_held_out
    assert sum(batch.targets.size for batch in batches) == np.diff(text.offsets)[kept].sum()
    for batch in batches:
        assert (batch.inputs[:, 0] == START).all()
        assert (batch.inputs[:, 1:] == batch.targets[:, :-1]).all()
    assert sum(batch.targets.size for batch in held_out_batches(text)) == np.diff(text.offsets)[~kept].sum()


def test_a_long_sentence_is_cut_and_no_word_is_lost() -> None:
    rows = np.arange(2, 2 + 60, dtype=np.uint16)
    text = EncodedText("long", rows, np.array([0, 60]), np.zeros(1, np.bool_))
    batches = training_batches([text], [1.0], 1000, np.random.default_rng(0))
    assert sorted(np.concatenate([batch.targets.ravel() for batch in batches]).tolist()) == rows.tolist()


def test_words_at_random_foretell_nothing(made: tuple[Vocabulary, Encoder]) -> None:
    frequencies = np.cumsum(made[0].frequencies)
    rows = np.full((4000, 5), 7)
    batch = say_nothing(Batch(rows[:, :-1], rows[:, 1:]), 1.0, frequencies, frequencies, np.random.default_rng(0))
    counts = np.bincount(batch.targets[:, 1:].ravel(), minlength=len(frequencies)) / batch.targets[:, 1:].size
    np.testing.assert_allclose(counts, made[0].frequencies, atol=0.02)
    assert (batch.inputs[:, 0] == 7).all()


# --- the network ---


def test_the_sampled_loss_is_the_whole_one_on_average(made: tuple[Vocabulary, Encoder]) -> None:
    vocabulary = made[0]
    network, rng = random_network(vocabulary), np.random.default_rng(0)
    negatives = Negatives(vocabulary.frequencies)
    inputs, targets = torch.randint(2, vocabulary.n_rows, (8, 4)), torch.randint(2, vocabulary.n_rows, (8, 4))
    with torch.no_grad():
        logits = network.logits(inputs)
        logits[..., START] = -torch.inf
        whole = torch.nn.functional.cross_entropy(logits.reshape(-1, vocabulary.n_rows), targets.reshape(-1))
        drawn = negatives.draw(20_000, rng)
        sampled = sampled_loss(network, inputs, targets, drawn, negatives.log_shares, 0.0)
    torch.testing.assert_close(sampled, whole, rtol=0.02, atol=0.02)


def test_a_wider_network_computes_the_same(made: tuple[Vocabulary, Encoder]) -> None:
    network = random_network(made[0])
    words = torch.randint(0, made[0].n_rows, (3, 7))
    torch.testing.assert_close(widened(network, 20).logits(words), network.logits(words), rtol=1e-4, atol=1e-4)


def test_rounding_passes_gradients_on() -> None:
    rows = torch.randn(5, 8, requires_grad=True)
    stored(rows).sum().backward()
    assert rows.grad is not None
    torch.testing.assert_close(rows.grad, torch.ones(5, 8))
    assert len(torch.unique(torch.round(stored(rows)[0].detach() / (rows[0].detach().abs().max() * 0.9 / 7)))) <= 16


def test_the_file_computes_what_the_network_does(made: tuple[Vocabulary, Encoder]) -> None:
    vocabulary, network = made[0], random_network(made[0])
    model = ContextModel.from_bytes(pack_model(network, vocabulary, LEXICON, "en", "test", {"perplexity": 1.0}))
    words = ("we", "could", "meet", "at", "the")
    rows = [model.row_of(word, is_first=place == 0) for place, word in enumerate(words)]
    assert [vocabulary.words[row - vocabulary.first_word] for row in rows] == list(words)
    with torch.no_grad():
        states = network.states(torch.tensor([[START, *rows]]))[0, -1].numpy()
        logits = network.logits(torch.tensor([[START, *rows]]))[0, -1].numpy()
    context = model.after(Sentence(words))
    np.testing.assert_allclose(context.state, states, atol=0.03)  # int8 against float
    np.testing.assert_allclose(model.logits(context, np.arange(1, vocabulary.n_rows)), logits[1:], atol=0.15)


def test_training_learns_resumes_and_keeps_what_it_held_out(corpus: Corpus, made: tuple[Vocabulary, Encoder], tmp_path: Path) -> None:
    vocabulary, text = made[0], encoded(corpus, made[1])
    held_out = list(held_out_batches(text))
    options = FitOptions(passes=4, batch_words=64, n_negatives=64, learning_rate=1e-2, warm_up=5, averaged=0.9)
    network = random_network(vocabulary)
    before = evaluate(network, held_out)
    trained = fit(network, [text], [1.0], vocabulary.frequencies, options, tmp_path / "some.pt")
    after = evaluate(trained, held_out)
    assert after.perplexity < before.perplexity / 3
    assert after.among_3 > 0.5
    again = fit(random_network(vocabulary, 1), [text], [1.0], vocabulary.frequencies, options, tmp_path / "some.pt")
    assert evaluate(again, held_out) == after


# --- the command ---


def test_the_command_makes_and_adapts_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    text, out, own = tmp_path / "some.txt", tmp_path / "some.context", tmp_path / "own.context"
    text.write_text("\n".join(LINES * 160), encoding="utf-8")
    sizes = ["--words", "16", "--width", "16", "--hidden", "12", "--passes", "20"]
    monkeypatch.setattr(sys, "argv", ["training.context", f"{text}=2.5", str(out), *sizes])
    command.main()
    assert "perplexity" in capsys.readouterr().out
    assert ContextModel.open(out).header.metrics
    monkeypatch.setattr(sys, "argv", ["training.context", str(text), str(own), "--adapt", str(out)])
    command.main()
    shown = capsys.readouterr().out
    assert "before: perplexity" in shown
    assert "after: perplexity" in shown
    one, other = ContextModel.open(out), ContextModel.open(own)
    assert (one.arrays["rows"] == other.arrays["rows"]).all()
    assert (one.arrays["bias"] != other.arrays["bias"]).any()


@pytest.mark.parametrize(
    "arguments", [["a", "b=2", "out", "--words", "9"], ["--words", "9", "a", "b=2", "out"], ["a", "b=2", "--words", "9", "out"]]
)
def test_options_stand_where_one_likes(arguments: list[str]) -> None:
    options = command.parse_args(arguments)
    assert (options.texts, options.out, options.words) == (["a", "b=2"], Path("out"), 9)


@pytest.mark.parametrize("text", ["some.txt=0", "some.txt=much", "some.txt=-1"])
def test_a_weight_must_be_a_number_above_0(text: str) -> None:
    with pytest.raises(ValueError, match="weight"):
        command.weighed(text)
