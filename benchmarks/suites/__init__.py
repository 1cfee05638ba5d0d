"""One stage of the engine per file, timed by pytest-benchmark and compared with a committed baseline."""
