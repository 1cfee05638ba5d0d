"""Words that were begun by taps and are finished by a swipe: giv, en."""

from __future__ import annotations

from dataclasses import replace

from engine.beam_search import search
from engine.lexicon import key_sequence
from engine.recognizer import Candidate, SwipeRecognizer
from engine.search_options import SearchOptions
from engine.swipe import Swipe
from engine.two_languages import TwoLanguages


def finish(
    recognizer: SwipeRecognizer, swipe: Swipe, letters: str, options: SearchOptions | None = None, before: str | None = None
) -> list[Candidate]:
    """The words that begin with these letters and whose rest the swipe draws, best first; none where no word does.

    A candidate is the whole word. Its score is the swipe's for the rest with the prior of the whole word, so it compares with the scores
    of `SwipeRecognizer.recognize` for the same swipe. letters: as they were tapped. before: the text before them.
    """
    if isinstance(recognizer, TwoLanguages):
        both = *_finish(recognizer, swipe, letters, options, before), *_finish(recognizer.second, swipe, letters, options, before)
        best = {one.key_sequence: one for one in sorted(both, key=lambda one: one.score)}
        return sorted(best.values(), key=lambda one: -one.score)
    return _finish(recognizer, swipe, letters, options, before)


def _finish(recognizer: SwipeRecognizer, swipe: Swipe, letters: str, options: SearchOptions | None, before: str | None) -> list[Candidate]:
    lexicon, model = recognizer.lexicon, recognizer.model
    begun = key_sequence(letters, lexicon.alphabet)
    node = None if begun is None else lexicon.node_of(begun)
    if begun is None or node is None:
        return []
    rest = replace(lexicon, trie=lexicon.trie.below(node))
    memory = model.encode(model.extractor(swipe))
    said = recognizer.words_before(before)
    found = []
    for hypothesis in search(model, memory, rest, options or recognizer.default_options, said):
        sequence = begun + "".join(model.alphabet[token] for token in hypothesis.tokens)
        forms = lexicon.forms_of(hypothesis.node, sequence)
        found.append(Candidate(forms[0], hypothesis.score, hypothesis.probability, sequence, forms))
    return found
