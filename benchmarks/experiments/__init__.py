"""Many small trainings that differ in one thing each, compared on all of dev: docs/EXPERIMENTS.md."""

import training  # noqa: F401  before matplotlib: the training says where matplotlib keeps its files
