"""Predictions of many models, kept in a table and combined."""
