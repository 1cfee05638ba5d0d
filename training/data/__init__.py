"""Swipes to train on: read, made, varied and put into batches."""
