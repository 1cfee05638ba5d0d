"""Other ways to search, rung by rung from the predecessor's to ours."""

import engine  # noqa: F401  before onnxruntime: the engine switches its telemetry off
