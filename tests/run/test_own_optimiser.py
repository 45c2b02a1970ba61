"""An optimiser of Optax whose state is more than slots of the weights: kept exactly and resumed."""

import pytest

from imagette.experiment import load
from imagette.run.train import resume, train_experiment
from imagette.train.plan import Planner

CODE = """
import jax
import optax

def noisy(key):
    first = {"new": jax.random.key, "old": jax.random.PRNGKey}[key](7)

    def update(updates, key, params=None):
        key, now = jax.random.split(key)
        return jax.tree.map(lambda u: u + 0.1 * jax.random.normal(now, u.shape), updates), key

    noise = optax.GradientTransformation(lambda _params: first, update)
    return optax.chain(noise, optax.sgd(0.01, momentum=0.9))
"""
EXPERIMENT = """
engine = { name = "jax", threads = 1 }
data = { limit = 200 }
network = { text = "flatten; linear classes" }
recipe = { epochs = 2, batch = 20, optimiser = { python = "mine.py:noisy" } }
"""


@pytest.mark.parametrize("key", ["new", "old"])
def test_one_that_holds_a_random_key_goes_on_with_the_same_draws(
    key, tmp_path, monkeypatch, stopped_after
):  # 004-13, 004-32
    monkeypatch.setattr(Planner, "chunk", 3)
    (tmp_path / "mine.py").write_text(CODE)
    path = tmp_path / "mine.toml"
    path.write_text(EXPERIMENT)
    settings = [f"recipe.optimiser.args.key={key}", f"run.folder={tmp_path / 'runs'}"]

    def events():
        return train_experiment(load(path, settings), source=path)

    whole = list(events())[-1].folder.load()
    folder = stopped_after(events(), 2)
    assert folder.load().state["opt.0"].dtype == "uint32"
    again = list(resume(folder.path))[-1].folder.load()
    assert again.weights_digest == whole.weights_digest
    assert again.meta["digests"] == whole.meta["digests"]
