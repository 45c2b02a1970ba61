import numpy as np
import pytest
from PIL import Image

from imagette.data.folder import FolderSource
from imagette.errors import DataError


def test_each_folder_is_a_class_and_a_fifth_becomes_the_test(picture_folder):
    raw = FolderSource(picture_folder(count=10)).load(None)
    assert raw.class_names == ("cat", "dog")
    assert np.bincount(raw.train.labels).tolist() == [8, 8]
    assert np.bincount(raw.test.labels).tolist() == [2, 2]
    assert raw.train.images.shape[1:] == (4, 6, 1)
    assert (raw.train.images[:, 0, 0, 0] // 21 == raw.train.labels).all()


def test_a_test_folder_is_used_as_it_is(picture_folder):
    # 000-T1
    picture_folder("set/train", count=3)
    picture_folder("set/test", count=2)
    raw = FolderSource(picture_folder("set/train", classes=()).parent).load(None)
    assert (len(raw.train), len(raw.test)) == (6, 4)


def test_folders_beside_train_and_test_are_told(picture_folder, capsys):
    for name in ("train", "val", "Test"):
        folder = picture_folder(f"set/{name}").parent
    FolderSource(folder).load(None)
    told = f"imagette: only train/ and test/ of {str(folder)!r} are read, not 'Test', 'val'\n"
    assert capsys.readouterr().err == told


def test_a_class_of_the_test_alone_is_refused(picture_folder):
    picture_folder("set/train", count=3)
    root = picture_folder("set/test", classes=("cat", "cow"), count=2).parent
    with pytest.raises(DataError, match="cow' is a class that train/ does not have"):
        FolderSource(root).load(None)


def test_colour_is_kept_unless_grey_is_asked(picture_folder):
    root = picture_folder(mode="RGB")
    assert FolderSource(root).load(None).train.images.shape[3] == 3
    assert FolderSource(root, colour="grey").load(None).train.images.shape[3] == 1


def test_one_colour_picture_makes_all_of_them_colour(picture_folder):
    root = picture_folder()
    Image.new("RGB", (6, 4), "red").save(root / "cat/red.png")
    assert FolderSource(root).load(None).train.images.shape[3] == 3


def test_a_mix_of_sizes_needs_a_size(picture_folder):
    # 002-05
    root = picture_folder()
    Image.new("L", (9, 9)).save(root / "dog/large.png")
    with pytest.raises(DataError, match=r"large.png' is 9 x 9 \(height x width\), the first 4 x 6"):
        FolderSource(root).load(None)
    assert FolderSource(root, size=8).load(None).train.images.shape[1:] == (8, 8, 1)


def test_an_empty_class_is_named(picture_folder):
    root = picture_folder()
    (root / "cow").mkdir()
    (root / "cow/notes.txt").write_text("none yet")
    with pytest.raises(DataError, match=r"^The class 'cow' is empty: no picture in"):
        FolderSource(root).load(None)


def test_one_class_is_refused(picture_folder):
    root = picture_folder(classes=("cat",))
    with pytest.raises(DataError, match=r"needs at least two classes. .* has 1: 'cat'"):
        FolderSource(root).load(None)


def test_a_folder_without_classes_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"must hold one folder for each class. It holds none"):
        FolderSource(tmp_path).load(None)


def test_a_corrupt_picture_is_named(picture_folder):
    root = picture_folder()
    (root / "cat/bad.png").write_bytes((root / "cat/0.png").read_bytes()[:40])
    with pytest.raises(DataError, match=r"cat/bad.png' is not a picture that can be decoded"):
        FolderSource(root).load(None)


def test_names_with_line_breaks_are_read_and_told_in_one_line(picture_folder):
    root = picture_folder(classes=("a\nb", "c"))
    assert FolderSource(root).load(None).class_names == ("a\nb", "c")
    (root / "a\nb/bad\n.png").write_bytes(b"x")
    with pytest.raises(DataError) as refused:
        FolderSource(root).load(None)
    assert "\n" not in str(refused.value)


def test_the_root_may_be_a_link_but_none_inside_may_leave_it(picture_folder, tmp_path):
    # 001-03
    root = picture_folder()
    (tmp_path / "link").symlink_to(root)
    assert len(FolderSource(tmp_path / "link").load(None).train) == 8
    outside = tmp_path / "outside.png"
    Image.new("L", (6, 4)).save(outside)
    (root / "cat/outside.png").symlink_to(outside)
    with pytest.raises(DataError, match=r"outside.png' is a link that leaves .*: refused"):
        FolderSource(tmp_path / "link").load(None)


def test_hidden_and_other_files_are_left_out_and_folders_refused(picture_folder):
    root = picture_folder()
    (root / "cat/.DS_Store").write_bytes(b"x")
    (root / "cat/readme.md").write_text("x")
    (root / ".git").mkdir()
    assert len(FolderSource(root).load(None).train) == 8
    (root / "cat/more").mkdir()
    with pytest.raises(DataError, match="more' is a folder within a class"):
        FolderSource(root).load(None)


def test_a_changed_folder_is_another(picture_folder):
    root = picture_folder()
    before = FolderSource(root).fingerprint()
    assert FolderSource(root).fingerprint() == before
    Image.new("L", (6, 4), 99).save(root / "cat/new.png")
    assert FolderSource(root).fingerprint() != before
    assert FolderSource(root).key != FolderSource(root, size=4).key
