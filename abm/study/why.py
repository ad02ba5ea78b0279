"""Why one consumer, firm, parcel or chain fares differently in another world under the same luck."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from abm.columns import Array, Column, Declared
from abm.day import DAY
from abm.phases import Phase
from abm.scenario import Problem, Scenario, ScenarioError
from abm.scenario.build import build
from abm.scenario.reading.errors import meant, said
from abm.world import STANDING, Outcome, Stage, World

Rows = Mapping[str, Array]
CALENDARS = ("parcels", "shipments", "invoices", "releases")
BUILT = "building the world"
SHOWN = 28
"""Days lived after the first divergence."""


@dataclass(frozen=True)
class Difference:
    """Where two worlds differ: on which day and in which phase, in which row and column, with both values in words."""

    day: date
    phase: str
    place: str
    row: str
    a: str
    b: str

    def __str__(self) -> str:
        values = f": {self.a} in A, {self.b} in B" if self.a or self.b else ""
        return f"{self.day}, {self.phase}: {self.place} of {self.row}{values}"


@dataclass
class Answer:
    """The first difference anywhere, in what the agent touches, and in the agent; and what it did in both worlds."""

    world: Difference | None = None
    touched: Difference | None = None
    agent: Difference | None = None
    timeline: list[tuple[date, str, str]] = field(default_factory=list)


def why(kind: str, name: str, a: Scenario, b: Scenario) -> Answer:
    """Live two worlds phase by phase and tell where they first differ, and where the agent of this name does.

    Raises:
        ScenarioError: there is no such agent.
    """
    worlds = build(a), build(b)
    rows = _agent(kind, name, worlds[0])
    found, told = Answer(), ("", "")
    found.world = next(_differences(worlds, BUILT, _every(worlds[0])), None)
    left = a.warmup + a.days
    while left > 0:
        for phase in DAY:
            for world in worlds:
                phase(world)
            _look(found, worlds, phase, rows)
        now = rows.told(worlds[0]), rows.told(worlds[1])
        if now != told and any(now):
            found.timeline.append((worlds[0].date, *now))
        told = now
        for world in worlds:
            world.day += 1
        left = min(left - 1, SHOWN) if found.agent else left - 1
    return found


def _look(found: Answer, worlds: tuple[World, World], phase: Phase, agent: Agent) -> None:
    """Keep the first differences of what a phase has written."""
    if found.agent and found.world:
        return
    written = [*(tuple(place.split(".")) for place in sorted(phase.writes)), *((one, "") for one in phase.appends)]
    places = [(table, column) for table, column in written if table != "daily"]
    if found.world is None:
        found.world = next(_differences(worlds, phase.name, places), None)
    if found.world is None:
        return
    if found.agent is None:
        found.agent = next(_differences(worlds, phase.name, places, agent.own(worlds[0])), None)
    if found.touched is None and found.agent is None:
        found.touched = next(_differences(worlds, phase.name, places, agent.touches(worlds[0])), None)
    if found.agent is None and agent.events(worlds[0]) != agent.events(worlds[1]):
        found.agent = Difference(worlds[0].date, phase.name, agent.kind, agent.name, *map(agent.events, worlds))


def _every(world: World) -> list[tuple[str, str]]:
    return [(table, column) for table in STANDING for column in getattr(world, table).columns]


def _differences(
    worlds: tuple[World, World], phase: str, places: list[tuple[str, str]], only: Rows | None = None
) -> Iterator[Difference]:
    """Where columns differ, among all rows or some; tables whose rows are not the same ones differ as a whole."""
    for table, column in places:
        if only is not None and table not in only:
            continue
        one, other = (_table(world, table) for world in worlds)
        if len(one) != len(other):
            yield _more(worlds, phase, table, (one, other))
            continue
        for name in [column] if column else one.columns:
            if name not in one.columns or name not in other.columns:
                continue  # a rule's own, which nobody follows
            left, right = getattr(one, name), getattr(other, name)
            if np.array_equal(left, right, equal_nan=left.dtype.kind == "f"):
                continue
            apart = (left != right) & ~((left != left) & (right != right))
            where = np.argwhere(apart)
            if only is not None:
                where = where[np.isin(where[:, 0], only[table])]
            if len(where):
                place = tuple(where[0].tolist())
                values = (
                    _word(world, one.columns[name], side[place])
                    for world, side in zip(worlds, (left, right), strict=True)
                )
                yield Difference(
                    worlds[0].date, phase, f"{table}.{name}", _named(worlds[0], table, one, place), *values
                )


def _more(worlds: tuple[World, World], phase: str, table: str, sides: tuple[Declared, Declared]) -> Difference:
    """One of the rows that only one of the worlds has, by name where rows have names."""
    names = [world.names.get(table, []) for world in worlds]
    extra = [[name for name in names[side] if name not in set(names[1 - side])] for side in (0, 1)]
    place = "a rule of import" if table == "borders" else table
    if any(extra):
        row = (extra[0] or extra[1])[0]
        there, not_there = "is there", "is not there"
        values = (there, not_there) if extra[0] else (not_there, there)
        return Difference(worlds[0].date, phase, place, row, *values)
    return Difference(worlds[0].date, phase, place, "all", *(f"{len(side):,} rows" for side in sides))


def _table(world: World, name: str) -> Declared:
    kept = getattr(world, name)
    if name in CALENDARS:
        kept = kept.kind.join(part for _, _, part in kept.every())
    found: Declared = kept
    return found


def _named(world: World, name: str, table: Declared, place: tuple[int, ...]) -> str:
    """A row in words: by its name, by what it points at, or by its number."""
    row, further = place[0], place[1:]
    spec = table.columns
    if name in world.names:
        word = world.names[name][row]
    else:
        points = {key: spec[key].key for key in spec if spec[key].key and not spec[key].axes}
        ways = [f"{key} {_key(world, to, int(getattr(table, key)[row]))}" for key, to in points.items()]
        word = ", ".join(ways[:2]) if ways and name != "consumers" else f"consumer {row}" if ways else f"row {row}"
    return f"{word} [{', '.join(map(str, further))}]" if further else word


def _key(world: World, table: str, row: int) -> str:
    return "none" if row < 0 else world.names[table][row] if table in world.names else str(row)


def _word(world: World, spec: Column, value: Any) -> str:
    """A value in words, with its unit."""
    value = value.item()
    if spec.key:
        return _key(world, spec.key, value)
    if spec.unit == "yes/no":
        return "yes" if value else "no"
    if spec.unit.startswith("USD cents"):
        return f"{value / 100:,.2f} USD{spec.unit.removeprefix('USD cents')}"
    if spec.unit == "ppm":
        return f"{value / 10_000:g}%"
    return f"{value:,.6g} {spec.unit}"


@dataclass(frozen=True)
class Agent:
    """Whom is asked about: its own rows, those of what it touches, what befalls it today, and a line about its day."""

    kind: str
    name: str
    own: Callable[[World], Rows]
    touches: Callable[[World], Rows]
    events: Callable[[World], str]
    told: Callable[[World], str]


def _agent(kind: str, name: str, world: World) -> Agent:
    if kind in ("firm", "chain"):
        names = world.names[f"{kind}s"]
        if name not in names:
            words = f"the name of a {kind}, as in {', '.join(names[:4])}"
            raise ScenarioError([Problem(kind, "", said(name), words, meant(name, names))])
        return (_firm if kind == "firm" else _chain)(name, names.index(name))
    person, _, day = name.partition("@")
    whole = person.isdigit() and int(person) < len(world.consumers) and (day.isdigit() or kind == "consumer")
    if kind not in ("consumer", "parcel") or not whole or (kind == "consumer") == bool(day):
        form = {"consumer": "a number", "parcel": "CONSUMER@DAY, the day of the order counted from the first lived"}
        words = form.get(kind, "consumer, firm, parcel or chain")
        given = name if kind in form else kind
        raise ScenarioError(
            [Problem(kind, "", said(given), f"{words}; consumers from 0 to {len(world.consumers) - 1}")]
        )
    return _consumer(name, int(person)) if kind == "consumer" else _parcel(name, int(person), int(day))


def _consumer(name: str, row: int) -> Agent:
    def touches(world: World) -> Rows:
        front = world.front_of(np.array([row]))
        offers = np.flatnonzero(world.offers.dest == world.consumers.country[row])
        per_front = len(world.pages) // max(len(world.storefronts), 1)
        pages = np.arange(per_front) + int(front[0]) * per_front
        lanes, nodes = world.offers.lane[offers], world.offers.node[offers]
        return {"storefronts": front, "offers": offers, "listings": world.offers.listing[offers], "pages": pages,
                "lanes": lanes, "nodes": nodes, "firms": world.nodes.firm[nodes]}  # fmt: skip

    def bought(world: World) -> str:
        return "; ".join(filter(None, (_order(world, row), _at_door(world, row))))

    return Agent("consumer", name, lambda _: {"consumers": np.array([row])}, touches, bought, bought)


def _order(world: World, row: int) -> str:
    """What a consumer ordered today."""
    orders = world.orders
    for place in np.flatnonzero(orders.consumer == row).tolist():
        offer = int(orders.offer[place])
        what = _key(world, "offers", offer) if offer >= 0 else f"slot {orders.slot[place]}"
        outcome = Outcome(int(orders.outcome[place])).name.lower()
        return f"orders {what} for {orders.paid_cents[place] / 100:.2f} USD ({outcome})"
    return ""


def _at_door(world: World, row: int) -> str:
    parcels = world.delivered
    mine = np.flatnonzero(parcels.consumer == row).tolist()
    return "; ".join(
        f"receives {_key(world, 'offers', int(parcels.offer[one]))} after {world.day - int(parcels.ordered[one])} days"
        for one in mine
    )


def _parcel(name: str, consumer: int, ordered: int) -> Agent:
    def stands(world: World) -> str:
        order = _order(world, consumer) if world.day == ordered else ""
        for due, stage, part in world.parcels.every():
            for place in np.flatnonzero((part.consumer == consumer) & (part.ordered == ordered)).tolist():
                lane, paid = _key(world, "lanes", int(part.lane[place])), part.paid_cents[place] / 100
                where = Stage(stage).name.lower().replace("_", " ")
                return f"{where} on {lane}, due {date.fromordinal(world.first + due)}, paid {paid:.2f} USD"
        got = world.delivered
        here = bool(((got.consumer == consumer) & (got.ordered == ordered)).any())
        return f"delivered after {world.day - ordered} days" if here else order

    return Agent("parcel", name, lambda _: {}, _consumer(str(consumer), consumer).touches, stands, stands)


def _firm(name: str, row: int) -> Agent:
    def own(world: World) -> Rows:
        return {"firms": np.array([row]), "accounts": world.firms.account[[row]]}

    def touches(world: World) -> Rows:
        nodes = np.flatnonzero((world.nodes.firm == row) | (world.nodes.operator == row))
        links = np.flatnonzero(np.isin(world.links.supplier, nodes) | np.isin(world.links.buyer, nodes))
        offers = np.flatnonzero(np.isin(world.offers.node, nodes))
        lanes = np.concatenate(
            [world.links.lane[links], world.offers.lane[offers], np.flatnonzero(world.lanes.carrier == row)]
        )
        return {"nodes": nodes, "links": links, "offers": offers, "lanes": lanes[lanes >= 0],
                "listings": np.flatnonzero(world.listings.seller == row)}  # fmt: skip

    def told(world: World) -> str:
        nodes = world.nodes.firm == row
        cash = world.accounts.balance_cents[world.firms.account[row]] / 100
        trades = "" if world.firms.alive[row] else "has left; "
        sold, left = world.nodes.sold[nodes].sum(), world.nodes.on_hand[nodes].sum()
        return f"{trades}cash {cash:,.2f} USD, {sold:,} sold, {left:,} on hand"

    return Agent("firm", name, own, touches, lambda _: "", told)


def _chain(name: str, row: int) -> Agent:
    def own(world: World) -> Rows:
        product = world.chains.product[[row]]
        return {"chains": np.array([row]), "products": product, "members": np.flatnonzero(world.members.chain == row),
                "listings": np.flatnonzero(world.listings.product == product[0])}  # fmt: skip

    def touches(world: World) -> Rows:
        nodes = np.flatnonzero(world.nodes.product == world.chains.product[row])
        links = np.flatnonzero((world.links.chain == row) | np.isin(world.links.buyer, nodes))
        offers = np.flatnonzero(np.isin(world.offers.node, nodes))
        lanes = np.concatenate([world.links.lane[links], world.offers.lane[offers]])
        return {"nodes": nodes, "links": links, "offers": offers, "lanes": lanes[lanes >= 0],
                "firms": world.members.firm[world.members.chain == row]}  # fmt: skip

    def told(world: World) -> str:
        nodes = world.nodes.product == world.chains.product[row]
        sold = world.listings.sold[world.listings.product == world.chains.product[row]].sum()
        return f"{sold:,} packs sold, {world.nodes.on_hand[nodes].sum():,} on hand"

    return Agent("chain", name, own, touches, lambda _: "", told)
