"""The experiment: one readable file that says all that a run is. Read, checked and resolved."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from imagette.data.sources import source_of
from imagette.data.spec import DataSpec
from imagette.engines.protocol import EngineSpec
from imagette.errors import UsageError, nearest
from imagette.evaluate.spec import EvaluationSpec
from imagette.network import Network, from_dicts, named, parse, widen
from imagette.plain import short
from imagette.problems import describe_problems
from imagette.recipe.budget import Budget
from imagette.recipe.recipe import Recipe
from imagette.run_spec import RunSpec
from imagette.settings import put_setting, read_setting
from imagette.spec import Spec, named as named_part

SUFFIXES = (".toml", ".json")
MAX_DEPTH = 150  # of tables and lists: a network nests its blocks 32 deep, of three levels each


class NetworkSpec(Spec):
    """A network of the catalogue by `name` with `args`, or its `text`, or its list of `layers`.

    Or code of one's own: `python`, "module:name" or "file.py:name" of a class or a function that
    returns the engine's own kind of network for `args`. `width` multiplies the channels and
    features of all hidden layers.
    """

    name: str | None = None
    text: str | None = None
    layers: tuple[dict[str, Any], ...] | None = None
    python: str | None = None
    args: dict[str, Any] = Field(default_factory=dict)
    width: float = Field(1.0, gt=0)

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> "NetworkSpec":
        ways = ("name", "text", "layers", "python")
        given = [key for key in ways if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of {', '.join(ways)}. Got {', '.join(given) or 'none'}")
        if self.args and self.name is None and self.python is None:
            raise ValueError("args belong to a network given by name or by python")
        if self.python is not None:
            if self.width != 1:
                raise ValueError("width widens networks of the language; give args to your own")
            return self
        try:
            network_of(self)
        except UsageError as error:
            raise ValueError(str(error)) from None
        return self


def network_of(spec: NetworkSpec) -> Network:
    """The layers that a network's spec stands for."""
    if spec.name is not None:
        network = named(spec.name, **spec.args)
    elif spec.text is not None:
        network = parse(spec.text)
    else:
        network = from_dicts(spec.layers or ())
    return network if spec.width == 1 else widen(network, spec.width)


class Experiment(Spec):
    """Everything that decides a run's figures, and `run`, which does not.

    >>> Experiment(network={"name": "lenet_cifar"}, data={"name": "cifar10"}).recipe.epochs
    5
    """

    seed: int = Field(0, ge=0, lt=2**63)
    engine: EngineSpec = EngineSpec()
    data: DataSpec = DataSpec()
    network: NetworkSpec = NetworkSpec(name="cnn_mnist")
    recipe: Recipe = Recipe()
    evaluation: EvaluationSpec = EvaluationSpec()
    budget: Annotated[Budget, BeforeValidator(named_part)] = Budget()
    run: RunSpec = RunSpec()

    @field_validator("data")
    @classmethod
    def _data_are_known(cls, data: DataSpec) -> DataSpec:
        if data.name == "live":  # in memory, of a run by imagette.fit
            return data
        try:
            source_of(data)
        except UsageError as error:
            raise ValueError(str(error)) from None
        return data

    @model_validator(mode="after")
    def _epochs_have_an_end(self) -> "Experiment":
        if self.recipe.epochs == "budget" and self.budget.minutes is None:
            raise ValueError(
                "recipe.epochs = 'budget' fills a time budget, and there is none: "
                'give budget.minutes, or budget = "250k-1h"'
            )
        return self


def load(experiment: str | Path, settings: Iterable[str] = ()) -> Experiment:
    """Reads an experiment by path, or by name among those shipped, and applies `key=value`s.

    Keys are dotted (`recipe.epochs=2`); values are TOML, or text where they are not.
    Raises UsageError naming every problem at once.

    >>> load("first_light", ["recipe.epochs=2"]).recipe.epochs
    2
    """
    where = find(str(experiment))
    values = read_values(where)
    for setting in settings:
        put_setting(values, *read_setting(setting, "recipe.epochs=2"))
    values.setdefault("run", {})
    if isinstance(values["run"], dict):
        values["run"].setdefault("title", where.stem)
    return check(values, str(experiment))


def check(values: Mapping[str, Any], source: str) -> Experiment:
    """An experiment from plain values; `source` is what the error message calls them."""
    try:
        return Experiment.model_validate(values)
    except ValidationError as error:
        raise UsageError(describe_problems(error, Experiment, source)) from None


def shipped() -> dict[str, Path]:
    """The experiments that come with imagette, by name."""
    return files_by_name(Path(str(files("imagette") / "experiments")))


def find(name: str) -> Path:
    """A path if there is one, else a shipped experiment of that name."""
    return find_among(name, shipped(), "experiment")


def files_by_name(folder: Path) -> dict[str, Path]:
    """The TOML and JSON files of a folder, by their names without suffix."""
    return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES}


def find_among(name: str, known: Mapping[str, Path], what: str) -> Path:
    """A path if there is one, else the file known by that name; `what` says what it is."""
    path = Path(name)
    if is_file(path):
        return path
    if path.suffix in SUFFIXES or len(path.parts) > 1:
        raise UsageError(f"No {what} file '{short(name)}' is there.")
    if name not in known:
        raise UsageError(f"No {what} is called '{short(name, 60)}'. {nearest(name[:60], known)}")
    return known[name]


def is_file(path: Path) -> bool:
    """Whether a file is there; a name too long for any file is no error."""
    try:
        return path.is_file()
    except OSError:
        return False


def read_values(path: Path) -> dict[str, Any]:
    """The values of a TOML or JSON file, unchecked."""
    try:
        text = path.read_text(encoding="utf-8")
        values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError) as error:
        kind = "JSON" if path.suffix == ".json" else "TOML"
        raise UsageError(f"{path} is not valid {kind}: {error}.") from None
    if not isinstance(values, dict):
        raise UsageError(f"{path} must hold a table of keys. Got a {type(values).__name__}.")
    _check_bounds(values, path)
    return values


def _check_bounds(values: object, path: Path) -> None:
    """Refuses what no experiment needs and recursion cannot bear: deep nesting, endless numbers."""
    level = [values]
    for _ in range(MAX_DEPTH):
        level = [inner for value in level for inner in _inside(value)]
        if any(isinstance(one, int) and not -(2**63) <= one < 2**63 for one in level):
            raise UsageError(f"{path} holds a whole number of more than 64 bits.")
        if not level:
            return
    raise UsageError(f"{path} nests tables or lists deeper than {MAX_DEPTH}: no key is so deep.")


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def resolved(experiment: Experiment) -> dict[str, Any]:
    """Every key with its value, defaults included, as JSON values."""
    return experiment.model_dump(mode="json")


def digest(experiment: Experiment) -> str:
    """SHA-256 of the resolved experiment without `run`: equal digests ask for equal figures."""
    science = {key: value for key, value in resolved(experiment).items() if key != "run"}
    return sha256(json.dumps(science, sort_keys=True).encode()).hexdigest()


def schema() -> dict[str, Any]:
    """The JSON Schema of an experiment file, for editors."""
    return Experiment.model_json_schema()
