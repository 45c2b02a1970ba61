r"""The workbench for small image classifiers, from one experiment file to a report.

Names are found on first use, so that `import imagette` loads no framework, not even NumPy.

>>> from imagette import parse, walk
>>> walk(parse("flatten\nlinear classes"), input_shape=(1, 28, 28), classes=10).parameters
7850
"""

_PUBLIC = {
    "imagette.errors": (
        "DataError",
        "ImagetteError",
        "MissingExtra",
        "StoreError",
        "TrainingError",
        "UsageError",
    ),
    "imagette.network": (
        "Attention",
        "AvgPool",
        "BatchNorm",
        "Branches",
        "Conv",
        "Dropout",
        "Flatten",
        "GELU",
        "Gate",
        "LayerNorm",
        "Linear",
        "LogSoftmax",
        "Max",
        "MaxPool",
        "Mean",
        "Network",
        "ReLU",
        "Residual",
        "Scale",
        "Sequential",
        "SiLU",
        "Sigmoid",
        "Softmax",
        "Tanh",
        "cost_table",
        "named",
        "parse",
        "to_text",
        "walk",
        "widen",
    ),
    "imagette.data.spec": ("DataSpec",),
    "imagette.data.split": ("Split",),
    "imagette.data.dataset": ("Dataset", "look_at_test", "open_data"),
    "imagette.data.live": ("dataset_of",),
    "imagette.data.preprocess": ("Preprocess", "preprocess_of"),
    "imagette.data.resize": ("cropped", "resized"),
    "imagette.data.survey": ("survey_of",),
    "imagette.evaluate.calibration": ("calibration",),
    "imagette.evaluate.predictions": ("Predictions",),
    "imagette.report.confusion": ("classes_figure", "confusion_figure"),
    "imagette.report.curves": ("curves",),
    "imagette.report.diagram.drawing": ("diagram",),
    "imagette.report.filters": ("filters_figure", "first_filters"),
    "imagette.report.pictures": ("examples_by_class", "labelled_grid"),
    "imagette.report.reliability": ("reliability_figure",),
    "imagette.recipe.recipe": ("Recipe",),
    "imagette.engines.initial": ("first_weights",),
    "imagette.engines.with_jax.function": ("network_function",),
    "imagette.train.events": ("Stop",),
    "imagette.experiment": ("Experiment", "load", "network_of"),
    "imagette.store.folder": ("RunFolder",),
    "imagette.run.activations": ("looks_of",),
    "imagette.run.compare": ("compare_runs",),
    "imagette.run.export": ("export_run",),
    "imagette.run.fit": ("Fitted", "fit"),
    "imagette.run.predict": ("predict_pictures",),
    "imagette.run.prepare": ("prepare",),
    "imagette.run.train": ("resume", "train_experiment"),
    "imagette.run.evaluate": ("evaluate_run",),
}
"""Every public name, under the module that holds it; `__init__.pyi` says the same to checkers."""

_HOME = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> object:
    from importlib import import_module, metadata

    if name == "__version__":
        return metadata.version("imagette")
    if name not in _HOME:
        raise AttributeError(f"module 'imagette' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
