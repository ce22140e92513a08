"""`python -m bactrian`, and the command `bactrian`."""

import sys

from bactrian._cli import main

if __name__ == "__main__":
    sys.exit(main())
