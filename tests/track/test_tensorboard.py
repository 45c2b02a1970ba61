"""Event files, read back with TensorBoard's own reader."""

import subprocess
import sys

import numpy as np
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import (
    api_pb2,
    backend_context,
    list_session_groups,
    plugin_data_pb2,
)

from imagette.run.track import pictures
from imagette.run_spec import TensorBoardSpec
from imagette.store.folder import RunFolder
from imagette.track.follow import about
from imagette.track.sink import track


def told(run, spec=None):
    return track(run, spec or TensorBoardSpec(), pictures)


def read(folder):
    reader = EventAccumulator(str(folder), size_guidance={"scalars": 0, "images": 0})
    return reader.Reload()


def curve(reader, tag):
    """The scalars of a tag as (step, value)."""
    return [(event.step, event.value) for event in reader.Scalars(tag)]


def session_groups(folder):
    """The rows of the page HPARAMS, as TensorBoard itself makes them from its folder of events."""
    events = EventMultiplexer().AddRunsFromDirectory(str(folder)).Reload()
    provider = MultiplexerDataProvider(events, str(folder))
    page = backend_context.Context(TBContext(data_provider=provider, logdir=str(folder)))
    asked = api_pb2.ListSessionGroupsRequest(
        allowed_statuses=[api_pb2.STATUS_SUCCESS, api_pb2.STATUS_RUNNING, api_pb2.STATUS_UNKNOWN],
        slice_size=10,
    )
    answer = list_session_groups.Handler(RequestContext(), page, "", asked).run()
    return list(answer.session_groups)


def in_float32(*values):
    return [float(np.float32(value)) for value in values]


def test_figures_come_back_by_step(make_run, judge):
    run = make_run()
    judge(run)
    told(run)
    reader = read(run.path / "tracking" / "tensorboard")
    steps, values = zip(*curve(reader, "accuracy/validation"), strict=True)
    assert steps == (0, 1, 2)
    assert list(values) == in_float32(0.1, 0.5, 0.7)
    assert curve(reader, "evaluation/validation_accuracy") == [(2, *in_float32(0.8))]


def test_the_confusion_matrix_is_a_picture(make_run, judge):
    run = make_run()
    judge(run)
    told(run)
    (image,) = read(run.path / "tracking" / "tensorboard").Images("confusion/validation")
    assert image.encoded_image_string.startswith(b"\x89PNG")
    assert (image.step, image.width) == (2, int.from_bytes(image.encoded_image_string[16:20]))


def test_hyper_parameters_are_those_of_the_experiment(make_run):
    run = make_run(seed=7, recipe={"optimiser": {"name": "sgd", "rate": 0.25}})
    told(run)
    reader = read(run.path / "tracking" / "tensorboard")
    content = reader.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    values = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    assert values["seed"].number_value == 7
    assert values["recipe.optimiser.rate"].number_value == 0.25
    assert values["network.name"].string_value == "softmax"
    assert values["parameters"].number_value == 7850
    assert not [name for name in values if name.startswith("run.")]


def test_a_run_that_goes_on_is_one_curve_in_one_folder(make_run, add_epoch, cut):  # 004-32
    run = make_run(finished=False)
    told(run)
    add_epoch(run, 3, 0.8)
    assert told(run).num_epochs == 1
    folder = run.path / "tracking" / "tensorboard"
    assert [step for step, _ in curve(read(folder), "accuracy/validation")] == [0, 1, 2, 3]
    cut(run, 2)
    add_epoch(run, 2, 0.6)
    told(run)
    assert curve(read(folder), "accuracy/validation") == [
        (0, *in_float32(0.1)),
        (1, *in_float32(0.5)),
        (2, *in_float32(0.6)),
    ]


def test_a_later_evaluation_takes_nothing_back(make_run, judge):
    run = make_run()
    told(run)
    judge(run, name="test")
    told(run)
    reader = read(run.path / "tracking" / "tensorboard")
    assert len(curve(reader, "accuracy/validation")) == 3
    assert len(curve(reader, "evaluation/test_accuracy")) == 1


def test_what_was_told_and_not_noted_is_shown_once(make_run):
    run = make_run()
    told(run)
    (run.path / "tracking" / "tensorboard.json").unlink()  # as after a kill between the two
    told(run)
    reader = read(run.path / "tracking" / "tensorboard")
    assert [step for step, _ in curve(reader, "loss/validation")] == [0, 1, 2]


def test_runs_may_share_a_folder_in_which_each_has_its_own(make_run, tmp_path):
    one, other = make_run("a"), make_run("b")
    spec = TensorBoardSpec(folder=str(tmp_path / "all"))
    told(one, spec)
    told(other, spec)
    again = one.path.rename(one.path.with_name("2026-01-01T00-00-00.000-0a1b"))
    told(RunFolder.open(again), spec)
    names = sorted(path.name for path in (tmp_path / "all" / "made").iterdir())
    assert names == [
        again.name,
        f"a-{about(RunFolder.open(again)).id[:8]}",
        f"b-{about(other).id[:8]}",
    ]
    for name in names:
        assert len(curve(read(tmp_path / "all" / "made" / name), "loss/validation")) == 3


def test_trials_of_a_sweep_are_rows_of_their_own_beside_each_other(make_run, tmp_path):  # 004-11
    spec = TensorBoardSpec(folder=str(tmp_path / "all"))
    trials = [make_run(f"trial-{seed}", title="sweep", seed=seed) for seed in (1, 2, 3)]
    for trial in trials:
        told(trial, spec)
    groups = session_groups(tmp_path / "all")
    assert sorted(group.name for group in groups) == sorted(about(one).id for one in trials)
    assert sorted(group.hparams["seed"].number_value for group in groups) == [1, 2, 3]
    assert [len(group.sessions) for group in groups] == [1, 1, 1]
    shown = {metric.name.tag for group in groups for metric in group.metric_values}
    assert {"loss/validation", "accuracy/validation"} <= shown


def test_the_moment_of_a_figure_is_that_of_the_training(make_run):
    run = make_run()
    told(run)
    epochs = read(run.path / "tracking" / "tensorboard").Scalars("epoch")
    moments = [epoch.wall_time for epoch in epochs]
    assert [moment - moments[0] for moment in moments] == [0, 2, 4]


def test_it_needs_no_framework(make_run):  # 000-26
    run = make_run()
    code = (
        "import sys\nsys.modules['torch'] = sys.modules['tensorflow'] = None\n"
        "from imagette.cli.main import main\n"
        f"assert main(['track', {str(run.path)!r}, '--to', 'tensorboard']) == 0\n"
        "assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert len(curve(read(run.path / "tracking" / "tensorboard"), "loss/validation")) == 3
