"""The base of every value that an experiment file may hold."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Spec(BaseModel):
    """Frozen, checked when made, and closed: an unknown key is an error, never ignored.

    Strict too: "5" is no number and true is no 1; but a list is a tuple, as files write them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _lists_as_tuples(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}


def named(value: Any) -> Any:
    """Lets a bare name stand for a choice with its defaults: "sgd" for {name = "sgd"}.

    And {python = "mine.py:make"} for {name = "python", python = ...}.
    """
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict) and "python" in value and "name" not in value:
        return {"name": "python", **value}
    return value


def none_as_word(value: Any) -> Any:
    """Lets "none" stand for the absence of a part: TOML has no null, and a sweep must say so."""
    return None if value in ("none", {"name": "none"}) else value
