"""Decoding a data set through the engine, and what it adds up to."""
