"""How far a swipe is from what its arithmetic must cost."""

import engine  # noqa: F401  before onnxruntime: the engine switches its telemetry off
