"""The memory of a step serves the next one, told by the pages that the system had to clear."""

import json
import os
import subprocess
import sys

import pytest

STEPS = """
import json, resource, sys
from imagette.engines.with_torch.memory import keep_memory
if sys.argv[1] == "kept":
    keep_memory()
import torch
def step():
    return sum(float(x[0]) for x in [torch.ones(1 << 21) for _ in range(8)])
for _ in range(10):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before))
"""
PAGES = 8 * (1 << 21) * 4 // os.sysconf("SC_PAGE_SIZE")  # of one step


def cleared(how, pages):
    rule = {"MALLOC_MMAP_THRESHOLD_": "131072"}  # every tensor a mapping of its own
    environment = {**os.environ, **rule, "THP_MEM_ALLOC_ENABLE": pages}
    command = [sys.executable, "-c", STEPS, how]
    return json.loads(subprocess.check_output(command, env=environment, text=True))


@pytest.mark.parametrize("pages", ["0", "1"])
def test_ten_steps_clear_fewer_pages_than_one_needs(pages):
    assert cleared("kept", pages) < PAGES / 2


def test_where_memory_is_not_kept_every_step_clears_all_of_them():
    assert cleared("as it is", "0") >= 10 * PAGES
