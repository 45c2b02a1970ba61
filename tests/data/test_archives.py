import io
import tarfile

import pytest

from imagette.data import archives
from imagette.data.archives import unpack_deb, unpack_tar
from imagette.errors import DataError


def tar_bytes(mode="w:gz", **members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def deb_bytes(data, name=b"data.tar.xz"):
    def member(title, content):
        header = b"%-16s%-12s%-6s%-6s%-8s%-10d`\n" % (title, b"0", b"0", b"0", b"644", len(content))
        return header + content + b"\n" * (len(content) % 2)

    before = member(b"debian-binary", b"2.0\n") + member(b"control.tar.xz", b"odd")
    return b"!<arch>\n" + before + member(name, data)


def test_wanted_files_are_unpacked_and_others_left(tmp_path):
    (tmp_path / "a.tgz").write_bytes(tar_bytes(**{"p/a.png": b"a", "p/run.js": b"evil"}))
    unpack_tar(tmp_path / "a.tgz", tmp_path / "out", lambda path: path.endswith(".png"))
    assert [path.name for path in (tmp_path / "out").rglob("*.*")] == ["a.png"]


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "c:evil", "a\\evil"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path, name):
    (tmp_path / "a.tgz").write_bytes(tar_bytes(**{name: b"x"}))
    with pytest.raises(DataError, match="a path that leaves the folder: refused"):
        unpack_tar(tmp_path / "a.tgz", tmp_path / "out")
    assert not (tmp_path / "evil").exists()


def test_links_are_not_unpacked(tmp_path):
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    unpack_tar(tmp_path / "a.tgz", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_archive_that_grows_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_LARGEST", 1000)
    (tmp_path / "bomb.tgz").write_bytes(tar_bytes(zeros=bytes(2000)))
    with pytest.raises(DataError, match="unpacks to more than"):
        unpack_tar(tmp_path / "bomb.tgz", tmp_path / "out")


@pytest.mark.parametrize("keep", [0, 10, 60])
def test_a_truncated_archive_is_named(tmp_path, keep):
    (tmp_path / "a.tgz").write_bytes(tar_bytes(a=b"abc" * 100)[:keep])
    with pytest.raises(DataError, match=r"^'a.tgz' is truncated or damaged"):
        unpack_tar(tmp_path / "a.tgz", tmp_path / "out")


def test_the_data_of_a_debian_package_are_read_without_dpkg(tmp_path):
    data = tar_bytes("w:xz", **{"./usr/share/a.gz": b"a", "./etc/b": b"b"})
    (tmp_path / "a.deb").write_bytes(deb_bytes(data))
    unpack_deb(tmp_path / "a.deb", tmp_path / "out", lambda path: path.startswith("usr/share"))
    assert (tmp_path / "out/usr/share/a.gz").read_bytes() == b"a"
    assert not (tmp_path / "out/etc").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no archive", "is not a Debian package"),
        (deb_bytes(b"x" * 100)[:-50], "is truncated or damaged"),
        (deb_bytes(b"x" * 100), "is truncated or damaged"),
        (deb_bytes(b"x", b"data.tar.zst"), "only .xz and .gz are read"),
    ],
)
def test_a_bad_debian_package_is_named(tmp_path, content, message):
    (tmp_path / "a.deb").write_bytes(content)
    with pytest.raises(DataError, match=f"^'a.deb' .*{message}"):
        unpack_deb(tmp_path / "a.deb", tmp_path / "out")
