"""Search options: as a manifest holds them, as a command line changes them, and what is refused."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import ModelBundle
from engine.search_options import SearchOptions, add_search_argument

DEFAULTS = SearchOptions(beam_width=10, prior_weight=0.5, margin=12.0, ctc_weight=0.35, method="two_pass")


@given(
    st.builds(
        SearchOptions,
        st.integers(1, 99),
        st.floats(0, 9),
        margin=st.floats(0, allow_infinity=True),
        n_best=st.integers(1, 9),
        ctc_weight=st.floats(0, 1),
        method=st.sampled_from(["two_pass", "steps"]),
        temperature=st.floats(0.01, 100),
        none_score=st.floats(max_value=99),
        least_probability=st.floats(0, 1),
    )
)
def test_fields_are_read_back(options: SearchOptions) -> None:
    assert SearchOptions.from_fields(json.loads(json.dumps(options.to_fields()))) == options


def test_how_many_words_to_return_is_written_only_where_it_was_chosen() -> None:
    assert "n_best" not in DEFAULTS.to_fields()
    assert replace(DEFAULTS, n_best=8).to_fields()["n_best"] == 8
    assert "n_best" not in json.loads(ModelBundle.load().manifest.to_json())["search"]


def test_a_missing_field_is_named() -> None:
    fields = DEFAULTS.to_fields()
    del fields["margin"]
    with pytest.raises(KeyError, match="margin"):
        SearchOptions.from_fields(fields)


def test_settings_change_what_they_name() -> None:
    changed = DEFAULTS.changed(["beam_width=3", "margin=inf", "method=steps", "prior_weight=1"])
    assert changed == replace(DEFAULTS, beam_width=3, margin=float("inf"), method="steps", prior_weight=1.0)
    assert DEFAULTS.changed([]) == DEFAULTS


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (["beam_width"], r"search option 'beam_width' has no value: expected NAME=VALUE, as in beam_width=12"),
        (["beam=3"], r"unknown search option 'beam': known are beam_width, .*, least_probability; did you mean 'beam_width'\?$"),
        (
            ["colour=3"],
            "unknown search option .colour.: known are beam_width, .*, letter_bonus, .*, temperature, none_score, least_probability$",
        ),
        (["margin=3", "margin=4"], "search option margin is given twice: give it once"),
        (["beam_width=3.5"], "search option beam_width must be a whole number, got '3.5'"),
        (["margin=wide"], "search option margin must be a number, got 'wide'"),
        (["margin=-1"], r"margin must be at least 0, got -1\.0"),
        (["letter_bonus=inf"], r"letter_bonus must be a finite number of at least 0, got inf"),
        (["beam_width=0"], "beam_width must be at least 1, got 0"),
        (["n_best=1000001"], "n_best must be at most 1,000,000, got 1000001"),
        (["ctc_weight=2"], r"ctc_weight must be from 0 to 1, got 2\.0"),
        (["temperature=0"], r"temperature must be above 0, got 0\.0"),
        (["none_score=nan"], "none_score must be a number or -inf, got nan"),
        (["least_probability=1.5"], r"least_probability must be from 0 to 1, got 1\.5"),
        (["method=step"], r"method 'step' is not known: did you mean 'steps'\?"),
    ],
)
def test_a_bad_setting(settings: list[str], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        DEFAULTS.changed(settings)


def test_the_argument_may_be_given_again() -> None:
    parser = argparse.ArgumentParser()
    add_search_argument(parser)
    assert parser.parse_args([]).search == []
    assert parser.parse_args(["--search", "margin=3", "--search", "n_best=2"]).search == ["margin=3", "n_best=2"]
