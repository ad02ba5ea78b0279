"""How supply stands today: reviews, stock, orders along the chain, money, firms and chains."""

from __future__ import annotations

import numpy as np

from abm.columns import Array
from abm.foresight import tiers as tiers_of
from abm.grouping import distinct
from abm.measures.declared import MILLIONTHS, measure, once, ratio, sums, usd
from abm.scenario import facts
from abm.world import KINDS, World

TURNS = ("born", "rebuilt", "gone")


def currencies(world: World) -> list[str]:
    """The currencies of the world's countries but the dollar, in the order of the countries."""
    money = _money(world)
    return [one for one in dict.fromkeys(money) if one != "USD"]


@once
def tiers(world: World) -> int:
    """Steps from the consumer to the source of the longest chain."""
    return int(world.members.tier.max(initial=1))


def _money(world: World) -> list[str]:
    known = {row["iso2"]: row["currency"] for row in facts.table("countries")}
    return [known[code] for code in world.names["countries"]]


@once
def _serving(world: World) -> Array:
    """Mask of the nodes from which consumers are served."""
    serving = np.zeros(len(world.nodes), bool)
    serving[world.offers.node[world.offers.alive > 0]] = True
    return serving


@once
def _seller_sales(world: World) -> list[int]:
    """Packs a day of each living seller and retailer, smoothed, in thousandths, ascending."""
    listings, firms = world.listings, world.firms
    sales = sums(listings.seller, np.floor(listings.popularity * 1000 + 0.5), len(firms))
    sells = np.isin(firms.kind, (KINDS.index("seller"), KINDS.index("retailer"))) & (firms.alive > 0)
    return sorted(one for one, mine in zip(sales, sells.tolist(), strict=True) if mine)


@measure("sd")
def rating(world: World) -> float:
    """Quality as reviewed so far, all listings together; 0 is what is usual."""
    total = int(world.listings.rating_sum.sum())
    return ratio(total / 1000, int(world.listings.reviews.sum()))


@measure("sd")
def review_late(world: World) -> float:
    """What reviews of today say of parcels that came later than promised, in the mean; a star is one deviation."""
    return ratio(world.counts["late_ratings_thousandths"] / 1000, world.counts["late_reviews"])


@measure("sd")
def review_on_time(world: World) -> float:
    """What reviews of today say of parcels that came as promised, in the mean."""
    told = world.counts["ratings_thousandths"] - world.counts["late_ratings_thousandths"]
    return ratio(told / 1000, world.counts["reviews"] - world.counts["late_reviews"])


@measure("reviews")
def reviews(world: World) -> int:
    """Reviews written today."""
    return world.counts["reviews"]


@measure("units")
def stock_units(world: World) -> int:
    """On hand where consumers are served from."""
    return int(world.nodes.on_hand[_serving(world)].sum())


@measure("days")
def days_of_cover(world: World) -> float:
    """Days for which what is on hand where consumers are served from lasts at the forecast."""
    forecast = np.floor(world.nodes.forecast[_serving(world)] * MILLIONTHS).astype(np.int64)
    return ratio(stock_units(world) * MILLIONTHS, int(forecast.sum()))


@measure("units", "ordered_tier_{tier}", "tier")
def ordered(world: World) -> list[int]:
    """Units that firms of tier {tier} ordered today of others, or at the source made; tier 1 sells to consumers."""
    links, firm = world.links, world.nodes.firm
    buyer = firm[links.buyer]
    bought = (links.supplier < 0) | (firm[links.supplier] != buyer)
    count = tiers(world) + 1
    return sums(tiers_of(world)[buyer], links.placed * links.per_unit * bought, count)[1:]


@measure("units", "sold_tier_{tier}", "tier")
def sold(world: World) -> list[int]:
    """Units that firms of tier {tier} promised to others today; tier 1 sells to consumers."""
    links, nodes, offers = world.links, world.nodes, world.offers
    outward = np.flatnonzero((links.supplier >= 0) & (nodes.firm[links.supplier] != nodes.firm[links.buyer]))
    node = distinct(links.supplier[outward], len(nodes))
    tier = tiers_of(world)
    count = tiers(world) + 1
    to_firms = sums(tier[nodes.firm[node]], nodes.sold[node], count)
    to_people = sums(tier[nodes.firm[offers.node]], offers.sold, count)
    return [sum(both) for both in zip(to_firms, to_people, strict=True)][1:]


@measure("factor")
def freight_index(world: World) -> float:
    """Spot freight rate against the base rate, mean over lanes by capacity."""
    lanes = world.lanes
    weight = np.floor(lanes.capacity / 1000).astype(np.int64)
    total = int((np.floor(lanes.spot * 1000 + 0.5).astype(np.int64) * weight).sum())
    return ratio(total / 1000, int(weight.sum()))


@measure("currency/USD", "fx_{currency}", "currency")
def fx(world: World) -> list[float]:
    """Units of {currency} for one US dollar."""
    money = _money(world)
    return [float(world.countries.fx[money.index(one)]) for one in currencies(world)]


@measure("invoices")
def unpaid(world: World) -> int:
    """Invoices due that could not be paid in full."""
    return world.counts["unpaid"]


@measure("USD", "cash_{kind}_usd", "kind")
def cash(world: World) -> list[float]:
    """Cash of all firms of the kind {kind}."""
    balance = world.accounts.balance_cents[world.firms.account]
    return [usd(cents) for cents in sums(world.firms.kind, balance, len(KINDS))]


@measure("USD", "net_{kind}_usd", "kind")
def net(world: World) -> list[float]:
    """Cash taken in less cash paid out since the first day lived, all firms of the kind {kind}."""
    firms = world.firms
    cents = sums(firms.kind, firms.earned_cents - firms.spent_cents, len(KINDS))
    return [usd(one) for one in cents]


@measure("firms", "firms_{kind}", "kind")
def firms_alive(world: World) -> list[int]:
    """Firms of the kind {kind} that trade."""
    return sums(world.firms.kind, world.firms.alive, len(KINDS))


@measure("firms")
def exits(world: World) -> int:
    """Firms that left today."""
    return world.counts["exits"]


@measure("firms")
def entries(world: World) -> int:
    """Firms that came today."""
    return world.counts["entries"]


@measure("links")
def switched(world: World) -> int:
    """Links whose part of a buyer's orders was moved today."""
    return world.counts["switched"]


@measure("chains")
def chains_alive(world: World) -> int:
    """Supply chains along which goods may flow."""
    return int(world.chains.alive.sum())


@measure("chains", "chains_{turn}", "turn")
def chains_turned(world: World) -> list[int]:
    """Supply chains {turn} today."""
    return [world.counts[f"chains_{turn}"] for turn in TURNS]


@once
def _chains_of(world: World) -> list[int]:
    """In how many living chains each firm stands that makes or sells, for those that stand in any."""
    members = world.members
    live = (members.tier > 0) & (members.alive > 0) & (world.chains.alive[members.chain] > 0)
    pairs = np.sort(members.firm[live].astype(np.int64) * len(world.chains) + members.chain[live])
    once = pairs[np.diff(pairs, prepend=-1) > 0]
    counts: list[int] = np.bincount(once // max(len(world.chains), 1)).tolist()
    return [one for one in counts if one]


@measure("chains")
def chains_per_firm(world: World) -> float:
    """Chains in which a firm that makes or sells stands; the mean."""
    counts = _chains_of(world)
    return ratio(sum(counts), len(counts))


@measure("share")
def exposure(world: World) -> float:
    """Part of all chains that would be hit if the maker or seller that stands in most of them failed."""
    return ratio(max(_chains_of(world), default=0), chains_alive(world))


@measure("0..1")
def hhi(world: World) -> float:
    """Concentration of sellers' sales of about four weeks: sum of squared shares, 1 for a single seller."""
    sales = _seller_sales(world)
    return ratio(sum(one * one for one in sales), sum(sales) ** 2)


@measure("0..1")
def gini(world: World) -> float:
    """Inequality of sellers' sales of about four weeks: 0 when all sell as much, near 1 when one sells all."""
    sales = _seller_sales(world)
    ranked = sum((2 * place - len(sales) - 1) * one for place, one in enumerate(sales, 1))
    return ratio(ranked, len(sales) * sum(sales))
