"""`--to haiku`: a run as one file of Haiku and Optax, with its weights beside it."""

from collections.abc import Sequence
from functools import partial

from imagette.data.preprocess import Preprocess
from imagette.errors import ExportError
from imagette.export.source.classes import definitions
from imagette.export.source.expression import shape_comment
from imagette.export.source.haiku_layers import haiku_layer, module_name
from imagette.export.source.head import head
from imagette.export.source.jax_network import (
    Style,
    Traits,
    as_lines,
    call_lines,
    compiled,
    function_name,
    function_text,
)
from imagette.export.source.jax_recipe import jax_loss, make_optimiser, make_train_step, train
from imagette.export.source.layout import block
from imagette.export.source.library import piece
from imagette.export.source.main import main_text
from imagette.export.source.recipe_code import (
    Training,
    augment_functions,
    batches_function,
    schedule_function,
)
from imagette.export.source.structure import Item, leaves
from imagette.export.source.torch_recipe import average_share
from imagette.export.source.whole import file_text, numbers_of
from imagette.network.graph import Graph
from imagette.recipe.optimisers import Muon
from imagette.recipe.recipe import Recipe

PACKAGES = ("dm-haiku", "jax", "optax", "numpy", "pillow", "safetensors")

STYLE = Style(haiku_layer, separator="_", implicit=True)
TRAITS = Traits(stateful=True, random=True)
"""What `transform_with_state` gives takes state and a key, whether they are needed or not."""


def haiku_text(
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
    """The whole file; ExportError for a recipe or a network that it has no words for."""
    _refuse(graph, recipe)
    numbers = numbers_of(class_names, preprocess, graph, training)
    sections = [
        *_network(items, graph),
        piece("jax_code", "preprocess"),
        *(_training(training, graph) if training else []),
        _predict(),
        piece("numpy_code", "read_picture"),
        piece("numpy_code", "read_data") if training else "",
        piece("haiku_code", "as_arrays") if training else "",
        *main_text("haiku", graph, training is not None),
    ]
    kinds = ["Weights = tuple[Any, Any]  # what is moved, and the state; by module and name"]
    top = head(title, "Haiku", PACKAGES, graph, training, recipe, trained_on, stage)
    return file_text(top, kinds, numbers, sections, "safetensors.numpy", training)


def _refuse(graph: Graph, recipe: Recipe) -> None:
    frozen = [w.name for w in graph.weights if not w.trainable and not _is_statistic(w.name)]
    lacking = {
        "Muon": isinstance(recipe.optimiser, Muon),
        "groups of weights": bool(recipe.groups),
        "weights that stay as they are": bool(frozen),
        f"first weights by {recipe.initial.name}": recipe.initial.name != "default",
        "norms that begin at 0": recipe.initial.zero_last_norm,
    }
    found = [what for what, is_asked in lacking.items() if is_asked]
    if found:
        raise ExportError(f"A file of Haiku has no words for {', '.join(found)}: take --to jax.")


def _is_statistic(name: str) -> bool:
    return name.endswith((".mean", ".var"))


def _network(items: tuple[Item, ...], graph: Graph) -> list[str]:
    defined, calls = definitions(items, partial(compiled, STYLE), function_name)
    wanted = dict.fromkeys(name for leaf in leaves(items) for name in haiku_layer(leaf).pieces)
    lines, last, shape = call_lines(
        STYLE, items, calls, lambda name: f'"{module_name(name)}"', "x", "x", "w"
    )
    shown = [
        f"{line.literal}  # {shape_comment(one[2])}"
        for line, one in zip(as_lines(lines), lines, strict=True)
    ]
    given = ", ".join(["N", *map(str, graph.input_shape)])
    return [
        *(_piece(name) for name in wanted),
        *(function_text(STYLE, one) for one in defined),
        "\n".join(
            [
                "@hk.transform_with_state",
                "def network(x: Array, training: bool) -> Array:",
                f'    """Normalised pictures [{given}] to outputs [N, {graph.classes}]."""',
                block([*shown, f"return {last.literal}  # {shape_comment(shape)}"]),
            ]
        ),
    ]


def _piece(name: str) -> str:
    pools = ("max_pool", "avg_pool")
    return piece("jax_code" if name in pools else "haiku_code", name)


def _training(training: Training, graph: Graph) -> list[str]:
    recipe = training.recipe
    outputs = "network.apply(params, state, key, inputs, True)"
    return [
        jax_loss(recipe.loss),
        make_optimiser(training, graph),
        schedule_function(training),
        *augment_functions(training),
        batches_function(training),
        make_train_step(recipe, TRAITS, outputs),
        average_share(training),
        piece("jax_code", "moving_towards") if recipe.averaging else "",
        train(training, TRAITS, str((1, *graph.input_shape))),
    ]


def _predict() -> str:
    return "\n".join(
        [
            "def predict(weights: Weights, images: Images) -> NDArray[np.float32]:",
            '    """Outputs float32 [N,K] for images uint8 [N,H,W,C], some at a time."""',
            block(
                [
                    "params, state = weights",
                    "compiled = jax.jit(network.apply, static_argnums=4)  # training",
                    "parts = []",
                    "for i in range(0, len(images), 256):",
                    "    x = preprocess(images[i : i + 256])",
                    "    parts.append(compiled(params, state, None, x, False)[0])",
                    "return np.concatenate(parts)",
                ]
            ),
        ]
    )
