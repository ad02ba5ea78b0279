"""What a rule is: a small class that proposes for the rows it is asked about, its parameters fields."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any


def parameter(default: float, unit: str, lo: float, hi: float, doc: str) -> Any:
    """Declare a rule's parameter: a dataclass field with unit, bounds and one sentence."""
    return dataclasses.field(default=default, metadata={"unit": unit, "lo": lo, "hi": hi, "doc": doc})


def parameters(rule: type) -> dict[str, Mapping[str, Any]]:
    """Name to default, unit, lo, hi and doc of every parameter of a rule."""
    if not dataclasses.is_dataclass(rule):
        return {}
    return {item.name: {"default": item.default, **item.metadata} for item in dataclasses.fields(rule)}
