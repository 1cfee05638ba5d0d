"""Random transforms of swipes, alone and composed; lengths are in key widths around the middle of the keys, see `OnGrid`."""
