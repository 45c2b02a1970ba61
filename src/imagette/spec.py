"""The base of every value that an experiment file may hold."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """Frozen, checked when made, and closed: an unknown key is an error, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def named(value: Any) -> Any:
    """Lets a bare name stand for a choice with its defaults: "sgd" for {name = "sgd"}."""
    return {"name": value} if isinstance(value, str) else value
