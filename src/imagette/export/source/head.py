"""What an exported file says of itself, and the constants that stand below."""

import json
from collections.abc import Sequence
from textwrap import fill

from imagette.data.preprocess import Preprocess
from imagette.export.source.expression import number_text
from imagette.export.source.layout import WIDTH, listed
from imagette.export.source.recipe_code import Training, as_sentence, in_words, own_parts
from imagette.network.graph import Graph
from imagette.plain import plain
from imagette.recipe.recipe import Recipe

FILE = "network.py"
WEIGHTS = "network.safetensors"


def head(
    title: str,
    framework: str,
    packages: Sequence[str],
    graph: Graph,
    training: Training | None,
    recipe: Recipe,
    trained_on: str,
) -> str:
    """The docstring of the file."""
    channels, height, width = graph.input_shape
    cost = graph.cost
    colour = {1: "grey ", 3: "colour "}.get(channels, "")
    about = (
        f"{graph.parameters:,} trainable parameters. A {colour}picture of {height}x{width} pixels "
        f"takes {cost.multiplications:,} multiplications, {cost.additions:,} additions and "
        f"{cost.maximums:,} maximums. Shapes in comments are those of one picture: [channels, "
        "height, width], or [features]."
    )
    commands = {f"python {FILE} PICTURE...": "says what it sees in pictures"}
    if training:
        commands[f"python {FILE} --train DATA.npz"] = "trains anew, from its first weights"
    width_of = max(map(len, commands))
    told = "\n".join(f"    {command:{width_of}}   {what}" for command, what in commands.items())
    paragraphs = [
        f'"""{_plain(title)}: a network for {graph.classes} classes of pictures, in {framework}.',
        fill(about, WIDTH),
        f"    pip install {' '.join(packages)}\n{told}",
        fill(_of_weights(training, recipe, graph, trained_on), WIDTH),
    ]
    if training and training.left_out:
        left = (
            f"Left out of the recipe that the weights come from: {as_sentence(training.left_out)}."
        )
        paragraphs.append(fill(left, WIDTH))
    return "\n\n".join(paragraphs) + '\n"""'


def _of_weights(training: Training | None, recipe: Recipe, graph: Graph, trained_on: str) -> str:
    if training is None:
        own = as_sentence(own_parts(recipe))
        return (
            f"{WEIGHTS}, beside this file, holds its trained weights. How they were trained is not "
            f"here, for it is code of its author's: {own}."
        )
    channels, height, width = graph.input_shape
    data = (
        f"images, uint8 [N,{height},{width},{channels}], and labels, 0 to {graph.classes - 1} [N]"
    )
    return (
        f"{WEIGHTS}, beside this file, holds weights trained on {_plain(trained_on)}: "
        f"{in_words(recipe)}. Pictures should look as those do. DATA.npz must hold {data}."
    )


def _plain(text: str) -> str:
    """Text of a user within a docstring: one line, which nothing in it can end."""
    return plain(" ".join(text.split())).replace("\\", "/").replace('"', "'")


def constants_of_network(
    class_names: Sequence[str], preprocess: Preprocess, graph: Graph
) -> list[str]:
    """Class names, size and normalisation, a line each."""
    channels, height, width = graph.input_shape
    mode = {1: "L", 3: "RGB"}.get(channels, "RGB")
    return [
        f'WEIGHTS = Path(__file__).with_name("{WEIGHTS}")',
        listed("CLASSES", [_quoted(name) for name in class_names]),
        f'HEIGHT, WIDTH, COLOUR = {height}, {width}, "{mode}"',
        *_channels("MEAN", preprocess.channels_mean, "of the training pixels, from 0 to 1"),
        *_channels("DEVIATION", preprocess.deviation, ""),
    ]


def _channels(name: str, values: Sequence[float], about: str) -> list[str]:
    line = listed(name, [number_text(float(f"{value:.9g}")) for value in values])
    return [f"{line}  # {about}" if about else line]


def _quoted(text: str) -> str:
    """As ruff quotes: double, unless that needs more escapes."""
    double = json.dumps(text, ensure_ascii=False)
    return repr(text) if '"' in text and "'" not in text else double
