"""Run alone, with no imagette to import: trains and judges exported files on arrays that are given.

python -I driver.py FRAMEWORK FOLDER...
"""

import importlib.abc
import importlib.util
import sys
from pathlib import Path

import numpy as np


class Nowhere(importlib.abc.MetaPathFinder):
    """Whoever asks for these is refused: an exported file needs none of them."""

    def __init__(self, *names):
        self.names = names

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ImportError(f"{name} is not to be had here")
        return


def loaded(path):
    spec = importlib.util.spec_from_file_location(f"exported_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prepare_torch(module, losses):
    """First weights from the file; every loss of a step goes into `losses`."""
    step, make = module.train_step, module.Network

    def network():
        made = make()
        made.load_state_dict(module.load_file(module.WEIGHTS))
        return made

    def recorded(*given):
        losses.append(step(*given))
        return losses[-1]

    module.Network, module.train_step = network, recorded
    module.initialise = lambda network: None
    return network()


def prepare_haiku(module, losses):
    begun = module.load_weights()
    recording_steps(module, losses)
    module.network = module.network._replace(init=lambda *given: begun)
    return begun


def prepare_jax(module, losses):
    recording_steps(module, losses)
    module.first_weights = lambda key: {
        name: module.jnp.asarray(value) for name, value in module.load_file(module.WEIGHTS).items()
    }
    module.initialised = lambda key, weights: weights
    return module.load_weights()


def recording_steps(module, losses):
    make = module.make_train_step

    def recording(optimiser):
        step = make(optimiser)

        def recorded(*given):
            result = step(*given)
            losses.append(float(result[-1]))
            return result

        return recorded

    module.make_train_step = recording


PREPARE = {"torch": prepare_torch, "jax": prepare_jax, "haiku": prepare_haiku}


def main(framework, folders):
    others = {"torch": ("jax", "optax", "haiku"), "jax": ("torch", "haiku"), "haiku": ("torch",)}
    sys.meta_path.insert(0, Nowhere("imagette", *others[framework]))
    for folder in map(Path, folders):
        given = np.load(folder / "given.npz")
        module, losses = loaded(folder / "network.py"), []
        before = PREPARE[framework](module, losses)
        logits = module.predict(before, given["images"])
        epochs = [list(rows[rows[:, 0] >= 0]) for rows in given["batches"]]
        if hasattr(module, "augment"):
            module.augment = lambda images, draws: images
        module.batches = lambda num_images, draws, epochs=epochs: [
            rows[rows >= 0] for rows in epochs.pop(0)
        ]
        trained = module.train(given["images"], given["labels"])
        after = module.predict(trained, given["images"])
        np.savez(folder / "found.npz", logits=logits, losses=losses, after=after)


main(sys.argv[1], sys.argv[2:])
