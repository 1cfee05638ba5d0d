"""Checkpoint -> model bundle, and the proof that both give the same numbers."""

import engine  # noqa: F401  before onnxruntime: the engine switches its telemetry off
