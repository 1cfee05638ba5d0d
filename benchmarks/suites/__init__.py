"""One stage of the engine per file, timed by pytest-benchmark and compared with a committed baseline."""

import engine  # noqa: F401  before onnxruntime: the engine switches its telemetry off
