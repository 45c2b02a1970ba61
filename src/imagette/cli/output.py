"""What to do when nobody reads any more."""

import os
import sys


def forget_the_output() -> None:
    """What is printed from now on goes nowhere: the reader (`| head`) has left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
