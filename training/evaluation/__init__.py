"""Decoding a data set with the engine, and statistics of the results."""
