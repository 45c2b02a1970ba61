"""What is wrong with an experiment, in plain words: every problem at once, with the near misses."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from imagette.errors import nearest
from imagette.plain import short

Location = Sequence[int | str]


def describe_problems(error: ValidationError, model: type[BaseModel], source: str) -> str:
    """One line for a single problem; else a count, then a line for each.

    The branches of a union that all refuse a value make one problem: what the value may be.
    """
    found: dict[str, list[str]] = {}
    for problem in error.errors():
        key, models = _walk(problem["loc"], model)
        found.setdefault(key, []).append(_rule(problem, key, models))
    lines = [_line(key, rules) for key, rules in found.items()]
    if len(lines) == 1:
        return f"{source}: {lines[0]}"
    return f"{source} has {len(lines)} problems:\n" + "\n".join(f"  {line}" for line in lines)


def _line(key: str, rules: Sequence[str]) -> str:
    """Of several rules for one key, those of the branches: joined by or, what came said once."""
    if len(rules) == 1:
        return rules[0]
    subject = f"'{key}' "
    parts = [rule.removeprefix(subject).partition(". Got ") for rule in rules]
    first, *others = dict.fromkeys(part[0] for part in parts)
    allowed = " or ".join([first, *(other.removeprefix("must be ") for other in others)])
    return f"{subject}{allowed}. Got {parts[0][2]}"


def _rule(problem: Mapping[str, Any], key: str, models: Sequence[type[BaseModel]]) -> str:
    received, context = problem["input"], problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            choices = [name for model in models for name in model.model_fields]
            told = _deeper(key, models) or nearest(str(problem["loc"][-1])[:40], choices)
            return f"unknown key '{key}'. {told}"
        case "union_tag_invalid":
            choices = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
            tag = short(context["tag"], 80)
            return f"'{key}.name' is '{tag}'. {nearest(tag, choices)}"
        case "union_tag_not_found" | "model_attributes_type":
            return f"'{key}' must be a name or a table with a name. Got {_shown(received)}."
        case "literal_error":
            return f"'{key}' must be {context['expected']}. Got {_shown(received)}."
        case "value_error":
            return f"{_subject(key)}{short(str(context['error']).removesuffix('.'), 1000)}."
        case "missing":
            return f"'{key}' must be given."
        case "tuple_type":
            return f"'{key}' must be a list. Got {_shown(received)}."
        case "model_type":
            inner = [name for model in _inside(key, models) for name in model.model_fields]
            table = f"a table with {', '.join(dict.fromkeys(inner))}" if inner else "a table"
            return f"'{key}' must be {table}. Got {_shown(received)}."
        case "dict_type":
            return f"'{key}' must be a table. Got {_shown(received)}."
    rule = problem["msg"].removeprefix("Input should ").lower()
    return f"'{key}' must {rule}. Got {_shown(received)}."


def _shown(received: object) -> str:
    """As an experiment's file has it, where a list is in square brackets."""
    return short(repr(list(received) if isinstance(received, tuple) else received))


def _inside(key: str, models: Sequence[type[BaseModel]]) -> list[type[BaseModel]]:
    """The tables that the key's last word may hold."""
    word = key.rpartition(".")[2]
    fields = [model.model_fields[word] for model in models if word in model.model_fields]
    return [found for field in fields for found in _models_in(field.annotation)]


def _deeper(key: str, models: Sequence[type[BaseModel]]) -> str | None:
    """The same key where it belongs, one table further down."""
    parents, _, word = key.rpartition(".")
    fields = [item for model in models for item in model.model_fields.items()]
    for name, field in fields:
        if any(word in inner.model_fields for inner in _models_in(field.annotation)):
            return f"Did you mean '{f'{parents}.' if parents else ''}{name}.{word}'?"
    return None


def _subject(key: str) -> str:
    return f"'{key}': " if key else ""


def _walk(location: Location, model: type[BaseModel]) -> tuple[str, list[type[BaseModel]]]:
    """The key as the user writes it, and the models in which its last part was looked for.

    Pydantic puts tags of unions and labels of their branches in a location; the user knows
    neither.
    """
    models, keys = [model], []
    for place, part in enumerate(location):
        last = place == len(location) - 1
        fields = [m.model_fields[part] for m in models if part in m.model_fields]
        if isinstance(part, int):
            keys.append(str(part))
        elif fields:
            keys.append(part)
            if not last:
                models = [inner for field in fields for inner in _models_in(field.annotation)]
        elif tagged := [m for m in models if _tag(m) == part]:
            models = tagged
        elif last and not _is_branch(part):
            keys.append(part)
    return short(".".join(keys), 80), models


def _is_branch(part: str) -> bool:
    """Such as constrained-int, literal['all'], function-after[...]: no key has such a name."""
    return not part.replace("_", "").isalnum()


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in get_args(annotation) for found in _models_in(inner)]


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("name")
    return field.default if field and isinstance(field.default, str) else None
