"""Many small trainings that differ in one thing each, compared on all of dev: docs/EXPERIMENTS.md."""
