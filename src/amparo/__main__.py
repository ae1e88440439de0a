"""`python -m amparo`: the same door as the installed `amparo` command."""

import sys

from amparo.cli import main

sys.exit(main())
