"""bfloat16 on torch: what is computed so, and what stays float32."""

import numpy as np
import pytest
import torch

from imagette.engines.protocol import EngineSpec, weights_of
from imagette.errors import UsageError
from imagette.run.engine import build

NETWORK = "conv 8 3x3 pad=same\nbatchnorm\nrelu\nmaxpool 2\ndropout 0.2\nflatten\nlinear classes"


@pytest.fixture
def one(case):
    return case(NETWORK, optimiser={"name": "sgd", "rate": 0.05, "momentum": 0.9})


def on(case, precision, engine="torch"):
    spec = EngineSpec(name=engine, device="cpu", threads=1, precision=precision)
    model = build(case.graph, case.recipe, case.preprocess, spec)
    model.place(case.images, case.labels)
    return model


def test_losses_are_those_of_float32_within_the_bits_of_bfloat16(one):
    losses = {}
    for precision in ("float32", "bfloat16"):
        model = on(one, precision)
        _, found, _ = one.advanced(model, model.start(one.first))
        losses[precision] = np.array(found)
    np.testing.assert_allclose(losses["bfloat16"], losses["float32"], rtol=0.05)
    assert (losses["bfloat16"] != losses["float32"]).any()  # it is really used


def test_weights_slots_and_evaluation_stay_float32(one):
    plain, half = on(one, "float32"), on(one, "bfloat16")
    state, _, _ = one.advanced(half, half.start(one.first))
    saved = half.save(state)
    assert {value.dtype for value in saved.values()} == {np.dtype(np.float32)}
    kept = [half.predict(weights_of(saved), one.images, 20)]
    kept.append(plain.predict(weights_of(saved), one.images, 20))
    np.testing.assert_array_equal(*kept)
    moved = saved["conv1.weight"]
    assert (moved.view(np.uint32) & np.uint32(0xFFFF)).any()  # more bits than bfloat16 has


def test_a_state_saved_and_restored_goes_on_with_the_same_bits(one):  # 004-32
    model = on(one, "bfloat16")
    _, whole, _ = one.advanced(model, model.start(one.first))
    state, first, _ = one.advanced(model, model.start(one.first), [1])
    _, rest, _ = one.advanced(model, model.restore(model.save(state)), [2])
    assert first + rest == whole


def test_the_device_is_told_with_its_precision(one):
    assert on(one, "bfloat16").device.endswith("1 thread, bfloat16")


def test_jax_refuses_it_in_a_line(one):
    with pytest.raises(UsageError, match=r"^engine\.precision = 'bfloat16' is for torch alone"):
        on(one, "bfloat16", "jax")


def test_a_process_in_bfloat16_trains_the_same_numbers(one):
    model = on(one, "float32")
    _, expected, _ = one.advanced(model, model.start(one.first))
    with torch.autocast("cpu", torch.bfloat16):
        _, found, _ = one.advanced(model, model.start(one.first))
    assert found == expected
