"""The certificate of an export: what its files take and give, and how far they were checked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from imagette.export.checking import TOLERANCE, Checked
from imagette.export.examples import SPLITS
from imagette.export.format import Tensor
from imagette.export.trained import Trained
from imagette.plain import in_markdown

FORMAT = 1
"""Of `certificate.json`."""

MEASURES = {
    "float32": "the largest absolute difference of a logit",
    "int8": "the difference of the accuracy, as a fraction",
}


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is known of the files of one export."""

    format: str
    trained: Trained
    split: str  # whose images were used
    models: tuple[Checked, ...]
    versions: Mapping[str, str | None]
    hardware: Mapping[str, Any]
    notes: tuple[str, ...]
    made: str  # UTC

    @property
    def passed(self) -> bool:
        return all(one.passed for one in self.models)

    def as_json(self) -> dict[str, Any]:
        """`certificate.json`: the first file's figures, the others' under their precision."""
        first, *others = self.models
        return {
            "certificate": FORMAT,
            "format": self.format,
            "passed": self.passed,
            **_model_json(first),
            **{one.model.precision: _model_json(one) for one in others},
            "compared_with": self.trained.engine,
            "images": {"split": self.split, "count": first.num_images},
            "classes": list(self.trained.class_names),
            "normalisation": {"inside_the_file": True, **self.trained.preprocess.as_json()},
            "run": {
                "title": self.trained.title,
                "engine": self.trained.trained_by,
                "step": self.trained.step,
                "weights_sha256": self.trained.weights_digest,
                "parameters": self.trained.graph.parameters,
            },
            "versions": dict(self.versions),
            "hardware": dict(self.hardware),
            "notes": list(self.notes),
            "made": self.made,
        }


def _model_json(one: Checked) -> dict[str, Any]:
    model = one.model
    engine, file = one.first
    return {
        "file": one.file_name,
        "sha256": one.digest,
        "bytes": len(model.data),
        "precision": model.precision,
        "fault": one.fault,
        "inputs": [asdict(tensor) for tensor in model.inputs],
        "outputs": [asdict(tensor) for tensor in model.outputs],
        **model.facts,
        "largest_difference": _number(one.largest_difference),
        "differences": {str(batch): _number(off) for batch, off in one.differences.items()},
        "tolerance": TOLERANCE[model.precision],
        "tolerance_of": MEASURES[model.precision],
        "accuracy_engine": one.accuracy_engine,
        "accuracy_file": one.accuracy_file,
        "latency_ms": {str(batch): ms for batch, ms in one.latency.items()},
        "first_image": {
            "engine": [_number(float(value)) for value in engine],
            "file": [_number(float(value)) for value in file],
        },
        "changed": [asdict(change) for change in one.changed],
    }


def _number(value: float) -> float | str:
    """JSON has no word for what is not a number: it is told as text."""
    return value if abs(value) < float("inf") else str(value)


def markdown(certificate: Certificate) -> str:
    """`certificate.md`: the same for people."""
    about, trained = certificate, certificate.trained
    engine = "that engine" if trained.engine == trained.trained_by else trained.engine
    word = "Passed" if about.passed else "FAILED"
    lines = [
        f"# {in_markdown(trained.title)}, exported to {about.format}",
        "",
        f"**{word}.** Weights of step {trained.step:,}, trained by {trained.trained_by}, "
        f"compared with {engine} on {about.models[0].num_images:,} {SPLITS[about.split]} images, "
        f"on {about.hardware['processor']}, {about.made}.",
        "",
        about.models[0].model.about,
    ]
    for one in about.models:
        lines += ["", *_model_lines(one)]
    lines += ["", "Classes: " + ", ".join(map(in_markdown, trained.class_names)) + "."]
    lines += [f"\nNote: {in_markdown(note)}." for note in about.notes]
    versions = ", ".join(f"{name} {version}" for name, version in about.versions.items() if version)
    return "\n".join([*lines, "", f"Made with {versions}.", ""])


def _model_lines(one: Checked) -> list[str]:
    model = one.model
    rows = {
        "takes": "; ".join(map(tensor_text, model.inputs)),
        "gives": "; ".join(map(tensor_text, model.outputs)),
        **{name.replace("_", " "): fact_text(value) for name, value in model.facts.items()},
        "size": f"{len(model.data):,} bytes",
        "largest difference of a logit": ", ".join(
            f"{off:.3g} at batch {batch}" for batch, off in one.differences.items()
        ),
        "tolerance": f"{TOLERANCE[model.precision]:g}, {MEASURES[model.precision]}",
        "accuracy": f"{one.accuracy_file:.2%}, by the engine {one.accuracy_engine:.2%}",
        "images whose class changes": f"{len(one.changed)} of {one.num_images:,}",
        "latency": ", ".join(f"{ms:.3g} ms at batch {batch}" for batch, ms in one.latency.items()),
        "sha256": f"`{one.digest}`",
    }
    if model.header:
        rows["for firmware"] = (
            f"`{one.header_name}`, {len(model.header):,} bytes: the file as a C array, and the "
            "lines of its resolver"
        )
    head = f"## `{one.file_name}`, {model.precision}"
    fault = [f"It fails: {one.fault}.", ""] if one.fault else []
    table = ["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows.items())]
    return [head, "", *fault, *table, *_changed_lines(one)]


def tensor_text(tensor: Tensor) -> str:
    """As in `image: uint8 [N,28,28,1]`."""
    return f"{tensor.name}: {tensor.dtype} [{','.join(map(str, tensor.shape))}]"


def fact_text(value: Any) -> str:
    """A fact of a format in words.

    >>> fact_text([{"name": "CONV_2D", "version": 3, "count": 2}]), fact_text(23040)
    ('2 CONV_2D v3', '23,040')
    """
    if isinstance(value, dict):
        return "{count} {name} v{version}".format(**value)
    if isinstance(value, list | tuple):
        return ", ".join(map(fact_text, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _changed_lines(one: Checked) -> list[str]:
    if not one.changed:
        return []
    lines = ["", "| image | is | engine | file | sha256 of its pixels |", "|---|---|---|---|---|"]
    for row in one.changed:
        names = " | ".join(map(in_markdown, (row.label, row.engine, row.file)))
        lines.append(f"| {row.index} | {names} | `{row.digest[:16]}` |")
    return lines
