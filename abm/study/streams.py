"""What flows along each chain a day, side by side: what its firms hear of demand, the goods they send, the money.

Firms before the last maker work for many chains at once: each chain counts with its part in their usual flow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from abm import foresight
from abm.columns import F8, I8, Array
from abm.settlement import Reason, tally
from abm.study.strikes import rank_correlation
from abm.world import Outcome, World

if TYPE_CHECKING:
    import pandas as pd

FLOWS = ("told", "moved", "paid")
"""Information in units, goods in units, money in cents."""
HUNDRED = 100


def chain_of(world: World) -> I8:
    """The chain of each finished product, by product; -1 for parts."""
    found = np.full(len(world.products), -1, np.int64)
    found[world.chains.product] = np.arange(len(world.chains))
    return found


def parts(world: World) -> F8:
    """Part of the steady flow through each node that is for each chain: float64[node, chain]; rows add up to 1 or 0."""
    nodes, links, own = world.nodes, world.links, chain_of(world)[world.nodes.product]
    onward = np.zeros(len(nodes), np.int64)
    tally(links.supplier, np.floor(links.baseline * links.per_unit * foresight.MILLION + 0.5), onward)
    wanted = np.zeros((len(nodes), len(world.chains)), np.int64)
    last = np.flatnonzero(own >= 0)
    usual = np.floor(nodes.baseline[last] * foresight.MILLION + 0.5).astype(np.int64)
    wanted[last, own[last]] = np.maximum(usual - onward[last], 0)
    foresight.pass_up(world, foresight.climb(world), np.zeros(len(links)), wanted)
    total = wanted.sum(axis=1, keepdims=True)
    return np.asarray(wanted / np.maximum(total, 1))


def streams(world: World) -> dict[str, F8]:
    """The flows of the day that has ended: float64[tier, chain] by name, tier 0 being between shoppers and sellers.

    ``told`` is the demand that firms of a tier have on record, by order or by report; at sellers what shoppers asked.
    ``moved`` is what they hand over: at the door, else at departure, where title passes. ``paid`` is what shoppers paid
    on the day; else ``billed`` are the bills for goods of the day and ``owed`` all that are not yet settled.
    """
    part, links, nodes = parts(world), world.links, world.nodes
    steps = foresight.tiers(world) - 1
    shape = (int(steps.max()) + 1, len(world.chains))
    found = {name: np.zeros(shape) for name in ("told", "moved", "paid", "billed", "owed")}
    own = chain_of(world)
    sold = own[world.listings.product[world.offers.listing]]
    np.add.at(found["told"][0], sold, world.offers.sold)
    shelf = own[nodes.product] >= 0
    np.add.at(found["told"][0], own[nodes.product[shelf]], nodes.short[shelf])
    np.add.at(found["moved"][0], sold[world.delivered.offer], 1.0)
    bought = world.orders.outcome == Outcome.BOUGHT
    np.add.at(found["paid"][0], sold[world.orders.offer[bought]], world.orders.paid_cents[bought])

    between = (links.alive > 0) & (links.supplier >= 0) & (nodes.firm[links.supplier] != nodes.firm[links.buyer])
    source = np.unique(links.supplier[between])
    record = nodes.demand[source, (world.day - 1) % nodes.demand.shape[1]] / HUNDRED
    np.add.at(found["told"], steps[nodes.firm[source]], record[:, None] * part[source])
    for _, _, rows in world.shipments.every():
        left = np.flatnonzero((rows.ordered == world.day - 1) & between[rows.link])
        link = rows.link[left]
        tier = steps[nodes.firm[links.supplier[link]]]
        np.add.at(found["moved"], tier, rows.units[left, None] * part[links.buyer[link]])
    _bills(world, part, between, steps, found)
    return found


def _bills(world: World, part: F8, between: Array, steps: I8, found: dict[str, F8]) -> None:
    """Bills for goods by tier of who is owed, shared out to the chains for which the two firms usually trade."""
    links, firm, size = world.links, world.nodes.firm, len(world.firms)
    rows = np.flatnonzero(between)
    value = (links.baseline * links.price_cents)[rows, None] * part[links.buyer[rows]]
    pair = firm[links.buyer[rows]].astype(np.int64) * size + firm[links.supplier[rows]]
    known, place = np.unique(pair, return_inverse=True)
    weight = np.zeros((len(known), part.shape[1]))
    np.add.at(weight, place, value)
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-12)
    for _, _, bills in world.invoices.every():
        goods = bills.take(bills.reason == Reason.GOODS)
        creditor = world.accounts.firm[goods.payee]
        key = goods.debtor.astype(np.int64) * size + creditor
        at = np.minimum(np.searchsorted(known, key), max(len(known) - 1, 0))
        mine = np.flatnonzero(known[at] == key)
        cents = goods.amount_cents[mine, None] * weight[at[mine]]
        tier = steps[creditor[mine]]
        np.add.at(found["owed"], tier, cents)
        np.add.at(found["billed"], tier, cents * (goods.issued[mine, None] == world.day - 1))


def watch(world: World) -> dict[str, float]:
    """The streams of the day by name, tier and chain, for an experiment."""
    return {
        f"{name}:{tier + 1}:{chain}": float(value)
        for name, table in streams(world).items()
        for (tier, chain), value in np.ndenumerate(table)
    }


def table(days: pd.DataFrame) -> dict[str, F8]:
    """What was watched as float64[day, tier, chain] for each of the flows; debts tell what firms paid."""
    found = {}
    for name in (*FLOWS, "billed", "owed"):
        columns = [column.split(":") for column in days.columns if column.startswith(f"{name}:")]
        shape = (len(days), *(max(int(one[place]) for one in columns) + place - 1 for place in (1, 2)))
        found[name] = days[[":".join(one) for one in columns]].to_numpy(float).reshape(shape)
    before = np.concatenate([found["owed"][:1], found["owed"][:-1]])
    settled = before + found.pop("billed") - found.pop("owed")
    settled[0] = 0.0
    found["paid"] = np.concatenate([found["paid"][:, :1], settled[:, 1:]], axis=1)
    return found


def half_way(extra: F8) -> float:
    """Day on which half of all that a flow gains at most has come, from the first; NaN where it gains nothing."""
    gained = np.cumsum(extra)
    return float(np.argmax(gained >= gained.max() / 2.0)) if len(gained) and gained.max() > 0 else float("nan")


def follow(
    calm: pd.DataFrame, struck: pd.DataFrame, since: int, groups: Mapping[str, Sequence[int]] | None = None
) -> dict[str, float]:
    """How long after what shoppers ask each flow of each tier follows, and whether it follows in the chains that gain.

    ``told_2`` is the days by which half of what the tier hears in excess lags half of what shoppers ask in excess;
    chains that lose count as those that gain, with the other sign. ``told_chains`` is the rank correlation over chains
    of what shoppers ask and what the firms before the seller are told, in excess, all days together. ``groups`` names
    chains of which the same is told by themselves: ``asked:name`` packs in excess, and the lag ``told:name`` of what
    all their firms before the seller hear.
    """
    one, other = table(calm), table(struck)
    extra = {name: (other[name] - one[name])[since:] for name in FLOWS}
    gain = extra["told"][:, 0].sum(axis=0)
    sign, found = np.sign(gain), {}
    first = half_way((extra["told"][:, 0] * sign).sum(axis=1))
    for name, flow in extra.items():
        for tier in range(flow.shape[1]):
            if (name, tier) != ("told", 0):
                found[f"{name}_{tier + 1}"] = half_way((flow[:, tier] * sign).sum(axis=1)) - first
        found[f"{name}_chains"] = rank_correlation(gain, flow[:, 1:].sum(axis=(0, 1)))
    for group, rows in (groups or {}).items():
        asked = extra["told"][:, 0, rows].sum(axis=1)
        way = np.sign(asked.sum())
        found[f"asked:{group}"] = float(asked.sum())
        for name, flow in extra.items():
            found[f"{name}:{group}"] = half_way(flow[:, 1:, rows].sum(axis=(1, 2)) * way) - half_way(asked * way)
    return found
