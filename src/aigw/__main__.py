"""`python -m aigw` is `aigw`."""

import sys

from aigw.cli import main

if __name__ == "__main__":
    sys.exit(main())
