"""Random transforms of swipes, alone and combined. Lengths are in key widths from the middle of the keys, see `OnGrid`."""
