"""`python -m imagette`, for where the `imagette` script is not on the path."""

import sys

from imagette.cli.main import main

sys.exit(main())
