from io import BytesIO

import numpy as np
import polars
import pytest
from PIL import Image

from imagette.data.readers.parquet import read_parquet_grey, read_parquet_rgb
from imagette.errors import DataError


def encoded(image):
    buffer = BytesIO()
    Image.fromarray(image if image.shape[2] == 3 else image[..., 0]).save(buffer, "png")
    return {"bytes": buffer.getvalue(), "path": None}


def write(path, images, labels, column="img"):
    frame = polars.DataFrame({column: [encoded(image) for image in images], "label": labels})
    frame.write_parquet(path)
    return path


def test_hugging_faces_files_are_read_shard_after_shard(tmp_path, images):
    # 003-01
    made = images(5, channels=3)
    first = write(tmp_path / "train-00000-of-00002.parquet", made[:3], [4, 5, 6])
    second = write(tmp_path / "train-00001-of-00002.parquet", made[3:], [7, 8])
    found, labels = read_parquet_rgb([first, second], "train")
    assert np.array_equal(found, made)
    assert labels.tolist() == [4, 5, 6, 7, 8]


def test_grey_pictures_have_one_channel(tmp_path, images):
    made = images(2)
    path = write(tmp_path / "train.parquet", made, [0, 1], column="image")
    assert np.array_equal(read_parquet_grey([path], "train")[0], made)


def test_a_corrupt_picture_is_named_by_its_row(tmp_path):
    frame = polars.DataFrame({"img": [{"bytes": b"no picture", "path": None}], "label": [1]})
    frame.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"a.parquet, row 0' is not a picture"):
        read_parquet_rgb([tmp_path / "a.parquet"], "train")


def test_other_columns_are_refused(tmp_path):
    polars.DataFrame({"text": ["a"]}).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="with the columns 'img' or 'image'"):
        read_parquet_rgb([tmp_path / "a.parquet"], "train")


def test_a_truncated_file_is_named(tmp_path, images):
    path = write(tmp_path / "a.parquet", images(2), [0, 1])
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r"a.parquet' must be a parquet file"):
        read_parquet_grey([path], "train")


def test_pictures_of_two_sizes_are_refused(tmp_path, images):
    polars.DataFrame(
        {"img": [encoded(images(1, 2, 2)[0]), encoded(images(1, 3, 3)[0])], "label": [0, 1]}
    ).write_parquet(tmp_path / "a.parquet")
    with pytest.raises(DataError, match="differ in size: row 1"):
        read_parquet_grey([tmp_path / "a.parquet"], "train")
