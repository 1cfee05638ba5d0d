"""Words written with a real pointer: Xvfb, xdotool, and the keyboard as `python -m keyboard_app` opens it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Lexicon
from engine.recognizer import open_lexicon
from tests.support.pointer import Hand, keyboard, missing_programs, open_hand

pytestmark = pytest.mark.skipif(
    bool(missing_programs()), reason=f"not installed: {', '.join(missing_programs())} (Debian: apt install xvfb xdotool)"
)

N_COMMONEST = 20
LENGTHS = range(3, 10)
N_OF_EACH_LENGTH = 2


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    with open_hand(tmp_path_factory.mktemp("display") / "log", seed=11) as hand:
        yield hand


def common_words(lexicon: Lexicon) -> list[str]:
    """The commonest words of 3 to 9 letters, and of each of these lengths the commonest."""
    by_prior = sorted(lexicon.key_sequences(), key=lambda item: -item[1])
    words = [sequence for sequence, _ in by_prior if len(sequence) in LENGTHS]
    of_each_length = [word for n in LENGTHS for word in [word for word in words if len(word) == n][:N_OF_EACH_LENGTH]]
    return list(dict.fromkeys(words[:N_COMMONEST] + of_each_length))


@pytest.mark.slow
def test_common_words_swiped_with_a_real_pointer_stand_in_the_text(hand: Hand, tmp_path: Path) -> None:
    lexicon = open_lexicon()
    words = common_words(lexicon)
    with keyboard(hand, tmp_path, "--print") as lines:
        for word in words:
            hand.swipe(word)
    written = [word.lower() for line in lines for word in line.split()]
    expected = [lexicon.forms(word)[0].lower() for word in words]
    assert written == expected


def test_taps_swipes_and_keys_with_a_real_pointer(tmp_path: Path) -> None:
    """This is about what becomes of taps, swipes and keys in a row, not about how well words are read: with a steady hand, and words that
    are read right even where the machine stands still for half a second and the window sees little of their paths ("work" is not).
    """
    with open_hand(tmp_path / "display", seed=11, aim_keys=0.05) as hand, keyboard(hand, tmp_path, "--print") as lines:
        hand.swipe("hello")
        hand.tap(",")
        hand.swipe("because")
        hand.tap("backspace")
        hand.swipe("everybody")
        hand.tap(".")
        hand.tap("enter")
        for letter in "keys":
            hand.tap(letter)
        hand.tap("space")
        hand.tap("shift")
        hand.swipe("something")
    assert lines == ["Hello, everybody.", "Keys Something"]
