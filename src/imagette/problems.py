"""What is wrong with an experiment, in plain words: every problem at once, with the near misses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from imagette.errors import nearest


def describe_problems(error: ValidationError, model: type[BaseModel], source: str) -> str:
    """One line for a single problem; else a count, then a line for each."""
    lines = [_line(problem, model) for problem in error.errors()]
    if len(lines) == 1:
        return f"{source}: {lines[0]}"
    return f"{source} has {len(lines)} problems:\n" + "\n".join(f"  {line}" for line in lines)


def _line(problem: Mapping[str, Any], model: type[BaseModel]) -> str:
    location: Sequence[int | str] = problem["loc"]
    key = _dotted(location, model)
    received = problem["input"]
    match problem["type"]:
        case "extra_forbidden":
            choices = [name for m in _models_at(location[:-1], model) for name in m.model_fields]
            return f"unknown key '{key}'. {nearest(str(location[-1]), choices)}"
        case "union_tag_invalid":
            context = problem["ctx"]
            choices = [tag.strip(" '") for tag in context["expected_tags"].split(",")]
            return f"'{key}.name' is '{context['tag']}'. {nearest(context['tag'], choices)}"
        case "union_tag_not_found" | "model_attributes_type":
            return f"'{key}' must be a name or a table with a name. Got {received!r}."
        case "literal_error":
            expected = problem["ctx"]["expected"]
            return f"'{key}' must be {expected}. Got {received!r}."
        case "value_error":
            return f"'{key}': {problem['ctx']['error']}." if key else f"{problem['ctx']['error']}."
        case "missing":
            return f"'{key}' must be given."
    rule = problem["msg"].removeprefix("Input ").lower()
    return f"'{key}' {rule}. Got {received!r}."


def _dotted(location: Sequence[int | str], model: type[BaseModel]) -> str:
    """The key as the user writes it: without the tags that pydantic adds for unions."""
    parts = [str(part) for part, is_key in _steps(location, model) if is_key]
    return ".".join(parts)


def _models_at(location: Sequence[int | str], model: type[BaseModel]) -> list[type[BaseModel]]:
    models = [model]
    for part in location:
        models = _below(models, part)
    return models


def _steps(
    location: Sequence[int | str], model: type[BaseModel]
) -> Iterator[tuple[int | str, bool]]:
    models = [model]
    for part in location:
        is_key = isinstance(part, int) or not _is_tag(models, part)
        yield part, is_key
        models = _below(models, part)


def _is_tag(models: Sequence[type[BaseModel]], part: str) -> bool:
    return len(models) > 1 and any(_tag(m) == part or m.__name__ == part for m in models)


def _below(models: Sequence[type[BaseModel]], part: int | str) -> list[type[BaseModel]]:
    """The models that may stand at `part` of one of `models`."""
    if isinstance(part, int):
        return list(models)
    tagged = [m for m in models if _tag(m) == part]
    if len(models) > 1 and tagged:
        return tagged
    annotations = [m.model_fields[part].annotation for m in models if part in m.model_fields]
    return [found for annotation in annotations for found in _models_in(annotation)]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in get_args(annotation) for found in _models_in(inner)]


def _tag(model: type[BaseModel]) -> str | None:
    field = model.model_fields.get("name")
    return field.default if field and isinstance(field.default, str) else None
