"""`--to jax`: a run as one file of JAX and Optax, with its weights beside it."""

from collections.abc import Sequence

from imagette.data.preprocess import Preprocess
from imagette.export.source.head import head
from imagette.export.source.jax_network import Traits, jax_sections, shapes_text
from imagette.export.source.jax_recipe import jax_training
from imagette.export.source.layout import block, listed
from imagette.export.source.library import piece
from imagette.export.source.main import main_text
from imagette.export.source.recipe_code import Training
from imagette.export.source.structure import Item
from imagette.export.source.whole import file_text, numbers_of
from imagette.network.graph import Graph
from imagette.recipe.recipe import Recipe

PACKAGES = ("jax", "optax", "numpy", "pillow", "safetensors")


def jax_text(
    items: tuple[Item, ...],
    graph: Graph,
    recipe: Recipe,
    training: Training | None,
    preprocess: Preprocess,
    class_names: Sequence[str],
    title: str,
    trained_on: str,
    stage: str = "",
) -> str:
    """The whole file."""
    traits = Traits.of(items, graph)
    numbers = numbers_of(class_names, preprocess, graph, training)
    numbers += ["", "# Every weight: kernels [out, in, height, width], matrices [out, in]"]
    numbers.append(shapes_text(graph))
    if traits.frozen:
        numbers.append(listed("FROZEN", [f'"{name}"' for name in traits.frozen], "{}"))
    sections = [
        *jax_sections(items, graph),
        piece("jax_code", "preprocess"),
        *(jax_training(training, graph, traits) if training else []),
        _predict(traits),
        piece("numpy_code", "read_picture"),
        piece("numpy_code", "read_data") if training else "",
        piece("jax_code", "as_arrays") if training else "",
        *main_text("jax", graph, training is not None),
    ]
    kinds = ["Weights = dict[str, Array]  # by name"]
    packages = PACKAGES if training else tuple(one for one in PACKAGES if one != "optax")
    top = head(title, "JAX", packages, graph, training, recipe, trained_on, stage)
    return file_text(top, kinds, numbers, sections, "safetensors.numpy", training)


def _predict(traits: Traits) -> str:
    given = "params, state" if traits.has_state else "weights"
    part = f"compiled({given}, preprocess(images[i : i + 256]))"
    lines = [
        *(["params, state = split(weights)"] if traits.has_state else []),
        "compiled = jax.jit(apply)",
        "starts = range(0, len(images), 256)",
        f"parts = [{part}{'[0]' if traits.stateful else ''} for i in starts]",
        "return np.concatenate(parts)",
    ]
    return "\n".join(
        [
            "def predict(weights: Weights, images: Images) -> NDArray[np.float32]:",
            '    """Outputs float32 [N,K] for images uint8 [N,H,W,C], some at a time."""',
            block(lines),
        ]
    )
