"""The end of an exported file: its command line."""

from imagette.export.source.layout import block
from imagette.network.graph import Graph


def main_text(framework: str, graph: Graph, trains: bool) -> list[str]:
    """`load_weights`, `main`, and the call of it."""
    loader, kept, given = _WORDS[framework]
    lines = [
        "parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])",
        'parser.add_argument("pictures", nargs="*", type=Path)',
        *(['parser.add_argument("--train", type=Path, metavar="DATA.npz")'] if trains else []),
        "asked = parser.parse_args()",
        *(_training(kept, given) if trains else []),
        f"{given} = load_weights()",
        "for path in asked.pictures:",
        *_shown(graph, given),
    ]
    text = "\n".join(["def main() -> None:", block(lines)])
    return [loader, text, 'if __name__ == "__main__":\n    main()']


_LOAD_TORCH = '''
def load_weights() -> nn.Module:
    """The network with the weights that lie beside this file."""
    network = Network()
    network.load_state_dict(load_file(WEIGHTS))
    return network
'''
_LOAD_JAX = '''
def load_weights() -> Weights:
    """The weights that lie beside this file."""
    return {name: jnp.asarray(value) for name, value in load_file(WEIGHTS).items()}
'''
_LOAD_HAIKU = '''
def load_weights() -> Weights:
    """The weights that lie beside this file."""
    params, state = {}, {}
    for path, value in load_file(WEIGHTS).items():
        module, _, name = path.rpartition("/")
        part = state if name in ("mean", "var") else params
        part.setdefault(module, {})[name] = jnp.asarray(value)
    return params, state
'''
_WORDS = {
    "torch": (_LOAD_TORCH, "save_file(network.state_dict(), trained)", "network"),
    "haiku": (_LOAD_HAIKU, "save_file(as_arrays(weights), trained)", "weights"),
    "jax": (_LOAD_JAX, "save_file(as_arrays(weights), trained)", "weights"),
}


def _training(kept: str, given: str) -> list[str]:
    return [
        "if asked.train:",
        "    data = np.load(asked.train)",
        f'    {given} = train(data["images"], data["labels"])',
        '    trained = WEIGHTS.with_stem("trained")',
        f"    {kept}",
        '    print(f"kept as {trained}")',
        "    return",
    ]


def _shown(graph: Graph, given: str) -> list[str]:
    outputs = f"predict({given}, read_picture(path))[0]"
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
        *shares,
        "    best = int(shares.argmax())",
        '    print(f"{path}: {CLASSES[best]} ({shares[best]:.1%})")',
    ]
