"""How far the network of chains is re-laid: who stands behind their goods, what they open, what is asked and made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm.columns import Array
from abm.moves import DEEPEST
from abm.settlement import tally
from abm.world import KINDS, World

if TYPE_CHECKING:
    import pandas as pd

TURNS = ("chains_born", "chains_rebuilt", "chains_gone", "switched", "entries", "exits")
"""Daily measures that are added up."""
BEFORE = {"makers": KINDS.index("manufacturer"), "suppliers": KINDS.index("supplier")}
"""Kinds of firm that may stand behind a chain's goods."""


def behind(world: World) -> Array:
    """Whether goods come from a firm to the seller of a living chain along links in use: bool[firm, chain]."""
    links, nodes, chains = world.links, world.nodes, world.chains
    used = np.flatnonzero((links.alive > 0) & (links.share > 0) & (links.supplier >= 0))
    reached = (nodes.product[:, None] == chains.product) & (nodes.firm[:, None] == chains.seller) & (chains.alive > 0)
    found = np.zeros((len(world.firms), len(chains)), bool)
    for _ in range(DEEPEST):
        np.logical_or.at(reached, links.supplier[used], reached[links.buyer[used]])
    np.logical_or.at(found, nodes.firm, reached)
    return found


def watch(world: World) -> dict[str, float]:
    """By chain of the first day the firms behind it, a bit for each; offers that these have; packs asked and made.

    What is asked is that of today, by first choice; what is made counts from the first day.
    """
    size, kinds = sum(one.count for one in world.scenario.chains), world.names["categories"]
    known, category = behind(world), world.chains.category
    found: dict[str, float] = {}
    for name, kind in BEFORE.items():
        firms = known[world.firms.kind == kind, :size]
        bits = 2.0 ** np.arange(len(firms)) @ firms
        found |= {f"{name}:{kinds[category[chain]]}:{chain}": float(one) for chain, one in enumerate(bits)}
    own = np.isin(world.listings.product, world.chains.product[:size])
    found["offers"] = float(own[world.offers.listing].sum())
    asked, made = np.zeros((2, len(kinds)), np.int64)
    first = world.orders.first[world.orders.first >= 0]
    tally(world.listings.category[world.offers.listing[first]], np.ones(len(first)), asked)
    tally(world.products.category, world.products.made * (world.products.finished > 0), made)
    for name, packs in (("asked", asked), ("made", made)):
        found |= {f"{name}:{kind}": float(one) for kind, one in zip(kinds, packs, strict=True)}
    return found


def shares(days: pd.DataFrame, kind: str, since: int, until: int) -> dict[str, float]:
    """Per cent of the packs asked for and of those made that are of a kind, from a day up to before another."""
    asked = days.filter(like="asked:").iloc[since:until].sum()
    counted = days.filter(like="made:")
    made = counted.iloc[until - 1] - counted.iloc[since - 1]
    parts = (("asked", asked), ("made", made))
    return {name: float(100.0 * packs[f"{name}:{kind}"] / packs.sum()) for name, packs in parts}


def relaid(days: pd.DataFrame, losing: str, since: int) -> dict[str, float]:
    """What became of the network from day ``since`` on, where one kind of goods is asked for less.

    ``relaid`` is the part of the ties of a chain with a firm behind it that held on the day before and do not on the
    last day; ``new_makers`` are ties with makers that came, day by day: of all chains, of those whose goods lose, and
    of those whose goods gain. ``opened`` are offers, in a new market or by a new mode. All are of the first day's
    chains.
    """
    found = {name: float(days[name].iloc[since:].sum()) for name in TURNS}
    lose = [one for one in days.columns if one.split(":")[1:2] == [losing]]
    groups = {"": days, "_losing": days[lose], "_gaining": days.drop(columns=lose)}
    for name, part in groups.items():
        makers, suppliers = (part.filter(like=f"{kind}:").iloc[since - 1 :].to_numpy(np.int64) for kind in BEFORE)
        held = np.hstack([makers[0], suppliers[0]])
        kept = held & np.hstack([makers[-1], suppliers[-1]])
        found[f"relaid{name}"] = 1.0 - float(np.bitwise_count(kept).sum() / np.bitwise_count(held).sum())
        found[f"new_makers{name}"] = float(np.bitwise_count(makers[1:] & ~makers[:-1]).sum())
    return found | {"opened": float(days["offers"].iloc[-1] - days["offers"].iloc[since - 1])}


def followed(calm: pd.DataFrame, moved: pd.DataFrame, kind: str, since: int, until: int) -> float:
    """How far the part of a kind of goods in what is made moves for each point in what is asked, against calm days."""
    one, other = (shares(days, kind, since, until) for days in (calm, moved))
    away = other["asked"] - one["asked"]
    return (other["made"] - one["made"]) / away if away else float("nan")
