"""`python -m training.context TEXT... OUT`: a context model from text.

A TEXT is a file of one sentence a line, plain or .gz. TEXT=WEIGHT counts it as if it were that many times as long.
With --adapt MODEL the model in that file is tuned to the texts instead, say to what one person has written.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import torch

from engine.arguments import positive
from engine.console import survives_its_output
from engine.context.model import ContextModel
from engine.files import write_whole
from engine.language import load_languages, pick_language
from engine.lexicon import Lexicon
from training.context.adapt import adapt
from training.context.batches import EncodedText, held_out_batches
from training.context.corpus import read_corpus
from training.context.fit import FitOptions, HeldOut, evaluate, fit
from training.context.network import ContextConfig, ContextNetwork
from training.context.pack_model import pack_model
from training.context.vocabulary import Vocabulary, build_vocabulary

HELD_OUT = 0.01
"""Share of the lines that is not trained on."""
HELD_OUT_OF_A_PERSON = 0.1


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.context", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="text, a sentence a line; TEXT=WEIGHT")
    parser.add_argument("out", type=Path, metavar="OUT", help="the file to write")
    parser.add_argument("--adapt", type=Path, metavar="MODEL", help="the context model to tune to the texts")
    parser.add_argument("--language", default="en", metavar="CODE", help="of the text (default: %(default)s)")
    parser.add_argument("--lexicon", type=Path, metavar="FILE", help="lexicon (default: the language's)")
    parser.add_argument("--source", default="", metavar="TEXT", help="where the text comes from, and under which licences")
    parser.add_argument("--words", type=positive, default=20_000, metavar="N", help="words that the model knows (default: %(default)s)")
    parser.add_argument("--width", type=positive, default=128, metavar="N", help="of a word's row (default: %(default)s)")
    parser.add_argument("--hidden", type=positive, default=448, metavar="N", help="of the state (default: %(default)s)")
    parser.add_argument("--passes", type=float, default=2.0, metavar="N", help="passes over the text (default: %(default)s)")
    parser.add_argument("--minutes", type=float, metavar="N", help="how long to train, instead of passes")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="kept up to date; training goes on from it where it is there")
    parser.add_argument("--threads", type=positive, default=1, metavar="N", help="processor cores (default: %(default)s)")
    return parser.parse_intermixed_args(arguments)


def weighed(text: str) -> tuple[Path, float]:
    """A TEXT of the command line and its weight. Raises: ValueError for a weight that is no number above 0."""
    path, equals, weight = text.rpartition("=")
    if not equals or Path(text).exists():
        return Path(text), 1.0
    try:
        value = float(weight)
    except ValueError:
        value = 0.0
    if not 0 < value < 1000:
        raise ValueError(f"text '{text}' has the weight '{weight}', expected a number above 0, as in {path}=0.5")
    return Path(path), value


def run(options: argparse.Namespace) -> dict[str, HeldOut]:
    """Writes the model, and returns what it makes of the held-out lines by text. Raises: ValueError, OSError."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    paths, weights = zip(*map(weighed, options.texts), strict=True)
    lexicon = Lexicon.open(options.lexicon or pick_language(load_languages(), options.language).require_lexicon())
    corpus = read_corpus(paths, HELD_OUT_OF_A_PERSON if options.adapt else HELD_OUT)
    if options.adapt:
        adapted = adapt(ContextModel.open(options.adapt), corpus, weights, lexicon)
        write_whole(options.out, adapted.content)
        return {"before": adapted.before, "after": adapted.after}
    vocabulary, encoder = build_vocabulary(corpus, weights, lexicon.alphabet, options.words)
    texts = [EncodedText(text.name, encoder.rows(text), text.offsets, text.is_held_out) for text in corpus.texts]
    del corpus
    config = ContextConfig(vocabulary.n_rows, vocabulary.first_word, options.width, options.hidden)
    settings = replace(FitOptions(), passes=options.passes, minutes=options.minutes)
    network = fit(ContextNetwork(config, vocabulary.frequencies), texts, weights, vocabulary.frequencies, settings, options.checkpoint)
    found = {text.name: evaluate(network, list(held_out_batches(text))) for text in texts if text.is_held_out.any()}
    write_whole(options.out, _packed(network, vocabulary, lexicon, options, found))
    return found


def _packed(
    network: ContextNetwork, vocabulary: Vocabulary, lexicon: Lexicon, options: argparse.Namespace, found: dict[str, HeldOut]
) -> bytes:
    metrics = {f"{name}: {what}": getattr(one, what) for name, one in found.items() for what in ("perplexity", "among_3")}
    return pack_model(network, vocabulary, lexicon, options.language, options.source, metrics)


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        found = run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"training.context: {error}")
    except KeyboardInterrupt:
        sys.exit("training.context: stopped")
    for name, one in found.items():
        print(f"{name}: {one}")
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
