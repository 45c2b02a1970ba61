import subprocess
import sys
from importlib import metadata

import pytest

from imagette.data.cache import cached_folder
from imagette.run import doctor
from imagette.run.doctor import Folder, Missing, diagnose, read_instructions


def test_the_engine_its_devices_and_its_choice_are_named():
    # 000-18
    torch, jax = diagnose().engines
    assert (torch.name, jax.name) == ("torch", "jax")
    assert "cpu" in torch.devices
    assert any(device.startswith("cpu") for device in jax.devices)
    assert all(engine.takes.startswith("takes the ") for engine in (torch, jax))


def test_an_absent_accelerator_is_no_lack(monkeypatch):
    # 004-42
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    diagnosis = diagnose()
    assert diagnosis.engines[0].devices == ("cpu",)
    assert diagnosis.engines[0].takes.startswith("takes the processor")
    assert {one.what for one in diagnosis.missing} <= {"jax2onnx"}  # no extra of development


@pytest.mark.parametrize(
    ("package", "remedy"),
    [("torch", "pip install 'imagette[torch]'"), ("polars", "pip install imagette")],
)
def test_what_is_missing_comes_with_the_command_that_brings_it(monkeypatch, package, remedy):
    # 000-26
    def version(name):
        if name == package:
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(doctor.metadata, "version", version)
    monkeypatch.setattr(doctor, "_engines", lambda: ())
    assert diagnose().missing == (Missing(package, remedy),)


@pytest.mark.parametrize("library", ["torch", "jax", "optax"])
def test_it_works_where_an_engine_cannot_be_imported(library):
    code = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from imagette.cli.main import main; sys.exit(main(['doctor']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f": it does not load: import of {library} halted" in done.stdout


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("processor : 0\nflags\t\t: fpu avx2 amx_tile\n\nflags\t: fpu\n", ("avx2", "amx_tile")),
        ("Features\t: fp asimd bf16\n", ("asimd", "bf16")),
        ("flags : fpu\n", ()),
        ("no such line\n", None),
    ],
)
def test_instructions_are_read_as_linux_writes_them(tmp_path, text, found):
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert read_instructions(path) == found


def test_instructions_that_cannot_be_read_are_unknown(tmp_path):
    assert read_instructions(tmp_path / "absent") is None


@pytest.mark.parametrize("purpose", ["data", "cache", "state"])
def test_a_folder_not_made_yet_is_writable_if_it_could_be_made(monkeypatch, tmp_path, purpose):
    variable = f"IMAGETTE_{purpose.upper()}"
    folders = {}
    for name, path in [("new", tmp_path / "a" / "b"), ("blocked", tmp_path / "file" / "b")]:
        (tmp_path / "file").touch()
        monkeypatch.setenv(variable, str(path))
        folders[name] = next(f for f in diagnose().folders if f.variable == variable)
    assert (folders["new"].path, folders["new"].writable) == (str(tmp_path / "a" / "b"), True)
    assert not folders["blocked"].writable


@pytest.fixture
def nothing_cached(monkeypatch, tmp_path):
    monkeypatch.setenv("IMAGETTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("imagette.data.whereabouts.roots", lambda data_dir: (tmp_path,))
    return tmp_path


def where(name):
    return next(found.where for found in diagnose().data_sets if found.name == name)


def test_the_sample_is_always_there_and_others_are_missing_until_fetched(nothing_cached):
    # 002-33
    assert where("fashion-sample") == "in the package"
    assert where("mnist") is None


def test_a_cached_set_is_found(nothing_cached):
    folder = cached_folder("mnist")
    folder.mkdir(parents=True)
    (folder / "meta.json").touch()
    assert where("mnist") == "in the cache"


def test_a_set_on_disk_is_found_in_its_layout(nothing_cached):
    folder = nothing_cached / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for kind in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{kind}-ubyte").touch()
    assert where("mnist").endswith(f" in {str(folder)!r}")


def test_a_data_folder_that_is_none_stops_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("IMAGETTE_DATA", str(tmp_path / "absent"))
    assert where("fashion-sample") == "in the package"


def test_a_data_folder_not_set_is_no_folder(monkeypatch):
    monkeypatch.delenv("IMAGETTE_DATA", raising=False)
    assert diagnose().folders[0] == Folder("data", "IMAGETTE_DATA", None, False)
