"""onnxruntime for the browser: brought once by npm, or given by hand, and never another file."""

import gzip
import hashlib
import io
import sys
import tarfile

import pytest

from imagette.data.mirrors import NpmPackage
from imagette.errors import DataError, UsageError
from imagette.export.web import runtime
from imagette.export.web.runtime import PACKED, SCRIPT, runtime_files

PUBLISHED = {runtime.LOADER: b"export const env = {};", runtime.PROGRAM: b"\0asm" * 1000}


def sha256(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def archive():
    """As npm packs: with much more than is wanted."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in {**PUBLISHED, "ort.all.js": b"more"}.items():
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def published(monkeypatch, tmp_path):
    digests = {name: sha256(content) for name, content in PUBLISHED.items()}
    monkeypatch.setattr(runtime, "DIGESTS", digests)
    monkeypatch.setenv("IMAGETTE_CACHE", str(tmp_path / "cache"))


def package(*command, digest="sha256:00"):
    wanted = tuple(f"/dist/{name}" for name in PUBLISHED)
    return NpmPackage("onnxruntime-web", "0.0.1", digest, command, wanted)


def client():
    """A program that leaves the archive in its folder, as npm does."""
    write = "import pathlib, sys; pathlib.Path('onnxruntime-web-0.0.1.tgz').write_bytes("
    return sys.executable, "-c", f"{write}{archive()!r})"


ABSENT = "no-such-npm"


def test_npm_is_asked_once_and_brings_two_files(tmp_path):
    first = runtime_files(package=package(*client(), digest=sha256(archive())))
    assert runtime_files(package=package(ABSENT)) == first
    kept = (tmp_path / "cache/npm/onnxruntime-web-0.0.1").iterdir()
    assert {path.name for path in kept} == set(PUBLISHED)


def test_the_program_is_packed_and_comes_out_as_it_was(tmp_path):
    for name, content in PUBLISHED.items():
        (tmp_path / name).write_bytes(content)
    made = runtime_files(tmp_path)
    assert made[SCRIPT] == PUBLISHED[runtime.LOADER]
    assert gzip.decompress(made[PACKED]) == PUBLISHED[runtime.PROGRAM]
    assert made == runtime_files(tmp_path)


@pytest.mark.parametrize("below", ["dist", "package/dist", "node_modules/onnxruntime-web/dist"])
def test_a_folder_given_by_hand_may_be_one_that_npm_made(tmp_path, below):
    (tmp_path / below).mkdir(parents=True)
    for name, content in PUBLISHED.items():
        (tmp_path / below / name).write_bytes(content)
    assert set(runtime_files(tmp_path, package(ABSENT))) == {SCRIPT, PACKED}


def test_a_folder_without_the_files_is_refused_with_the_way_to_them(tmp_path):
    with pytest.raises(UsageError, match=r"^--ort must be a folder that holds .* npm pack onnx"):
        runtime_files(tmp_path)


def test_another_version_s_file_is_refused(tmp_path):
    for name, content in PUBLISHED.items():
        (tmp_path / name).write_bytes(content + b" ")
    with pytest.raises(DataError, match=r"is not the published file: its sha256 must be"):
        runtime_files(tmp_path)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ((ABSENT,), "no-such-npm is not installed"),
        ((sys.executable, "-c", "import sys; sys.exit('npm error network\\nmore')"), "npm error"),
    ],
)
def test_without_npm_or_network_one_line_says_what_else_would_do(command, why):
    with pytest.raises(DataError) as caught:
        runtime_files(package=package(*command))
    told = str(caught.value)
    assert why in told
    assert "give a folder that holds its files with --ort" in told
    assert "\n" not in told
