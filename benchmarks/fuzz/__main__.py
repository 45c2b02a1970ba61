"""How many hostile and broken inputs were tried, and what came of them, kind by kind.

Each input is a real small file, or folder of files, spoilt: bits flipped, cut, spliced, lengths
changed, or spoilt by somebody who knows the format. It is read as imagette reads it, in a process
that may not take more than 1 GiB above its start. What may come is the right value, or one
ImagetteError that names the file; anything else is a surprise and is told: another exception,
more than 2 s of processor time, too much memory, the death of the process, a wrong value, a file
changed outside, code run. Equal seeds give equal inputs.

    python -m benchmarks.fuzz --count 100000
    python -m benchmarks.fuzz --kinds idx npz --count 2000 --seed 7
"""

import argparse
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import perf_counter

from benchmarks.fuzz.kinds import KINDS
from benchmarks.fuzz.trial import REFUSED, VALUE
from benchmarks.fuzz.worker import Result, tried


@dataclass
class Row:
    """What came of the inputs of one kind."""

    words: Counter[str] = field(default_factory=Counter)
    surprises: list[Result] = field(default_factory=list)
    peak_bytes: int = 0

    def add(self, result: Result) -> None:
        self.words[result.came.word] += 1
        self.peak_bytes = max(self.peak_bytes, result.came.peak_bytes)
        if result.came.is_surprise:
            self.surprises.append(result)

    @property
    def num_tried(self) -> int:
        return self.words.total()


def row_of(kind: str, count: int, seed: int, first: int) -> Row:
    row = Row()
    for result in tried(kind, range(first, first + count), seed):
        row.add(result)
    print(line(kind, row), flush=True)
    for result in row.surprises[:SHOWN]:
        print(f"    {result.came.word} at number {result.number}")
        print("".join(f"      {said}\n" for said in result.came.told.splitlines()), flush=True)
    return row


SHOWN = 3
HEADINGS = f"{'kind':<16}{'tried':>9}{'value':>9}{'refused':>9}{'surprise':>9}{'most MB':>9}"


def line(kind: str, row: Row) -> str:
    numbers = (row.num_tried, row.words[VALUE], row.words[REFUSED], len(row.surprises))
    cells = "".join(f"{number:>9,}" for number in numbers)
    return f"{kind:<16}{cells}{row.peak_bytes / 1e6:>9,.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="inputs, of all kinds together")
    parser.add_argument("--kinds", nargs="+", choices=sorted(KINDS), default=list(KINDS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first input of a kind")
    parser.add_argument("--workers", type=int, default=1)
    asked = parser.parse_args()
    each = max(1, asked.count // len(asked.kinds))
    print(f"{each:,} inputs of each kind, seed {asked.seed}")
    print(HEADINGS)
    began = perf_counter()
    with ThreadPoolExecutor(asked.workers) as pool:
        rows = list(pool.map(lambda kind: row_of(kind, each, asked.seed, asked.first), asked.kinds))
    total = Row()
    for row in rows:
        total.words += row.words
        total.surprises += row.surprises
        total.peak_bytes = max(total.peak_bytes, row.peak_bytes)
    print(line("in all", total))
    print(f"n = {total.num_tried:,} in {perf_counter() - began:,.0f} s")
    return 1 if total.surprises else 0


if __name__ == "__main__":
    sys.exit(main())
