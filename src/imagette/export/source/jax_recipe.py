"""A recipe in JAX with Optax: loss, optimiser, a compiled step, and the loop over epochs."""

from typing import Any

from imagette.engines.initial import last_norms
from imagette.export.source.expression import number_text
from imagette.export.source.jax_network import Traits
from imagette.export.source.layout import INDENT, block, signature, wrapped
from imagette.export.source.library import piece
from imagette.export.source.recipe_code import (
    Training,
    augment_functions,
    batches_function,
    group_function,
    initialises,
    schedule_function,
)
from imagette.export.source.torch_recipe import (
    average_share,
    epochs_word,
    factors_line,
    last_linear,
    loss_in_words,
    steps_lines,
)
from imagette.network.graph import Graph
from imagette.recipe.initial import Initial
from imagette.recipe.losses import NLL, CrossEntropy
from imagette.recipe.optimisers import SGD, Adam, AdamW, Muon, RMSprop
from imagette.recipe.recipe import Recipe


def jax_training(training: Training, graph: Graph, traits: Traits) -> list[str]:
    """Every definition that training needs, `train` last."""
    recipe = training.recipe
    return [
        _initialise(recipe.initial, graph),
        jax_loss(recipe.loss),
        group_function(recipe),
        piece("jax_code", "orthogonalised") if isinstance(recipe.optimiser, Muon) else "",
        piece("jax_code", "on_sphere")
        if isinstance(recipe.optimiser, Muon) and recipe.optimiser.normalise
        else "",
        make_optimiser(training, graph),
        schedule_function(training),
        *augment_functions(training),
        batches_function(training),
        make_train_step(recipe, traits),
        average_share(training),
        piece("jax_code", "moving_towards") if recipe.averaging else "",
        train(training, traits),
    ]


_SCALES = {
    "kaiming_normal": '(2.0, "fan_in", "normal"',
    "kaiming_uniform": '(2.0, "fan_in", "uniform"',
    "xavier_normal": '(1.0, "fan_avg", "normal"',
    "xavier_uniform": '(1.0, "fan_avg", "uniform"',
}


def _initialise(initial: Initial, graph: Graph) -> str:
    """Other first values than `first_weights` draws, in the places that the recipe says."""
    if not initialises(initial):
        return ""
    lines = [
        "def initialised(key: Array, weights: Weights) -> Weights:",
        '    """The weights with first values as the recipe has them."""',
        "    weights = dict(weights)",
    ]
    if initial.name in _SCALES:
        draw = f"jax.nn.initializers.variance_scaling{_SCALES[initial.name]}, 1, 0)"
        lines.append(f"    draw = {draw}")
    elif initial.name == "orthogonal":
        lines.append("    draw = jax.nn.initializers.orthogonal(column_axis=0)")
    if initial.name not in ("default", "dirac"):
        scaled = initial.name in _SCALES
        shape = "value.shape" if scaled else "(len(value), value.size // len(value))"
        end = "" if scaled else ".reshape(value.shape)"
        lines += [
            "    for name, value in weights.items():",
            "        key, own_key = jax.random.split(key)",
            "        if value.ndim > 1:",
            f"            weights[name] = draw(own_key, {shape}){end}",
            '        elif name.endswith("bias"):',
            "            weights[name] = jnp.zeros_like(value)",
        ]
    elif initial.name == "dirac":
        lines += [
            "    for name, value in weights.items():",
            "        if value.ndim == 4:  # a kernel's first outputs are its inputs",
            "            n, (row, column) = min(value.shape[:2]), np.array(value.shape[2:]) // 2",
            "            places = (jnp.arange(n), jnp.arange(n), row, column)",
            "            weights[name] = value.at[:n].set(0).at[places].set(1)",
        ]
    if initial.zero_last_norm:
        names = ", ".join(f'"{name}"' for name in last_norms(graph))
        zero = "        weights[name] = jnp.zeros_like(weights[name])"
        lines += [wrapped(f"last_norms = [{names}]", 1), "    for name in last_norms:", zero]
    return "\n".join([*lines, "    return weights"])


def jax_loss(loss: Any) -> str:
    lines = _losses_of(loss)
    if loss.class_weights is not None:
        lines.append("losses = losses * jnp.array(CLASS_WEIGHTS)[labels]")
    end = "sum" if loss.reduction == "sum" else "mean"
    return "\n".join(
        [
            "def loss(outputs: Array, labels: Array) -> Array:",
            f'    """{loss_in_words(loss)}"""',
            *(wrapped(line, 1) for line in lines),
            f"{INDENT}return losses.{end}()",
        ]
    )


def _losses_of(loss: Any) -> list[str]:
    one_hot = "targets = jax.nn.one_hot(labels, outputs.shape[1])"
    if isinstance(loss, CrossEntropy):
        if not loss.label_smoothing:
            call = "optax.softmax_cross_entropy_with_integer_labels(outputs, labels)"
            return [f"losses = {call}"]
        smooth = f"targets = optax.smooth_labels(targets, {loss.label_smoothing!r})"
        return [one_hot, smooth, "losses = optax.softmax_cross_entropy(outputs, targets)"]
    if isinstance(loss, NLL):
        return ["losses = -jnp.take_along_axis(outputs, labels[:, None], 1)"]
    return [one_hot, "losses = jnp.square(outputs - targets).mean(1)"]


def make_optimiser(training: Training, graph: Graph) -> str:
    recipe = training.recipe
    optimiser: Any = recipe.optimiser
    if not recipe.groups and not isinstance(optimiser, Muon):
        decay = number_text(optimiser.decay) if optimiser.decay else ""
        return "\n".join(
            [
                "def make_optimiser(rate: optax.ScalarOrSchedule) -> optax.GradientTransformation:",
                '    """What moves the weights by their gradients."""',
                wrapped(f"return {_chain(optimiser, 'rate', decay)}", 1),
            ]
        )
    return _optimiser_of_groups(recipe, graph)


def _optimiser_of_groups(recipe: Recipe, graph: Graph) -> str:
    """By a label for each weight: who moves it, with what factor of the rate and what decay."""
    optimiser: Any = recipe.optimiser
    lines = _muon_lines(recipe, graph) if isinstance(optimiser, Muon) else _group_lines(optimiser)
    about = "Muon for the matrices within" if isinstance(optimiser, Muon) else "Group by group"
    gives = "optax.GradientTransformation"
    return "\n".join(
        [
            signature("make_optimiser", ["params: Weights", "factor: optax.Schedule"], gives),
            f'    """{about}; `factor` multiplies the rate of each step."""',
            "",
            block(
                [
                    *lines,
                    "transforms = {str(kind): moved(*kind) for kind in kinds.values()}",
                    "labels = {name: str(kind) for name, kind in kinds.items()}",
                    "return optax.multi_transform(transforms, labels)",
                ]
            ),
        ]
    )


def _group_lines(optimiser: Any) -> list[str]:
    return [
        "def moved(share: float, decay: float) -> optax.GradientTransformation:",
        "    def rate(step: Array) -> Array:",
        "        return RATE * share * factor(step)",
        "",
        f"    return {_chain(optimiser, 'rate', 'decay')}",
        "",
        f"kinds = {{name: group_of(name, {optimiser.decay!r}) for name in params}}",
    ]


def _muon_lines(recipe: Recipe, graph: Graph) -> list[str]:
    optimiser, last = recipe.optimiser, last_linear(graph)
    assert isinstance(optimiser, Muon), "asked for it alone"
    rest = optimiser.rest
    inner = "w.ndim > 1" + (f' and not name.startswith("{last}.")' if last else "")
    decay = repr(optimiser.decay)
    if rest.decay != optimiser.decay:
        decay = f"{optimiser.decay!r} if inner else {rest.decay!r}"
    share = "*group_of(name, decay)" if recipe.groups else "1.0, decay"
    return [
        "def moved(inner: bool, share: float, decay: float) -> optax.GradientTransformation:",
        "    def rate(step: Array) -> Array:",
        f"        return (RATE if inner else {rest.rate!r}) * share * factor(step)",
        "",
        "    if inner:",
        f"        return {_chain(optimiser, 'rate', 'decay')}",
        f"    return {_chain(rest, 'rate', 'decay')}",
        "",
        "kinds = {}",
        "for name, w in params.items():",
        f"    inner = {inner}",
        f"    decay = {decay}",
        f"    kinds[name] = (inner, {share})",
    ]


def _chain(optimiser: Any, rate: str, decay: str) -> str:
    """The optimiser as code; `decay` is empty where there is none."""
    added = f"optax.add_decayed_weights({decay})" if decay else ""
    match optimiser:
        case SGD():
            words = [rate]
            words += [f"momentum={optimiser.momentum!r}"] if optimiser.momentum else []
            words += ["nesterov=True"] if optimiser.nesterov else []
            made = f"optax.sgd({', '.join(words)})"
            return f"optax.chain({added}, {made})" if added else made
        case Adam():
            made = f"optax.adam({', '.join([rate, *_adam(optimiser)])})"
            return f"optax.chain({added}, {made})" if added else made
        case AdamW():
            words = [rate, *_adam(optimiser), f"weight_decay={decay or '0.0'}"]
            return f"optax.adamw({', '.join(words)})"
        case RMSprop():
            scaled = f"decay={optimiser.smoothing!r}, eps={optimiser.epsilon!r}"
            parts = [added, f"optax.scale_by_rms({scaled}, eps_in_sqrt=False)"]
            parts += [f"optax.trace({optimiser.momentum!r})"] if optimiser.momentum else []
        case _:
            nesterov = ", nesterov=True" if optimiser.nesterov else ""
            parts = [
                f"optax.trace({optimiser.momentum!r}{nesterov})",
                f"orthogonalised({optimiser.newton_schulz})",
                added,
            ]
    parts.append(f"optax.scale_by_learning_rate({rate})")
    if isinstance(optimiser, Muon) and optimiser.normalise:
        parts.append("on_sphere()")
    return f"optax.chain({', '.join(part for part in parts if part)})"


def _adam(optimiser: Adam | AdamW) -> list[str]:
    words = {"b1": (optimiser.betas[0], 0.9), "b2": (optimiser.betas[1], 0.999)}
    words["eps"] = (optimiser.epsilon, 1e-8)
    return [f"{word}={value!r}" for word, (value, usual) in words.items() if value != usual]


def make_train_step(recipe: Recipe, traits: Traits, outputs: str = "") -> str:
    """The function that compiles a step; `outputs` is the call of the network, if not `apply`."""
    given = ["params", *(["state"] if traits.has_state else [])]
    keyed = ["key"] if traits.random else []
    called = [*given, "inputs", *(["training=True"] if traits.stateful else [])]
    called += ["key=key"] if traits.random else []
    arguments = ", ".join([*given, "inputs", "labels", *keyed])
    outputs = outputs or f"apply({', '.join(called)})"
    aux = traits.stateful
    if aux:
        body = [f"outputs, state = {outputs}", "return loss(outputs, labels), state"]
    else:
        body = [f"return loss({outputs}, labels)"]
    result = "(value, state), gradients" if aux else "value, gradients"
    has_aux = ", has_aux=True" if aux else ""
    inner = [
        "params",
        *(["state"] if traits.has_state else []),
        "slots",
        "inputs",
        "labels",
        *keyed,
    ]
    given_back = ", ".join(["params", *(["state"] if aux else []), "slots"])
    value = "value / len(labels)" if recipe.loss.reduction == "sum" else "value"
    clip = [] if recipe.clip is None else ["gradients = clipped(gradients)"]
    lines = [
        f"def loss_of({arguments}):",
        *(f"    {line}" for line in body),
        "",
        *(_clipped(recipe.clip) if recipe.clip is not None else []),
        "@jax.jit",
        f"def train_step({', '.join(inner)}):",
        f"    {result} = jax.value_and_grad(loss_of{has_aux})({arguments})",
        *(f"    {line}" for line in clip),
        "    updates, slots = optimiser.update(gradients, slots, params)",
        "    params = optax.apply_updates(params, updates)",
        f"    return {given_back}, {value}",
        "",
        "return train_step",
    ]
    return "\n".join(
        [
            "def make_train_step(optimiser: optax.GradientTransformation) -> Callable[..., Any]:",
            '    """One step on a batch, compiled; the last that it gives is the mean loss."""',
            "",
            block(lines),
        ]
    )


def _clipped(most: float) -> list[str]:
    return [
        "def clipped(gradients):",
        f"    factor = {number_text(most)} / (optax.global_norm(gradients) + 1e-6)",
        "    return jax.tree.map(lambda g: g * jnp.minimum(1, factor), gradients)",
        "",
    ]


def train(training: Training, traits: Traits, haiku_input: str = "") -> str:
    """The loop; `haiku_input` is the shape that a network of Haiku is begun with."""
    recipe = training.recipe
    grouped = bool(recipe.groups) or isinstance(recipe.optimiser, Muon)
    averaged, rule = recipe.averaging is not None, recipe.averaging
    first = "first_weights(key)"
    if initialises(recipe.initial):
        first = f"initialised(key, {first})"
    names = "params, state" if traits.has_state else "params"
    whole = "params | state" if traits.has_state else "params"
    begin = f"split({first})" if traits.has_state else first
    if haiku_input:
        begin, whole = f"network.init(key, jnp.zeros({haiku_input}), True)", "(params, state)"
    inputs = "augment(images[rows], draws)" if training.augment else "images[rows]"
    given = [*(["params", "state"] if traits.has_state else ["params"]), "slots", "inputs"]
    given += ["labels[rows]", *(["own_key"] if traits.random else [])]
    back = ["params", *(["state"] if traits.stateful else []), "slots", "value"]
    moves = [
        "        share = average_share(step, num_steps)",
        f"        averages = moving_towards(averages, {whole}, share)",
        *(_synced(traits, bool(haiku_input)) if rule and rule.syncs else []),
        "        step += 1",
    ]
    lines = [
        "key = jax.random.key(SEED)",
        "draws = np.random.default_rng(SEED)",
        f"{names} = {begin}",
        *([f"averages = {whole}"] if averaged else []),
        *steps_lines(training),
        *_optimiser_lines(training, grouped),
        "slots = optimiser.init(params)",
        "train_step = make_train_step(optimiser)",
        *(["step = 0"] if averaged else []),
        f"for epoch in range(1, {epochs_word(training)} + 1):",
        "    losses = []",
        "    for rows in batches(len(images), draws):",
        f"        inputs = preprocess({inputs})",
        *(["        key, own_key = jax.random.split(key)"] if traits.random else []),
        f"        {', '.join(back)} = train_step({', '.join(given)})",
        "        losses.append(value)",
        *(moves if averaged else []),
        '    print(f"epoch {epoch}: mean loss {np.mean(losses):.4f}")',
        f"return {'averages' if averaged else whole}",
    ]
    return "\n".join(
        [
            "def train(images: Images, labels: NDArray[np.integer]) -> Weights:",
            '    """Weights trained on images uint8 [N,H,W,C] and labels [N], class numbers."""',
            block(lines),
        ]
    )


def _synced(traits: Traits, is_haiku: bool) -> list[str]:
    lines = ["        if share:  # the others follow"]
    if is_haiku:
        return [*lines, "            params, state = averages"]
    if traits.has_state:
        return [*lines, "            params, state = split(averages)"]
    return [*lines, "            params = averages"]


def _optimiser_lines(training: Training, grouped: bool) -> list[str]:
    lines = (
        [factors_line(training).replace("= ", "= jnp.array(", 1) + ")"]
        if training.scheduled
        else []
    )
    if grouped:
        factor = "lambda step: factors[step]" if training.scheduled else "lambda _: 1.0"
        return [*lines, f"optimiser = make_optimiser(params, {factor})"]
    rate = "lambda step: RATE * factors[step]" if training.scheduled else "RATE"
    return [*lines, f"optimiser = make_optimiser({rate})"]
