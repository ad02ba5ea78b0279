"""What a run tells of its firms, its chains and the trade between its countries."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pyarrow as pa

from abm.columns import I8
from abm.measures import Field
from abm.measures.carbon import along_lanes, of_packs
from abm.study.store import table
from abm.world import KINDS, MODES, World

FIRMS = (
    Field("firm", "name", "The firm.", "text"),
    Field("kind", "word", "Which of the nine kinds of firm it is.", "text"),
    Field("country", "code", "Where it sits.", "text"),
    Field("category", "word", "What it deals in; empty for all.", "text"),
    Field("alive", "yes/no", "Whether it trades.", "bool"),
    Field("chains", "chains", "Supply chains in which it takes part.", "int"),
    Field("cash_usd", "USD", "Its cash at the end.", "float"),
    Field("earned_usd", "USD", "Cash taken in since the first day lived.", "float"),
    Field("spent_usd", "USD", "Cash paid out since the first day lived.", "float"),
    Field("capacity", "by kind/day", "Units, parcels, declarations, slots or USD cents that it can handle.", "float"),
)
CHAINS = (
    Field("chain", "name", "The supply chain.", "text"),
    Field("category", "word", "What it makes.", "text"),
    Field("seller", "name", "The seller or retailer at its end.", "text"),
    Field("members", "names", "Its firms from the seller back to the source, services left out.", "text"),
    Field("tiers", "count", "Steps from the consumer to the source.", "int"),
    Field("alive", "yes/no", "Whether goods may flow along it.", "bool"),
    Field("sales", "packs/day", "Packs of its product sold a day at the end, smoothed over four weeks.", "float"),
)
FLOWS = (
    Field("origin", "code", "Country of the last manufacture.", "text"),
    Field("destination", "code", "The market.", "text"),
    Field("mode", "word", "The fulfilment mode.", "text"),
    Field("parcels", "parcels", "Parcels ordered in the reported days.", "int"),
    Field("value_usd", "USD", "Their list prices, without freight and tax.", "float"),
    Field("co2_kg", "kg", "CO2e of their carriage, from the maker to the door.", "float"),
)
DELIVERIES = (
    Field("mode", "word", "The fulfilment mode.", "text"),
    Field("days", "days", "Days from order to door.", "int"),
    Field("parcels", "parcels", "Parcels handed over in the reported days that took so long.", "int"),
)
LANES = (
    Field("lane", "name", "The lane: origin, destination and way of carriage.", "text"),
    Field("carrier", "name", "Who runs it.", "text"),
    Field("parcels", "parcels", "Parcels ordered in the reported days that travel on it.", "int"),
    Field("carried_kg", "kg", "What left on it in the reported days, parcels and cargo.", "float"),
    Field("co2_kg", "kg", "CO2e of that.", "float"),
)
LONGEST = 400
"""Days from order to door beyond which parcels are counted together."""


class Flows:
    """Trade of the days seen so far, by origin, destination and mode, and by lane; how long parcels took, by mode."""

    def __init__(self, countries: int, lanes: int) -> None:
        self.shape = (countries, countries, len(MODES))
        self.on_lane, self.carried, self.emitted = np.zeros((3, lanes), np.int64)
        self.parcels = np.zeros(self.shape, np.int64)
        self.cents = np.zeros(self.shape, np.int64)
        self.grams = np.zeros(self.shape, np.int64)
        self.took = np.zeros((len(MODES), LONGEST + 1), np.int64)

    def add(self, world: World) -> None:
        """Count today's sales and deliveries."""
        offers = world.offers
        rows = np.flatnonzero(offers.sold)
        cell = (world.nodes.origin[offers.node[rows]], offers.dest[rows], offers.mode[rows])
        np.add.at(self.parcels, cell, offers.sold[rows])
        np.add.at(self.cents, cell, offers.sold[rows] * offers.value_cents[rows])
        np.add.at(self.grams, cell, offers.sold[rows] * of_packs(world)[rows])
        np.add.at(self.on_lane, offers.lane[rows], offers.sold[rows])
        self.carried += world.lanes.load_g
        self.emitted += np.floor(world.lanes.load_g * along_lanes(world) / 1000.0 + 0.5).astype(np.int64)
        came = world.delivered
        days = np.clip(world.day - 1 - came.ordered.astype(np.int64), 0, LONGEST)  # the day has ended
        np.add.at(self.took, (offers.mode[came.offer], days), 1)

    def table(self, codes: list[str]) -> pa.Table:
        """All cells with trade, the largest value first."""
        found = [
            {
                "origin": codes[origin],
                "destination": codes[dest],
                "mode": MODES[mode],
                "parcels": int(self.parcels[origin, dest, mode]),
                "value_usd": int(self.cents[origin, dest, mode]) / 100,
                "co2_kg": int(self.grams[origin, dest, mode]) / 1000,
            }
            for origin, dest, mode in np.argwhere(self.parcels).tolist()
        ]
        return table(FLOWS, sorted(found, key=lambda row: -row["value_usd"]))

    def lanes(self, world: World) -> pa.Table:
        """All lanes on which anything left, in the order of the world."""
        names = world.names
        found = [
            {
                "lane": names["lanes"][row],
                "carrier": _named(names["firms"], int(world.lanes.carrier[row])),
                "parcels": int(self.on_lane[row]),
                "carried_kg": int(self.carried[row]) / 1000,
                "co2_kg": int(self.emitted[row]) / 1000,
            }
            for row in np.flatnonzero(self.carried + self.on_lane).tolist()
        ]
        return table(LANES, found)

    def deliveries(self) -> pa.Table:
        """How many parcels of each mode took how many days."""
        found = [
            {"mode": MODES[mode], "days": days, "parcels": int(self.took[mode, days])}
            for mode, days in np.argwhere(self.took).tolist()
        ]
        return table(DELIVERIES, found)


def _named(names: list[str], row: int) -> str:
    return names[row] if row >= 0 else ""


def firms(world: World) -> pa.Table:
    """The firms at the end."""
    rows, names = world.firms, world.names
    chains: I8 = np.zeros(len(rows), np.int64)
    pairs = np.unique(np.stack([world.members.firm, world.members.chain])[:, world.members.alive > 0], axis=1)
    np.add.at(chains, pairs[0], 1)
    cash = world.accounts.balance_cents[rows.account].tolist()
    found = [
        {
            "firm": names["firms"][row],
            "kind": KINDS[int(rows.kind[row])],
            "country": names["countries"][int(rows.country[row])],
            "category": _named(names["categories"], int(rows.category[row])),
            "alive": bool(rows.alive[row]),
            "chains": int(chains[row]),
            "cash_usd": cash[row] / 100,
            "earned_usd": int(rows.earned_cents[row]) / 100,
            "spent_usd": int(rows.spent_cents[row]) / 100,
            "capacity": float(rows.capacity[row]),
        }
        for row in range(len(rows))
    ]
    return table(FIRMS, found)


def chains(world: World) -> pa.Table:
    """The supply chains at the end."""
    names, members = world.names, world.members
    steps: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in np.flatnonzero((members.alive > 0) & (members.tier > 0)).tolist():
        steps[int(members.chain[row])][int(members.tier[row])].append(names["firms"][int(members.firm[row])])
    sales: dict[int, float] = defaultdict(float)
    for product, packs in zip(world.listings.product.tolist(), world.listings.popularity.tolist(), strict=True):
        sales[product] += packs
    found: list[dict[str, Any]] = []
    for row in range(len(world.chains)):
        line = [" + ".join(firms) for _, firms in sorted(steps[row].items())]
        found.append({
            "chain": names["chains"][row],
            "category": names["categories"][int(world.chains.category[row])],
            "seller": _named(names["firms"], int(world.chains.seller[row])),
            "members": " < ".join(line),
            "tiers": len(line),
            "alive": bool(world.chains.alive[row]),
            "sales": sales[int(world.chains.product[row])],
        })  # fmt: skip
    return table(CHAINS, found)
