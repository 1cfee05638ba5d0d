"""Accuracy against time."""

import training  # noqa: F401  before matplotlib: the training says where matplotlib keeps its files
