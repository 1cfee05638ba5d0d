"""What a decoder without a cache reads, against prefixes spelled out by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ladder.whole_prefixes import PrefixCache, Tokens, read
from engine.model import NO_PARENT

BOS = 9


def test_a_letter_a_step_reads_every_hypothesis_whole() -> None:
    start = read(np.array([BOS]), np.array([NO_PARENT]), PrefixCache.empty())
    assert (start.sequences, start.places, len(start.cache)) == ([(BOS,)], [(0, 0)], 1)
    first = read(np.array([4, 5]), np.array([0, 0]), start.cache)
    second = read(np.array([6, 7, 8]), np.array([2, 1, 2]), first.cache)
    assert [second.sequences[sequence] for sequence, _ in second.places] == [(BOS, 5, 6), (BOS, 4, 7), (BOS, 5, 8)]
    assert [position for _, position in second.places] == [2, 2, 2]
    assert second.cache.parents.tolist() == [NO_PARENT, 0, 0, 2, 1, 2]


def test_a_tree_is_read_by_its_longest_prefixes_alone() -> None:
    """The words ab, abc and b, in one step."""
    tree = read(np.array([BOS, 0, 1, 1, 2]), np.array([NO_PARENT, 0, 0, 1, 3]), PrefixCache.empty())
    assert sorted(tree.sequences) == [(BOS, 0, 1, 2), (BOS, 1)]
    assert [tree.sequences[sequence][: position + 1] for sequence, position in tree.places] == list(tree.cache.prefixes)
    assert list(tree.cache.prefixes) == [(BOS,), (BOS, 0), (BOS, 1), (BOS, 0, 1), (BOS, 0, 1, 2)]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 10**6)), max_size=30), st.integers(0, 30))
def test_any_tree_in_two_steps(rows: list[tuple[int, int]], n_first: int) -> None:
    """Each row is a token behind any earlier prefix."""
    expected: list[Tokens] = [(BOS,)]
    tokens, parents = [BOS], [NO_PARENT]
    for token, choice in rows:
        tokens.append(token)
        parents.append(choice % len(expected))
        expected.append((*expected[parents[-1]], token))
    cut = 1 + min(n_first, len(rows))
    cache = PrefixCache.empty()
    for part in (slice(0, cut), slice(cut, None)):
        if tokens[part]:
            reading = read(np.array(tokens[part]), np.array(parents[part]), cache)
            found = [reading.sequences[sequence][: position + 1] for sequence, position in reading.places]
            assert found == expected[part]
            assert len(reading.sequences) == len(set(range(*part.indices(len(tokens)))) - set(parents[part]))
            cache = reading.cache
    assert list(cache.prefixes) == expected and cache.parents.tolist() == parents
