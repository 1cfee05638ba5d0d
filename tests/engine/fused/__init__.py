"""Tests of kernels that were compiled ahead."""
