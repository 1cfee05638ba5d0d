"""The manifest of a model bundle: everything about a model that is not a weight."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

from engine.features import FeatureSpec
from engine.naming import check_choice
from engine.search_options import SearchOptions

FORMAT_VERSION = 3
"""The newest bundle format that this engine reads: 3 added networks that read keys."""
OLDEST_FORMAT_VERSION = 2

Reads = Literal["letters", "keys"]
"""letters: the network has learnt one alphabet on the grids that it was trained on. keys: it is told where the keys lie, and works on any
grid and in any alphabet."""


class ModelBundleError(ValueError):
    """A model bundle cannot be used: a file is missing or altered, or its format is newer than the engine."""


@dataclass(frozen=True)
class Manifest:
    """manifest.json of a model bundle."""

    alphabet: str
    """letter i is token i; EOS = len(alphabet), BOS = len(alphabet) + 1. Empty for a network that reads keys"""
    feature_spec: FeatureSpec
    config: Mapping[str, Any]
    """the network's ModelConfig, so that training can load it again"""
    grids: tuple[str, ...]
    """names of the grids that it was trained on"""
    search: SearchOptions
    """the search that was tuned for it on dev"""
    max_letters: int
    """the longest word that the decoder can write"""
    training_data: str
    """what it was trained on, with citation"""
    training_command: str
    metrics: Mapping[str, Any]
    commit: str
    """the project's commit that exported it"""
    sha256: Mapping[str, str]
    """file name -> hex digest"""
    precision: str = "fp32"
    """of the matrix products by weights: "fp32" or "int8"; of a network that knows letters, the decoder's are always in fp32"""
    reads: Reads = "letters"
    format_version: int = FORMAT_VERSION

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """The manifest in a manifest.json. Raises: ModelBundleError for a newer format or a missing or wrong field."""
        try:
            fields = dict(json.loads(text))
            version = int(fields["format_version"])
        except (ValueError, TypeError, LookupError, RecursionError, OverflowError) as error:
            raise ModelBundleError(f"manifest.json is not a manifest: {_reason(error)}; export the bundle again") from error
        if not OLDEST_FORMAT_VERSION <= version <= FORMAT_VERSION:
            remedy = "update Keyglide" if version > FORMAT_VERSION else "export the bundle again"
            raise ModelBundleError(
                f"manifest.json has format_version {version}, this engine reads {OLDEST_FORMAT_VERSION} to {FORMAT_VERSION}: {remedy}"
            )
        try:
            return cls._of(fields)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            raise ModelBundleError(f"manifest.json is damaged: {_reason(error)}; export the bundle again") from error

    @classmethod
    def _of(cls, fields: Mapping[str, Any]) -> Manifest:
        return cls(
            alphabet=str(fields["alphabet"]),
            feature_spec=FeatureSpec.from_fields(fields["feature_spec"]),
            config=dict(fields["config"]),
            grids=tuple(str(name) for name in fields["grids"]),
            search=SearchOptions.from_fields(fields["search"]),
            max_letters=int(fields["max_letters"]),
            training_data=str(fields["training_data"]),
            training_command=str(fields["training_command"]),
            metrics=dict(fields["metrics"]),
            commit=str(fields["commit"]),
            sha256={str(name): str(digest) for name, digest in fields["sha256"].items()},
            precision=str(fields["precision"]),
            reads=_reads(fields.get("reads", "letters")),
            format_version=int(fields["format_version"]),
        )

    def to_json(self) -> str:
        """The text of manifest.json."""
        fields = {**asdict(self), "feature_spec": self.feature_spec.to_fields(), "search": self.search.to_fields()}
        return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


def _reads(value: object) -> Reads:
    check_choice("reads", str(value), get_args(Reads))
    return cast(Reads, value)


def _reason(error: Exception) -> str:
    return f"no field {error}" if isinstance(error, KeyError) else str(error)
