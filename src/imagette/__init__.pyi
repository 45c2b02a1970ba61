"""What `__init__.py` finds lazily, said to type checkers and editors (a test compares the two)."""

from imagette.data.dataset import (
    Dataset as Dataset,
    look_at_test as look_at_test,
    open_data as open_data,
)
from imagette.data.live import (
    dataset_of as dataset_of,
)
from imagette.data.preprocess import (
    Preprocess as Preprocess,
    preprocess_of as preprocess_of,
)
from imagette.data.resize import (
    cropped as cropped,
    resized as resized,
)
from imagette.data.spec import (
    DataSpec as DataSpec,
)
from imagette.data.split import (
    Split as Split,
)
from imagette.data.survey import (
    survey_of as survey_of,
)
from imagette.engines.initial import (
    first_weights as first_weights,
)
from imagette.engines.with_jax.function import network_function as network_function
from imagette.errors import (
    DataError as DataError,
    ImagetteError as ImagetteError,
    MissingExtra as MissingExtra,
    StoreError as StoreError,
    TrainingError as TrainingError,
    UsageError as UsageError,
)
from imagette.evaluate.calibration import (
    calibration as calibration,
)
from imagette.evaluate.predictions import (
    Predictions as Predictions,
)
from imagette.experiment import (
    Experiment as Experiment,
    load as load,
    network_of as network_of,
)
from imagette.network import (
    GELU as GELU,
    Attention as Attention,
    AvgPool as AvgPool,
    BatchNorm as BatchNorm,
    Branches as Branches,
    Conv as Conv,
    Dropout as Dropout,
    Flatten as Flatten,
    Gate as Gate,
    LayerNorm as LayerNorm,
    Linear as Linear,
    LogSoftmax as LogSoftmax,
    Max as Max,
    MaxPool as MaxPool,
    Mean as Mean,
    Network as Network,
    ReLU as ReLU,
    Residual as Residual,
    Scale as Scale,
    Sequential as Sequential,
    Sigmoid as Sigmoid,
    SiLU as SiLU,
    Softmax as Softmax,
    Tanh as Tanh,
    cost_table as cost_table,
    named as named,
    parse as parse,
    to_text as to_text,
    walk as walk,
    widen as widen,
)
from imagette.recipe.recipe import (
    Recipe as Recipe,
)
from imagette.report.confusion import (
    classes_figure as classes_figure,
    confusion_figure as confusion_figure,
)
from imagette.report.curves import (
    curves as curves,
)
from imagette.report.diagram.drawing import (
    diagram as diagram,
)
from imagette.report.filters import (
    filters_figure as filters_figure,
    first_filters as first_filters,
)
from imagette.report.pictures import (
    examples_by_class as examples_by_class,
    labelled_grid as labelled_grid,
)
from imagette.report.reliability import (
    reliability_figure as reliability_figure,
)
from imagette.run.activations import (
    looks_of as looks_of,
)
from imagette.run.compare import (
    compare_runs as compare_runs,
)
from imagette.run.evaluate import (
    evaluate_run as evaluate_run,
)
from imagette.run.export import (
    export_run as export_run,
)
from imagette.run.fit import (
    Fitted as Fitted,
    fit as fit,
)
from imagette.run.predict import (
    predict_pictures as predict_pictures,
)
from imagette.run.prepare import (
    prepare as prepare,
)
from imagette.run.train import (
    resume as resume,
    train_experiment as train_experiment,
)
from imagette.store.folder import (
    RunFolder as RunFolder,
)
from imagette.train.events import (
    Stop as Stop,
)

__version__: str
