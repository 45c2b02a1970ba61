"""Make the embedded sample: 10,000 + 2,000 images of Fashion-MNIST, balanced, as two PNG sheets.

    python scripts/make_fashion_sample.py [--data-dir FOLDER]

The images come from Debian's package dataset-fashion-mnist (or the folder), and are verified
against the published digests. Each class gives its first images by the ranking of
`imagette.data.ranking`, salted with `SEED`; image i of a sheet, row by row, is of class i mod 10.
It prints the digests to record in `imagette/data/sources.py`; those are of the pixels, so another
version of Pillow, which may compress otherwise, makes no difference.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from imagette.arrays import Images
from imagette.data.digests import digest_of, image_digests
from imagette.data.ranking import limited, rank_keys
from imagette.data.readers.idx import idx_files
from imagette.data.sources import NAMED
from imagette.data.split import Split
from imagette.data.streamed import stored

SEED = "fashion-sample 0"
CLASSES = 10
COLUMNS = 100
FOLDER = Path(__file__).parent.parent / "src/imagette/data/sample"


def chosen(split: Split, count: int) -> Split:
    """`count` images, as many of each class, the classes taking turns."""
    images = stored(split.images)
    keys = rank_keys(image_digests(images), SEED)
    kept = np.flatnonzero(limited(split.labels, keys, count))
    by_class = kept[np.argsort(split.labels[kept], kind="stable")].reshape(CLASSES, -1)
    order = by_class.T.ravel()
    return Split(images[order], split.labels[order])


def sheet(images: Images) -> Image.Image:
    """All images in a grid of `COLUMNS` columns."""
    grid = images.reshape(-1, COLUMNS, 28, 28).swapaxes(1, 2)
    return Image.fromarray(grid.reshape(-1, COLUMNS * 28))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data-dir", type=Path)
    whole = NAMED["fashion-mnist"].load(parser.parse_args().data_dir)
    for name, split, count in (("train", whole.train, 10_000), ("test", whole.test, 2_000)):
        sample = chosen(split, count)
        path = FOLDER / f"{name}.png"
        images = stored(sample.images)
        sheet(images).save(path, optimize=True)
        print(f"{path}: {path.stat().st_size:,} bytes")
        for file in idx_files(images, sample.labels):
            print(f"  sha256:{digest_of(file)}")


if __name__ == "__main__":
    main()
