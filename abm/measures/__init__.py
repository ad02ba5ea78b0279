"""What the user reads of a day: every measure once, with its unit and one sentence.

A measure is a function of the world at the end of a day. A name with braces stands for one column per label. Sums over
rows are sums of whole numbers and ratios are taken at the end, so that no bit depends on an order of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from abm.measures import market, supply, swings

# isort: split
from abm.measures import business, carbon
from abm.measures.declared import MEASURES, Measure
from abm.world import KINDS, MODES, World

__all__ = ["MEASURES", "Field", "Measure", "business", "carbon", "fields", "labels", "row", "swings"]


@dataclass(frozen=True, slots=True)
class Field:
    """One column of the daily table."""

    name: str
    unit: str
    doc: str
    kind: str


def labels(world: World) -> dict[str, list[str]]:
    """What each axis runs over in this world."""
    return {
        "currency": supply.currencies(world),
        "kind": list(KINDS),
        "mode": list(MODES),
        "part": list(market.PARTS),
        "tier": [str(tier) for tier in range(1, supply.tiers(world) + 1)],
        "turn": list(supply.TURNS),
        "way": list(market.WAYS),
    }


def fields(world: World) -> list[Field]:
    """The columns of the daily table of a world, in order."""
    along = labels(world)
    found = []
    for one in MEASURES:
        if not one.axis:
            found.append(Field(one.name, one.unit, one.doc, one.kind))
        for label in along.get(one.axis, ()):
            name, doc = (text.replace(f"{{{one.axis}}}", label) for text in (one.name, one.doc))
            found.append(Field(name, one.unit, doc, one.kind))
    return found


def row(world: World) -> dict[str, Any]:
    """The measures of today."""
    along = labels(world)
    found: dict[str, Any] = {}
    world.noted = {}
    try:
        for one in MEASURES:
            value = one.of(world)
            if not one.axis:
                found[one.name] = value
                continue
            for label, part in zip(along[one.axis], value, strict=True):
                found[one.name.replace(f"{{{one.axis}}}", label)] = part
    finally:
        world.noted = None
    return found
