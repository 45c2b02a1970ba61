"""No test reads or writes the user's own cache, state or data, but those that ask for it."""

import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from imagette.data.places import cache_root
from imagette.experiment import check, resolved
from imagette.network import cost_table, named, to_text, walk
from imagette.store.folder import RunFolder

# No test asserts a time, and a loaded machine is no failure.
settings.register_profile("imagette", deadline=None)
settings.load_profile("imagette")

REAL_CACHE = Path(os.environ.get("IMAGETTE_TEST_CACHE") or cache_root())

# Of two processes neither waits for the other's last file, if what takes longest goes out first.
LONGEST = (
    "test_lessons.py",
    "run/test_killed.py",
    "export/source/test_source.py",
    "engines/test_jax_adapters.py",
    "engines/test_jax_shards.py",
    "engines/test_agreement.py",
    "cli/test_interruption.py",
    "run/test_power.py",
    "engines/test_jax_backend.py",
    "cli/test_sweep.py",
    "engines/test_accumulate.py",
    "engines/test_averaging.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files = ((Path(__file__).parent / name).resolve(strict=True) for name in LONGEST)
    place = {path: order for order, path in enumerate(files)}
    items.sort(key=lambda item: place.get(item.path.resolve(), len(LONGEST)))


@pytest.fixture(autouse=True, scope="session")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    root = tmp_path_factory.mktemp("imagette")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CACHE", "STATE", "DATA"):
            folder = root / name.lower()
            folder.mkdir()
            patch.setenv(f"IMAGETTE_{name}", str(folder))
        yield


@pytest.fixture(scope="session")
def real_cache_root() -> Path:
    """The folder of that cache, which this fixture alone does not make a test's own."""
    return REAL_CACHE


@pytest.fixture
def real_cache(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache that holds, or will hold, the real sets (`IMAGETTE_TEST_CACHE` moves it)."""
    monkeypatch.setenv("IMAGETTE_CACHE", str(REAL_CACHE))
    return REAL_CACHE


@pytest.fixture(scope="session")
def load_script() -> Callable[[str], Any]:
    """Loads a file of scripts/ by its name, as a module that no test before has changed."""

    def load(name: str) -> Any:
        path = Path(__file__).parents[1] / "scripts" / f"{name}.py"
        spec = spec_from_file_location(f"scripts_{name}", path)
        assert spec
        assert spec.loader
        module = module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was trained for one epoch on the embedded sample. Change no file."""
    from imagette.run.train import train_experiment

    folder = tmp_path_factory.mktemp("small")
    given = folder / "small.toml"
    given.write_text("# as it was given\n", encoding="utf-8")
    text = (
        "conv 4 5x5; batchnorm; relu; maxpool 2; residual { conv 4 3x3 pad=same; gelu }\n"
        "flatten; dropout 0.2; linear classes"
    )
    sections: dict[str, Any] = {
        "data": {"limit": 300},
        "network": {"text": text},
        "recipe": {"epochs": 1, "batch": 32, "optimiser": "adam"},
        "run": {"title": "small", "folder": str(folder / "runs")},
    }
    (*_, ended) = train_experiment(check(sections, "small"), source=given)
    return Path(ended.folder.path)


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., RunFolder]:
    """Makes up a run of `softmax` below `tmp_path`, without training it.

    `accuracies` are those of its epochs, from epoch 0, on each of the `splits`; `right` says which
    of 20 images the last weights get right. The rest are sections of the experiment.
    """

    def make(
        folder: str | None = None,
        accuracies: tuple[float, ...] = (0.1, 0.5, 0.7),
        splits: tuple[str, ...] = ("validation",),
        seconds: float = 2.0,
        right: list[bool] | None = None,
        finished: bool = True,
        title: str = "made",
        **sections: Any,
    ) -> RunFolder:
        network = named("softmax")
        epochs = len(accuracies) - 1
        values = {"network": {"name": "softmax"}, "recipe": {"epochs": epochs}, **sections}
        values["recipe"] = {"epochs": epochs, **values["recipe"]}
        experiment = check({**values, "run": {"title": title}}, "made up")
        cost = cost_table(walk(network, (1, 28, 28), 10)).as_json()
        made = {"time": f"2026-01-01T00:00:{len(list(tmp_path.rglob('cost.json'))):02d}+00:00"}
        run = RunFolder.create(
            tmp_path / "runs",
            title,
            None,
            resolved(experiment),
            to_text(network),
            cost,
            made,
            out=tmp_path / folder if folder else None,
        )
        for epoch, accuracy in enumerate(accuracies):
            figures = {}
            for split in splits:
                figures |= {f"{split}_loss": 1 - accuracy, f"{split}_accuracy": accuracy}
            run.append_history({"epoch": epoch, "step": epoch, **figures})
            run.append_timing({"epoch": epoch, "train_seconds": seconds if epoch else 0.0})
        if right is not None:
            _keep_answers(run, splits[0], np.array(right), epochs)
        if finished:
            run.write_finished("all epochs are done", epochs, epochs, {"train_seconds": 0.0})
        return run

    return make


def _keep_answers(run: RunFolder, split: str, right: np.ndarray, step: int) -> None:
    labels = np.zeros(len(right), np.int32)
    digests = np.repeat(np.arange(len(right), dtype=np.uint8)[:, None], 32, axis=1)
    arrays = {"logits": np.eye(2)[(~right).astype(int)], "labels": labels, "image_digests": digests}
    figures = {"accuracy": float(right.mean()), "checkpoint": step}
    run.write_evaluation(split, figures, arrays)


os.environ.setdefault("KERAS_BACKEND", "jax")  # before anything imports Keras
os.environ.setdefault("JAX_NUM_CPU_DEVICES", "4")  # for so many shards, whatever the cores
