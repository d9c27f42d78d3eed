"""`python -m dashboard` is `fleetglass`."""

import sys

from dashboard.cli import main

sys.exit(main())
