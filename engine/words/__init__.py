"""A person's own words: laid over a lexicon, learnt from what they write, and kept in a file that loses none of them."""
