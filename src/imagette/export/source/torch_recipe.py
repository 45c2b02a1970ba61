"""A recipe in PyTorch: first values, loss, optimiser, a step, and the loop over epochs."""

from typing import Any

from imagette.engines.initial import last_norms
from imagette.export.source.expression import number_text
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
from imagette.network.graph import Graph
from imagette.recipe.averaging import EMA, Lookahead
from imagette.recipe.groups import Group
from imagette.recipe.initial import Initial
from imagette.recipe.losses import MSE, NLL, CrossEntropy
from imagette.recipe.optimisers import SGD, Adam, AdamW, Muon, RMSprop
from imagette.recipe.recipe import Recipe


def torch_training(training: Training, graph: Graph) -> list[str]:
    """Every definition that training needs, `train` last."""
    recipe = training.recipe
    return [
        _initialise(recipe.initial, graph),
        _loss(recipe.loss),
        group_function(recipe),
        piece("torch_code", "grouped") if recipe.groups else "",
        piece("torch_code", "Muon") if isinstance(recipe.optimiser, Muon) else "",
        piece("torch_code", "orthogonal") if isinstance(recipe.optimiser, Muon) else "",
        _make_optimiser(recipe, graph),
        schedule_function(training),
        *augment_functions(training),
        batches_function(training),
        _train_step(recipe),
        average_share(training),
        _take_average(training),
        _train(training),
    ]


_DRAWS = {
    "kaiming_normal": 'nn.init.kaiming_normal_(parameter, nonlinearity="relu")',
    "kaiming_uniform": 'nn.init.kaiming_uniform_(parameter, nonlinearity="relu")',
    "xavier_normal": "nn.init.xavier_normal_(parameter)",
    "xavier_uniform": "nn.init.xavier_uniform_(parameter)",
    "orthogonal": "nn.init.orthogonal_(parameter)",
}


def _initialise(initial: Initial, graph: Graph) -> str:
    if not initialises(initial):
        return ""
    lines = [
        "@torch.no_grad()",
        "def initialise(network: nn.Module) -> None:",
        '    """Draws the first weights."""',
    ]
    if initial.name in _DRAWS:
        lines += [
            "    for name, parameter in network.named_parameters():",
            "        if parameter.dim() > 1:",
            f"            {_DRAWS[initial.name]}",
            '        elif name.endswith("bias"):',
            "            nn.init.zeros_(parameter)",
        ]
    elif initial.name == "dirac":
        lines += [
            "    for module in network.modules():",
            "        if isinstance(module, nn.Conv2d):  # its first outputs are its inputs",
            "            for group in module.weight.chunk(module.groups):",
            "                nn.init.dirac_(group[: group.shape[1]])",
        ]
    if initial.zero_last_norm:
        names = ", ".join(f'"{name}"' for name in last_norms(graph))
        zeros = [wrapped(f"last_norms = [{names}]", 1), "    for name in last_norms:"]
        lines += [*zeros, "        nn.init.zeros_(network.get_parameter(name))"]
    return "\n".join(lines)


def _loss(loss: Any) -> str:
    weighted, is_sum = loss.class_weights is not None, loss.reduction == "sum"
    reduction = "none" if weighted else ("sum" if is_sum else "")
    each, before = _losses_of(loss, reduction)
    lines = [
        "def loss(outputs: Tensor, labels: Tensor) -> Tensor:",
        f'    """{loss_in_words(loss)}"""',
        *(INDENT + line for line in before),
    ]
    end = "sum" if is_sum else "mean"
    if weighted:
        lines += [wrapped(f"losses = {each}", 1), "    weights = torch.tensor(CLASS_WEIGHTS)"]
        lines.append(f"    return (losses * weights[labels]).{end}()")
    elif isinstance(loss, MSE) and is_sum:
        lines.append(wrapped(f"return {each}.sum()", 1))
    else:
        lines.append(wrapped(f"return {each}", 1))
    return "\n".join(lines)


def _losses_of(loss: Any, reduction: str) -> tuple[str, list[str]]:
    word = f', reduction="{reduction}"' if reduction else ""
    if isinstance(loss, CrossEntropy):
        smoothing = loss.label_smoothing
        smooth = f", label_smoothing={smoothing!r}" if smoothing else ""
        return f"F.cross_entropy(outputs, labels{smooth}{word})", []
    if isinstance(loss, NLL):
        return f"F.nll_loss(outputs, labels{word})", []
    targets = ["targets = F.one_hot(labels, outputs.shape[1]).float()"]
    if reduction:
        return "(outputs - targets).square().mean(1)", targets
    return "F.mse_loss(outputs, targets)", targets


def loss_in_words(loss: Any) -> str:
    names: dict[Any, str] = {
        CrossEntropy: "Cross-entropy",
        MSE: "Mean squared error",
        NLL: "Minus the log of",
    }
    name = names[type(loss)]
    if isinstance(loss, NLL):
        name = "Minus the log-probability of the label"
    by = ", each by the weight of its class" if loss.class_weights else ""
    return f"{name}, {'summed' if loss.reduction == 'sum' else 'averaged'} over the images{by}."


def _make_optimiser(recipe: Recipe, graph: Graph) -> str:
    optimiser: Any = recipe.optimiser
    if not isinstance(optimiser, Muon):
        given, lines = _given(recipe.groups, "network.named_parameters()", "RATE", optimiser.decay)
        made = f"return {_call(optimiser, given, 'RATE', bool(recipe.groups))}"
        return "\n".join(
            [
                "def make_optimiser(network: nn.Module) -> torch.optim.Optimizer:",
                '    """What moves the weights by their gradients."""',
                block([*lines, made]),
            ]
        )
    last = last_linear(graph)
    but = f' and not name.startswith("{last}.")' if last else ""
    about = '    """Muon moves the matrices within the network, the other optimiser the rest."""'
    inner = f"inner = [(n, p) for n, p in named if p.dim() > 1{but}]".replace("name.", "n.")
    outer = "others = [(n, p) for n, p in named if all(p is not q for _, q in inner)]"
    rest = optimiser.rest
    first, _ = _given(recipe.groups, "inner", "RATE", optimiser.decay)
    second, _ = _given(recipe.groups, "others", repr(rest.rate), rest.decay)
    calls = [
        _call(optimiser, first, "RATE", bool(recipe.groups)),
        _call(rest, second, repr(rest.rate), bool(recipe.groups)),
    ]
    made = f"return [{', '.join(calls)}]"
    return "\n".join(
        [
            "def make_optimisers(network: nn.Module) -> list[torch.optim.Optimizer]:",
            about,
            block(["named = list(network.named_parameters())", inner, outer, made]),
        ]
    )


def _given(groups: tuple[Group, ...], named: str, rate: str, decay: float) -> tuple[str, list[str]]:
    """What an optimiser is given as its parameters, and a line that makes it."""
    if groups:
        line = f"parameters = grouped({named}, {rate}, {number_text(decay)})"
        if named == "network.named_parameters()":
            return "parameters", [line]
        return f"grouped({named}, {rate}, {number_text(decay)})", []
    if named == "network.named_parameters()":
        return "network.parameters()", []
    return f"[p for _, p in {named}]", []


def _call(optimiser: Any, given: str, rate: str, grouped: bool) -> str:
    options: dict[str, Any] = {"lr": rate}
    match optimiser:
        case SGD():
            name = "torch.optim.SGD"
            options |= {"momentum": optimiser.momentum} if optimiser.momentum else {}
            options |= {"nesterov": True} if optimiser.nesterov else {}
        case Adam() | AdamW():
            name = f"torch.optim.{type(optimiser).__name__}"
            options |= {} if optimiser.betas == (0.9, 0.999) else {"betas": optimiser.betas}
            options |= {} if optimiser.epsilon == 1e-8 else {"eps": optimiser.epsilon}
        case RMSprop():
            name = "torch.optim.RMSprop"
            options |= {} if optimiser.smoothing == 0.99 else {"alpha": optimiser.smoothing}
            options |= {"momentum": optimiser.momentum} if optimiser.momentum else {}
            options |= {} if optimiser.epsilon == 1e-8 else {"eps": optimiser.epsilon}
        case _:
            name = "Muon"
            options |= {"momentum": optimiser.momentum, "nesterov": optimiser.nesterov}
            options |= (
                {} if optimiser.newton_schulz == 5 else {"newton_schulz": optimiser.newton_schulz}
            )
            options |= {"normalise": True} if optimiser.normalise else {}
    usual = 0.01 if isinstance(optimiser, AdamW) else 0.0  # of PyTorch's own
    if not grouped and optimiser.decay != usual:
        options["weight_decay"] = optimiser.decay
    return f"{name}({given}, {', '.join(f'{key}={value}' for key, value in options.items())})"


def last_linear(graph: Graph) -> str:
    """The path of the last layer with a matrix, if it is a linear one: Muon leaves it."""
    matrices = [
        node for node in graph.nodes for w in node.weights if w.trainable and len(w.shape) > 1
    ]
    return matrices[-1].path if matrices and matrices[-1].function == "linear" else ""


def _train_step(recipe: Recipe) -> str:
    several = isinstance(recipe.optimiser, Muon)
    kind = "list[torch.optim.Optimizer]" if several else "torch.optim.Optimizer"
    word = "optimisers" if several else "optimiser"

    def each(call: str) -> list[str]:
        if not several:
            return [f"    optimiser.{call}"]
        return ["    for optimiser in optimisers:", f"        optimiser.{call}"]

    clip = number_text(recipe.clip) if recipe.clip is not None else ""
    result = "value.item() / len(labels)" if recipe.loss.reduction == "sum" else "value.item()"
    return "\n".join(
        [
            signature(
                "train_step",
                ["network: nn.Module", f"{word}: {kind}", "inputs: Tensor", "labels: Tensor"],
                "float",
            ),
            '    """One step on a batch, and its mean loss before that step."""',
            "    network.train()",
            *each("zero_grad()"),
            "    value = loss(network(inputs), labels)",
            "    value.backward()",
            *([f"    nn.utils.clip_grad_norm_(network.parameters(), {clip})"] if clip else []),
            *each("step()"),
            f"    return {result}",
        ]
    )


def average_share(training: Training) -> str:
    """How far the averages go to the weights after each step, if there are averages."""
    rule = training.recipe.averaging
    if rule is None:
        return ""
    lines = [
        "def average_share(step: int, num_steps: int) -> float:",
        '    """How far the averages go to the weights after a step, of steps from 0."""',
    ]
    if rule.every > 1:
        lines += [f"    if (step + 1) % {rule.every}:", "        return 0.0"]
    return "\n".join([*lines, *_share(rule, training)])


def _take_average(training: Training) -> str:
    rule = training.recipe.averaging
    if rule is None:
        return ""
    lines = [
        "@torch.no_grad()",
        "def take_average(averages: nn.Module, network: nn.Module, share: float) -> None:",
        '    """Lets the averages go a share of the way to the weights."""',
        "    moving = network.state_dict()",
        "    for name, average in averages.state_dict().items():",
        "        if average.is_floating_point():  # a count is none",
        "            average.lerp_(moving[name], share)",
    ]
    if rule.syncs:
        lines.append("            moving[name].copy_(average)")
    return "\n".join(lines)


def _share(rule: EMA | Lookahead, training: Training) -> list[str]:
    if isinstance(rule, EMA):
        kept = f"{rule.decay!r}" + (f"**{rule.every}" if rule.every > 1 else "")
        if not rule.warmup:
            return [f"    return 1 - {kept}"]
        move = f"(step + 1) // {rule.every} - 1" if rule.every > 1 else "step"
        return [f"    move = {move}", f"    return 1 - min({kept}, (1 + move) / (10 + move))"]
    if rule.ramp and not training.warms_up:
        fall = f"{1 - rule.share!r} * (step / num_steps) ** {rule.ramp!r}"
        return [f"    return 1 - {fall}"]
    return [f"    return {rule.share!r}"]


def _train(training: Training) -> str:
    recipe, several = training.recipe, isinstance(training.recipe.optimiser, Muon)
    word = "optimisers" if several else "optimiser"
    averaged = recipe.averaging is not None
    inputs = "augment(images[rows], draws)" if training.augment else "images[rows]"
    step = f"train_step(network, {word}, inputs, targets[rows])"
    lines = [
        "torch.manual_seed(SEED)",
        "draws = np.random.default_rng(SEED)",
        "targets = torch.tensor(labels, dtype=torch.long)",
        "network = Network()",
        *(["initialise(network)"] if initialises(recipe.initial) else []),
        *(["averages = deepcopy(network)"] if averaged else []),
        f"{word} = make_{word}(network)",
        *steps_lines(training),
        *(_schedulers(training, several) if training.scheduled else []),
        *(["step = 0"] if averaged else []),
        f"for epoch in range(1, {epochs_word(training)} + 1):",
        "    losses = []",
        "    for rows in batches(len(images), draws):",
        f"        inputs = preprocess({inputs})",
        f"        losses.append({step})",
        *(_schedule_steps(several) if training.scheduled else []),
        *(_averages(recipe.averaging) if averaged else []),
        '    print(f"epoch {epoch}: mean loss {np.mean(losses):.4f}")',
        "return averages" if averaged else "return network",
    ]
    head = wrapped("def train(images: Images, labels: NDArray[np.integer]) -> nn.Module:")
    about = '    """A network trained on images uint8 [N,H,W,C] and labels [N], class numbers."""'
    return "\n".join([head, about, block(lines)])


def _averages(rule: Any) -> list[str]:
    take = "take_average(averages, network, share)"
    taken = [f"        {take}"]
    if rule.syncs:  # at a share of 0 the weights are no averages
        taken = ["        if share:", f"            {take}"]
    return ["        share = average_share(step, num_steps)", *taken, "        step += 1"]


def steps_lines(training: Training) -> list[str]:
    """How many steps there are, as far as anything asks for it."""
    recipe = training.recipe
    if not (training.scheduled or recipe.averaging or recipe.epochs == "budget"):
        return []
    batch = "1" if recipe.batch == "all" else "math.ceil(len(images) / BATCH)"
    lines = [f"steps_per_epoch = {batch}"]
    if recipe.epochs == "budget":
        return [*lines, "num_steps = STEPS", "epochs = math.ceil(STEPS / steps_per_epoch)"]
    return [*lines, "num_steps = EPOCHS * steps_per_epoch"]


def epochs_word(training: Training) -> str:
    return "epochs" if training.recipe.epochs == "budget" else "EPOCHS"


def factors_line(training: Training) -> str:
    arguments = "num_steps, steps_per_epoch" if training.warms_up else "num_steps"
    return f"factors = rate_factors({arguments})"


def _schedulers(training: Training, several: bool) -> list[str]:
    made = "LambdaLR(optimiser, lambda step: factors[min(step, num_steps - 1)])"
    lines = [factors_line(training)]
    if several:
        return [*lines, f"schedules = [{made} for optimiser in optimisers]"]
    return [*lines, f"schedule = {made}"]


def _schedule_steps(several: bool) -> list[str]:
    if several:
        return ["        for schedule in schedules:", "            schedule.step()"]
    return ["        schedule.step()"]
