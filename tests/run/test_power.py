"""Every change to the disk fails, or is the last before the power goes; then the run is resumed.

Two disks stand in the place of the system's. `Journal` knows, before each operation, what would be
left on a real disk: all that was done ("kept", the process alone dies), only what was synced
("lost", the power goes), or every name but half of what was written and not synced ("torn").
`Failing` lets one operation fail. From each thing that can be left, a resumed run must end with
the bytes of one that nothing happened to. On torch each is tried; what is written, and in which
order, depends on no engine, so JAX, slower to resume, takes every fourth.
"""

import errno
import os
import shutil
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from imagette.data.dataset import open_data
from imagette.errors import StoreError
from imagette.run.prepare import prepare_with
from imagette.run.train import Begun, Ended, resume, train_experiment
from imagette.store import disk
from imagette.store.disk import Disk
from imagette.store.ledger import openings, verify
from imagette.train.plan import Planner

OPERATIONS = [name for name, value in vars(Disk).items() if callable(value)]
FEWEST = 200  # things that can be left of a run so small: fewer, and something is not seen
WORD_OF_THE_HOLDER = 2  # operations that need not succeed: who holds the lock, for a refusal
FOLDER = None  # what a tree holds in place of the bytes of a file


class File:
    def __init__(self, data=b""):
        self.data = self.safe = data

    def left(self, how):
        if how == "torn" and self.data.startswith(self.safe):
            return self.data[: (len(self.safe) + len(self.data)) // 2]
        return self.safe if how == "lost" else self.data


class Folder:
    def __init__(self, names=None):
        self.names, self.safe = dict(names or {}), dict(names or {})

    def left(self, how):
        return self.safe if how == "lost" else self.names


def remembered(path):
    """A folder of the real disk, all of it safe."""
    inner = {p.name: remembered(p) if p.is_dir() else File(p.read_bytes()) for p in path.iterdir()}
    return Folder(inner)


def tree(folder, how, above=""):
    """What would be left of a folder: path to bytes, or FOLDER."""
    found = {}
    for name, node in folder.left(how).items():
        if isinstance(node, Folder):
            found |= {above + name: FOLDER, **tree(node, how, f"{above}{name}/")}
        else:
            found[above + name] = node.left(how)
    return found


class Quick(Disk):
    """Waits for no real disk: what a power cut leaves is worked out, not tried."""

    def sync(self, _descriptor):
        pass

    def sync_folder(self, _path):
        pass


class Journal(Quick):
    """Does what it is told below `root`, and keeps what would be left before each operation."""

    def __init__(self, root):
        self.root, self.memory, self.opened = root, remembered(root), {}
        self.num_operations, self.left = 0, {}
        self.remember()

    def remember(self):
        for how in ("kept", "lost", "torn"):
            found = frozenset(tree(self.memory, how).items())
            self.left.setdefault(found, (self.num_operations, how))

    def node(self, path):
        node = self.memory
        for name in path.relative_to(self.root).parts:
            node = node.names[name]
        return node

    def create(self, path):
        descriptor = super().create(path)
        self.opened[descriptor] = self.node(path.parent).names[path.name] = File()
        return descriptor

    def extend(self, path):
        descriptor = super().extend(path)
        names = self.node(path.parent).names
        self.opened[descriptor] = names.setdefault(path.name, File())
        return descriptor

    def write(self, descriptor, data):
        super().write(descriptor, data)
        self.opened[descriptor].data += data

    def sync(self, descriptor):
        self.opened[descriptor].safe = self.opened[descriptor].data

    def truncate(self, descriptor, size):
        super().truncate(descriptor, size)
        self.opened[descriptor].data = self.opened[descriptor].data[:size]

    def rename(self, old, new):
        super().rename(old, new)
        self.node(new.parent).names[new.name] = self.node(old.parent).names.pop(old.name)

    def remove(self, path):
        super().remove(path)
        del self.node(path.parent).names[path.name]

    def make_folder(self, path):
        super().make_folder(path)
        self.node(path.parent).names[path.name] = Folder()

    def remove_folder(self, path):
        super().remove_folder(path)
        del self.node(path.parent).names[path.name]

    def sync_folder(self, path):
        self.node(path).safe = dict(self.node(path).names)


class Failing(Quick):
    """A disk whose operation number `fails` (from 0) raises OSError."""

    def __init__(self, fails, number):
        self.fails, self.number, self.num_operations = fails, number, 0


def counted(kind, name):
    """The operation, with what the disk does before each of its operations."""
    plain = getattr(kind, name)

    def operation(self, *arguments):
        if kind is Failing and self.num_operations == self.fails:
            self.num_operations += 1
            raise OSError(self.number, os.strerror(self.number))
        result = plain(self, *arguments)
        self.num_operations += 1
        if kind is Journal:
            self.remember()
        return result

    return operation


for kind in (Journal, Failing):
    for name in OPERATIONS:
        setattr(kind, name, counted(kind, name))


@pytest.fixture(scope="module")
def compiled():
    """By engine, what is compiled once for all tests."""
    return {}


@pytest.fixture
def place(tmp_path):
    """In memory where the system lets us: thousands of files are made and removed."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path
        return
    with TemporaryDirectory(prefix="imagette-", dir=shared) as made:
        yield Path(made)


@pytest.fixture(params=["torch", "jax"])
def machine(request, place, experiment, monkeypatch, compiled):
    """A machine with one small run on it: all that changes bits is on."""
    return Machine(request.param, place / "machine", experiment, monkeypatch, compiled)


class Machine:
    def __init__(self, engine, root, experiment, monkeypatch, compiled):
        self.root, self.patch = root, monkeypatch
        self.every = 4 if engine == "jax" else 1
        self.run = root / "runs" / "small" / "run"
        monkeypatch.setenv("IMAGETTE_STATE", str(root / "state"))
        monkeypatch.setattr(Planner, "chunk", 2)
        monkeypatch.setattr("imagette.run.train.draw_curves", lambda folder, _: draw(folder))
        monkeypatch.setattr("imagette.store.provenance._commit", lambda: None)
        self.experiment = experiment(
            engine={"name": engine, "threads": 1},
            data={"limit": 60},
            network={"text": "conv 2 3x3\nrelu\nmaxpool 4\nflatten\ndropout 0.2\nlinear classes"},
            recipe={
                "epochs": 5,
                "batch": 20,
                "averaging": "ema",
                "schedule": "cosine",
                "stopping": {"figure": "train_loss", "patience": 2, "min_change": 9},
            },
            evaluation={"test": "each-epoch"},
            run={"checkpoints": {"keep": 1}},
        )
        dataset = open_data(self.experiment.data)
        images = dataset.validation
        dataset = replace(dataset, validation=images[:40])
        if engine not in compiled:
            compiled[engine] = prepare_with(self.experiment, dataset, None)
        prepared = replace(compiled[engine], experiment=self.experiment)
        self.patch.setattr("imagette.run.train.prepare", lambda *_: prepared)
        shown = partial(opened, images[40:60], dataset)
        self.patch.setattr("imagette.run.train.open_test", shown)

    def become(self, left):
        """Holds these files and no others."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        for path, data in sorted(left):
            if data is FOLDER:
                (self.root / path).mkdir()
            else:
                (self.root / path).write_bytes(data)

    def begin(self, on):
        """Trains from the start on a disk; how many operations were done once it had begun."""
        self.become(())
        return self.follow(train_experiment(self.experiment, out=self.run), on)

    def resume(self, on):
        return self.follow(resume(self.run), on)

    def follow(self, events, on):
        begun = None
        self.patch.setattr(disk, "in_use", on)
        try:
            for event in events:
                if isinstance(event, Begun):
                    begun = getattr(on, "num_operations", None)
        finally:
            self.patch.setattr(disk, "in_use", Disk())
            events.close()
        assert isinstance(event, Ended) or "is finished" in event.text
        return begun

    def result(self):
        """What must be equal, byte for byte."""
        names = ["history.jsonl", "last.json", "best.json", "evaluation/validation.npz"]
        folder = self.run / "checkpoints"
        files = [self.run / name for name in names]
        files += sorted(path for path in folder.rglob("*.safetensors"))
        assert not list(self.run.rglob("*.tmp"))
        assert [row["purpose"] for row in openings("fashion-sample")] == ["each-epoch"]
        assert verify("fashion-sample").is_whole
        return {str(path.relative_to(self.run)): path.read_bytes() for path in files}


def draw(folder):
    folder.write_picture("curves.png", b"curves")


def opened(test, dataset, _spec, ledger, *_places):
    ledger.record(dataset.name, dataset.digest)
    return test


def resumes_alike(machine, left, begun, whole):
    """From each thing that can be left the run is resumed, and ends with the same bytes."""
    for state, (number, how) in list(left.items())[:: machine.every]:
        machine.become(state)
        if not machine.run.exists():
            assert number < begun, (number, how)  # nobody has been told of a run
            continue
        machine.resume(Quick())
        assert machine.result() == whole, (number, how)


def test_whatever_a_dying_process_leaves_is_gone_on_with_bit_for_bit(machine):  # 004-32
    machine.become(())
    journal = Journal(machine.root)
    begun = machine.begin(journal)
    whole = machine.result()
    print(f"{journal.num_operations} operations, {len(journal.left)} things that may be left")
    assert len(journal.left) > FEWEST
    resumes_alike(machine, journal.left, begun, whole)


def test_what_a_resumed_process_leaves_is_gone_on_with_too(machine):  # 004-32
    machine.become(())
    journal = Journal(machine.root)
    machine.begin(journal)
    whole, last = machine.result(), journal.num_operations
    middle = next(
        state for state, (n, how) in journal.left.items() if how == "torn" and n > 0.6 * last
    )
    machine.become(middle)
    again = Journal(machine.root)
    machine.resume(again)
    print(f"{again.num_operations} operations, {len(again.left)} things that may be left")
    assert len(again.left) > FEWEST / 4
    resumes_alike(machine, again.left, 0, whole)


def test_each_operation_that_fails_ends_in_one_line_and_loses_nothing(machine):  # 004-32
    counting = Failing(None, 0)
    begun = machine.begin(counting)
    whole = machine.result()
    told = {errno.ENOSPC: [], errno.EIO: []}
    assert counting.num_operations > FEWEST / 2
    tried = range(0, counting.num_operations, machine.every)
    for order, fails in enumerate(tried):
        number = (errno.ENOSPC, errno.EIO)[order % 2]
        try:
            machine.begin(Failing(fails, number))
        except StoreError as error:
            told[number].append(str(error))
        if machine.run.exists():
            machine.resume(Quick())
            assert machine.result() == whole, fails
        else:
            assert fails < begun
    assert sum(map(len, told.values())) >= len(tried) - WORD_OF_THE_HOLDER
    assert all("disk full: " in line for line in told[errno.ENOSPC])
    assert not any("\n" in line or "full" in line for line in told[errno.EIO])


def test_no_change_to_a_file_passes_the_disk_by(machine):
    """Otherwise the tests above would not see it."""
    heard, listens = Counter(), True

    def hear(event, arguments):
        if listens and changes(event, arguments) and str(machine.root) in str(arguments[0]):
            heard[passes_the_disk(sys._getframe())] += 1

    machine.become(())
    sys.addaudithook(hear)  # which stays as long as the process
    for _ in train_experiment(machine.experiment, out=machine.run):
        pass
    listens = False
    assert heard[True] > FEWEST / 4
    assert heard[False] == 0


def changes(event, arguments):
    if event == "open":
        return bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"}


def passes_the_disk(frame):
    while frame is not None and frame.f_code.co_filename != disk.__file__:
        frame = frame.f_back
    return frame is not None
