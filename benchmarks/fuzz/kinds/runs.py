"""Run folders and what is read back from them: to show, to compare, to go on, to judge again."""

import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from benchmarks.fuzz.files import Content, Files, Link, Pipe
from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.kinds.weights import spoilt_checkpoint
from benchmarks.fuzz.mutations import json_tree

from imagette.cli.comparison_table import comparison_table
from imagette.cli.runs_text import list_lines, show_lines
from imagette.errors import ImagetteError
from imagette.experiment import load
from imagette.report.curves import curves
from imagette.run.compare import compare_runs
from imagette.run.evaluate import experiment_of, rebuild, spent_by, trusted_experiment
from imagette.run.keep import settle, start_of
from imagette.run.runs import list_runs, show_run
from imagette.run.train import train_experiment, with_decisions
from imagette.store.folder import RunFolder
from imagette.store.ledger import Ledger, openings, verify
from imagette.store.trust import remember

SETTINGS = (
    "data.limit=60",
    "data.validation=0.2",
    "recipe.epochs=1",
    "recipe.batch=30",
    'network={name="softmax"}',
    "engine.threads=1",
)


def make_run(folder: Path) -> None:
    """A real run of the smallest network, to its end."""
    list(train_experiment(load("first_light", SETTINGS), out=folder))
    (folder / "notes.jsonl").write_text('{"when": "2026-01-01", "text": "café"}\n')
    (folder / ".lock").unlink(missing_ok=True)


def each_of(*readers: Callable[[], Any]) -> list[Any]:
    """What all of them give; the first refusal only once all were asked."""
    found, refusals = [], []
    for read in readers:
        try:
            found.append(read())
        except ImagetteError as error:
            refusals.append(error)
    if refusals:
        raise refusals[0]
    return found


def read_to_show(folder: Path) -> Any:
    from rich.console import Console

    def compared() -> None:
        with Path(os.devnull).open("w") as nowhere:
            comparison_table(compare_runs([folder]), Console(file=nowhere, width=80))

    return each_of(
        lambda: show_lines(show_run(folder)),
        lambda: list_lines(list_runs(folder.parent), folder.parent, 80),
        lambda: curves(RunFolder.open(folder).history(), "title", None),
        lambda: spent_by(RunFolder.open(folder)),
        lambda: RunFolder.open(folder).decisions(),
        compared,
    )


def read_to_go_on(folder: Path) -> Any:
    run = RunFolder.open(folder)
    experiment = with_decisions(experiment_of(run), run)
    saved, _ = run.checkpoints.newest_good()
    run.rewind(saved.step)
    settle(run, experiment.run)
    return experiment, start_of(run, saved)


def may_go_on(value: Any, _folder: Path) -> bool:
    _, start = value
    position = start.position
    numbers = (position.epoch, position.step_in_epoch, position.step)
    return all(type(number) is int and number >= 0 for number in numbers)


def read_to_judge(folder: Path) -> Any:
    run = RunFolder.open(folder)
    saved = run.load("last")
    model = rebuild(experiment_of(run), saved, None)
    channels, height, width = saved.card.input_shape
    return model.predict(saved.weights, np.zeros((2, height, width, channels), np.uint8), 2)


def logits_are_there(value: Any, _folder: Path) -> bool:
    return bool(value.dtype == np.float32 and len(value) == 2)


def other_json(rng: Random, files: Files) -> Files:
    """A value changed in one of the JSON files."""
    name = rng.choice([name for name in sorted(files) if name.endswith((".json", ".jsonl"))])
    content = files[name]
    assert isinstance(content, bytes)
    return {**files, name: json_tree(rng, content)}


def other_entry(rng: Random, files: Files) -> Files:
    """A link, a pipe, a folder or nothing in the place of a file."""
    changed: dict[str, Content] = dict(files)
    name = rng.choice(sorted(files))
    content = changed.pop(name)
    match rng.randrange(6):
        case 0:
            changed[name] = Link(rng.choice(("/etc/passwd", "/dev/zero", "..", "nowhere", name)))
        case 1:
            changed[name] = Pipe()
        case 2:
            changed[f"{name}/inner"] = content
        case 3:
            changed[name] = b""
        case 4:
            changed |= {f"checkpoints/{odd}/x": b"" for odd in ("x", "-1", "9" * 30, "٣", "²", " ")}
    return changed


def card_of_checkpoint(rng: Random, files: Files) -> Files:
    """Of the run's last checkpoint something changed, and its digests made again."""
    steps = sorted(
        {name.split("/")[1] for name in files if name.startswith("checkpoints/")}, key=int
    )
    place = f"checkpoints/{steps[-1]}/"
    inner = {
        name.removeprefix(place): data for name, data in files.items() if name.startswith(place)
    }
    changed = {place + name: data for name, data in spoilt_checkpoint(rng, inner).items()}
    meta = changed.get(f"{place}weights.safetensors", b"")
    assert isinstance(meta, bytes)
    digest, step = sha256(meta).hexdigest(), steps[-1]
    marks = {
        f"{which}.json": f'{{"step": {step}, "digest": "{digest}"}}\n'.encode()
        for which in ("last", "best")
    }
    return {**files, **changed, **marks}


DATASET = "mnist"


def make_ledger(folder: Path) -> None:
    os.environ["IMAGETTE_STATE"] = str(folder)
    for number in range(4):
        Ledger(None, f"{number}" * 8, f"imagette evaluate {number}").record(DATASET, "d" * 64)
    for lock in folder.rglob("*.lock"):
        lock.unlink()


def read_ledger(folder: Path) -> Any:
    os.environ["IMAGETTE_STATE"] = str(folder)
    path = folder / "ledger" / f"{DATASET}.jsonl"
    data = path.read_bytes() if path.is_file() else b""
    chain, rows = verify(DATASET), openings(DATASET)
    Ledger(None, "new", "imagette evaluate").record(DATASET, "d" * 64)
    return chain, rows, data


def chain_is_right(value: Any, _folder: Path) -> bool:
    """Followed a second time, by nothing but the digests."""
    chain, _, data = value
    lines = data.split(b"\n")[:-1]
    previous, broken = "0" * 64, None
    for number, line in enumerate(lines, start=1):
        if f'"previous": "{previous}"'.encode() not in line or not _is_row(line):
            broken = number
            break
        previous = sha256(line + b"\n").hexdigest()
    return bool(chain.broken_at == broken and chain.num_rows == len(lines))


def _is_row(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


CODE = b"open('/dev/shm/imagette-ran-foreign-code', 'w').close()\ndef Net():\n    return None\n"
TRUSTED: dict[str, bytes] = {}
"""What says which code runs, and that code, as this user ran it."""


def make_trusted(folder: Path) -> None:
    make_run(folder)
    resolved = (folder / "resolved.json").read_bytes()
    network = b'"network": {"python": "net.py:Net"}, "seed"'
    (folder / "resolved.json").write_bytes(resolved.replace(b'"seed"', network, 1))
    whole = (folder / "resolved.json").read_text()
    begin = whole.index('"network": {\n')
    end = whole.index("},\n", begin) + 3
    end = whole.index('"recipe"', end - 3)
    (folder / "resolved.json").write_text(whole[:begin] + whole[end:])
    (folder / "source").mkdir()
    (folder / "source" / "net.py").write_bytes(CODE)
    os.environ["IMAGETTE_STATE"] = str(folder / "state")
    remember(folder)
    kept = ("resolved.json", "source/net.py")
    TRUSTED.update({name: (folder / name).read_bytes() for name in kept})


def read_trusted(folder: Path) -> Any:
    os.environ["IMAGETTE_STATE"] = str(folder / "state")
    return trusted_experiment(RunFolder.open(folder), trust=False)


def is_the_users_code(value: Any, folder: Path) -> bool:
    """Trusted only if not a byte of it has changed, or if no code is named any more."""
    unchanged = all((folder / name).read_bytes() == data for name, data in TRUSTED.items())
    return unchanged or value.network.python is None


def other_code(rng: Random, files: Files) -> Files:
    changed: dict[str, Content] = dict(files)
    match rng.randrange(4):
        case 0:
            changed["source/net.py"] = CODE + b"\n"
        case 1:
            changed["source/torch.py"] = CODE
        case 2:
            changed["source/net.py"] = Link("../notes.jsonl")
        case 3:
            name = rng.choice(("resolved.json", "source/net.py", "state/runs.jsonl"))
            content = files[name]
            assert isinstance(content, bytes)
            changed[name] = json_tree(rng, content)
    return changed


KINDS = (
    Kind("run", make_run, read_to_show, spoils=(other_json, other_json, other_entry)),
    Kind(
        "run-resume",
        make_run,
        read_to_go_on,
        may_go_on,
        (other_json, other_json, other_entry, card_of_checkpoint),
    ),
    Kind(
        "run-evaluate",
        make_run,
        read_to_judge,
        logits_are_there,
        (other_json, card_of_checkpoint, card_of_checkpoint),
    ),
    Kind("run-trust", make_trusted, read_trusted, is_the_users_code, (other_code,)),
    Kind("ledger", make_ledger, read_ledger, chain_is_right, (other_json, other_entry)),
)
