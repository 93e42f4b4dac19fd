"""`python -m fastresp` is the command line `fastresp`."""

import sys

from fastresp.cli import main

sys.exit(main())
