"""Speed and size of the engine, measured: one stage per file."""
