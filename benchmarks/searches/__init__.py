"""Other ways to search for the words that the model finds most probable, to compare the engine's with.

All score a word alike: log probability by decoder and CTC head, by their weights, plus the weighted log prior.
"""
