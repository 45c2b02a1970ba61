"""One line to the person who waits, on standard error, so that results stay clean."""

import sys


def notice(line: str) -> None:
    print(f"imagette: {line}", file=sys.stderr, flush=True)
