"""What JAX is told before it starts, each time in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from imagette.engines.with_jax.backend import choose_device
from imagette.machine import usable_cores

BUILD = """
import json, os, sys
import numpy as np
from imagette.data.preprocess import Preprocess
from imagette.engines.initial import first_weights
from imagette.engines.protocol import EngineSpec
from imagette.network import parse, walk
from imagette.recipe.recipe import Recipe
from imagette.run.engine import build
from imagette.train.plan import Planner
graph = walk(parse("flatten\\nlinear 4\\ntanh\\nlinear classes"), (1, 4, 4), 3)
recipe = Recipe(batch=int(os.environ.get("BATCH", 4)), optimiser="adam")
def losses(**engine):
    spec = EngineSpec(**{"name": "jax", "device": "cpu", "threads": 1, **engine})
    model = build(graph, recipe, Preprocess((0.5,), (0.5,)), spec)
    images = np.arange(192).astype(np.uint8).reshape(12, 4, 4, 1)
    model.place(images, np.arange(12, dtype=np.int32) % 3)
    plan = next(Planner(graph, recipe, 0, 12).epoch(1))
    state, found, _ = model.advance(model.start(first_weights(graph, seed=0)), plan)
    assert all(value.dtype == np.float32 for value in model.save(state).values())
    return model, found.tolist()
"""
JAX_READS = ("XLA_FLAGS", "NPROC", "JAX_NUM_CPU_DEVICES")
NEEDED = "--xla_cpu_experimental_ynn_fusion_type=-reduce"


def says(code, before="", **environment):
    """What a new interpreter prints, as JSON, after building on JAX."""
    clean = {key: value for key, value in os.environ.items() if key not in JAX_READS}
    done = subprocess.run(
        [sys.executable, "-c", f"{before}\n{BUILD}\n{code}"],
        capture_output=True,
        text=True,
        env={**clean, **environment},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


ENVIRONMENT = """
model, _ = losses(threads=3)
import jax
print(json.dumps([os.environ["XLA_FLAGS"], os.environ["NPROC"], model.threads,
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"], jax.config.jax_compilation_cache_dir,
    "torch" in sys.modules]))
"""


def test_jax_is_told_its_flags_threads_memory_and_cache_and_torch_is_not_loaded(tmp_path):
    # 000-16, 000-26
    found = says(ENVIRONMENT, IMAGETTE_CACHE=str(tmp_path))
    assert found == [NEEDED, "3", 3, "false", str(tmp_path / "jax"), False]


STARTED = "import jax; jax.numpy.ones(3).block_until_ready()"


@pytest.mark.parametrize(("batch", "threads"), [("7", 1), ("8", usable_cores())])
def test_small_batches_take_one_thread_and_others_one_a_core(batch, threads):
    code = "model, _ = losses(threads=None); print(json.dumps([model.threads, model.notes]))"
    assert says(code, BATCH=batch) == [threads, []]


POOL = """
from pathlib import Path
model, _ = losses(threads=THREADS)
import jax
tasks = [task.read_text().strip() for task in Path("/proc/self/task").glob("*/comm")]
counted = sum(name.startswith("tf_XLAEigen") for name in tasks)
print(json.dumps([model.shards, len(jax.devices("cpu")), counted, model.notes]))
"""


@pytest.mark.parametrize(("threads", "shards"), [(1, 1), (2, 2), (3, 2), (5, 1)])
def test_xla_has_as_many_threads_as_asked_for_and_a_device_for_each(threads, shards):
    code = POOL.replace("THREADS", str(threads))
    assert says(code, BATCH="8") == [shards, threads, threads, []]


SHARDS = """
model, found = losses(threads=2)
import jax
print(json.dumps([model.shards, len(jax.devices("cpu")), model.notes]))
"""
FEW = (
    "JAX has started with 1 of the 2 devices for shards of a batch of 8, which stays whole: set "
    "JAX_NUM_CPU_DEVICES=2 before it does"
)


def test_a_batch_is_whole_where_jax_started_with_too_few_devices():
    assert says(SHARDS, BATCH="8", JAX_NUM_CPU_DEVICES="1") == [1, 1, [FEW]]
    assert says(SHARDS, STARTED, BATCH="8", XLA_FLAGS=NEEDED, NPROC="2") == [1, 1, [FEW]]
    assert says(SHARDS, BATCH="8", JAX_NUM_CPU_DEVICES="3") == [2, 3, []]
    flag = "--xla_force_host_platform_device_count=4"
    assert says(SHARDS, BATCH="8", XLA_FLAGS=flag) == [2, 4, []]


def test_threads_of_the_users_environment_are_the_most_devices():
    told = "2 threads were asked for, but JAX has started with 1 already"
    assert says(SHARDS, BATCH="8", NPROC="1") == [1, 1, [told]]


def test_flags_of_the_users_stay():
    flags = "--xla_cpu_enable_fast_math=false"
    found = says(ENVIRONMENT, XLA_FLAGS=flags, NPROC="2")
    assert found[:3] == [f"{flags} {NEEDED}", "2", 2]


def test_a_flag_that_the_user_has_chosen_himself_is_not_set_again():
    chosen = "--xla_cpu_experimental_ynn_fusion_type=-reduce,-dot"
    code = "losses(); print(json.dumps(os.environ['XLA_FLAGS']))"
    assert says(code, XLA_FLAGS=chosen) == chosen


REFUSED = """
from imagette.errors import UsageError
try:
    losses()
except UsageError as error:
    print(json.dumps(str(error)))
"""


def test_a_file_of_flags_is_read_as_xla_reads_it(tmp_path):
    file = tmp_path / "flags.txt"
    file.write_text("--xla_cpu_enable_fast_math=false\n")
    found = says(ENVIRONMENT, XLA_FLAGS=str(file), NPROC="2")
    assert found[0] == f"--xla_cpu_enable_fast_math=false {NEEDED}"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("nonsense", "XLA_FLAGS must be flags that begin with --, or a file of them. Got 'nonsen"),
        (NEEDED.replace("-reduce", "+reduce"), "jaxlib 0.10.2 computes some sums wrongly unless"),
    ],
)
def test_flags_that_cannot_stand_are_refused_in_a_line(flags, message):
    assert says(REFUSED, XLA_FLAGS=flags).startswith(message)


def test_jax_started_before_without_its_flag_is_refused_with_the_remedy():
    assert says(REFUSED, STARTED) == (
        f"JAX was started before imagette and without XLA_FLAGS={NEEDED}, without which "
        "jaxlib 0.10.2 computes some sums wrongly: set it before JAX computes anything, or call "
        "imagette first."
    )


def test_threads_that_come_too_late_are_told():
    code = "model, _ = losses(threads=3); print(json.dumps(model.notes))"
    (note,) = says(code, STARTED, XLA_FLAGS=NEEDED, NPROC="1")
    assert note == "3 threads were asked for, but JAX has started with 1 already"


def test_a_process_of_64_bits_trains_the_same_numbers():  # 003-T4
    code = "print(json.dumps(losses()[1]))"
    before = "import jax; jax.config.update('jax_enable_x64', True)"
    assert says(code, before) == says(code)


@pytest.mark.parametrize("device", ["cuda", "tpu", "mps"])
def test_an_absent_device_falls_back_with_a_note(device, monkeypatch):  # 000-18, 002-19, 004-42
    def find(platform=None):
        if platform != "cpu":
            raise RuntimeError(f"Unknown backend {platform}")
        return cpus

    import jax

    cpus = jax.devices("cpu")
    monkeypatch.setattr("imagette.engines.with_jax.backend.jax.devices", find)
    place = choose_device(device)
    assert place.notes == (
        f"device '{device}' was asked for but JAX finds none: training on the processor",
    )
    assert place.words.startswith("processor")


LATE = f"{STARTED}; import os; os.environ['XLA_FLAGS'] = "


def test_flags_that_came_after_jaxs_start_are_refused():
    assert says(REFUSED, f"{LATE}'{NEEDED}'") == (
        f"XLA_FLAGS={NEEDED} came after JAX had started, which reads flags once: set them before "
        "JAX computes anything, in a new process."
    )
    then = "losses(); os.environ['XLA_FLAGS'] += ' --xla_cpu_enable_fast_math=true'"
    assert "came after JAX had started" in says(f"{then}\n{REFUSED}")


def test_flags_that_were_set_in_time_by_other_code_are_taken():
    before = f"import os; os.environ['XLA_FLAGS'] = '{NEEDED}'; {STARTED}"
    assert says("print(json.dumps(losses()[0].notes))", before) == []


@pytest.mark.parametrize("platforms", ["cuda", "gpu", "nonsense", "cuda,tpu"])
def test_platforms_that_leave_no_device_are_one_line(platforms):
    assert says(REFUSED, JAX_PLATFORMS=platforms) == (
        f"JAX finds no device to train on: JAX_PLATFORMS='{platforms}' names none that it can use, "
        "and not the processor. Unset it, or set JAX_PLATFORMS=cpu."
    )


BROKEN = """
from jax._src import xla_bridge
def broken():
    raise RuntimeError("the driver is too old\\nand more of it")
xla_bridge.register_backend_factory("cuda", broken, priority=500, fail_quietly=False)
xla_bridge.hardware_utils.has_visible_nvidia_gpu = lambda: True
"""


def test_an_accelerator_that_jax_sees_and_cannot_start_leaves_the_processor():
    code = "print(json.dumps(losses(device='auto')[0].notes))"
    (note,) = says(code, BROKEN)
    assert note.startswith(
        "JAX cannot start all that it finds (Unable to initialize backend 'cuda'"
    )
    assert "\n" not in note
    assert says(REFUSED, BROKEN, JAX_PLATFORMS="cuda").startswith("JAX finds no device to train on")
