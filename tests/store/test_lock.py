"""One process at a time in a run folder, and no lock outlives the process that took it."""

import errno
import os
import subprocess
import sys
from socket import gethostname

import pytest

from imagette.errors import StoreError, UsageError
from imagette.store import lock
from imagette.store.lock import held

HOLDS = """
import sys
from pathlib import Path
from imagette.store.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds a folder until it is killed."""
    command = [sys.executable, "-c", HOLDS, str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_refused_and_told_who_is_there(tmp_path, holder):
    with pytest.raises(UsageError) as caught, held(tmp_path):
        pass
    assert str(caught.value) == (
        f"{tmp_path} is being trained by another process (process {holder.pid} on "
        f"{gethostname()}): wait for its end, or stop it"
    )


def test_a_killed_process_holds_nothing(tmp_path, holder):
    holder.kill()
    holder.wait()
    with held(tmp_path):
        assert (tmp_path / ".lock").exists()


def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch):
    def take(_descriptor):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(lock, "_take_now", take)
    with pytest.raises(StoreError, match=r"cannot be locked \(.*\), and two"), held(tmp_path):
        pass
