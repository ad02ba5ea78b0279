"""Who trades with whom: firms of all kinds, the chains that share them, and where goods stand, move and are listed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from math import gcd

from abm.scenario.build.carriage import one_market
from abm.scenario.build.depth import SOURCE_DAYS, SOURCE_SPAN, deepened, split_days, split_markup
from abm.scenario.build.drafts import Draft
from abm.scenario.build.geography import Lanes
from abm.scenario.law import Law
from abm.scenario.schema import Chain, Firm, Scenario
from abm.scenario.schema.firms import groups_of
from abm.world import KINDS, MODES
from kernels.border import Channel, Postal
from kernels.chance import identity

DIRECT = ("express", "line", "post")
HOME_MODES = ("express", "post")
"""Direct modes that make a difference within a country."""
LEAST_WORK, WORK_SPAN = 3, 5
"""Production takes 3 to 7 days."""
GOLDEN = (5.0**0.5 - 1.0) / 2.0
"""Multiples of it, without their whole parts, lie evenly between 0 and 1, however many."""
ORDERING = 2
"""Days that pass because an order for goods, and one for the work on them, is answered on the next day."""


@dataclass
class Network:
    """The rows of everything that chains are made of, before they are tables."""

    scenario: Scenario
    law: Law
    lanes: Lanes
    kinds: Draft
    firms: Draft = field(default_factory=Draft)
    groups: list[Firm] = field(default_factory=list)
    members_of: dict[str, list[int]] = field(default_factory=dict)
    storefronts: Draft = field(default_factory=Draft)
    chains: Draft = field(default_factory=Draft)
    members: Draft = field(default_factory=Draft)
    products: Draft = field(default_factory=Draft)
    nodes: Draft = field(default_factory=Draft)
    links: Draft = field(default_factory=Draft)
    listings: Draft = field(default_factory=Draft)
    offers: Draft = field(default_factory=Draft)
    listed_by: dict[int, int] = field(default_factory=dict)
    uses: Counter[int] = field(default_factory=Counter)
    markup: dict[int, float] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    served: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    tiers: dict[str, list[int]] = field(default_factory=dict)
    decks: dict[str, list[int]] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scenario, self.added = deepened(self.scenario)

    def country(self, firm: int) -> str:
        """The country where a firm sits."""
        return self.groups[firm].country

    def serving(self, kind: str, country: str) -> list[int]:
        """The firms of a kind that work in a country."""
        if (kind, country) not in self.served:
            codes = tuple(self.scenario.countries)
            able = {one.name for one in self.scenario.firms if one.kind == kind and country in one.reach(codes)}
            rows = (row for name in self.members_of for row in self.members_of[name] if name in able)
            self.served[kind, country] = list(rows)
        return self.served[kind, country]

    def standing_in(self, tier: str) -> list[int]:
        """The firms that a tier of a chain names, group by group."""
        if tier not in self.tiers:
            named = groups_of(tier, self.scenario.firms)
            self.tiers[tier] = [row for one in named for row in self.members_of[one.name]]
        return self.tiers[tier]

    def dealt(self, tier: str) -> list[int]:
        """The firms of a tier as chains come to them: each once, or as often as its rank has it."""
        if tier not in self.decks:
            chains = sum(chain.count for chain in self.scenario.chains if tier in chain.tiers)
            zipf = next((one.zipf for one in self.scenario.firms if one.name == tier), 0.0)
            rows = self.standing_in(tier)
            self.decks[tier] = [rows[place] for place in deck(len(rows), chains, zipf)]
        return self.decks[tier]


def deck(firms: int, chains: int, zipf: float) -> list[int]:
    """Places among so many firms, as often as Zipf's law gives a firm chains, and spread evenly.

    Each firm stands in it once, and of further chains each goes to the firm that has the fewest for its weight r^-zipf
    (D'Hondt). At zipf = 0 it is the firms in their order.
    """
    if zipf == 0.0 or chains <= firms:
        return list(range(firms))
    has = [1] * firms
    waiting = [(-((place + 1.0) ** -zipf) / 2.0, place) for place in range(firms)]
    heapify(waiting)
    for _ in range(chains - firms):
        place = waiting[0][1]
        has[place] += 1
        heapreplace(waiting, (-((place + 1.0) ** -zipf) / (has[place] + 1.0), place))
    turns = [((turn + place * GOLDEN % 1.0) / times, place) for place, times in enumerate(has) for turn in range(times)]
    return [place for _, place in sorted(turns)]


def lay(network: Network) -> None:
    """Found the firms and run every chain through them."""
    _found(network)
    for chain in network.scenario.chains:
        for number, name in enumerate(chain.members):
            _Laying(network, chain, name, _picked(network, chain, number)).lay()
        for group in dict.fromkeys(chain.tiers):
            network.taken[group] += chain.count
    _carriers(network)


def _found(network: Network) -> None:
    places, firms = network.lanes.places, network.firms
    for group in network.scenario.firms:
        rows = network.members_of[group.name] = []
        for number, name in enumerate(group.members):
            label = f"{group.country}/{group.kind}/{group.name}/{number + 1}"
            rows.append(firms.add(name, label, kind=KINDS.index(group.kind), country=places.rows[group.country],
                                  category=network.kinds.rows[group.category] if group.category else -1))  # fmt: skip
            network.groups.append(group)
    local: Counter[str] = Counter()
    for code in network.scenario.countries:
        for firm in network.serving("platform", code):
            name = f"{firms.names[firm]}/{code}"
            network.storefronts.add(name, platform=firm, country=places.rows[code], local=local[code])
            local[code] += 1


def _picked(network: Network, chain: Chain, number: int) -> list[int]:
    """The members of the k-th chain, raw material first: every group is gone through at a stride of its own.

    Tiers that were added are the twins of the first that was not.
    """
    picked, added = [], network.added.get(chain.name, 0)
    written = chain.tiers[added:]
    for tier, group in enumerate(written):
        rows = network.dealt(group)
        stride = 1 if tier == len(written) - 1 else tier + 1
        while gcd(stride, len(rows)) != 1:
            stride += 1
        picked.append(rows[(number * stride + network.taken[group]) % len(rows)])
    place = network.standing_in(written[0]).index(picked[0])
    picked[:0] = [network.standing_in(group)[place] for group in chain.tiers[:added]]
    return picked


def _carriers(network: Network) -> None:
    """Every lane gets a carrier who serves both ends, at best one who is at home at either; they take turns."""
    lanes = network.lanes.draft
    codes = network.lanes.places.names
    for row, values in enumerate(lanes.values):
        ends = codes[values["origin"]], codes[values["dest"]]
        here, there = (network.serving("carrier", end) for end in ends)
        able = [firm for firm in here if firm in there] or here or there
        able = [firm for firm in able if network.country(firm) in ends] or able
        values["carrier"] = able[row % len(able)] if able else -1
    for values in network.links.values:
        if values["lane"] >= 0:
            _join(network, values["chain"], lanes.values[values["lane"]]["carrier"], 0)
    for values in network.offers.values:
        _join(network, network.listed_by[values["listing"]], lanes.values[values["lane"]]["carrier"], 0)


def _join(network: Network, chain: int, firm: int, tier: int) -> None:
    if firm >= 0:
        network.members.add(f"{chain}/{firm}", chain=chain, firm=firm, tier=tier)


class _Laying:
    """One chain on its way through its members."""

    def __init__(self, network: Network, chain: Chain, name: str, members: list[int]) -> None:
        self.network, self.chain, self.name = network, chain, name
        self.makers, self.seller = members[:-1], members[-1]
        self.added = network.added.get(chain.name, 0)
        self.category = network.kinds.rows[chain.category]
        self.markets = chain.sold_in(network.groups[self.seller], network.scenario.countries)
        self.row = network.chains.add(name, category=self.category, seller=self.seller)
        for tier, firm in enumerate(reversed(members)):
            _join(network, self.row, firm, tier + 1)

    def lay(self) -> None:
        """Lay nodes and links from raw material to the seller, and list the product."""
        output, product = -1, -1
        for step, maker in enumerate(self.makers):
            output, product = self._make(step, maker, output, product)
        self.network.chains.values[self.row]["product"] = product
        home = self.network.country(self.seller)
        shelf = self._node(self.seller, product, home, "shelf", output)
        self._ship(output, shelf)
        if self.network.groups[self.seller].kind == "retailer":
            self._list(product, home, {"retail": shelf})
            return
        for market in self.markets:
            self._list(product, market, self._stocked(product, shelf, home, market))

    def _make(self, step: int, maker: int, source: int, input_product: int) -> tuple[int, int]:
        """A maker's stock of inputs, its work, and its stock of what it makes; inputs are alike, whoever made them."""
        network = self.network
        finished = step == len(self.makers) - 1
        name = self.name if finished else f"{self.chain.category} of tier {len(self.makers) + 1 - step}"
        maker_of = maker if finished else -1
        product = network.products.add(name, category=self.category, maker=maker_of, finished=int(finished))
        network.markup.setdefault(product, self._markup(step))
        output = self._node(maker, product, network.country(maker), "out", -1)
        inputs, per_unit = -1, 1
        if source >= 0:
            inputs = self._node(maker, input_product, network.country(maker), "in", source)
            self._ship(source, inputs)
            per_unit = self.chain.inputs[step - 1]
        before = network.nodes.names[inputs] if inputs >= 0 else ""
        label = f"{before}>{network.nodes.names[output]}"
        link = network.links.add(label, supplier=inputs, buyer=output, lane=-1, make=maker, chain=self.row,
                                 per_unit=per_unit, work_days=self._work(step, label))  # fmt: skip
        network.uses[link] += 1
        return output, product

    def _markup(self, step: int) -> float:
        """What a maker adds to its cost; what a source adds is split among the tiers that are its twins."""
        return split_markup(self.chain.markup, self.added + 1) if step <= self.added else self.chain.markup

    def _work(self, step: int, label: str) -> int:
        """Days of work: drawn by name, those of a source split with its twins."""
        network, source = self.network, self.makers[self.added]
        if network.groups[source].kind != "supplier" or step > self.added:
            return LEAST_WORK + identity(label) % WORK_SPAN
        days = SOURCE_DAYS + identity(f"{network.firms.names[source]}/{self.chain.category}") % SOURCE_SPAN
        lanes, home = network.lanes, network.country(source)
        way = lanes.draft.values[lanes.lane(home, home, "road")] if self.added else {"transit": 0.0}
        return split_days(days, round(way["transit"]) + ORDERING, self.added + 1)[step]

    def _node(self, firm: int, product: int, country: str, role: str, source: int, operator: int = -1) -> int:
        """A stocking point; goods keep the origin of where they come from, or are made here."""
        network, places = self.network, self.network.lanes.places
        origin = places.rows[country] if source < 0 else network.nodes.values[source]["origin"]
        name = f"{network.firms.names[firm]}/{network.products.names[product]}/{role}"
        market = places.rows[country] if role in ("overseas", "bonded") else -1
        if role == "shelf" and (network.groups[firm].kind == "retailer" or self.markets == (country,)):
            market = places.rows[country]
        if role in ("overseas", "bonded"):
            name = f"{name}/{country}"
        return network.nodes.add(name, firm=firm, operator=firm if operator < 0 else operator, product=product,
                                 country=places.rows[country], origin=origin, market=market,
                                 bonded=int(role == "bonded"))  # fmt: skip

    def _ship(self, source: int, target: int) -> None:
        """Stock moves by road within a country, else as the chain has it."""
        network = self.network
        codes, nodes = network.lanes.places.names, network.nodes
        origin, dest = (codes[nodes.values[node]["country"]] for node in (source, target))
        lane = network.lanes.lane(origin, dest, "road" if origin == dest else self.chain.via)
        cell, suspended = -1, nodes.values[target]["bonded"] == 1
        if not one_market(origin, dest) and not suspended:
            cell = self._cell(dest, Channel.BULK, nodes.values[source]["origin"])
        name = f"{nodes.names[source]}>{nodes.names[target]}"
        link = network.links.add(name, supplier=source, buyer=target, lane=lane, cell=cell, chain=self.row)
        network.uses[link] += 1

    def _cell(self, dest: str, channel: Channel, origin: int, postal: Postal = Postal.OTHER) -> int:
        return int(self.network.law.cell(self.network.lanes.places.rows[dest], self.category, channel, origin, postal))

    def _stocked(self, product: int, shelf: int, home: str, market: str) -> dict[str, int]:
        """The node from which each mode is served in a market."""
        modes = self.chain.modes
        if market == home:
            at_home: list[str] = [mode for mode in HOME_MODES if mode in modes]
            return dict.fromkeys(at_home or ["express"], shelf)
        nodes: dict[str, int] = {mode: shelf for mode in DIRECT if mode in modes}
        keepers = self.network.serving("warehouse", market)
        for mode in ("overseas", "bonded"):
            if mode in modes and keepers and not one_market(home, market):
                operator = keepers[self.row % len(keepers)]
                near = mode == "overseas" and one_market(self.network.country(operator), market)
                place = self.network.country(operator) if near else market
                nodes[mode] = self._node(self.seller, product, place, mode, shelf, operator)
                self._ship(shelf, nodes[mode])
                _join(self.network, self.row, operator, 0)
        return nodes

    def _list(self, product: int, market: str, nodes: dict[str, int]) -> None:
        """One listing in a market, with an offer in each mode."""
        network, dest = self.network, self.network.lanes.places.rows[market]
        if not nodes:
            return
        home = self.network.country(self.seller)
        name = f"{network.firms.names[self.seller]}/{network.products.names[product]}/{market}"
        listing = network.listings.add(name, seller=self.seller, product=product, dest=dest, category=self.category,
                                       home=int(home == market))  # fmt: skip
        network.listed_by[listing] = self.row
        for mode, node in nodes.items():
            stands = network.lanes.places.names[network.nodes.values[node]["country"]]
            cell, origin = -1, network.nodes.values[node]["origin"]
            if mode == "bonded":
                cell = self._cell(market, Channel.BONDED, origin)
            elif not one_market(stands, market):
                cell = self._cell(market, Channel.PARCEL, origin, Postal.POST if mode == "post" else Postal.OTHER)
            lane = network.lanes.lane(stands, market, mode)
            network.offers.add(f"{network.nodes.names[node]}/{market}/{mode}", listing=listing, node=node, dest=dest,
                               lane=lane, mode=MODES.index(mode), cell=cell)  # fmt: skip
        for kind in ("platform", "broker", "payment"):
            for firm in network.serving(kind, market):
                _join(network, self.row, firm, 0)
