"""Switches onnxruntime's telemetry off. `engine/__init__.py` imports this before anything else.

Since 1.29 onnxruntime's official builds keep a device number and a database in ~/.cache/Microsoft, and open sockets to a collector.
They read the variable once, while `import onnxruntime` runs. Child processes inherit it.
"""

from __future__ import annotations

import os
import sys

VARIABLE = "ORT_DISABLE_TELEMETRY"

os.environ[VARIABLE] = "1"
if sys.modules.get("onnxruntime") is not None:  # too late for the variable: what it has collected it may still send
    sys.modules["onnxruntime"].disable_telemetry_events()
