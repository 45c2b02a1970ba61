"""What int8 costs: the tables of docs/export.md, from runs that lie here.

Of each run the ONNX and the LiteRT file, in float32 and int8, as `imagette export --int8` checks
them: bytes, accuracy of the engine and of the file on the same images, images whose class changes.
Float32 on the left, int8 on the right of each cell. The exports go into a folder that is removed.

    python -m benchmarks.int8 runs/cnn_mnist runs/resnet8_cifar
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from imagette.export.certificate import Certificate
from imagette.export.exported import Exported
from imagette.export.formats import FORMATS
from imagette.run.export import export_run

HEADINGS = (
    *("run", "step", "images", "bytes", "off by", "accuracy by the engine"),
    *("by the files", "classes changed", "arena, bytes"),
)


def cells(name: str, certificate: Certificate) -> list[str]:
    """A row: the run, where its weights are from, and both files."""
    models = certificate.models
    first = models[0]
    trained = certificate.trained
    arenas = [f"{one.model.facts.get('arena_bytes', 0):,}" for one in models]
    return [
        f"`{name}`, {trained.trained_by}",
        f"{trained.step:,}",
        f"{first.num_images:,}",
        " / ".join(f"{len(one.model.data):,}" for one in models),
        f"{first.largest_difference:.2g}",
        f"{first.accuracy_engine:.2%}",
        " / ".join(f"{one.accuracy_file:.2%}" for one in models),
        " / ".join(str(len(one.changed)) for one in models),
        " / ".join(arenas) if "arena_bytes" in first.model.facts else "",
    ]


def table(rows: list[list[str]]) -> str:
    """In Markdown; a column that is empty throughout is left out."""
    kept = [column for column in zip(HEADINGS, *rows, strict=True) if any(column[1:])]
    lines = [list(line) for line in zip(*kept, strict=True)]
    lines.insert(1, ["---"] + ["---:"] * (len(kept) - 1))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    asked = parser.parse_args()
    formats = [row.name for row in FORMATS.values() if row.has_int8]
    rows: dict[str, list[list[str]]] = {name: [] for name in formats}
    for run in asked.runs:
        with TemporaryDirectory() as place:
            for ended in export_run(run, formats, int8=True, out=Path(place) / "exports"):
                if isinstance(ended, Exported):
                    rows[ended.format].append(cells(run.resolve().name, ended.certificate))
                else:
                    print(f"{run}: {ended.format}: {ended.error}")
    for name, found in rows.items():
        print(f"\n{name}\n\n{table(found)}")


if __name__ == "__main__":
    main()
