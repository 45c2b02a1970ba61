"""The end of an exported file: its command line."""

from imagette.export.source.head import TRAINED, data_text
from imagette.export.source.layout import block
from imagette.network.graph import Graph


def main_text(framework: str, graph: Graph, trains: bool) -> list[str]:
    """`load_weights`, `main`, and the call of it."""
    loader, kept, given = _WORDS[framework]
    text = "\n".join(
        [
            "def main() -> None:",
            block([*_options(trains), *_loaded(given), *_shown(graph, given)]),
        ]
    )
    return [
        loader.replace("PICTURE", str((1, *graph.input_shape))),
        _train_anew(graph, kept, given) if trains else "",
        text,
        'if __name__ == "__main__":\n    main()',
    ]


_LOAD_TORCH = '''
def load_weights(path: Path = WEIGHTS) -> nn.Module:
    """The network with the weights that lie beside this file, or others."""
    network = Network()
    network.load_state_dict(load_file(path))
    return network
'''
_LOAD_JAX = '''
def load_weights(path: Path = WEIGHTS) -> Weights:
    """The weights that lie beside this file, or others."""
    weights = {name: jnp.asarray(value) for name, value in load_file(path).items()}
    for layer, shapes in SHAPES.items():
        for kind, shape in shapes.items():
            name = f"{layer}.{kind}"
            if name not in weights or weights[name].shape != shape:
                raise ValueError(f"it has no {name} of {list(shape)}")
    return weights
'''
_LOAD_HAIKU = '''
def load_weights(path: Path = WEIGHTS) -> Weights:
    """The weights that lie beside this file, or others."""
    params, state = {}, {}
    for entry, value in load_file(path).items():
        module, _, name = entry.rpartition("/")
        part = state if name in ("mean", "var") else params
        part.setdefault(module, {})[name] = jnp.asarray(value)
    key, picture = jax.random.key(0), jnp.zeros(PICTURE)
    wanted = jax.eval_shape(partial(network.init, training=False), key, picture)
    if jax.tree.map(jnp.shape, (params, state)) != jax.tree.map(jnp.shape, wanted):
        raise ValueError("its names or shapes are others")
    return params, state
'''
_WORDS = {
    "torch": (_LOAD_TORCH, "save_file(network.state_dict(), kept)", "network"),
    "haiku": (_LOAD_HAIKU, "save_file(as_arrays(weights), kept)", "weights"),
    "jax": (_LOAD_JAX, "save_file(as_arrays(weights), kept)", "weights"),
}


def _train_anew(graph: Graph, kept: str, given: str) -> str:
    channels, height, width = graph.input_shape
    lines = [
        f'kept = Path("{TRAINED}")',
        "if kept.exists():",
        '    parser.error(f"{kept} is there already: move it away")',
        "try:",
        f"    images, labels = read_data(path, ({height}, {width}, {channels}))",
        "except (BadZipFile, EOFError, OSError, ValueError, zlib.error) as error:",
        f'    wanted = "{data_text(graph)}"',
        '    parser.error(f"{path} must hold {wanted}: {error}")',
        f"{given} = train(images, labels)",
        f"right = predict({given}, images).argmax(1) == labels",
        'print(f"accuracy on the training images: {right.mean():.2%}")',
        kept,
        'print(f"kept as {kept}: --weights {kept} takes them")',
    ]
    head = "def train_anew(parser: argparse.ArgumentParser, path: Path) -> None:"
    about = '    """Trains on a file of images, and keeps the weights in the working folder."""'
    return "\n".join([head, about, block(lines)])


_INVERT = "dark on light to light on dark"  # as predict.py has it


def _options(trains: bool) -> list[str]:
    pictures = '"*"' if trains else '"+"'
    lines = [
        "parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])",
        f'parser.add_argument("pictures", nargs={pictures}, type=Path, metavar="PICTURE")',
        f'parser.add_argument("--invert", action="store_true", help="{_INVERT}")',
        'parser.add_argument("--weights", type=Path, default=WEIGHTS, help="another file of them")',
    ]
    if not trains:
        return [*lines, "asked = parser.parse_args()"]
    return [
        *lines,
        'parser.add_argument("--train", type=Path, metavar="DATA.npz", help="train on these anew")',
        "asked = parser.parse_args()",
        "if bool(asked.pictures) == bool(asked.train):",
        '    parser.error("give PICTURE..., or --train DATA.npz")',
        "if asked.train and (asked.invert or asked.weights != WEIGHTS):",
        '    parser.error("--invert and --weights are for PICTURE..., not for --train")',
        "if asked.train:",
        "    train_anew(parser, asked.train)",
        "    return",
    ]


def _loaded(given: str) -> list[str]:
    return [
        "try:",
        f"    {given} = load_weights(asked.weights)",
        "except (OSError, RuntimeError, SafetensorError, ValueError) as error:",
        '    told = " ".join(str(error).split())',
        '    parser.error(f"{asked.weights} holds no weights of this network: {told}")',
    ]


def _shown(graph: Graph, given: str) -> list[str]:
    outputs = f"predict({given}, picture)[0]"
    last = graph.last.function
    if last == "softmax":
        shares = [f"    shares = {outputs}"]
    elif last == "log_softmax":
        shares = [f"    shares = np.exp({outputs})"]
    else:
        shares = [
            f"    outputs = {outputs}",
            "    shares = np.exp(outputs - outputs.max())",
            "    shares /= shares.sum()",
        ]
    return [
        "unreadable = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)",
        "for path in asked.pictures:",
        "    try:",
        "        picture = read_picture(path, asked.invert)",
        "    except unreadable as error:",
        '        parser.error(f"{path} is no picture that can be read: {error}")',
        *shares,
        "    best = int(shares.argmax())",
        '    print(f"{path}: {CLASSES[best]} ({shares[best]:.1%})")',
    ]
