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
TRAINED = "trained.safetensors"


def head(
    title: str,
    framework: str,
    packages: Sequence[str],
    graph: Graph,
    training: Training | None,
    recipe: Recipe,
    trained_on: str,
    stage: str = "",
) -> str:
    """The docstring of the file; `stage` says which weights of an unended training they are."""
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
        commands[f"python {FILE} --train DATA.npz"] = "trains anew, from new first weights"
    width_of = max(map(len, commands))
    told = "\n".join(f"    {command:{width_of}}   {what}" for command, what in commands.items())
    paragraphs = [
        f'"""{_plain(title)}: a network for {graph.classes} classes of pictures, in {framework}.',
        fill(about, WIDTH),
        f"    pip install {' '.join(packages)}\n{told}",
        fill(_of_weights(training, recipe, graph, trained_on, stage), WIDTH),
    ]
    if training and training.left_out:
        left = (
            f"Left out of the recipe that the weights come from: {as_sentence(training.left_out)}."
        )
        paragraphs.append(fill(left, WIDTH))
    return "\n\n".join(paragraphs) + '\n"""'


def _of_weights(
    training: Training | None, recipe: Recipe, graph: Graph, trained_on: str, stage: str
) -> str:
    stage = f" {stage}" if stage else ""
    if training is None:
        own = as_sentence(own_parts(recipe))
        return (
            f"{WEIGHTS}, beside this file, holds its trained weights. How they were trained is not "
            f"here, for it is code of its author's: {own}.{stage}"
        )
    by = " by part of this recipe" if stage else ""
    return (
        f"{WEIGHTS}, beside this file, holds weights trained on {_plain(trained_on)}{by}: "
        f"{in_words(recipe)}.{stage} Pictures should look as those do. DATA.npz must hold "
        f"{data_text(graph)}. --train keeps {TRAINED} in the working folder; --weights FILE takes "
        "it in place of the weights beside this file."
    )


def data_text(graph: Graph) -> str:
    """What a file to train on must hold."""
    channels, height, width = graph.input_shape
    sizes = f"N,{height},{width},{channels}"
    return f"images, uint8 [{sizes}], and labels, 0 to {graph.classes - 1} [N]"


def stage_of(step: int, last_step: int | None, is_finished: bool) -> str:
    """A sentence about weights from before the end of the training; empty for those of its end.

    >>> stage_of(626, 9390, False), stage_of(300, 300, True)
    ('Training stopped at step 626 of 9,390.', '')
    >>> stage_of(20, None, False), stage_of(12, 300, True)
    ('Training stopped at step 20.', 'They are those of step 12 of 300.')
    """
    if last_step == step or (is_finished and last_step is None):
        return ""
    of = "" if last_step is None else f" of {last_step:,}"
    begin = "They are those of" if is_finished else "Training stopped at"
    return f"{begin} step {step:,}{of}."


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
