"""The benchmarks: their figures follow from what was measured, their networks are the same."""

import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

from imagette.data.preprocess import Preprocess
from imagette.engines.protocol import EngineSpec
from imagette.engines.with_torch import TorchModel
from imagette.network import named, walk
from imagette.recipe.recipe import Recipe
from imagette.run.export import export_run

ROOT = Path(__file__).parents[1]


@pytest.fixture
def part(monkeypatch):
    """A module of benchmarks/engines by its name."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: import_module(f"benchmarks.engines.{name}")


def test_the_docs_show_how_much_faster_than_image_by_image(part):  # 003-29
    text = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
    same = text.partition("## The same precision")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([\w, ]+) \| [*]*([\d,]+)", same, re.M)
    rates = {name: int(rate.replace(",", "")) for name, rate in rows}
    said = re.search(r"Image by image.*?([\d.]+) times `plain`.*?([\d.]+) times `bare`", same, re.S)
    for ratio, loop in zip(said.groups(), ("plain", "bare"), strict=True):
        assert float(ratio) == pytest.approx(rates["imagette, JAX"] / rates[loop], abs=0.05)
        assert float(ratio) > 5
    cases = [(case.network, case.batch) for case in part("case").CASES]
    assert ("convnet_cifar", 1) in cases  # the network of 003 itself


def test_the_ratio_is_the_median_of_the_rounds_quotients(part):
    table = part("table")
    fast, slow = (table.Line("", rates, [1.0] * 3) for rates in ([20, 90, 40], [10, 30, 40]))
    assert (table.ratio(fast, slow), table.ratio(slow, fast)) == (2, 1 / 2)


def test_each_is_at_its_best_with_the_setting_of_the_highest_median(part):
    line, rounds = part("table").Line, part("rounds")
    steady, lucky = line("steady", [5, 6, 5], [1]), line("lucky", [1, 9, 1], [1])
    lines = {"bare": [lucky, steady]}
    assert rounds.same_for_all(lines) == {"bare": lucky}
    assert rounds.at_their_best(lines) == {"bare": steady}


def test_a_row_shows_the_ratios_and_a_failure_why_there_are_none(part):
    table = part("table")
    lines = {
        "imagette-jax": table.Line("NHWC", [3000, 1500], [2, 3]),
        "plain": table.Line("NHWC", [1000, 1000], [1, 1]),
    }
    _, ours, _, failed = table.table(lines, {"skorch": "not installed"}).splitlines()
    ratio_to_plain, to_bare, to_keras = "2.25", "-", "-"
    expected = ["imagette-jax", "2,250", "1,500-3,000", ratio_to_plain, to_bare, to_keras]
    assert ours.split() == [*expected, "2.5", "NHWC"]
    assert failed.split() == ["skorch", "not", "installed"]


def test_the_second_epoch_alone_is_the_rate(part):
    measured = part("case").Measured.of([1.0, 6.0, 8.0], 100, [2.3, 2.2], 5)
    assert (measured.images_per_second, measured.first_seconds, measured.loss) == (50, 5, 2.2)


def test_one_that_fails_is_left_out_of_all_later_rounds(part, monkeypatch):
    rounds, case = part("rounds"), part("case").CASES[0]
    calls = []

    def run(name, case, setting):
        calls.append(name)
        if name == "bare" and calls.count(name) > 1:
            raise rounds.TrialError("failed: of its own")
        return part("case").Measured(1.0, 1.0, 1.0, 1)

    monkeypatch.setattr(rounds, "run", run)
    monkeypatch.setattr(rounds, "CONTENDERS", {"bare": Alone(), "plain": Alone()})
    found = rounds.measure(case, ["bare", "plain"], 3, lambda line: None)
    assert calls == ["bare", "plain", "bare", "plain", "plain", "plain"]
    assert found.failures == {"bare": "failed: of its own"}
    assert {name: len(own[0].rates) for name, own in found.lines().items()} == {"plain": 3}


def test_the_same_setting_alone_is_tried_by_nobody_and_measured_once_a_round(part, monkeypatch):
    rounds, case = part("rounds"), part("case").CASES[0]
    settings = []

    def run(name, case, setting):
        settings.append(setting)
        return part("case").Measured(1.0, 1.0, 1.0, 1)

    monkeypatch.setattr(rounds, "run", run)
    rounds.measure(case, ["imagette-torch"], 3, lambda line: None, same_alone=True)
    assert settings == [part("case").SAME] * 3


class Alone:
    """A contender that needs nothing and has no setting of its own."""

    missing = settings = ()


def test_overhead_is_the_median_of_the_rounds_quotients_by_either_clock(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    overhead = import_module("benchmarks.overhead")
    bare = [overhead.Spent(wall, 2.0) for wall in (1.0, 4.0, 2.0)]
    whole = [overhead.Spent(wall, 2.1) for wall in (1.1, 4.0, 4.0)]
    _, first, second = overhead.table({"bare": bare, "whole": whole}, steps=100).splitlines()
    assert first.split() == ["bare", "20.000", "1.000", "20.000", "1.000"]
    assert second.split() == ["whole", "40.000", "1.100", "21.000", "1.050"]


def test_precisions_are_compared_seed_by_seed(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))
    summary = import_module("benchmarks.precision").summary
    found = {"float32": [70.0, 71.0, 72.0], "bfloat16": [71.0, 71.0, 73.0]}
    float32, bfloat16, difference = (" ".join(line.split()) for line in summary(found).splitlines())
    assert float32 == "float32 71.00 ± 1.00 %"
    assert bfloat16 == "bfloat16 71.67 ± 1.15 %"
    assert difference == (
        "bfloat16 - float32 +0.67 ± 0.58 points, standard error 0.33: the mean is NOT within 0.5 "
        "points"
    )


@pytest.mark.parametrize("name", ["lenet_cifar", "convnet_cifar", "vgg8", "resnet20"])
def test_the_network_written_by_hand_computes_what_the_catalogues_does(part, name):
    arguments = part("case").ARGUMENTS.get(name, {})
    graph = walk(named(name, **arguments), (3, 32, 32), 10)
    network = part("networks_torch").make(name, "NHWC").eval()
    own = [v for k, v in network.state_dict().items() if not k.endswith("num_batches_tracked")]
    weights = {w.name: v.numpy() for w, v in zip(graph.weights, own, strict=True)}
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)
    halves = Preprocess((0.5,) * 3, (0.5,) * 3)
    model = TorchModel(graph, Recipe(), halves, EngineSpec(threads=1))
    with torch.no_grad():
        by_hand = network(torch.from_numpy(halves.apply(images))).numpy()
    np.testing.assert_allclose(by_hand, model.predict(weights, images, 2), rtol=1e-4, atol=1e-5)


def test_the_table_of_int8_has_a_row_for_a_run_and_no_empty_column(
    monkeypatch, small_run, tmp_path
):
    monkeypatch.syspath_prepend(str(ROOT))
    table = import_module("benchmarks.int8")
    (ended,) = export_run(small_run, ["onnx"], int8=True, out=tmp_path / "o")
    head, line, row = table.table([table.cells("small", ended.certificate)]).splitlines()
    assert "arena" not in head
    assert line.count("|") == head.count("|") == row.count("|")
    sizes = " / ".join(f"{len(one.model.data):,}" for one in ended.certificate.models)
    assert sizes in row
