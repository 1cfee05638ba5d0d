"""`python -m keyglide`: the same as the command `keyglide`."""

import sys

from keyglide.commands import keyglide

if __name__ == "__main__":
    sys.exit(keyglide())
