"""`python -m export.internal_lm`: makes the tables of what the decoder expects of each word without a swipe, beside the lexicons.

To be run again after a change of a model bundle, of a lexicon or of a grid. A language without its table works, too: then the decoder is
asked as words come up, which takes a third longer at first.
"""

from __future__ import annotations

import argparse
import sys

from engine.console import survives_its_output
from engine.grid import load_grids, pick_grid
from engine.internal_lm import SUFFIX, InternalLm, table_paths
from engine.language import Language, load_languages, pick_language
from engine.lexicon import Lexicon
from engine.model import KeyModel, ModelBundle


def parse_args(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m export.internal_lm", description=__doc__)
    parser.add_argument("languages", nargs="*", metavar="CODE", help="as in en (default: all that have a model and a lexicon)")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Raises: ModelBundleError, ValueError, OSError."""
    known = load_languages()
    chosen = [pick_language(known, code) for code in options.languages] or [one for one in known.values() if one.bundle and one.lexicon]
    for language in chosen:
        make_tables(language)


def make_tables(language: Language) -> None:
    """A table for each of the language's grids; those of other models, words or keys go. Raises: as `run`."""
    lexicon, bundle = Lexicon.open(language.require_lexicon()), ModelBundle.load(language.require_bundle())
    kept = set()
    for name in language.grids:
        model = bundle.on(pick_grid(load_grids(), name), lexicon.alphabet)
        if not isinstance(model, KeyModel):
            continue
        path = table_paths(model, lexicon)[0]
        kept.add(path)
        if not path.exists():
            lm = InternalLm(model, lexicon.trie)
            lm.build()
            lm.save(path)
        print(f"{language.code}  {name}  {path.name}  {path.stat().st_size:,} bytes")
    folder, stem = language.require_lexicon().parent, language.require_lexicon().stem
    for stale in set(folder.glob(f"{stem}.*{SUFFIX}")) - kept:
        stale.unlink()


@survives_its_output
def main() -> None:
    options = parse_args(sys.argv[1:])
    try:
        run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"export.internal_lm: {error}")


if __name__ == "__main__":
    main()
