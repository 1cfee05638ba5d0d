"""Settings of a training: every field of a preset by its name, all applied at once."""

from __future__ import annotations

import re

import pytest

from engine.features import FeatureSpec
from engine.grid import Grid
from tests.conftest import CYRILLIC, LATIN
from training import train
from training.config import PRESETS, ModelConfig, Preset, key_centres, named_preset
from training.overrides import apply_settings

STUDY = PRESETS["study"]


def test_without_settings_a_preset_stays_as_it_is() -> None:
    assert apply_settings(STUDY, []) == STUDY


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_shown_makes_the_preset(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    train.run(train.parse_args(["--show", "--preset", name, "--set", "model.encoder=gru", "--steps", "7"]))
    made = apply_settings(PRESETS["tiny" if name == "study" else "study"], capsys.readouterr().out.splitlines())
    assert made == apply_settings(PRESETS[name], ["model.encoder=gru", "n_steps=7"])


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("n_steps=2000", lambda preset: preset.n_steps == 2000),
        ("loss.learning_rate=1e-3", lambda preset: preset.loss.learning_rate == 0.001),
        ("loss.bfloat16=false", lambda preset: preset.loss.bfloat16 is False),
        ("loss.bfloat16=True", lambda preset: preset.loss.bfloat16 is True),
        ("mixture.synthetic_power=2", lambda preset: preset.mixture.synthetic_power == 2.0),
        ("model.embedding=weighted", lambda preset: preset.model.embedding == "weighted"),
        ("model.features.sampling=time", lambda preset: preset.model.features.sampling == "time"),
        ("model.features.columns=x, y,vx", lambda preset: preset.model.features.columns == ("x", "y", "vx")),
        ("model.features.columns=x", lambda preset: preset.model.features.columns == ("x",)),
        ("model.alphabet=ab", lambda preset: preset.model.alphabet == "ab"),
        ("grid=default", lambda preset: preset.grid == "default"),
    ],
)
def test_a_setting_changes_its_field_and_no_other(setting: str, value: object) -> None:
    changed = apply_settings(STUDY, [setting])
    assert callable(value) and value(changed)
    name = setting.partition("=")[0]
    original = STUDY
    for part in name.split("."):
        original = getattr(original, part)
    back = ",".join(original) if isinstance(original, tuple) else str(original)
    assert apply_settings(changed, [f"{name}={back}"]) == STUDY


def test_settings_are_checked_together_in_any_order() -> None:
    settings = ["model.embedding=google_2015", "model.width=90", "model.features.columns=x,y,dt", "model.n_heads=5"]
    for order in (settings, settings[::-1]):
        model = apply_settings(STUDY, order).model
        assert (model.embedding, model.width, model.n_heads, model.features.columns) == ("google_2015", 90, 5, ("x", "y", "dt"))
    with pytest.raises(ValueError, match="lack dt"):
        apply_settings(STUDY, settings[:1])
    with pytest.raises(ValueError, match="multiple of n_heads"):
        apply_settings(STUDY, ["model.n_heads=5"])


def test_the_gaussians_start_at_the_keys_of_the_grid(grids: dict[str, Grid]) -> None:
    model = apply_settings(STUDY, ["model.embedding=trainable_gaussian"]).model
    assert model.key_centres == key_centres(grids["qwerty_en"], LATIN)
    russian = apply_settings(STUDY, ["grid=extra", "model.embedding=trainable_gaussian", f"model.alphabet={CYRILLIC}"]).model
    assert russian.key_centres == key_centres(grids["yandex_ru_extra"], CYRILLIC)
    elsewhere = tuple((float(i), 0.0) for i in range(26))
    given = Preset(ModelConfig(LATIN, FeatureSpec(), "trainable_gaussian", key_centres=elsewhere))
    assert apply_settings(given, ["n_steps=5"]).model.key_centres == elsewhere


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["model.embeding=weighted"], "unknown setting 'model.embeding': did you mean 'model.embedding'?"),
        (["embedding=weighted"], "unknown setting 'embedding': did you mean 'model.embedding'?"),
        (["columns=x"], "unknown setting 'columns': did you mean 'model.features.columns'?"),
        (["model=weighted"], "unknown setting 'model': "),
        (["model.key_centres=1"], "unknown setting 'model.key_centres': "),
        (["=3"], "unknown setting '': known are model.alphabet, model.features.n_points, "),
        (["n_steps"], "setting 'n_steps' has no value: expected NAME=VALUE"),
        (["n_steps=1", "n_steps=1"], "setting n_steps is given twice"),
        (["n_steps=2e3"], "setting n_steps must be a whole number, got '2e3'"),
        (["loss.learning_rate=fast"], "setting loss.learning_rate must be a finite number, got 'fast'"),
        (["loss.learning_rate=nan"], "setting loss.learning_rate must be a finite number, got 'nan'"),
        (["loss.bfloat16=1"], "setting loss.bfloat16 must be true or false, got '1'"),
        (["model.embedding=weigthed"], "model.embedding 'weigthed' is not known: did you mean 'weighted'?"),
        (["model.features.columns=x,vz"], "model.features.columns 'vz' is not known: "),
        (["model.features.columns=x,x"], "each once, got x, x"),
        (["n_steps=0"], "n_steps must be at least 1, got 0"),
        (["batch_size=-3"], "batch_size must be at least 1, got -3"),
        (["model.n_heads=0"], "n_heads must be at least 1, got 0"),
        (["model.n_decoder_layers=0"], "n_decoder_layers must be at least 1, got 0"),
        (["mixture.synthetic_start=1.5"], "synthetic_start must be from 0 to 1, got 1.5"),
        (["loss.label_smoothing=1"], "label_smoothing must be at least 0 and below 1, got 1.0"),
        (["mixture.transforms=wild"], "mixture.transforms 'wild' is not known: did you mean 'wide'?"),
        (["loss.learning_rate=0"], "learning_rate must be above 0, got 0.0"),
    ],
)
def test_what_cannot_be_set_is_named(settings: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        apply_settings(STUDY, settings)


@pytest.mark.parametrize(("n_steps", "interval"), [(4000, 1000), (1000, 1000), (100, 100), (1500, 750), (2500, 833), (1, 1)])
def test_a_training_ends_with_a_validation(n_steps: int, interval: int) -> None:
    assert apply_settings(STUDY, [f"n_steps={n_steps}", "validate_every=1000"]).interval == interval
    assert 0 <= n_steps % interval < n_steps / interval


def test_presets_have_names() -> None:
    assert named_preset("study") == STUDY
    with pytest.raises(ValueError, match="preset 'studdy' is not known: did you mean 'study'"):
        named_preset("studdy")
