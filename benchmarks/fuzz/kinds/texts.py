"""What people write: experiments, sweeps, networks."""

import json
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzz.files import Files
from benchmarks.fuzz.kind import Kind
from benchmarks.fuzz.mutations import json_tree

from imagette.experiment import Experiment, check, load, resolved, shipped
from imagette.network import cost_table, from_dicts, named, parse, to_dicts, to_text, walk
from imagette.network.layers import WORDS
from imagette.sweep.file import read_sweep, shipped_sweeps
from imagette.sweep.trials import plan_trials

NETWORKS = ("lenet5", "resnet20", "seresnet20", "densenet40", "vgg8")

TOKENS = (
    *WORDS,
    "{",
    "}",
    ";",
    "\n",
    "#",
    "=",
    "classes",
    "same",
    "channels",
    "3x3",
    "0",
    "-1",
    "1e9",
    "99999999",
    "stride=2",
    "pad=same",
    "pad=1,2,3,4",
    "groups=4",
    "bias=no",
    "name=a",
    "0x0",
    "5x",
)


def make_experiment(folder: Path) -> None:
    source = shipped()["first_light"]
    (folder / "mine.toml").write_bytes(source.read_bytes())


def make_json_experiment(folder: Path) -> None:
    whole = resolved(load("first_light"))
    (folder / "mine.json").write_text(json.dumps(whole, indent=1))


def is_resolved_again(value: Experiment, _folder: Path) -> bool:
    """What was accepted is accepted again, and is the same."""
    return check(json.loads(json.dumps(resolved(value))), "again") == value


def in_tree(name: str) -> Any:
    def spoil(rng: Random, files: Files) -> Files:
        content = files[name]
        assert isinstance(content, bytes)
        return {**files, name: json_tree(rng, content)}

    return spoil


TOML = (
    "x = " + "[" * 2000,
    "a" + ".a" * 2000 + " = 1",
    "[a" + ".a" * 2000 + "]",
    "network = {a" * 500,
    'network = {text = "' + "residual {" * 2000 + '"}',
    'data = {name = "folder:/"}',
    'data = {name = "npz:/dev/zero"}',
    'network = {python = "os:system"}',
    "seed = 1e400",
    "seed = " + "9" * 5000,
    "seed = 0x" + "f" * 5000,
    'network = {name = "lenet5", width = 1e300}',
    'network = {name = "resnet20", args = {depth = 999999999}}',
    "recipe = {batch = 999999999999}",
    'network = {name = "densenet40", args = {growth = 100000000}}',
    "recipe = {epochs = 99999999999}",
    "when = 1979-05-27T07:32:00Z",
    'recipe = {sizes = {"0" = 999999}}',
    'run = {title = "\\u0000"}',
    "budget = {minutes = 1e-300}",
    "engine = {threads = 99999999999}",
    'data = {name = "python:a"}',
)


def other_toml(rng: Random, files: Files) -> Files:
    (name,) = files
    content = files[name]
    assert isinstance(content, bytes)
    said = rng.choice(TOML).encode()
    return {name: rng.choice((said, said + b"\n" + content, content + b"\n" + said))}


def make_sweep(folder: Path) -> None:
    base = resolved(load("first_light"))
    sweep = {
        "title": "mine",
        "base": base,
        "grid": {
            "recipe.batch": [4, 16],
        },
        "variants": {"wide": {"network.width": 2.0}},
        "seeds": 2,
    }
    (folder / "sweep.json").write_text(json.dumps(sweep))
    (folder / "sweep.toml").write_bytes(shipped_sweeps()["batch_sizes"].read_bytes())


def read_sweeps(folder: Path) -> Any:
    found = [read_sweep(folder / name) for name in ("sweep.json", "sweep.toml")]
    return [plan_trials(sweep) for sweep in found]


def make_network(folder: Path) -> None:
    for name in NETWORKS:
        (folder / f"{name}.txt").write_text(to_text(named(name)))


def read_network(folder: Path) -> Any:
    found = []
    for file in sorted(folder.iterdir()):
        network = parse(file.read_bytes().decode("utf-8", "surrogateescape"))
        cost_table(walk(network, (3, 32, 32), 10)).as_json()
        found.append(network)
    return found


def network_is_right(value: Any, _folder: Path) -> bool:
    return all(
        parse(to_text(network)) == network and from_dicts(to_dicts(network)) == network
        for network in value
    )


def tokens(rng: Random, _files: Files) -> Files:
    """Words of the language in no order, or deep within one another."""
    depth = rng.choice((0, 0, 5, 40, 3000))
    opening = rng.choice(("residual { ", "branches { { ", "gate { ", "{ ", "residual\n{\n"))
    words = " ".join(rng.choice(TOKENS) for _ in range(rng.choice((3, 12, 60))))
    closing = " }" * rng.choice((0, depth))
    return {"made.txt": (opening * depth + words + closing).encode()}


def make_dicts(folder: Path) -> None:
    for name in NETWORKS:
        (folder / f"{name}.json").write_text(json.dumps(to_dicts(named(name))))


def read_dicts(folder: Path) -> Any:
    found = []
    for file in sorted(folder.iterdir()):
        try:
            plain = json.loads(file.read_bytes())
        except (ValueError, RecursionError):
            continue  # what is no JSON never reaches it
        network = from_dicts(plain)
        walk(network, (3, 32, 32), 10)
        found.append(network)
    return found


def any_tree(rng: Random, files: Files) -> Files:
    return in_tree(rng.choice(sorted(files)))(rng, files)


KINDS = (
    Kind(
        "experiment.toml",
        make_experiment,
        lambda folder: load(folder / "mine.toml"),
        is_resolved_again,
        (other_toml,),
    ),
    Kind(
        "experiment.json",
        make_json_experiment,
        lambda folder: load(folder / "mine.json"),
        is_resolved_again,
        (*(in_tree("mine.json"),) * 3,),
    ),
    Kind(
        "sweep",
        make_sweep,
        read_sweeps,
        spoils=(*(in_tree("sweep.json"),) * 3,),
        names="",  # a sweep is called by its title
    ),
    Kind("network.txt", make_network, read_network, network_is_right, (tokens,), names=""),
    Kind("network.json", make_dicts, read_dicts, network_is_right, (any_tree,), names=""),
)
